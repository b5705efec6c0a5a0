import { compare, fromBase64, i64, join, readJson, same, sha256, toBase64, u16, u32, utf8, type Bytes, type Json } from "./bytes";

// The check of an inclusion proof, from its text to the signed root, with the browser's own Web Crypto.
// Formats: c2sp.org/tlog-proof, tlog-checkpoint and signed-note, RFC 6962, and docs/ledger.md for the
// leaf. The reference is `daybook verify`, which needs neither this page nor the server.

export interface Checkpoint {
  origin: string;
  size: number;
  root: Bytes;
  text: string; // what is signed
  signatures: { name: string; hash: Bytes; signature: Bytes }[];
}

export interface Proof {
  index: number;
  hashes: Bytes[];
  extra: string;
  checkpoint: Checkpoint;
}

export function parseCheckpoint(note: string): Checkpoint {
  const cut = note.indexOf("\n\n");
  if (cut < 0) throw new Error("this is not a signed checkpoint");
  const text = note.slice(0, cut + 1);
  const [origin, size, root, ...more] = text.split("\n");
  if (!origin || !/^(0|[1-9]\d{0,15})$/.test(size ?? "") || !root || more.join("") !== "") throw new Error("this is not a checkpoint of three lines");
  const signatures = note
    .slice(cut + 2)
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      const m = /^— (\S+) (\S+)$/.exec(line);
      if (!m) throw new Error("a signature line cannot be read");
      const b = fromBase64(m[2]!);
      return { name: m[1]!, hash: b.slice(0, 4), signature: b.slice(4) };
    });
  const r = fromBase64(root);
  if (r.length !== 32) throw new Error("the root is not 32 bytes");
  return { origin, size: Number(size), root: r, text, signatures };
}

export function parseProof(text: string): Proof {
  const cut = text.indexOf("\n\n");
  const lines = text.slice(0, cut).split("\n");
  if (cut < 0 || lines.shift() !== "c2sp.org/tlog-proof@v1") throw new Error("this is not a proof");
  const extra = lines[0]?.startsWith("extra ") ? new TextDecoder("utf-8", { fatal: true }).decode(fromBase64(lines.shift()!.slice(6))) : "";
  const index = /^index (0|[1-9]\d{0,15})$/.exec(lines.shift() ?? "")?.[1];
  if (index === undefined) throw new Error("the proof has no index");
  const hashes = lines.map(fromBase64);
  if (hashes.some((h) => h.length !== 32)) throw new Error("a hash of the proof is not 32 bytes");
  return { index: Number(index), hashes, extra, checkpoint: parseCheckpoint(text.slice(cut + 2)) };
}

const one = new Uint8Array([1]);

