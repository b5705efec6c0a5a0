import { useEffect, useRef, useState } from "preact/hooks";
import { Problem } from "../api/client";
import type { Note } from "../api/types";
import { codePoints, terms, units, without, fieldOf, quietReads } from "../state/filter";
import { Icon } from "../ui/icons";
import { place } from "../ui/menu";
import { one, visible } from "../ui/text";
import { useLog } from "./context";

interface Suggestions {
  from: number; // in code points
  to: number;
  items: { text: string; kind: string; count?: number }[];
}

interface Suggested {
  text: string;
  hint: string;
  from: number;
  to: number;
}

// The query bar: text with suggestions of fields, operators and values seen in this organization.
// What is wrong is marked where it is, with the correction beside it.
export function QueryBar() {
  const log = useLog();
  const applied = log.log.q;
  const [draft, setDraft] = useState(applied);
  const [checked, setChecked] = useState<{ q: string; notes: Note[]; error: boolean } | null>(null);
  const [list, setList] = useState<Suggested[]>([]);
  const [at, setAt] = useState(-1);
  const [open, setOpen] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const box = useRef<HTMLDivElement>(null);

  useEffect(() => setDraft(applied), [applied]);

  // What is applied is checked: by Enter before it is applied, so that what is shown stays while the
  // filter is wrong, and otherwise when it came with the URL.
  const check = async (q: string, signal?: AbortSignal): Promise<boolean> => {
    if (q.trim() === "") {
      setChecked(null);
      return true;
    }
    try {
      const answer = await log.client.get<{ warnings?: Note[] }>("/v1/filter", { q, tz: log.zone }, signal);
      setChecked({ q, notes: answer.warnings ?? [], error: false });
    } catch (e) {
      if (e instanceof Problem && e.status === 400) {
        setChecked({ q, notes: e.notes.length ? e.notes : [{ code: e.code, message: e.message }], error: true });
        return false;
      }
    }
    return true;
  };
  useEffect(() => {
    if (checked?.q === applied) return;
    const abort = new AbortController();
    void check(applied, abort.signal);
    return () => abort.abort();
  }, [applied, log.zone]);

  useEffect(() => {
    if (!open) return;
    const abort = new AbortController();
    const timer = setTimeout(async () => {
      const caret = input.current?.selectionStart ?? draft.length;
      try {
        const answer = await log.client.get<Suggestions>("/v1/suggest", { q: draft, at: codePoints(draft, caret), organization: log.organization }, abort.signal);
        const from = units(draft, answer.from);
        const to = units(draft, answer.to);
        setList(answer.items.slice(0, 12).map((s) => ({ text: s.text, hint: s.count ? s.count.toLocaleString("en") : s.kind, from, to })));
        setAt(-1);
      } catch {
        if (!abort.signal.aborted) setList([]);
      }
    }, 120);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [draft, open, log.organization]);

  useEffect(() => {
    const b = box.current;
    if (!b) return;
    if (open && list.length) {
      if (!b.matches(":popover-open")) b.showPopover();
      place(input.current!, b);
      b.style.minWidth = Math.min(420, input.current!.offsetWidth) + "px";
    } else if (b.matches(":popover-open")) b.hidePopover();
  }, [open, list]);

  const apply = async (text: string) => {
    const q = text.trim();
    setOpen(false);
    setDraft(q);
    if (q !== applied && (await check(q))) log.set({ q });
  };
  const take = (s: Suggested) => {
    const next = draft.slice(0, s.from) + s.text + draft.slice(s.to);
    const done = !/[:.=<>~(,]$/.test(s.text);
    const caret = s.from + s.text.length + (done && s.to >= draft.length ? 1 : 0);
    setDraft(done && s.to >= draft.length ? next + " " : next);
    setList([]);
    setAt(-1);
    requestAnimationFrame(() => {
      input.current?.focus();
      input.current?.setSelectionRange(caret, caret);
    });
  };

  const current = checked && checked.q === draft ? checked : null;
  const shown = current?.notes ?? [];
  const wrong = !!current?.error;
  return (
    <div class="query">
      <div class={"query-box" + (wrong ? " wrong" : "")}>
        <Icon name="search" />
        <input
          ref={input}
          id="query"
          type="text"
          role="combobox"
          aria-label="Filter"
          aria-expanded={open && list.length > 0}
          aria-controls="query-list"
          aria-autocomplete="list"
          aria-activedescendant={at >= 0 ? `query-item-${at}` : undefined}
          aria-invalid={wrong}
          aria-describedby={shown.length ? "query-notes" : undefined}
          placeholder="Filter: action:DELETE  user:…  ip:192.0.2.0/24  or any words"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          maxLength={4096}
          value={draft}
          onInput={(e) => {
            setDraft(e.currentTarget.value);
            setOpen(true);
          }}
          onClick={() => setOpen(true)}
          onBlur={() => setOpen(false)}
          onKeyDown={(e) => {
            if (e.key === "ArrowDown" || e.key === "ArrowUp") {
              e.preventDefault();
              if (!open) setOpen(true);
              else if (list.length) setAt((at + (e.key === "ArrowDown" ? 1 : list.length) + (at < 0 && e.key === "ArrowUp" ? 0 : 0)) % list.length);
            } else if (e.key === "Enter") {
              e.preventDefault();
              if (open && at >= 0 && list[at]) take(list[at]!);
              else void apply(draft);
            } else if (e.key === "Tab" && open && at >= 0 && list[at]) {
              e.preventDefault();
              take(list[at]!);
            } else if (e.key === "Escape") {
              e.stopPropagation();
              if (open && list.length) setOpen(false);
              else if (draft !== applied) setDraft(applied);
              else input.current?.blur();
            }
          }}
        />
        {draft !== applied && <kbd class="enter">Enter</kbd>}
        {draft !== "" && (
          <button type="button" class="icon-button small" aria-label="Clear the filter" onClick={() => void apply("")}>
            <Icon name="close" />
          </button>
        )}
      </div>
      <div ref={box} popover="manual" id="query-list" role="listbox" aria-label="Suggestions" class="popover suggestions">
        {list.map((s, i) => (
          <div
            key={s.text + i}
            id={`query-item-${i}`}
            role="option"
            aria-selected={i === at}
            class={"suggestion" + (i === at ? " at" : "")}
            onPointerDown={(e) => {
              e.preventDefault();
              take(s);
            }}
          >
            <span>{one(s.text, 80)}</span>
            <small>{one(s.hint, 60)}</small>
          </div>
        ))}
      </div>
      {shown.length > 0 && (
        <div id="query-notes" role={wrong ? "alert" : undefined}>
        <ul class={"notes" + (wrong ? " wrong" : "")}>
          {shown.map((n, i) => (
            <NoteLine
              key={i}
              note={n}
              q={draft}
              wrong={wrong}
              select={(from, to) => {
                input.current?.focus();
                input.current?.setSelectionRange(from, to);
              }}
              fix={(next) => void apply(next)}
            />
          ))}
        </ul>
        </div>
      )}
    </div>
  );
}

function NoteLine({ note: n, q, wrong, select, fix }: { note: Note; q: string; wrong: boolean; select: (from: number, to: number) => void; fix: (q: string) => void }) {
  const placed = n.at !== undefined && n.at >= 0;
  const from = placed ? units(q, n.at!) : 0;
  const to = placed ? Math.max(from, units(q, n.at! + (n.length ?? 1))) : 0;
  const before = Math.max(0, from - 24);
  const fixed = placed && n.suggestion ? q.slice(0, from) + n.suggestion + q.slice(to) : "";
  return (
    <li>
      <Icon name={wrong ? "ban" : "alert"} />
      <span>{visible(n.message)}</span>
      {placed && (
        <button type="button" class="excerpt" title="Select these characters" onClick={() => select(from, to)}>
          {before > 0 && "…"}
          {visible(q.slice(before, from))}
          <mark>{visible(q.slice(from, to)) || "⟨here⟩"}</mark>
          {visible(q.slice(to, to + 24))}
          {to + 24 < q.length && "…"}
        </button>
      )}
      {fixed && (
        <button type="button" class="button small" onClick={() => fix(fixed)}>
          Use <b>{one(n.suggestion!, 60)}</b>
        </button>
      )}
    </li>
  );
}

const relations: Record<string, string> = { ":": "is", "=": "is exactly", "!=": "is another than", ">": "over", ">=": "from", "<": "below", "<=": "up to", "~": "matches", "!~": "does not match" };

// Chips are the terms of the filter, each with a way to take it out or turn it round.
export function Chips({ quiet }: { quiet?: boolean }) {
  const log = useLog();
  const q = log.log.q;
  const { list, alternative } = terms(q);
  if (!list.length) {
    if (quiet) return <span class="grow" />;
    return (
      <div class="chips">
        <span class="muted">No filter: every entry in this time</span>
        <button type="button" class="chip ghost" onClick={() => log.set({ q: quietReads })}>
          Hide successful reads
        </button>
      </div>
    );
  }
  if (alternative)
    return (
      <ul class="chips" aria-label="Filter terms">
        <Chip text={q} negated={false} remove={() => log.set({ q: "" })} />
      </ul>
    );
  return (
    <ul class="chips" aria-label="Filter terms">
      {list.map((t, i) => (
        <Chip key={t.from} text={t.text} negated={t.negated} remove={() => log.set({ q: without(q, i) })} turn={() => log.set({ q: q.slice(0, t.from) + (t.negated ? "" : "-") + t.text + q.slice(t.to) })} />
      ))}
    </ul>
  );
}

function Chip({ text, negated, remove, turn }: { text: string; negated: boolean; remove: () => void; turn?: () => void }) {
  const hidden = negated && "-" + text === quietReads;
  const field = fieldOf(text);
  const m = field ? /^\s*(:|=|!=|>=?|<=?|~|!~)/.exec(text.slice(field.length)) : null;
  const label = hidden ? "successful reads hidden" : m ? `${field.replace(/^details\./, "")} ${negated ? "not " : ""}${relations[m[1]!] ?? m[1]} ${text.slice(field.length + m[0].length)}` : `${negated ? "without " : ""}${text}`;
  return (
    <li class={"chip" + (negated ? " negated" : "")}>
      {hidden ? (
        <span>Successful reads hidden</span>
      ) : m ? (
        <button type="button" class="chip-text" aria-label={`Turn round: ${one(label, 120)}`} disabled={!turn} onClick={turn}>
          <span>{one(field.replace(/^details\./, ""), 40)}</span>{negated ? <i> not</i> : field === "is" || field === "has" ? null : <i> {relations[m[1]!]}</i>} <b>{one(text.slice(field.length + m[0].length), 60)}</b>
        </button>
      ) : (
        <button type="button" class="chip-text" aria-label={`Turn round: ${one(label, 120)}`} disabled={!turn} onClick={turn}>
          {negated && <i>without </i>}
          <b>{one(text, 80)}</b>
        </button>
      )}
      <button type="button" class="chip-x" aria-label={`Remove: ${one(label, 120)}`} onClick={remove}>
        <Icon name="close" />
      </button>
    </li>
  );
}
