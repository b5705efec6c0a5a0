import { useState } from "preact/hooks";
import { add, askable, exclude, fieldName, only, term } from "../state/filter";
import { MenuBox, type Item } from "../ui/menu";
import { one } from "../ui/text";
import { copy } from "../ui/use";
import { announce } from "../ui/live";
import type { LogContext } from "./context";

export interface Asked {
  anchor: Element;
  field: string;
  value: unknown;
}

// The menu of a value: only this, exclude, add to the list, copy, a column of its own.
export function ValueMenu({ asked, log, close }: { asked: Asked; log: LogContext; close: (restore: boolean) => void }) {
  const { field, value } = asked;
  const t = term(field, value);
  const q = log.log.q;
  const text = value === null || value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
  const filterable = (typeof value !== "object" || value === null) && askable(text);
  const items: Item[] = [];
  const set = (next: string) => log.set({ q: next, live: log.log.live });
  if (filterable) {
    items.push({ label: "Only this", hint: <kbd>f</kbd>, do: () => set(only(q, t)) });
    items.push({ label: "Exclude", hint: <kbd>x</kbd>, do: () => set(exclude(q, t)) });
    const wider = add(q, t);
    if (value && wider !== only(q, t) && wider !== q) items.push({ label: "Add to the list", hint: one(wider, 40), do: () => set(wider) });
  }
  if (text) items.push({ label: "Copy value", do: () => void copy(text).then((ok) => announce(ok ? "Copied" : "Not copied")) });
  if (filterable) items.push({ label: "Copy as filter", do: () => void copy(t) });
  const col = field === "resource" ? "resource_id" : field.startsWith("details.") ? field : fieldName(field);
  const columns = log.log.cols ? log.log.cols.split(",") : [];
  if (!["outcome", "action", "ip"].includes(col) && columns.length < 6)
    items.push(columns.includes(col) ? { label: "Remove column", do: () => log.set({ cols: columns.filter((c) => c !== col).join(",") }) } : { label: "Add column", do: () => log.set({ cols: [...columns, col].join(",") }) });
  return (
    <MenuBox
      anchor={asked.anchor}
      label={`${fieldName(field)}: ${one(text, 60) || "none"}`}
      close={close}
      items={items}
      head={
        <div class="menu-title">
          <span>{fieldName(field)}</span>
          <b>{text ? one(text, 120) : "none"}</b>
        </div>
      }
    />
  );
}

export function useValueMenu() {
  return useState<Asked | null>(null);
}
