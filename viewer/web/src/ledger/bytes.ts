// Bytes, and JSON whose numbers keep their text.

const encoder = new TextEncoder();

export type Bytes = Uint8Array<ArrayBuffer>;

export const utf8 = (s: string): Bytes => encoder.encode(s) as Bytes;

export function join(...parts: Bytes[]): Bytes {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}

export function u32(n: number): Bytes {
  const b = new Uint8Array(4);
  new DataView(b.buffer).setUint32(0, n);
  return b;
}

export function u16(n: number): Bytes {
  return u32(n).slice(2);
}

export function i64(n: bigint): Bytes {
  const b = new Uint8Array(8);
  new DataView(b.buffer).setBigInt64(0, n);
  return b;
}

export function fromBase64(s: string): Bytes {
  const t = atob(s);
  const b = new Uint8Array(t.length);
  for (let i = 0; i < t.length; i++) b[i] = t.charCodeAt(i);
  return b;
}

export function toBase64(b: Bytes): string {
  let t = "";
  for (const x of b) t += String.fromCharCode(x);
  return btoa(t);
}

export function same(a: Bytes, b: Bytes): boolean {
  if (a.length !== b.length) return false;
  let d = 0;
  for (let i = 0; i < a.length; i++) d |= a[i]! ^ b[i]!;
  return d === 0;
}

export function compare(a: Bytes, b: Bytes): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}

export async function sha256(b: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", b));
}

// Json is a value as it was written: a number is its text, and an object a list of members, so that
// no member name can be one that JavaScript gives a meaning.
export type Json = null | boolean | string | { number: string } | Json[] | Map<string, Json>;

export function readJson(text: string): Json {
  let at = 0;
  const fail = (): never => {
    throw new Error(`this is not JSON at character ${at}`);
  };
  const space = () => {
    while (/[ \t\r\n]/.test(text[at] ?? "")) at++;
  };
  const string = (): string => {
    const m = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
    m.lastIndex = at;
    const found = m.exec(text) ?? fail();
    at = m.lastIndex;
    return JSON.parse(found[0]) as string;
  };
  const value = (depth: number): Json => {
    if (depth > 64) fail();
    space();
    const c = text[at];
    if (c === '"') return string();
    if (c === "{") {
      const members = new Map<string, Json>();
      at++;
      space();
      if (text[at] === "}") {
        at++;
        return members;
      }
      for (;;) {
        space();
        const name = string();
        if (members.has(name)) fail();
        space();
        if (text[at++] !== ":") fail();
        members.set(name, value(depth + 1));
        space();
        const d = text[at++];
        if (d === "}") return members;
        if (d !== ",") fail();
      }
    }
    if (c === "[") {
      const list: Json[] = [];
      at++;
      space();
      if (text[at] === "]") {
        at++;
        return list;
      }
      for (;;) {
        list.push(value(depth + 1));
        space();
        const d = text[at++];
        if (d === "]") return list;
        if (d !== ",") fail();
      }
    }
    const m = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y;
    m.lastIndex = at;
    const found = m.exec(text) ?? fail();
    at = m.lastIndex;
    const word = found[0];
    return word === "true" ? true : word === "false" ? false : word === "null" ? null : { number: word };
  };
  const v = value(0);
  space();
  if (at !== text.length) fail();
  return v;
}

// plain is a value as the page shows it.
export function plain(v: Json): unknown {
  if (v instanceof Map) {
    const o = Object.create(null) as Record<string, unknown>;
    for (const [k, x] of v) o[k] = plain(x);
    return o;
  }
  if (Array.isArray(v)) return v.map(plain);
  if (v !== null && typeof v === "object") return Number(v.number);
  return v;
}
