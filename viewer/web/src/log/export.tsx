import { useState } from "preact/hooks";
import { Dialog } from "../ui/dialog";
import { Icon } from "../ui/icons";
import { number } from "../ui/text";
import { useLog } from "./context";
import { label } from "../state/time";

// Export gives exactly what is shown: the same filter, time, zone and order, from the server as a
// stream. That it was done is an entry of its own.
export function Export({ total }: { total: number }) {
  const log = useLog();
  const [open, setOpen] = useState(false);
  const [format, setFormat] = useState("csv");
  const [raw, setRaw] = useState(false);
  if (!log.can("export")) return null;
  const href = log.client.url("/v1/entries/export", { organization: log.organization, q: log.filter, tz: log.zone, order: log.log.order === "oldest" ? "oldest" : undefined, format, csv: format === "csv" && raw ? "raw" : undefined });
  return (
    <>
      <button type="button" class="button" aria-label="Export" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        <Icon name="download" />
        <span class="wide-only">Export</span>
      </button>
      {open && (
        <Dialog title="Export what is shown" close={() => setOpen(false)}>
          <dl class="facts">
            <div><dt>Filter</dt><dd class="mono">{log.log.q || "none"}</dd></div>
            <div><dt>Time</dt><dd>{label(log.log.t, log.zone, log.now)}, {log.zone}</dd></div>
            <div><dt>Entries</dt><dd>{total >= 0 ? number(total) : "not counted"}, {log.log.order} first</dd></div>
          </dl>
          <fieldset class="choice">
            <legend>Format</legend>
            {[
              ["csv", "CSV", "for spreadsheets; cells that look like formulas get a leading '"],
              ["ndjson", "JSON lines", "exact, one entry a line"],
              ["json", "JSON", "exact, one list"],
            ].map(([v, l, hint]) => (
              <label key={v}>
                <input type="radio" name="format" value={v} checked={format === v} onChange={() => setFormat(v!)} />
                <span><b>{l}</b> {hint}</span>
              </label>
            ))}
            {format === "csv" && (
              <label>
                <input type="checkbox" checked={raw} onChange={(e) => setRaw(e.currentTarget.checked)} />
                <span>Exact cells, without the guard against formulas</span>
              </label>
            )}
          </fieldset>
          <p class="say">The export leaves an entry in the log: who took what away.</p>
          <div class="row-buttons end">
            <button type="button" class="button" onClick={() => setOpen(false)}>Cancel</button>
            <a class="button primary" href={href} download="" onClick={() => setOpen(false)}>Download</a>
          </div>
        </Dialog>
      )}
    </>
  );
}
