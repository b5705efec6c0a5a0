// Work on the text of a filter without parsing all of it: the server parses (GET /v1/filter). What
// is needed here is only where the top-level terms begin and end, so that each becomes a chip and
// a click can add or remove one. An OR at the top level makes the whole text one term.

export interface Term {
  text: string; // without the leading NOT
  from: number;
  to: number; // in UTF-16 units, behind the term
  negated: boolean;
}

export function terms(q: string): { list: Term[]; alternative: boolean } {
  const list: Term[] = [];
  let alternative = false;
  let i = 0;
  let negated = false;
  let start = -1;
  while (i < q.length) {
    while (i < q.length && /\s/.test(q[i]!)) i++;
    if (i >= q.length) break;
    if (start < 0) start = i;
    if ((q[i] === "-" || q[i] === "!") && i + 1 < q.length && !/\s/.test(q[i + 1]!)) {
      negated = !negated;
      i++;
      continue;
    }
    const from = i;
    i = end(q, i);
    const text = q.slice(from, i);
    if (text === "NOT") {
      negated = !negated;
      continue;
    }
    if (text === "AND" || text === "OR") {
      alternative ||= text === "OR";
      start = -1;
      continue;
    }
    list.push({ text, from: start, to: i, negated });
    negated = false;
    start = -1;
  }
  return { list, alternative };
}

// end finds the end of the term at i: the next space outside quotes and parentheses.
function end(q: string, i: number): number {
  let depth = 0;
  while (i < q.length) {
    const c = q[i]!;
    if (c === '"') {
      i++;
      while (i < q.length && q[i] !== '"') i += q[i] === "\\" ? 2 : 1;
    } else if (c === "(") depth++;
    else if (c === ")") depth = Math.max(0, depth - 1);
    else if (/\s/.test(c) && depth === 0) break;
    i++;
  }
  return Math.min(i, q.length);
}

// grouped is q in a form that another term can follow.
export function grouped(q: string): string {
  const text = q.trim();
  return terms(text).alternative ? `(${text})` : text;
}

export function and(...parts: string[]): string {
  const some = parts.filter((p) => p.trim() !== "");
  return some.length === 1 ? some[0]!.trim() : some.map(grouped).join(" ");
}

export function without(q: string, index: number): string {
  const { list, alternative } = terms(q);
  if (alternative) return "";
  const t = list[index];
  return t ? (q.slice(0, t.from) + q.slice(t.to)).replace(/\s+/g, " ").trim() : q;
}

// Fields as people write them.
const names: Record<string, string> = {
  resource_type: "type",
  user_id: "user",
  request_id: "request",
  ip_address: "ip",
  user_agent: "agent",
  actor_type: "actor",
  created_at: "created",
};

export function fieldName(field: string): string {
  return names[field] ?? field;
}

export function quote(value: string): string {
  const plain = /^[^-\s()",*\\<>=~!"][^\s()",*\\]*$/u.test(value) && !value.includes("..") && !/^(AND|OR|NOT|null|true|false)$/.test(value);
  return plain ? value : `"${value.replace(/["\\]/g, "\\$&")}"`;
}

// term says that a field has a value. null means that it has none.
export function term(field: string, value: unknown): string {
  const name = fieldName(field);
  if (value === null || value === undefined || value === "") return `-${name}:*`;
  if (name === "ip" || name === "created") return `${name}:${String(value)}`;
  if (name === "agent") return `agent=${quote(String(value))}`;
  if (field.startsWith("details.")) {
    if (typeof value === "string") return `${field}=${/^[-+]?[0-9.]+$/.test(value) ? `"${value}"` : quote(value)}`;
    return `${field}=${String(value)}`;
  }
  return `${name}:${quote(String(value))}`;
}

export function not(t: string): string {
  return t.startsWith("-") ? t.slice(1) : "-" + t;
}

// only adds a term, in place of one for the same field that it would contradict.
export function only(q: string, t: string): string {
  const { list, alternative } = terms(q);
  const field = fieldOf(t);
  if (alternative || t.startsWith("-")) return has(q, t) ? q : and(q, t);
  const kept = list.filter((x) => x.negated || fieldOf(x.text) !== field).map((x) => q.slice(x.from, x.to));
  const opposite = not(t);
  return [...kept.filter((x) => x !== opposite), t].join(" ");
}

export function exclude(q: string, t: string): string {
  const negative = not(t);
  const { list, alternative } = terms(q);
  if (alternative) return and(q, negative);
  const kept = list.map((x) => q.slice(x.from, x.to)).filter((x) => x !== t);
  return kept.includes(negative) ? kept.join(" ") : [...kept, negative].join(" ");
}

// add makes "any of" out of a term for the same field, or adds the term.
export function add(q: string, t: string): string {
  const { list, alternative } = terms(q);
  const field = fieldOf(t);
  const found = alternative ? undefined : list.find((x) => !x.negated && fieldOf(x.text) === field && x.text.includes(":") && !x.text.endsWith(")"));
  if (!found || !t.includes(":") || t.startsWith("-")) return only(q, t);
  if (found.text === t) return q;
  return q.slice(0, found.to) + "," + t.slice(t.indexOf(":") + 1) + q.slice(found.to);
}

export function has(q: string, t: string): boolean {
  return terms(q).list.some((x) => q.slice(x.from, x.to) === t);
}

export function fieldOf(t: string): string {
  return /^[-!]?((?:[a-z_][\w-]*)(?:\.(?:"(?:[^"\\]|\\.)*"|[\w*-]+))*)\s*(?::|=|!=|>|<|~)/i.exec(t)?.[1] ?? "";
}

// path writes a field of the details as the filter wants it: weird names in quotes.
export function path(keys: readonly string[]): string {
  return ["details", ...keys.map((k) => (/^[A-Za-z0-9_-]+$/.test(k) ? k : `"${k.replace(/["\\]/g, "\\$&")}"`))].join(".");
}

// units turns a place counted in code points, as the server counts, into one in UTF-16 units.
export function units(text: string, codePoints: number): number {
  return [...text].slice(0, Math.max(0, codePoints)).join("").length;
}

export function codePoints(text: string, unit: number): number {
  return [...text.slice(0, unit)].length;
}

// quietReads hides what is by far the most in many logs and hardly ever asked for: reads that were
// allowed. Reads that were denied or failed stay.
export const quietReads = "-(action:READ outcome:success)";

// askable reports whether the filter language takes these characters: it refuses those that hide or
// turn text, because a filter is shown to people.
export function askable(text: string): boolean {
  return !/[\u0000\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/.test(text);
}
