import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Problem } from "../api/client";
import type { Entry, Facet } from "../api/types";
import { Drawer } from "../entry/drawer";
import { Context, type LogContext } from "../log/context";
import { Facets } from "../log/facets";
import { Feed } from "../log/feed";
import { Chips, QueryBar } from "../log/query-bar";
import { readFacets } from "../log/read-facets";
import { Table } from "../log/table";
import { useValueMenu, ValueMenu } from "../log/values";
import { and } from "../state/filter";
import type { Log } from "../state/location";
import { browserZone, day, dayKey, dayYear, pinned } from "../state/time";
import { Icon } from "../ui/icons";
import { announceIn } from "../ui/live";
import { Empty } from "../ui/parts";
import { useAnswer, useWidth } from "../ui/use";
import type { Shared } from "./client";
import type { ResolveNames } from "./element";

interface Props {
  shared: Shared;
  query: string;
  t: string;
  order: "newest" | "oldest";
  columns: string;
  features: string;
  resolveNames: ResolveNames | undefined;
  opened: (id: string) => void;
  queried: (query: string) => void;
  failed: (p: Problem) => void;
}

// Columns that the sentence already tells.
const told = new Set(["created", "user", "action", "changes", "resource", "outcome"]);

// Embedded is the list and the drawer, and what the host asked for beside them. Its state is its own,
// not the host's URL.
export function Embedded(props: Props) {
  const { shared, query, t, order, columns, resolveNames, opened, queried, failed } = props;
  const { client } = shared;
  const features = useMemo(() => new Set(props.features.split(/[\s,]+/)), [props.features]);
  const me = useAnswer("me", () => shared.me());
  const organization = me.data?.organizations.length === 1 ? me.data.organizations[0]! : "";
  const zone = browserZone();
  const first = (): Log => ({ q: "", t, tz: "", order, cols: columns.split(",").map((c) => c.trim()).filter((c) => c && !told.has(c)).join(","), id: "", tab: "", live: false });
  const [state, change] = useState(first);
  useEffect(() => change(first()), [query, t, order, columns]);
  const [round, setRound] = useState(0);
  const moment = useMemo(() => Math.ceil((client.now() + 1000) / 1000) * 1000, [query, state.q, state.t, state.order, round]);
  const filter = and(query, state.q, pinned(state.t, zone, moment));
  const [asked, ask] = useValueMenu();
  const [version, changed] = useState(0);
  const whole = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const width = useWidth(whole, 800);
  const cards = width < 700;
  const scroller = cards ? whole : list;
  const names = useNames(resolveNames);

  const context: LogContext = {
    client,
    organization,
    zone,
    now: moment,
    log: state,
    filter,
    set: (c) => change((now) => ({ ...now, ...c, live: false })),
    value: (anchor, field, value) => ask({ anchor, field, value }),
    link: () => "",
    permalink: () => "",
    name: names.of,
    can: (p) => features.has(p) && !!me.data?.permissions.includes(p),
  };
  useEffect(() => queried(and(query, state.q)), [query, state.q]);

  const heights = cards ? { entry: 84, day: 32 } : { entry: 38, day: 32 };
  const feed = useMemo(
    () =>
      new Feed(
        async (cursor, signal) => {
          const page = await client.entries({ organization, q: filter, tz: zone, order: state.order, limit: 100, ...(cursor ? { cursor } : {}) }, signal);
          names.want(page.entries);
          return page;
        },
        (e) => {
          const ms = Date.parse(e.created_at);
          return [dayKey(ms, zone), Math.abs(moment - ms) > 300 * 86400e3 ? dayYear(ms, zone) : day(ms, zone)];
        },
        heights,
        () => changed((n) => n + 1),
      ),
    [filter, state.order, organization],
  );
  feed.resize(heights);
  useEffect(() => {
    if (me.data) void feed.more();
    return () => feed.close();
  }, [feed, !!me.data]);
  const problem = me.problem ?? feed.problem;
  useEffect(() => {
    if (problem) failed(problem);
  }, [problem]);
  const facets = useAnswer<Facet[]>(me.data && features.has("facets") ? organization + filter : null, (signal) => readFacets(client, organization, filter, zone, signal));

  const [openEntry, setOpen] = useState<Entry | null>(null);
  const open = (e: Entry) => {
    setOpen(e);
    change((now) => ({ ...now, id: e.id }));
    opened(e.id);
  };
  const close = () => {
    const id = openEntry?.id ?? "";
    setOpen(null);
    change((now) => ({ ...now, id: "", tab: "" }));
    requestAnimationFrame(() => whole.current?.querySelector<HTMLElement>(`tr[data-id="${CSS.escape(id)}"]`)?.focus());
  };
  const index = openEntry ? feed.indexOf(openEntry.id) : -1;
  const step = (by: number) => {
    const e = index >= 0 ? feed.at(index + by) : null;
    return e ? () => open(e) : null;
  };
  const side = features.has("facets") && width >= 1000 && !openEntry;
  return (
    <Context.Provider value={context}>
      <div
        ref={whole}
        class={"log" + (openEntry ? " with-drawer" : "") + (side ? "" : " without-facets")}
        onKeyDown={(e) => {
          if (e.key !== "Escape" || !openEntry || e.defaultPrevented) return;
          e.stopPropagation();
          close();
        }}
      >
        {(features.has("search") || context.can("export")) && (
          <div class="bar">
            {features.has("search") ? <QueryBar /> : <span class="grow" />}
            <div class="bar-tools">
              <button type="button" class="icon-button" aria-label="Refresh" title="Refresh" onClick={() => setRound((n) => n + 1)}><Icon name="refresh" /></button>
              {context.can("export") && <Download context={context} />}
            </div>
          </div>
        )}
        {state.q && (
          <div class="summary">
            <Chips quiet />
          </div>
        )}
        <div class="panes">
          {side && <Facets answer={facets} total={-1} />}
          <div ref={list} class="list" role="region" aria-label="List of entries" tabIndex={-1}>
            {problem && feed.count === 0 ? (
              <Empty title={problem.signedOut ? "Signed out" : problem.status === 403 ? "Not allowed" : "The entries could not be read"} icon="alert">
                <p>{problem.message}</p>
                <button type="button" class="button" onClick={() => (me.problem ? me.again() : void feed.more())}>Try again</button>
              </Empty>
            ) : feed.started && feed.complete && feed.count === 0 ? (
              <Empty title={state.q ? "Nothing for this filter" : "No entries"}>
                {state.q && <button type="button" class="button" onClick={() => context.set({ q: "" })}>Drop the filter</button>}
              </Empty>
            ) : !me.data ? null : (
              <Table feed={feed} version={version} scroller={scroller} total={feed.complete ? feed.count : -1} columns={state.cols ? state.cols.split(",") : []} cards={cards} selected={state.id} open={open} />
            )}
          </div>
          {openEntry && <Drawer entry={openEntry} tab={state.tab} setTab={(tab) => change((now) => ({ ...now, tab }))} close={close} previous={step(-1)} next={step(1)} open={open} proof={context.can("proof")} />}
        </div>
        <div ref={announceIn} class="away" role="status" aria-live="polite" />
      </div>
      {asked && <ValueMenu asked={asked} log={context} close={(restore) => (ask(null), restore && (asked.anchor as HTMLElement).focus?.())} />}
    </Context.Provider>
  );
}

