import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Problem } from "../api/client";
import { follow } from "../api/stream";
import type { Entry } from "../api/types";
import { and } from "../state/filter";
import { day, dayKey } from "../state/time";
import { Icon } from "../ui/icons";
import { announce } from "../ui/live";
import { number, plural } from "../ui/text";
import type { LogContext } from "./context";
import { Feed } from "./feed";
import { Table } from "./table";

const most = 1000; // rows that the live view keeps
const rate = 20; // rows a second that it shows

// useLive follows the log while live is on, and otherwise counts what is newer than what is shown.
export function useLive(context: LogContext, live: boolean, moment: number, filter: string) {
  const { client, organization, zone, log } = context;
  const [entries, setEntries] = useState<Entry[]>([]);
  const [paused, setPaused] = useState(false);
  const [connected, setConnected] = useState<boolean | Problem>(false);
  const [fresh, setFresh] = useState(0);
  const waiting = useRef<Entry[]>([]);
  const [held, setHeld] = useState(0);
  const pausing = useRef(paused);
  pausing.current = paused;

  useEffect(() => {
    if (!live) return;
    const abort = new AbortController();
    waiting.current = [];
    setEntries([]);
    setHeld(0);
    // What is there already comes as a page; what is new comes as a stream behind it.
    client.entries({ organization, q: log.q, tz: zone, order: "newest", limit: 100 }, abort.signal).then(
      (page) => setEntries((now) => merge(now, page.entries)),
      () => {},
    );
    void follow(
      client,
      client.url("/v1/entries/tail", { organization, q: log.q, tz: zone }),
      abort.signal,
      (event) => {
        if (event.event !== "entry" && event.event !== "message") return;
        try {
          waiting.current.push(JSON.parse(event.data) as Entry);
        } catch {
          return;
        }
        if (waiting.current.length > 5 * most) waiting.current.splice(0, waiting.current.length - 5 * most);
      },
      (ok, problem) => setConnected(problem ?? ok),
    );
    const timer = setInterval(() => {
      setHeld(waiting.current.length);
      if (pausing.current || document.hidden || !waiting.current.length) return;
      const some = waiting.current.splice(0, Math.max(rate / 4, Math.ceil(waiting.current.length / 20)));
      setEntries((now) => merge(now, some));
      announce(plural(some.length, "new entry"));
    }, 250);
    return () => {
      abort.abort();
      clearInterval(timer);
    };
  }, [live, organization, log.q, zone]);

  // The counter of newer entries beside a list that stands still.
  useEffect(() => {
    setFresh(0);
    if (live || (!log.t.startsWith("-") && log.t !== "all" && log.t !== "today")) return;
    const abort = new AbortController();
    const look = async () => {
      if (document.hidden) return;
      try {
        const answer = await client.get<{ total: number }>("/v1/entries/count", { organization, q: and(log.q, `created:>=${new Date(moment).toISOString()}`), tz: zone }, abort.signal);
        setFresh(answer.total ?? 0);
      } catch {
        // The counter is a courtesy; the next try comes.
      }
    };
    const timer = setInterval(look, 15000);
    return () => {
      abort.abort();
      clearInterval(timer);
    };
  }, [live, filter, moment]);

  const bar = (
    <div class="live-bar" role="status">
      <span class={"dot" + (connected === true ? (paused ? " paused" : " on") : "")} aria-hidden="true" />
      <span>{connected === true ? (paused ? "Paused" : "Following new entries") : connected === false ? "Connecting …" : connected.message}</span>
      {held > 0 && <b>{number(held)} waiting</b>}
      <span class="grow" />
      <button type="button" class="button small" aria-pressed={paused} onClick={() => setPaused(!paused)}>
        <Icon name={paused ? "play" : "pause"} /> {paused ? "Go on" : "Pause"}
      </button>
      <button type="button" class="button small" onClick={() => context.set({ live: false })}>Stop</button>
    </div>
  );

  return { entries, fresh, bar };
}

function merge(now: Entry[], more: Entry[]): Entry[] {
  const seen = new Set(now.map((e) => e.id));
  const all = [...more.filter((e) => !seen.has(e.id)), ...now];
  all.sort((a, b) => (a.created_at < b.created_at ? 1 : a.created_at > b.created_at ? -1 : a.id < b.id ? 1 : -1));
  return all.slice(0, most);
}

export function LiveList({ entries, context, open, columns, cards, selected }: { entries: Entry[]; context: LogContext; open: (e: Entry) => void; columns: string[]; cards: boolean; selected: string }) {
  const [version, changed] = useState(0);
  const scroller = useRef<HTMLElement | null>(null);
  const feed = useMemo(
    () =>
      new Feed(
        () => Promise.resolve({ entries }),
        (e) => [dayKey(Date.parse(e.created_at), context.zone), day(Date.parse(e.created_at), context.zone)],
        cards ? { entry: 84, day: 32 } : { entry: 38, day: 32 },
        () => changed((n) => n + 1),
      ).fill({ entries }),
    [entries, cards],
  );
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    scroller.current = host.current?.closest<HTMLElement>(cards ? ".log" : ".list") ?? null;
    changed((n) => n + 1);
  }, [cards]);
  return (
    <div ref={host}>
      <Table feed={feed} version={version} scroller={scroller} total={entries.length} columns={columns} cards={cards} selected={selected} open={open} />
      {!entries.length && <p class="foot muted">New entries appear here as they are recorded.</p>}
    </div>
  );
}
