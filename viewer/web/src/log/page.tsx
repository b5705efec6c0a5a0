import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Entry, Facet } from "../api/types";
import { Drawer } from "../entry/drawer";
import { and, quietReads, terms, without } from "../state/filter";
import { dayKey, dayYear, day, interval, label, pinned, stampShort } from "../state/time";
import { keys } from "../state/preferences";
import { Icon } from "../ui/icons";
import { announce } from "../ui/live";
import { Empty } from "../ui/parts";
import { number, plural } from "../ui/text";
import { useAnswer, useWidth } from "../ui/use";
import { Context, type LogContext } from "./context";
import { counts } from "./counts";
import { Export } from "./export";
import { Facets } from "./facets";
import { Feed } from "./feed";
import { Histogram } from "./histogram";
import { readFacets } from "./read-facets";
import { Chips, QueryBar } from "./query-bar";
import { Table } from "./table";
import { TimePicker } from "./time-picker";
import { LiveList, useLive } from "./tail";
import { useValueMenu, ValueMenu } from "./values";
import { Views } from "./views";

export interface LogPageProps {
  base: Omit<LogContext, "filter" | "value" | "now">;
  setZone: (zone: string) => void;
  ledger: boolean;
}

const pageSize = 200;

// The LogPage is the log itself: filter, histogram, facets, list and the open entry.
export function LogPage({ base, setZone, ledger }: LogPageProps) {
  const { client, organization, zone, log: state, set } = base;
  const [round, setRound] = useState(0);
  const wanted = [organization, state.q, state.t, zone, state.order].join("\n");
  // The moment at which "now" stands still for everything that is shown, until a refresh.
  const moment = useMemo(() => Math.ceil((client.now() + 1000) / 1000) * 1000, [wanted, round]);
  const filter = useMemo(() => and(state.q, pinned(state.t, zone, moment)), [wanted, moment]);
  const key = wanted + "\n" + moment;
  const [asked, ask] = useValueMenu();
  const [facetsOpen, setFacetsOpen] = useState(false);
  const list = useRef<HTMLDivElement>(null);
  const whole = useRef<HTMLDivElement>(null);
  const width = useWidth(whole, innerWidth);
  const cards = width < 700;
  const narrow = width < 1180;
  const scroller = cards ? whole : list;
  const [version, changed] = useState(0);
  const context: LogContext = { ...base, filter, now: moment, value: (anchor, field, value) => ask({ anchor, field, value }) };

  const heights = cards ? { entry: 84, day: 32 } : { entry: 38, day: 32 };
  const feed = useMemo(
    () =>
      new Feed(
        (cursor, signal) => client.entries({ organization, q: filter, tz: zone, order: state.order, limit: pageSize, ...(cursor ? { cursor } : {}) }, signal),
        (e) => {
          const ms = Date.parse(e.created_at);
          return [dayKey(ms, zone), Math.abs(moment - ms) > 300 * 86400e3 ? dayYear(ms, zone) : day(ms, zone)];
        },
        heights,
        () => changed((n) => n + 1),
      ),
    [key],
  );
  feed.resize(heights);
  useEffect(() => {
    void feed.more();
    if (scroller.current && !cards) scroller.current.scrollTop = 0;
    return () => feed.close();
  }, [feed]);

  const over = useAnswer(key, (signal) => counts(client, organization, filter, state.t, zone, moment, signal));
  const total = over.data && !over.stale ? over.data.total : -1;
  const facets = useAnswer<Facet[]>(key, (signal) => readFacets(client, organization, filter, zone, signal));
  const live = useLive(context, state.live, moment, filter);
  useEffect(() => {
    if (total >= 0) announce(plural(total, "entry") + " found");
  }, [total]);

  // The open entry: from the list if it is there, otherwise by its id.
  const inList = state.id ? (live.entries.find((e) => e.id === state.id) ?? feed.at(feed.indexOf(state.id))) : null;
  const asking = state.id && !inList ? state.id : null;
  const single = useAnswer<Entry>(asking ? organization + "\n" + asking : null, (signal) => client.entry(organization, asking!, signal));
  const kept = useRef<Entry | null>(null);
  const open = inList ?? (asking && single.data?.id === asking ? single.data : kept.current?.id === state.id ? kept.current : null);
  kept.current = open;
  const back = useRef<string>("");
  const show = (e: Entry, tab?: string) => {
    back.current = e.id;
    set({ id: e.id, tab: tab ?? (state.id ? state.tab : "") }, state.id ? "replace" : "push");
  };
  const closeDrawer = () => {
    set({ id: "", tab: "" });
    const id = back.current || state.id;
    requestAnimationFrame(() => whole.current?.querySelector<HTMLElement>(`tr[data-id="${CSS.escape(id)}"]`)?.focus());
  };
  const index = open ? feed.indexOf(open.id) : -1;
  const step = (by: number) => {
    const e = feed.at(index + by);
    return index >= 0 && e ? () => show(e) : null;
  };

  const refresh = () => setRound((n) => n + 1);
  const zoomed = useRef<string[]>([]);
  const setWithZoom: LogContext["set"] = (change, how) => {
    if (change.t !== undefined && change.t !== state.t) zoomed.current.push(state.t);
    set(change, how);
  };
  const zoomOut = zoomed.current.length ? () => set({ t: zoomed.current.pop()! }) : null;
  context.set = setWithZoom;

  useKeys({ state, context, whole, scroller, closeDrawer, zoomOut, refresh, step });

  const columns = state.cols ? state.cols.split(",").filter(Boolean).slice(0, 6) : [];
  const side = !narrow && !cards && !open;
  const shownTotal = state.live ? "" : total >= 0 ? plural(total, "entry") : over.problem ? "" : "counting …";
  return (
    <Context.Provider value={context}>
      <div ref={whole} class={"log" + (open || asking ? " with-drawer" : "") + (side || (!narrow && !cards) ? "" : " without-facets")}>
        <h1 class="away">The log of {organization}</h1>
        <div class="bar">
          <QueryBar />
          <div class="bar-tools">
            <TimePicker setZone={setZone} />
            <button type="button" class={"button" + (state.live ? " on" : "")} aria-pressed={state.live} onClick={() => setWithZoom({ live: !state.live })} title="Follow new entries (l)">
              <Icon name={state.live ? "pause" : "play"} />
              <span>Live</span>
            </button>
            <Views setZone={setZone} />
            <Export total={total} />
          </div>
        </div>
        <div class="summary">
          <Chips />
          <span class="summary-side">
            <span class="total">{shownTotal}</span>
            {live.fresh > 0 && !state.live && state.order === "newest" && (
              <button type="button" class="pill" onClick={refresh}>
                {number(live.fresh)} new <Icon name="up" />
              </button>
            )}
            {(narrow || cards) && (
              <button type="button" class="button small" aria-expanded={facetsOpen} onClick={() => setFacetsOpen(!facetsOpen)}>
                <Icon name="filter" /> Facets
              </button>
            )}
            <button type="button" class="button small" aria-label={`Order: ${state.order} first`} title="Turn the order round" onClick={() => setWithZoom({ order: state.order === "newest" ? "oldest" : "newest" })}>
              {state.order === "newest" ? "Newest first" : "Oldest first"}
            </button>
            <button type="button" class="icon-button" aria-label="Refresh" title="Refresh (r)" onClick={refresh}>
              <Icon name="refresh" />
            </button>
          </span>
        </div>
        <Histogram answer={over} zoomOut={zoomOut} />
        <div class="panes">
          {!cards && !narrow && <Facets answer={facets} total={total} />}
          {(cards || narrow) && facetsOpen && (
            <div class="sheet">
              <Facets answer={facets} total={total} close={() => setFacetsOpen(false)} />
            </div>
          )}
          <div ref={list} class="list" role="region" aria-label="List of entries" tabIndex={-1}>
            {state.live && live.bar}
            {state.live ? (
              <LiveList entries={live.entries} context={context} open={show} columns={columns} cards={cards} selected={state.id} />
            ) : feed.started && feed.count === 0 && feed.complete ? (
              <NoEntries context={context} refresh={refresh} />
            ) : feed.problem && feed.count === 0 ? (
              <Empty title={feed.problem.code.startsWith("filter") ? "The filter is not understood" : feed.problem.status === 403 ? "Not allowed" : feed.problem.status === 404 ? "No such organization" : "The entries could not be read"} icon="alert">
                <p>{feed.problem.message}</p>
                <div class="row-buttons">
                  {feed.problem.code.startsWith("filter") ? <button type="button" class="button primary" onClick={() => set({ q: quietReads })}>Drop the filter</button> : <button type="button" class="button primary" onClick={() => void feed.more()}>Try again</button>}
                </div>
              </Empty>
            ) : (
              <>
                <Table feed={feed} version={version} scroller={scroller} total={total} columns={columns} cards={cards} selected={state.id} open={show} />
                <Foot feed={feed} context={context} total={total} />
              </>
            )}
          </div>
          {(open || asking) &&
            (open ? (
              <Drawer key="drawer" entry={open} tab={state.tab} setTab={(tab) => set({ tab }, "replace")} close={closeDrawer} previous={step(-1)} next={step(1)} open={show} proof={ledger} />
            ) : (
              <aside class="drawer" aria-label="Entry">
                <header class="drawer-head">
                  <div class="drawer-tools">
                    <span class="grow" />
                    <button type="button" class="icon-button" aria-label="Close entry" onClick={closeDrawer}><Icon name="close" /></button>
                  </div>
                </header>
                {single.problem ? <Empty title={single.problem.status === 404 ? "No such entry here" : "The entry could not be read"} icon="alert"><p>{single.problem.status === 404 ? "There is no entry with this id, or you may not see it." : single.problem.message}</p></Empty> : <div class="drawer-body"><span class="bone long" /><span class="bone" /></div>}
              </aside>
            ))}
        </div>
      </div>
      {asked && (
        <ValueMenu
          asked={asked}
          log={context}
          close={(restore) => {
            ask(null);
            if (restore) (asked.anchor as HTMLElement).focus?.();
          }}
        />
      )}
    </Context.Provider>
  );
}

