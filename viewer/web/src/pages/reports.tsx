import { useMemo } from "preact/hooks";
import type { Group } from "../api/types";
import { Context, type LogContext } from "../log/context";
import { counts } from "../log/counts";
import { Histogram } from "../log/histogram";
import { TimePicker } from "../log/time-picker";
import { and, term } from "../state/filter";
import { format, go, usePlace } from "../state/location";
import { label, pinned } from "../state/time";
import { number, one, short } from "../ui/text";
import { useAnswer } from "../ui/use";
import type { PageProps } from "./pages";

const tables: [title: string, field: string][] = [
  ["Actions", "action"],
  ["Users", "user_id"],
  ["Resource types", "resource_type"],
  ["Resources", "resource_id"],
  ["Outcomes", "outcome"],
];

// Reports: the guide's activity report, for any time and filter. Every number leads to its entries.
export function ReportsPage({ base, setZone }: PageProps) {
  const place = usePlace();
  const { client, organization, zone, log } = base;
  const wanted = [organization, log.q, log.t, zone].join("\n");
  const moment = useMemo(() => Math.ceil((client.now() + 1000) / 1000) * 1000, [wanted]);
  const filter = and(log.q, pinned(log.t, zone, moment));
  const context: LogContext = {
    ...base,
    filter,
    now: moment,
    value: () => {},
    set: (change, how) => go(format(organization, "reports", { q: log.q, t: log.t, tz: log.tz, ...change }), how),
  };
  const over = useAnswer(wanted + moment, (signal) => counts(client, organization, filter, log.t, zone, moment, signal));
  const own = useAnswer(wanted + moment + "actions", (signal) => client.get<{ groups: Group[]; total: number }>("/v1/entries/count", { organization, q: filter, tz: zone, by: "action,outcome" }, signal));
  void place;
  const total = over.data?.total ?? own.data?.total;
  const failed = own.data ? own.data.groups.filter((g) => g.values[1] !== "success").reduce((n, g) => n + g.count, 0) : undefined;
  const writes = own.data ? own.data.groups.filter((g) => ["CREATE", "UPDATE", "DELETE"].includes(g.values[0] ?? "")).reduce((n, g) => n + g.count, 0) : undefined;
  return (
    <Context.Provider value={context}>
      <div class="page reports">
        <header class="page-head">
          <h1>Activity report</h1>
          <TimePicker setZone={setZone} />
        </header>
        <dl class="figures">
          <Figure label={label(log.t, zone, moment)} value={total} />
          <Figure label="Created, updated, deleted" value={writes} />
          <Figure label="Denied or failed" value={failed} />
        </dl>
        <Histogram answer={over} zoomOut={null} />
        <div class="report-grid">
          {tables.map(([title, field]) => (
            <Top key={field} title={title} field={field} context={context} />
          ))}
        </div>
      </div>
    </Context.Provider>
  );
}

function Figure({ label: l, value }: { label: string; value: number | undefined }) {
  return (
    <div>
      <dt>{l}</dt>
      <dd>{value === undefined ? "…" : number(value)}</dd>
    </div>
  );
}

function Top({ title, field, context }: { title: string; field: string; context: LogContext }) {
  const { client, organization, zone, filter, log } = context;
  const answer = useAnswer(`${organization}\n${filter}\n${zone}\n${field}`, (signal) => client.get<{ values: Group[]; other: number; missing: number }>("/v1/entries/top", { organization, q: filter, tz: zone, field, limit: 10 }, signal));
  const a = answer.data;
  const sum = a ? a.values.reduce((n, v) => n + v.count, 0) + (a.other ?? 0) + (a.missing ?? 0) : 0;
  const most = Math.max(1, ...(a?.values.map((v) => v.count) ?? [1]));
  const link = (value: string | null) => format(organization, "log", { q: and(log.q, term(field, value)), t: log.t, tz: log.tz });
  return (
    <section class="report" aria-label={title}>
      <h2>{title}</h2>
      {answer.problem && <p class="say wrong">{answer.problem.message} <button type="button" class="link" onClick={answer.again}>Try again</button></p>}
      {!a && !answer.problem && <div aria-hidden="true"><span class="bone long" /><span class="bone long" /><span class="bone" /></div>}
      {a && (
        <table>
          <thead class="away"><tr><th scope="col">{title}</th><th scope="col">Entries</th><th scope="col">Share</th></tr></thead>
          <tbody>
            {a.values.map((v) => (
              <Line key={v.values[0]} name={["user_id", "resource_id"].includes(field) ? short(String(v.values[0])) : one(String(v.values[0]), 50)} href={link(String(v.values[0]))} count={v.count} most={most} sum={sum} title={String(v.values[0])} />
            ))}
            {a.missing > 0 && <Line name="none" href={link(null)} count={a.missing} most={most} sum={sum} title="entries without it" />}
            {a.other > 0 && <Line name="all others" count={a.other} most={most} sum={sum} title="" />}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Line({ name, href, count, most, sum, title }: { name: string; href?: string; count: number; most: number; sum: number; title: string }) {
  return (
    <tr>
      <th scope="row" title={title}>{href ? <a href={href}>{name}</a> : name}</th>
      <td class="bar-cell"><span class="report-bar" style={{ width: Math.min(100, (100 * count) / most) + "%" }} />{number(count)}</td>
      <td class="share">{sum ? ((100 * count) / sum).toFixed(1) + " %" : ""}</td>
    </tr>
  );
}
