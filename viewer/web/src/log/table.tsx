import type { RefObject, TargetedKeyboardEvent } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Entry } from "../api/types";
import { brief, called, plainText, sentence } from "../entry/sentence";
import { clock, exact, relative } from "../state/time";
import { Avatar, OutcomeBadge, V } from "../ui/parts";
import { one, short } from "../ui/text";
import { useLog } from "./context";
import type { Feed, Item } from "./feed";

interface Props {
  feed: Feed;
  version: number; // changes with the feed
  scroller: RefObject<HTMLElement | null>;
  total: number; // -1: not known
  columns: string[];
  cards: boolean;
  selected: string;
  open: (e: Entry, tab?: string) => void;
}

// The Table shows the rows that are in the window, and space for the others.
export function Table({ feed, scroller, total, columns, cards, selected, open, version }: Props) {
  const log = useLog();
  const table = useRef<HTMLTableElement>(null);
  const [, redraw] = useState(0);
  const [current, setCurrent] = useState(-1); // the row that has the focus when the list has it
  const focus = useRef(false);

  // Where the list begins inside what scrolls.
  const offset = () => (table.current && scroller.current ? table.current.getBoundingClientRect().top - scroller.current.getBoundingClientRect().top + scroller.current.scrollTop : 0);
  const place = scroller.current ? Math.max(0, scroller.current.scrollTop - offset()) : 0;
  const viewport = scroller.current?.clientHeight || innerHeight;
  const view = feed.window(place, viewport);

  useEffect(() => {
    const s = scroller.current;
    if (!s) return;
    let frame = 0;
    const scrolled = () => {
      if (!frame)
        frame = requestAnimationFrame(() => {
          frame = 0;
          redraw((n) => n + 1);
        });
    };
    s.addEventListener("scroll", scrolled, { passive: true });
    const observer = new ResizeObserver(scrolled);
    observer.observe(s);
    return () => {
      cancelAnimationFrame(frame);
      s.removeEventListener("scroll", scrolled);
      observer.disconnect();
    };
  }, [feed]);

  // The next page is read before its place comes into view.
  useEffect(() => {
    if (!feed.complete && !feed.loading && !feed.problem && place + viewport * 3 > feed.scrolled) void feed.more();
  }, [version, place, viewport, feed]);

  useEffect(() => setCurrent(-1), [feed]);

  useLayoutEffect(() => {
    if (!focus.current) return;
    const row = table.current?.querySelector<HTMLElement>(`tr[data-index="${current}"]`);
    if (row) {
      focus.current = false;
      row.focus({ preventScroll: true });
    }
  });

  const to = (index: number) => {
    if (index < 0 || index >= feed.count) return;
    const s = scroller.current!;
    const y = feed.y(index) + offset();
    const h = cards ? 84 : 38;
    const headed = cards ? 0 : 40;
    if (y - headed < s.scrollTop) s.scrollTop = y - headed - 34;
    else if (y + h > s.scrollTop + s.clientHeight) s.scrollTop = y + h - s.clientHeight;
    focus.current = true;
    setCurrent(index);
    redraw((n) => n + 1);
  };

  const onKeyDown = (e: TargetedKeyboardEvent<HTMLTableElement>) => {
    const target = e.target as HTMLElement;
    const row = target.closest<HTMLElement>("tr[data-index]");
    if (!row || e.ctrlKey || e.metaKey || e.altKey) return;
    const index = Number(row.dataset["index"]);
    const stops = [...row.querySelectorAll<HTMLElement>(".v, .row-open")];
    const here = stops.indexOf(target);
    const page = Math.max(1, Math.floor(viewport / 38) - 2);
    const moves: Record<string, () => void> = {
      ArrowDown: () => to(index + 1),
      ArrowUp: () => to(index - 1),
      PageDown: () => to(Math.min(feed.count - 1, index + page)),
      PageUp: () => to(Math.max(0, index - page)),
      Home: () => to(0),
      End: () => to(feed.count - 1),
      ArrowRight: () => stops[Math.min(here + 1, stops.length - 1)]?.focus(),
      ArrowLeft: () => (here <= 0 ? row.focus() : stops[here - 1]?.focus()),
    };
    if (moves[e.key]) {
      e.preventDefault();
      moves[e.key]!();
    } else if (e.key === "Enter" && target === row) {
      e.preventDefault();
      const entry = feed.at(index);
      if (entry) open(entry);
    }
  };

  useEffect(() => {
    // j and k act from anywhere on the page; the page sends them here.
    const jump = (e: Event) => {
      const by = (e as CustomEvent<number>).detail;
      const from = current >= 0 ? current : selected ? feed.indexOf(selected) : -1;
      to(Math.max(0, Math.min(feed.count - 1, from + by)));
    };
    const s = scroller.current;
    s?.addEventListener("daybook-move", jump);
    return () => s?.removeEventListener("daybook-move", jump);
  });

  const roving = current >= 0 ? current : (view.items.find((i) => i.kind === "entry" && i.y >= place) as Item & { kind: "entry" } | undefined)?.index ?? 0;
  const wide = columns.length;
  return (
    <table
      ref={table}
      role="table"
      part="list"
      class={cards ? "log-table cards" : "log-table"}
      aria-rowcount={total >= 0 ? total + 1 : -1}
      aria-label="Entries"
      aria-busy={feed.loading}
      style={wide ? { "--extra": `repeat(${wide}, minmax(110px, 170px))` } : {}}
      onKeyDown={onKeyDown}
    >
      <thead role="rowgroup">
        <tr role="row" aria-rowindex={1}>
          <th role="columnheader" scope="col" class="c-time">Time</th>
          <th role="columnheader" scope="col" class="c-what">What happened</th>
          {columns.map((c) => (
            <th key={c} role="columnheader" scope="col" class="c-extra">{one(c.replace(/^details\./, ""), 40)}</th>
          ))}
          <th role="columnheader" scope="col" class="c-outcome">Outcome</th>
          <th role="columnheader" scope="col" class="c-ip">IP address</th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        <tr role="presentation" aria-hidden="true" class="space" style={{ height: view.before + "px" }} />
        {view.items.map((item) =>
          item.kind === "day" ? (
            <tr key={"day" + item.key} role="row" class="day">
              <td role="cell" colSpan={4 + wide}>{item.label}</td>
            </tr>
          ) : item.entry ? (
            <Row key={item.entry.id} entry={item.entry} index={item.index} columns={columns} stop={item.index === roving} selected={item.entry.id === selected} open={open} focused={() => setCurrent(item.index)} zone={log.zone} now={log.now} cards={cards} />
          ) : (
            <tr key={"row" + item.index} role="row" class="row waiting" aria-rowindex={item.index + 2}>
              <td role="cell" class="c-time"><span class="bone" /></td>
              <td role="cell" class="c-what"><span class="bone long" /></td>
            </tr>
          ),
        )}
        <tr role="presentation" aria-hidden="true" class="space" style={{ height: view.after + "px" }} />
      </tbody>
    </table>
  );
}