function Foot({ feed, context, total }: { feed: Feed; context: LogContext; total: number }) {
  if (feed.problem)
    return (
      <div class="foot wrong" role="alert">
        {feed.problem.message} What was read stays.{" "}
        <button type="button" class="button small" onClick={() => void feed.more()}>Try again</button>
      </div>
    );
  if (feed.count === 0 && (!feed.started || feed.loading)) return <Bones key="bones" />;
  if (feed.loading) return <div class="foot" aria-hidden="true">reading on …</div>;
  if (!feed.complete && feed.scannedTo)
    return (
      <div class="foot">
        Searched back to {stampShort(Date.parse(feed.scannedTo), context.zone)}.{" "}
        <button type="button" class="button small" onClick={() => void feed.more()}>Search on</button>
      </div>
    );
  if (!feed.complete) return <div class="foot"><button type="button" class="button small" onClick={() => void feed.more()}>Read more</button></div>;
  return <div class="foot muted">{context.log.order === "newest" ? "The beginning" : "The end"} of what is asked for{total >= 0 && total !== feed.count ? `, ${number(feed.count)} read` : ""}</div>;
}

function Bones() {
  return (
    <div class="bones-list" aria-hidden="true">
      {Array.from({ length: 12 }, (_, i) => (
        <div key={i} class="bones-row"><span class="bone" /><span class="bone long" style={{ width: 38 + ((i * 37) % 40) + "%" }} /></div>
      ))}
    </div>
  );
}

