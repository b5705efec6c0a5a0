import { useEffect, useState } from "preact/hooks";
import { quietReads } from "./filter";

// The state of the page is its URL. Typing replaces the history entry, clicks and Enter push one.

export interface Log {
  q: string;
  t: string;
  tz: string;
  order: "newest" | "oldest";
  cols: string;
  id: string;
  tab: string;
  live: boolean;
}

export interface Place {
  organization: string;
  page: string; // log, entries, reports, ledger, …
  rest: string; // what follows in the path
  log: Log;
}

// Without q successful reads are hidden, which a chip says; q= is everything.
export const defaultRange = "-7d";

export function parse(url: URL): Place {
  const [, o, organization = "", page = "log", ...rest] = url.pathname.split("/");
  const p = url.searchParams;
  return {
    organization: o === "o" ? decode(organization) : "",
    page: o === "o" ? page || "log" : o ?? "",
    rest: rest.map(decode).join("/"),
    log: {
      q: p.get("q") ?? quietReads,
      t: p.get("t") ?? defaultRange,
      tz: p.get("tz") ?? "",
      order: p.get("order") === "oldest" ? "oldest" : "newest",
      cols: p.get("cols") ?? "",
      id: p.get("id") ?? "",
      tab: p.get("tab") ?? "",
      live: p.get("live") === "1",
    },
  };
}

function decode(s: string): string {
  try {
    return decodeURIComponent(s);
  } catch {
    return s;
  }
}

export function format(organization: string, page: string, log: Partial<Log> = {}, rest = ""): string {
  const parts: string[] = [];
  const put = (name: string, value: string | undefined, without = "") => {
    if (value && value !== without) parts.push(`${name}=${encode(value)}`);
  };
  if (log.q !== undefined && log.q !== quietReads) parts.push("q=" + encode(log.q)); // an empty filter is not the default
  put("t", log.t, defaultRange);
  put("tz", log.tz);
  put("order", log.order, "newest");
  put("cols", log.cols);
  put("id", log.id);
  put("tab", log.tab);
  if (log.live) parts.push("live=1");
  const path = ["", "o", organization, page, ...(rest ? [rest] : [])].map((s, i) => (i < 2 ? s : encodeURIComponent(s))).join("/");
  return path + (parts.length ? "?" + parts.join("&") : "");
}

// encode keeps what people read in a link readable; "+" and "&" and "#" and "%" are escaped.
function encode(s: string): string {
  return encodeURIComponent(s).replace(/%3A/g, ":").replace(/%2F/g, "/").replace(/%2C/g, ",").replace(/%20/g, "+");
}

const listeners = new Set<() => void>();

function tell() {
  for (const l of [...listeners]) l();
}

export function go(url: string, how: "push" | "replace" = "push") {
  if (url === location.pathname + location.search) return;
  history[how === "push" ? "pushState" : "replaceState"](null, "", url);
  tell();
}

export function usePlace(): Place {
  const [place, set] = useState(() => parse(new URL(location.href)));
  useEffect(() => {
    const update = () => set(parse(new URL(location.href)));
    listeners.add(update);
    addEventListener("popstate", update);
    return () => {
      listeners.delete(update);
      removeEventListener("popstate", update);
    };
  }, []);
  return place;
}
