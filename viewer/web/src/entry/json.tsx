import { useState } from "preact/hooks";
import { path } from "../state/filter";
import { V } from "../ui/parts";
import { visible, one } from "../ui/text";

// A JSON tree whose values can be filtered by. Member names are data like the values: a Map-like walk
// over own entries, never property access by a name from an entry.
export function Tree({ value, keys, name, depth = 0 }: { value: unknown; keys: readonly string[] | null; name?: string; depth?: number }) {
  const [open, setOpen] = useState(depth < 3);
  const [most, setMost] = useState(100);
  const label = name === undefined ? null : <span class="json-key">{one(name, 200)}: </span>;
  if (value === null || typeof value !== "object") {
    const text = typeof value === "string" ? JSON.stringify(value) : String(value);
    const shown = text.length > 400 ? text.slice(0, 400) + "…" : text;
    return (
      <div class="json-line">
        {label}
        {keys && keys.length ? (
          <V field={path(keys)} value={value} class={"json-" + (value === null ? "null" : typeof value)}>{visible(shown)}</V>
        ) : (
          <span class={"json-" + (value === null ? "null" : typeof value)}>{visible(shown)}</span>
        )}
      </div>
    );
  }
  const list = Array.isArray(value);
  const members = list ? value.map((v, i) => [String(i), v] as const) : Object.entries(value);
  if (!members.length) return <div class="json-line">{label}<span class="json-null">{list ? "[ ]" : "{ }"}</span></div>;
  return (
    <div class="json-node">
      <button type="button" class="json-fold" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span aria-hidden="true">{open ? "▾" : "▸"}</span> {label}
        <span class="muted">{list ? `list of ${members.length}` : `${members.length} ${members.length === 1 ? "member" : "members"}`}</span>
      </button>
      {open && (
        <div class="json-in">
          {members.slice(0, most).map(([k, v]) => (
            <Tree key={k} value={v} name={k} keys={keys ? (list ? keys : [...keys, k]) : null} depth={depth + 1} />
          ))}
          {members.length > most && (
            <button type="button" class="link" onClick={() => setMost(most + 500)}>
              {members.length - most} more
            </button>
          )}
        </div>
      )}
    </div>
  );
}