// NoEntries tells apart why nothing is shown, and offers what helps.
function NoEntries({ context, refresh }: { context: LogContext; refresh: () => void }) {
  const { client, organization, zone, log, set, now } = context;
  const answer = useAnswer(`empty\n${organization}\n${context.filter}`, async (signal) => {
    const one = (q: string, order = "newest") => client.entries({ organization, q, tz: zone, order, limit: 1 }, signal).then((p) => p.entries[0]);
    const any = await one("-is:own"); // that somebody signed in is an entry, but not one of the application
    if (!any) return { why: "never" as const };
    const inTime = log.q ? await one(pinned(log.t, zone, now)) : undefined;
    const elsewhere = log.t === "all" ? undefined : await one(log.q);
    const dropped: { text: string; index: number }[] = [];
    const list = terms(log.q);
    if (inTime && !list.alternative && list.list.length > 1 && list.list.length <= 6)
      for (let i = list.list.length - 1; i >= 0; i--) if (await one(and(without(log.q, i), pinned(log.t, zone, now)))) dropped.push({ text: log.q.slice(list.list[i]!.from, list.list[i]!.to), index: i });
    return { why: elsewhere || !log.q ? ("time" as const) : ("filter" as const), elsewhere, dropped, others: !!inTime, reads: inTime && log.q === quietReads };
  });
  const found = answer.data;
  if (!found || answer.stale) return <Empty title="Nothing found"><p class="muted">Looking where there is something …</p></Empty>;
  if (found.why === "never")
    return (
      <Empty title="No entries yet">
        <p>This organization has not recorded anything. An application records with one request:</p>
        <pre class="sample" tabIndex={0}>{`curl -X POST ${location.origin}/v1/entries \\
  -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \\
  -d '{"action":"CREATE","resource_type":"document","resource_id":"42","user_id":"ada"}'`}</pre>
        <button type="button" class="button" onClick={refresh}>Look again</button>
      </Empty>
    );
  return (
    <Empty title={found.reads ? "Only successful reads" : found.why === "time" ? "Nothing in this time" : "Nothing for this filter"} icon={found.why === "time" ? "clock" : "filter"}>
      <p>
        {found.reads ? "Everything in this time is a read that was allowed, and those are hidden." : found.why === "time" ? `${label(log.t, zone, now)} has no entries${log.q ? " for this filter" : ""}.` : found.others ? "There are entries in this time, but none that the filter finds." : "No entry at any time is found by this filter."}
      </p>
      <div class="row-buttons">
        {found.reads && <button type="button" class="button primary" onClick={() => set({ q: "" })}>Show successful reads</button>}
        {found.elsewhere && <NearestTime context={context} at={found.elsewhere} />}
        {found.dropped?.map((d) => (
          <button type="button" key={d.index} class="button" onClick={() => set({ q: without(log.q, d.index) })}>Drop {d.text.slice(0, 40)}</button>
        ))}
        {!found.reads && log.q && <button type="button" class="button" onClick={() => set({ q: "" })}>Drop the whole filter</button>}
        {log.t !== "all" && <button type="button" class="button" onClick={() => set({ t: "all" })}>All time</button>}
      </div>
    </Empty>
  );
}

