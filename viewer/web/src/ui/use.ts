import type { RefObject } from "preact";
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Problem } from "../api/client";

export interface Answer<T> {
  data: T | undefined; // the last good answer, kept while another one is awaited
  problem: Problem | undefined;
  loading: boolean;
  stale: boolean; // data belongs to an earlier key
  again: () => void;
}

// useAnswer asks when its key changes, cancels what is under way, and drops answers to older keys.
// A null key asks nothing.
export function useAnswer<T>(key: string | null, ask: (signal: AbortSignal) => Promise<T>): Answer<T> {
  const [round, setRound] = useState(0);
  const [state, set] = useState<{ key: string | null; data?: T; problem?: Problem; loading: boolean }>({ key: null, loading: key !== null });
  const asking = useRef(ask);
  asking.current = ask;
  useEffect(() => {
    if (key === null) return;
    const abort = new AbortController();
    set((s) => ({ ...s, loading: true, ...(s.key === key ? {} : { problem: undefined }) }) as typeof s);
    asking.current(abort.signal).then(
      (data) => abort.signal.aborted || set({ key, data, loading: false }),
      (e: unknown) => {
        if (abort.signal.aborted) return;
        const problem = e instanceof Problem ? e : new Problem(0, "page", "The page made a mistake: " + (e instanceof Error ? e.message : "unknown"));
        set((s) => ({ key, loading: false, problem, ...(s.data === undefined ? {} : { data: s.data }) }) as typeof s);
      },
    );
    return () => abort.abort();
  }, [key, round]);
  return { data: state.data, problem: state.problem, loading: key !== null && (state.loading || state.key !== key), stale: state.key !== key, again: useCallback(() => setRound((r) => r + 1), []) };
}

export function useNow(client: { now(): number }, every = 30000): number {
  const [now, set] = useState(() => client.now());
  useEffect(() => {
    const timer = setInterval(() => set(client.now()), every);
    return () => clearInterval(timer);
  }, [every]);
  return now;
}

// useWidth is how wide an element is, so that the same parts fit a page and a corner of one.
export function useWidth(ref: RefObject<HTMLElement | null>, first: number): number {
  const [width, set] = useState(first);
  useLayoutEffect(() => {
    const el = ref.current;
    if (!el) return;
    set(el.clientWidth || first);
    const observer = new ResizeObserver(() => el.clientWidth && set(el.clientWidth));
    observer.observe(el);
    return () => observer.disconnect();
  }, []);
  return width;
}

export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "away";
    document.body.append(area);
    area.select();
    const ok = document.execCommand("copy");
    area.remove();
    return ok;
  }
}
