import type { Entry } from "../api/types";
import { one, short } from "../ui/text";

// An entry as a sentence: who did what to which resource, and the most telling of its details.

const verbs: Record<string, [plain: string, past: string]> = {
  CREATE: ["create", "created"],
  READ: ["read", "read"],
  UPDATE: ["update", "updated"],
  DELETE: ["delete", "deleted"],
  LOGIN: ["sign in to", "signed in to"],
  LOGOUT: ["sign out of", "signed out of"],
  EXPORT: ["export", "exported"],
  ARCHIVE: ["archive", "archived"],
  RESTORE: ["restore", "restored"],
  SHARE: ["share", "shared"],
  APPROVE: ["approve", "approved"],
  REJECT: ["reject", "rejected"],
  INVITE: ["invite", "invited"],
  REVOKE: ["revoke", "revoked"],
  ROTATE: ["rotate", "rotated"],
  ANONYMIZE: ["anonymize", "anonymized"],
  SWEEP: ["sweep", "swept"],
  OPEN: ["open", "opened"],
  HOLD: ["hold", "held"],
  VERIFY: ["verify", "verified"],
  DOWNLOAD: ["download", "downloaded"],
  MOVE: ["move", "moved"],
  SEND: ["send", "sent"],
  PUBLISH: ["publish", "published"],
};

export interface Sentence {
  who: string;
  whoKind: "user" | "system" | "nobody" | "anonymized";
  verb: string;
  type: string;
  name: string; // what the resource is called, from the details, "" if they do not tell
  id: string;
  more: string;
}

export function sentence(e: Entry): Sentence {
  const known = verbs[e.action];
  const [plain, past] = known ?? [`perform ${e.action} on`, `performed ${e.action} on`];
  const verb = e.outcome === "denied" ? `was denied to ${plain}` : e.outcome === "failure" ? `failed to ${plain}` : past;
  const anonymized = !e.user_id && !!e.updated_at && e.updated_at !== e.created_at;
  const whoKind = e.user_id ? "user" : anonymized ? "anonymized" : e.actor_type === "system" || e.actor_type === "service" ? "system" : "nobody";
  return {
    who: e.user_id ? e.user_id : anonymized ? "An anonymized person" : e.actor_type === "system" ? "The system" : e.actor_type === "service" ? "A service" : e.actor_type === "api_key" ? "An API key" : "Somebody",
    whoKind,
    verb,
    type: words(e.resource_type),
    name: nameOf(e),
    id: e.resource_id ?? "",
    more: more(e),
  };
}

export type Names = (id: string) => string | undefined;

export function plainText(e: Entry, names?: Names): string {
  const s = sentence(e);
  const what = s.name || (s.id && names?.(s.id));
  return `${s.whoKind === "user" ? called(s.who, names) : s.who} ${s.verb} ${s.type}${what ? ` “${one(what, 60)}”` : s.id ? " " + short(s.id) : ""}`;
}

export function called(id: string, names?: Names): string {
  const name = names?.(id);
  return name ? one(name, 60) : short(id);
}

// Daybook's own entries are about the log itself.
const ours = new Map([
  ["daybook.view", "the log"],
  ["daybook.export", "an export of the log"],
  ["daybook.session", "a session"],
  ["daybook.key", "an API key"],
  ["daybook.viewer_token", "a viewer token"],
  ["daybook.saved_view", "a saved view"],
  ["daybook.proof", "a proof"],
  ["daybook.log", "the log of all organizations"],
]);

function words(type: string): string {
  return ours.get(type) ?? type.replace(/_/g, " ");
}

function nameOf(e: Entry): string {
  const d = e.details ?? {};
  for (const k of ["name", "title", "filename", "file_name", "display_name", "subject", "email"]) {
    const v = d[k];
    if (typeof v === "string" && v.trim()) return v;
  }
  const c = changes(e);
  for (const k of ["name", "title", "filename"]) {
    const v = c.find((x) => x.field === k);
    if (v && typeof v.now === "string" && v.now) return v.now;
    if (v && typeof v.old === "string" && v.old) return v.old;
  }
  return "";
}

export interface Change {
  field: string;
  old: unknown;
  now: unknown;
}

// changes reads details.changes: field path → {old, new}.
export function changes(e: Entry): Change[] {
  const c = e.details?.["changes"];
  if (!c || typeof c !== "object" || Array.isArray(c)) return [];
  const list: Change[] = [];
  for (const [field, v] of Object.entries(c as Record<string, unknown>)) {
    if (v && typeof v === "object" && !Array.isArray(v) && ("old" in v || "new" in v)) list.push({ field, old: (v as { old?: unknown }).old, now: (v as { new?: unknown }).new });
  }
  return list;
}

export function brief(v: unknown, most = 28): string {
  if (v === undefined || v === null) return "none";
  if (typeof v === "string") return one(v, most) || "“”";
  if (typeof v === "object") return one(JSON.stringify(v), most);
  return String(v);
}

const dull = new Set(["changes", "name", "title", "filename", "file_name", "display_name", "subject", "email", "trace_id", "error_message", "error_type", "error", "duration_seconds"]);

function more(e: Entry): string {
  const d = e.details ?? {};
  const parts: string[] = [];
  const c = changes(e);
  for (const x of c.slice(0, 2)) parts.push(`${one(x.field, 24)}: ${brief(x.old)} → ${brief(x.now)}`);
  if (c.length > 2) parts.push(`${c.length - 2} more`);
  const err = d["error_message"] ?? d["error"] ?? d["error_type"];
  if (typeof err === "string" && err) parts.push(one(err, 80));
  if (parts.length === 0) {
    for (const [k, v] of Object.entries(d)) {
      if (dull.has(k) || v === null || (typeof v === "object" && !Array.isArray(v))) continue;
      parts.push(`${one(k, 24)} ${typeof v === "string" ? short(v) : brief(v)}`);
      if (parts.length >= 3) break;
    }
  }
  return parts.join(" · ");
}

// hue gives each user a colour of its own, the same everywhere.
export function hue(id: string): number {
  let h = 7;
  for (let i = 0; i < id.length; i++) h = (h * 31 + id.charCodeAt(i)) >>> 0;
  return (h * 137) % 360;
}

export function initials(id: string): string {
  const s = /^[0-9a-f]{8}-/.test(id) ? id.slice(-2) : id.replace(/[^\p{L}\p{N}]+/gu, "").slice(0, 2);
  return (s || "?").toUpperCase();
}

