import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Client } from "../api/client";
import type { Log } from "../state/location";

// What the parts of the log share. The page and the element each make one.
export interface LogContext {
  client: Client;
  organization: string;
  zone: string;
  now: number;
  log: Log;
  filter: string; // q and the range, pinned to the moment of the last refresh
  set: (change: Partial<Log>, how?: "push" | "replace") => void;
  value: (anchor: Element, field: string, value: unknown) => void; // opens the menu of a value
  link: (change: Partial<Log>) => string;
  permalink: (id: string) => string; // "": there is none, as in the element
  name?: (id: string) => string | undefined; // what an id is called, if somebody knows
  can: (permission: string) => boolean;
}

export const Context = createContext<LogContext>(null as unknown as LogContext);

export function useLog(): LogContext {
  return useContext(Context);
}