// useNames asks the host what ids are called, each once and many at a time.
function useNames(resolve: ResolveNames | undefined) {
  const [names, set] = useState<ReadonlyMap<string, string>>(new Map());
  const seen = useRef(new Set<string>());
  return {
    of: (id: string) => names.get(id),
    want: (entries: Entry[]) => {
      if (!resolve) return;
      const ids = new Set<string>();
      for (const e of entries) for (const id of [e.user_id, e.resource_id]) if (id && !seen.current.has(id)) ids.add(id);
      if (!ids.size) return;
      for (const id of ids) seen.current.add(id);
      Promise.resolve(resolve([...ids])).then(
        (found) => set((now) => new Map([...now, ...Object.entries(found ?? {}).map(([k, v]) => [k, String(v)] as const)])),
        () => {}, // ids are shown as they are
      );
    },
  };
}

// Download takes the entries through the header, since a link cannot carry a token.
function Download({ context }: { context: LogContext }) {
  const [busy, setBusy] = useState(false);
  const take = async () => {
    setBusy(true);
    try {
      const { client, organization, filter, zone, log } = context;
      const response = await client.fetch("GET", client.url("/v1/entries/export", { organization, q: filter, tz: zone, format: "csv", order: log.order === "oldest" ? "oldest" : undefined }), undefined, undefined, "text/csv");
      const url = URL.createObjectURL(await response.blob());
      const a = document.createElement("a");
      a.href = url;
      a.download = "entries.csv";
      a.click();
      setTimeout(() => URL.revokeObjectURL(url), 10_000);
    } finally {
      setBusy(false);
    }
  };
  return (
    <button type="button" class="button" disabled={busy} onClick={() => void take()}>
      <Icon name="download" /> {busy ? "Exporting …" : "Export"}
    </button>
  );
}