interface RowProps {
  entry: Entry;
  index: number;
  columns: string[];
  stop: boolean;
  selected: boolean;
  open: (e: Entry) => void;
  focused: () => void;
  zone: string;
  now: number;
  cards: boolean;
}

function Row({ entry: e, index, columns, stop, selected, open, focused, zone, now }: RowProps) {
  const log = useLog();
  const s = sentence(e);
  const ms = Date.parse(e.created_at);
  const at = clock(ms, zone);
  const named = s.name || log.name?.(s.id);
  const link = log.permalink(e.id);
  const time = <time dateTime={e.created_at}>{at}</time>;
  const opener = {
    class: "row-open",
    tabIndex: -1,
    title: `${exact(e.created_at, zone)} · ${relative(ms, now)}\n${e.created_at}`,
    "aria-label": `${at}: open ${plainText(e, log.name)}`,
    "aria-current": selected ? ("true" as const) : undefined,
    onClick: (ev: MouseEvent) => {
      if (link && (ev.ctrlKey || ev.metaKey || ev.shiftKey || ev.button !== 0)) return;
      ev.preventDefault();
      open(e);
    },
  };
  return (
    <tr
      role="row"
      class={"row" + (selected ? " selected" : "") + (e.outcome && e.outcome !== "success" ? " " + e.outcome : "")}
      aria-rowindex={index + 2}
      data-index={index}
      data-id={e.id}
      part="row"
      tabIndex={stop ? 0 : -1}
      onFocus={focused}
      onClick={(ev) => {
        if ((ev.target as Element).closest("button, a, .v")) return;
        if (getSelection()?.toString()) return;
        open(e);
      }}
    >
      <td role="cell" class="c-time">
        {link ? <a href={link} {...opener}>{time}</a> : <button type="button" {...opener}>{time}</button>}
      </td>
      <td role="cell" class="c-what">
        <Avatar id={s.who} kind={s.whoKind} />
        <span class="sentence">
          <V tab={-1} field="user_id" value={e.user_id ?? null} class="who">{s.whoKind === "user" ? called(s.who, log.name) : s.who}</V>{" "}
          <V tab={-1} field="action" value={e.action} class="verb">{s.verb}</V>{" "}
          <V tab={-1} field="resource_type" value={e.resource_type} class="type">{one(s.type, 40)}</V>{" "}
          {s.id ? (
            <V tab={-1} field="resource" value={`${e.resource_type}/${s.id}`} class={named ? "name" : "id"}>{named ? `“${one(named, 60)}”` : short(s.id)}</V>
          ) : s.name ? (
            <span class="name">“{one(s.name, 60)}”</span>
          ) : null}
        </span>
        {s.more && <span class="more">{one(s.more, 160)}</span>}
      </td>
      {columns.map((c) => {
        const v = column(e, c);
        return (
          <td role="cell" key={c} class="c-extra">
            {v === undefined || v === null || v === "" ? <span class="none">–</span> : <V tab={-1} field={c} value={v}>{typeof v === "string" ? short(v) : brief(v, 40)}</V>}
          </td>
        );
      })}
      <td role="cell" class="c-outcome">
        <V tab={-1} field="outcome" value={e.outcome ?? "success"}><OutcomeBadge outcome={e.outcome} quiet /></V>
      </td>
      <td role="cell" class="c-ip">{e.ip_address ? <V tab={-1} field="ip_address" value={e.ip_address}>{e.ip_address}</V> : <span class="none">–</span>}</td>
    </tr>
  );
}

const fields: Record<string, keyof Entry> = { user: "user_id", request: "request_id", agent: "user_agent", actor: "actor_type", type: "resource_type", resource_id: "resource_id", id: "id", ip: "ip_address", recorded_by: "recorded_by" };

// column reads a field, or a path of the details, as the column chooser names it.
export function column(e: Entry, name: string): unknown {
  const f = fields[name];
  if (f) return e[f];
  if (name in e) return e[name as keyof Entry];
  if (!name.startsWith("details.")) return undefined;
  let v: unknown = e.details;
  for (const part of name.slice(8).match(/"(?:[^"\\]|\\.)*"|[^.]+/g) ?? []) {
    const key = part.startsWith('"') ? part.slice(1, -1).replace(/\\(.)/g, "$1") : part;
    if (!v || typeof v !== "object" || !Object.hasOwn(v, key)) return undefined;
    v = (v as Record<string, unknown>)[key];
  }
  return v;
}
