import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Answer } from "../ui/use";
import { between, clock, day, month, shortDay } from "../state/time";
import { compact, number } from "../ui/text";
import { useLog } from "./context";
import type { Counts } from "./counts";

export const outcomes = ["success", "failure", "denied"] as const;

// The histogram: entries over time, stacked by outcome. A drag or the keys choose a range; the same
// numbers follow as a table. The chart itself is read when the first rows are there.
export function Histogram({ answer, zoomOut }: { answer: Answer<Counts>; zoomOut: (() => void) | null }) {
  const log = useLog();
  const host = useRef<HTMLDivElement>(null);
  const [chart, setChart] = useState<typeof import("./chart") | null>(null);
  const [chosen, setRange] = useState<[number, number] | null>(null); // buckets, both included
  const [asTable, setAsTable] = useState(false);
  const counts = answer.data;
  const buckets = counts?.buckets ?? [];
  const range = chosen && Math.max(...chosen) < buckets.length ? chosen : null; // not one of earlier buckets

  useEffect(() => {
    let gone = false;
    void import("./chart").then((m) => gone || setChart(m));
    return () => {
      gone = true;
    };
  }, []);

  useEffect(() => setRange(null), [counts]);

  const choose = (from: number, to: number) => {
    const a = buckets[Math.max(0, Math.min(from, to))];
    const b = buckets[Math.min(buckets.length - 1, Math.max(from, to))];
    if (a && b) log.set({ t: between(a.from, b.to) });
  };
  const choosing = useRef(choose);
  choosing.current = choose;

  const drawn = useRef<ReturnType<typeof import("./chart").draw> | null>(null);
  useEffect(() => {
    if (!chart || !host.current || !buckets.length) return;
    const d = chart.draw(host.current, buckets, log.zone, (a, b) => choosing.current(a, b));
    drawn.current = d;
    return () => {
      d.destroy();
      drawn.current = null;
    };
  }, [chart, counts, log.zone]);
  useEffect(() => drawn.current?.select(range), [range, chart, counts]);

  const onKeyDown = (e: KeyboardEvent) => {
    if (!buckets.length || e.ctrlKey || e.metaKey || e.altKey) return;
    const last = buckets.length - 1;
    const [a, b] = range ?? [-1, -1];
    const set = (x: number, y: number) => {
      e.preventDefault();
      setRange([Math.max(0, Math.min(last, x)), Math.max(0, Math.min(last, y))]);
    };
    if (e.key === "ArrowRight") e.shiftKey && range ? set(a, b + 1) : set(range ? b + 1 : 0, range ? b + 1 : 0);
    else if (e.key === "ArrowLeft") e.shiftKey && range ? set(a, b - 1) : set(range ? b - 1 : last, range ? b - 1 : last);
    else if (e.key === "Home") set(0, 0);
    else if (e.key === "End") set(last, last);
    else if (e.key === "Enter" && range) {
      e.preventDefault();
      choose(range[0], range[1]);
    } else if (e.key === "Escape" && range) {
      e.preventDefault();
      e.stopPropagation();
      setRange(null);
    }
  };

  const told = useMemo(() => {
    if (!range) return "";
    const from = Math.min(...range);
    const to = Math.max(...range);
    const sum = buckets.slice(from, to + 1).reduce((n, x) => n + x.total, 0);
    return `${name(buckets[from]!.from, log.zone, counts!.every)}${from === to ? "" : ` to ${name(buckets[to]!.from, log.zone, counts!.every)}`}: ${number(sum)} entries`;
  }, [range, counts]);

  const most = buckets.reduce((m, x) => Math.max(m, x.total), 0);
  return (
    <section class="histogram" aria-label="Entries over time">
      <div class="histogram-side">
        <span class="legend">
          {outcomes.map((o) => (
            <span key={o} class={"key key-" + o}>{o}</span>
          ))}
        </span>
        <span class="told" aria-live="polite">{told || (buckets.length ? `by ${counts!.every}, most ${compact(most)}` : "")}</span>
        {range && (
          <button type="button" class="button small" onClick={() => choose(range[0], range[1])}>
            Zoom in
          </button>
        )}
        {zoomOut && (
          <button type="button" class="button small" onClick={zoomOut}>
            Zoom out
          </button>
        )}
        <button type="button" class="button small" aria-expanded={asTable} onClick={() => setAsTable(!asTable)}>
          {asTable ? "Hide numbers" : "Numbers"}
        </button>
      </div>
      <div
        ref={host}
        class={"chart" + (answer.loading ? " loading" : "")}
        role="group"
        tabIndex={0}
        aria-label={`Histogram by ${counts?.every ?? "time"}. Arrow keys choose a bucket, Shift with arrows a range, Enter zooms in.`}
        onKeyDown={onKeyDown}
      />
      {asTable && counts && (
        <div class="numbers" tabIndex={0} role="region" aria-label="Entries over time, as a table">
          <table>
            <thead>
              <tr>
                <th scope="col">From</th>
                {outcomes.map((o) => <th key={o} scope="col">{o}</th>)}
                <th scope="col">all</th>
              </tr>
            </thead>
            <tbody>
              {buckets.filter((b) => b.total).map((b) => (
                <tr key={b.from}>
                  <th scope="row">
                    <button type="button" class="link" onClick={() => log.set({ t: between(b.from, b.to) })}>{name(b.from, log.zone, counts.every)}</button>
                  </th>
                  {outcomes.map((o) => <td key={o}>{number(b.by[o] ?? 0)}</td>)}
                  <td>{number(b.total)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

export function name(ms: number, zone: string, every: string): string {
  if (every === "minute") return `${shortDay(ms, zone)} ${clock(ms, zone, false)}`;
  if (every === "hour") return `${day(ms, zone)} ${clock(ms, zone, false)}`;
  if (every === "month") return month(ms, zone);
  return day(ms, zone);
}