// rootOf computes the root from a leaf hash and its path (RFC 6962, section 2.1.1).
export async function rootOf(leaf: Bytes, index: number, size: number, path: readonly Bytes[]): Promise<Bytes> {
  if (index >= size) throw new Error("the index is not in the log");
  let fn = index;
  let sn = size - 1;
  let r = leaf;
  for (const p of path) {
    if (sn === 0) throw new Error("the proof is too long");
    if (fn % 2 === 1 || fn === sn) {
      r = await sha256(join(one, p, r));
      while (fn % 2 === 0 && fn !== 0) {
        fn = Math.floor(fn / 2);
        sn = Math.floor(sn / 2);
      }
    } else r = await sha256(join(one, r, p));
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  if (sn !== 0) throw new Error("the proof is too short");
  return r;
}

const zero = new Uint8Array([0]);
const magic = (name: string) => join(utf8(name), zero);
const saltMagic = magic("daybook/salt/v1");
const valueMagic = magic("daybook/value/v1");
const objectMagic = magic("daybook/object/v1");
const arrayMagic = magic("daybook/array/v1");
const byte = (n: number) => new Uint8Array([n]);

const committed = ["resource_id", "user_id", "request_id", "ip_address", "user_agent", "details", "recorded_by"] as const;
const actors = ["", "user", "api_key", "service", "system"];
const outcomes = ["", "success", "failure", "denied"];

const value = (salt: Bytes, type: number, text = "") => sha256(join(valueMagic, salt, byte(type), utf8(text)));
const derive = async (salt: Bytes, ...label: Bytes[]) => (await sha256(join(saltMagic, salt, ...label))).slice(0, 16);

// commit is the commitment of a value at any depth of the details.
async function commit(salt: Bytes, v: Json): Promise<Bytes> {
  if (v === null) return value(salt, 5);
  if (v === true) return value(salt, 3);
  if (v === false) return value(salt, 4);
  if (typeof v === "string") return value(salt, 1, v);
  if (Array.isArray(v)) {
    if (!v.length) return value(salt, 7);
    const parts: Bytes[] = [];
    for (let i = 0; i < v.length; i++) parts.push(await commit(await derive(salt, utf8("E"), u32(i)), v[i]!));
    return sha256(join(arrayMagic, u32(v.length), ...parts));
  }
  if (v instanceof Map) {
    if (!v.size) return value(salt, 6);
    const members = [...v].map(([k, x]) => [utf8(k), x] as const).sort((a, b) => compare(a[0], b[0]));
    const parts: Bytes[] = [];
    for (const [k, x] of members) parts.push(u32(k.length), k, await commit(await derive(salt, utf8("M"), u32(k.length), k), x));
    return sha256(join(objectMagic, u32(members.length), ...parts));
  }
  return value(salt, 2, v.number); // canonical decimal text, as it was hashed
}

export interface Checked {
  proof: Proof;
  leafHash: Bytes;
  root: Bytes;
  included: boolean; // the recomputed root is the checkpoint's
  signed: "yes" | "no" | "unknown"; // unknown: no key of this name was given
  id: string;
  fields: Map<string, unknown>; // what the proof says of the entry, checked against the leaf
}

// check recomputes everything that a proof claims. It throws where something does not match, with a
// sentence that says what.
export async function check(text: string, keys: readonly string[] = []): Promise<Checked> {
  const proof = parseProof(text);
  const { checkpoint } = proof;
  const extra = readJson(proof.extra);
  if (!(extra instanceof Map)) throw new Error("the proof does not tell what the leaf is made of");
  const str = (k: string): string => {
    const v = extra.get(k);
    return typeof v === "string" ? v : "";
  };
  const num = (k: string): string => {
    const v = extra.get(k);
    return v !== null && typeof v === "object" && "number" in v ? v.number : "";
  };
  const inside = (k: string): Map<string, Json> => {
    const v = extra.get(k);
    if (!(v instanceof Map)) throw new Error(`the proof has no ${k}`);
    return v;
  };
  const commitments = inside("commitments");
  const disclosed = inside("disclosed");
  const fields = new Map<string, unknown>();
  const list: Bytes[] = [];
  for (const name of committed) {
    const c = commitments.get(name);
    if (typeof c !== "string") throw new Error(`the proof has no commitment of ${name}`);
    const want = fromBase64(c);
    if (want.length !== 32) throw new Error(`the commitment of ${name} is not 32 bytes`);
    list.push(want);
    const shown = disclosed.get(name);
    if (!(shown instanceof Map)) continue;
    const salt = fromBase64(String(shown.get("salt")));
    const v = shown.get("value") ?? null;
    const got = v === null ? await value(salt, 0) : name === "details" ? await commit(salt, v) : typeof v === "string" ? await value(salt, 1, v) : null;
    if (!got || !same(got, want)) throw new Error(`the value of ${name} is not the one that was recorded`);
    fields.set(name, v);
  }
  const id = str("id");
  const hex = id.replace(/-/g, "");
  if (!/^[0-9a-f]{32}$/.test(hex)) throw new Error("the id is none");
  const idBytes = new Uint8Array(hex.match(/../g)!.map((x) => parseInt(x, 16)));
  const actor = actors.indexOf(str("actor_type"));
  const outcome = outcomes.indexOf(str("outcome"));
  if (actor < 1 || outcome < 1 || !/^\d{1,18}$/.test(num("created_at"))) throw new Error("the leaf has no encoding");
  const text16 = (s: string) => join(u16(utf8(s).length), utf8(s));
  const control = utf8(str("control"));
  const leaf = join(
    magic("daybook/leaf/v1"),
    byte(Number(num("kind"))),
    text16(checkpoint.origin),
    idBytes,
    i64(BigInt(num("created_at"))),
    text16(str("action")),
    text16(str("resource_type")),
    byte(actor),
    byte(outcome),
    ...list,
    u32(control.length),
    control,
  );
  for (const k of ["action", "resource_type", "actor_type", "outcome"]) fields.set(k, str(k));
  fields.set("created_at", BigInt(num("created_at")));
  const leafHash = await sha256(join(zero, leaf));
  const root = await rootOf(leafHash, proof.index, checkpoint.size, proof.hashes);
  return { proof, leafHash, root, included: same(root, checkpoint.root), signed: await signed(checkpoint, keys), id, fields };
}

// signed checks the Ed25519 signature of a checkpoint with verifier keys, name+hash+key.
export async function signed(c: Checkpoint, keys: readonly string[]): Promise<"yes" | "no" | "unknown"> {
  let found: "yes" | "no" | "unknown" = "unknown";
  for (const key of keys) {
    const data = fromBase64(key.trim().split("+").slice(2).join("+"));
    if (data.length !== 33 || data[0] !== 1) continue;
    // A log signs in the name of its origin, so the hash of the key is made with that name.
    const hash = (await sha256(join(utf8(c.origin + "\n"), data))).slice(0, 4);
    for (const s of c.signatures) {
      if (s.name !== c.origin || !same(s.hash, hash)) continue;
      const k = await crypto.subtle.importKey("raw", data.slice(1), "Ed25519", false, ["verify"]);
      if (await crypto.subtle.verify("Ed25519", k, s.signature, utf8(c.text))) return "yes";
      found = "no";
    }
  }
  return found;
}

// differs compares what a proof says with the entry that the page shows: a proof of something else
// proves nothing about it.
export function differs(checked: Checked, entry: Record<string, unknown>): string[] {
  const wrong: string[] = [];
  if (checked.id !== entry["id"]) wrong.push("id");
  for (const name of ["action", "resource_type"]) if (checked.fields.get(name) !== entry[name]) wrong.push(name);
  if (checked.fields.get("outcome") !== (entry["outcome"] ?? "success")) wrong.push("outcome");
  const ms = Date.parse(String(entry["created_at"]));
  if (checked.fields.get("created_at") !== BigInt(ms) * 1000n + BigInt((/\.\d{3}(\d{1,3})/.exec(String(entry["created_at"]))?.[1] ?? "0").padEnd(3, "0"))) wrong.push("created_at");
  for (const name of committed) {
    const shown = entry[name];
    const proven = checked.fields.get(name);
    // What is shown and was not disclosed is not proven.
    if (shown === undefined || shown === null || shown === "") {
      if (proven !== undefined && proven !== null) wrong.push(name);
    } else if (name === "details" ? !sameJson(proven, shown) : proven !== shown) wrong.push(name);
  }
  return wrong;
}

// sameJson compares details as they were hashed with details as the page has them, whose numbers went
// through JavaScript.
function sameJson(a: unknown, b: unknown): boolean {
  if (a instanceof Map) return !!b && typeof b === "object" && !Array.isArray(b) && a.size === Object.keys(b).length && [...a].every(([k, v]) => Object.hasOwn(b, k) && sameJson(v, (b as Record<string, unknown>)[k]));
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((v, i) => sameJson(v, b[i]));
  if (a !== null && typeof a === "object") return typeof b === "number" && Number((a as { number: string }).number) === b;
  return a === b;
}

export const short = (b: Bytes) => toBase64(b);
