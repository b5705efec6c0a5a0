import { useState } from "preact/hooks";

// Everything that comes from an entry goes through here: it is text, its control characters and
// those that reorder or hide text are made visible, and what is long is cut with a way to see all.

const invisible = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

export function visible(s: string): string {
  return s.replace(invisible, (c) => `⟨U+${c.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}⟩`);
}

// one is s on one line, cut for a table.
export function one(s: string, most = 160): string {
  const cut = s.length > most ? [...s.slice(0, most * 2)].slice(0, most).join("") + "…" : s;
  return visible(cut.replace(/[\r\n\t]+/g, " "));
}

export function Value({ text, most = 600 }: { text: string; most?: number }) {
  const [all, setAll] = useState(false);
  const long = text.length > most;
  // Even "all" is bounded: a browser that lays out megabytes in one line does nothing else.
  const bound = 200_000;
  const shown = !long ? text : all ? text.slice(0, bound) : text.slice(0, most);
  return (
    <span class="value" dir="ltr">
      {visible(shown)}
      {long && !all && (
        <>
          …{" "}
          <button type="button" class="link" onClick={() => setAll(true)}>
            show all ({text.length.toLocaleString("en")} characters)
          </button>
        </>
      )}
      {all && text.length > bound && <em> … cut here; copy gives the whole value</em>}
    </span>
  );
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

// short is an id for a narrow place. Of a UUID the end is shown: ids made in one second begin alike.
export function short(id: string): string {
  return uuid.test(id) ? "…" + id.slice(-8) : one(id, 40);
}

export const number = (n: number) => n.toLocaleString("en");
export const compact = (n: number) => (n < 10000 ? number(n) : new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 }).format(n));
export const plural = (n: number, one: string, many = one.replace(/y$/, "ie") + "s") => `${number(n)} ${n === 1 ? one : many}`;