function NearestTime({ context, at }: { context: LogContext; at: Entry }) {
  const ms = Date.parse(at.created_at);
  const d = new Intl.DateTimeFormat("en-CA", { timeZone: context.zone, year: "numeric", month: "2-digit", day: "2-digit" }).format(ms);
  const i = interval(context.log.t, context.zone, context.now);
  if (i?.from && ms >= i.from && (i.to === null || ms < i.to)) return null;
  return (
    <button type="button" class="button primary" onClick={() => context.set({ t: d })}>
      Newest is on {dayYear(ms, context.zone)}
    </button>
  );
}

interface Keys {
  state: LogContext["log"];
  context: LogContext;
  whole: { current: HTMLDivElement | null };
  scroller: { current: HTMLDivElement | null };
  closeDrawer: () => void;
  zoomOut: (() => void) | null;
  refresh: () => void;
  step: (by: number) => (() => void) | null;
}

// useKeys binds the single letters. They act outside of inputs only, and can be switched off.
function useKeys(k: Keys) {
  const now = useRef(k);
  now.current = k;
  useEffect(() => {
    const onKey = (e: KeyboardEvent) => {
      const { state, context, whole, scroller, closeDrawer, zoomOut, refresh, step } = now.current;
      const target = e.composedPath()[0] as HTMLElement;
      if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey) return;
      if (/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.closest?.("dialog, [popover], .popover")) return;
      if (e.key === "Escape") {
        if (state.id) closeDrawer();
        else if (zoomOut) zoomOut();
        return;
      }
      if (keys.off) return;
      const does: Record<string, () => void> = {
        "/": () => whole.current?.querySelector<HTMLInputElement>("#query")?.focus(),
        j: () => (state.id && step(1) ? step(1)!() : scroller.current?.dispatchEvent(new CustomEvent("daybook-move", { detail: 1 }))),
        k: () => (state.id && step(-1) ? step(-1)!() : scroller.current?.dispatchEvent(new CustomEvent("daybook-move", { detail: -1 }))),
        t: () => whole.current?.querySelector<HTMLButtonElement>("#time")?.click(),
        l: () => context.set({ live: !state.live }),
        r: refresh,
        c: () => void navigator.clipboard?.writeText(location.href).then(() => announce("Link copied")),
      };
      if (does[e.key]) {
        e.preventDefault();
        does[e.key]!();
      }
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}
