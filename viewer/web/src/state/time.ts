// Time ranges and zones. A range is written as the filter writes it: "-7d", or "a..b" where a and b
// are days, months or stamps and b is included whole.

export interface Interval {
  from: number | null;
  to: number | null; // exclusive
}

export const presets: [string, string][] = [
  ["-15m", "Last 15 minutes"],
  ["-1h", "Last hour"],
  ["-4h", "Last 4 hours"],
  ["-24h", "Last 24 hours"],
  ["-7d", "Last 7 days"],
  ["-30d", "Last 30 days"],
  ["-90d", "Last 90 days"],
  ["-365d", "Last 365 days"],
  ["today", "Today"],
  ["yesterday", "Yesterday"],
  ["all", "All time"],
];

const unitsMs: Record<string, number> = { m: 60e3, h: 3600e3, d: 86400e3, w: 7 * 86400e3 };

export function browserZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}

export function validZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

const formats = new Map<string, Intl.DateTimeFormat>();

function intl(zone: string, key: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const k = zone + "\n" + key;
  let f = formats.get(k);
  if (!f) {
    f = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hourCycle: "h23", ...options });
    formats.set(k, f);
  }
  return f;
}

export function clock(ms: number, zone: string, seconds = true): string {
  return intl(zone, seconds ? "hms" : "hm", { hour: "2-digit", minute: "2-digit", second: seconds ? "2-digit" : undefined }).format(ms);
}

export function day(ms: number, zone: string): string {
  return intl(zone, "day", { weekday: "short", day: "numeric", month: "short" }).format(ms).replace(",", "");
}

export function dayYear(ms: number, zone: string): string {
  return intl(zone, "dayYear", { weekday: "short", day: "numeric", month: "short", year: "numeric" }).format(ms).replace(",", "");
}

export function shortDay(ms: number, zone: string): string {
  return intl(zone, "shortDay", { day: "numeric", month: "short" }).format(ms);
}

export function month(ms: number, zone: string): string {
  return intl(zone, "month", { month: "short", year: "numeric" }).format(ms);
}

// exact keeps the microseconds that a number cannot.
export function exact(stamp: string, zone: string): string {
  const ms = Date.parse(stamp);
  const fraction = /\.(\d+)/.exec(stamp)?.[1];
  return `${dayYear(ms, zone)}, ${clock(ms, zone)}${fraction ? "." + fraction : ""} ${zoneShort(ms, zone)}`;
}

export function zoneShort(ms: number, zone: string): string {
  if (zone === "UTC") return "UTC";
  return intl(zone, "zone", { timeZoneName: "shortOffset" }).formatToParts(ms).find((p) => p.type === "timeZoneName")?.value ?? zone;
}

export function relative(ms: number, now: number): string {
  const d = Math.round((now - ms) / 1000);
  const [n, unit] = Math.abs(d) < 60 ? [d, "second"] : Math.abs(d) < 3600 ? [Math.round(d / 60), "minute"] : Math.abs(d) < 86400 ? [Math.round(d / 3600), "hour"] : Math.abs(d) < 60 * 86400 ? [Math.round(d / 86400), "day"] : Math.abs(d) < 700 * 86400 ? [Math.round(d / (30.44 * 86400)), "month"] : [Math.round(d / (365.25 * 86400)), "year"];
  if (unit === "second" && Math.abs(n as number) < 5) return "just now";
  return new Intl.RelativeTimeFormat("en", { numeric: "always" }).format(-(n as number), unit as Intl.RelativeTimeFormatUnit);
}

// dayKey is the calendar day in a zone, to see where one ends.
export function dayKey(ms: number, zone: string): string {
  return intl(zone, "key", { year: "numeric", month: "2-digit", day: "2-digit" }).format(ms);
}

// offset is what has to be added to UTC to get the zone's wall clock.
function offset(ms: number, zone: string): number {
  const p: Record<string, number> = {};
  for (const part of intl(zone, "parts", { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" }).formatToParts(ms)) p[part.type] = Number(part.value);
  return Date.UTC(p["year"]!, p["month"]! - 1, p["day"]!, p["hour"]!, p["minute"]!, p["second"]!) - Math.floor(ms / 1000) * 1000;
}

// at is the first instant at which the zone's wall clock shows what is given, or the first one
// behind a gap.
export function at(zone: string, y: number, mo: number, d: number, h = 0, mi = 0, s = 0, ms = 0): number {
  const wall = Date.UTC(y, mo, d, h, mi, s, ms);
  const before = wall - offset(wall - 86400e3, zone);
  const after = wall - offset(wall + 86400e3, zone);
  for (const t of [Math.min(before, after), Math.max(before, after)]) if (t + offset(t, zone) === wall) return t;
  return Math.max(before, after);
}

// literal is the interval that a time literal means, null if it is none.
export function literal(text: string, zone: string, now: number): Interval | null {
  const rel = /^-(\d+)([mhdw])$/.exec(text);
  if (rel) {
    const t = now - Number(rel[1]) * unitsMs[rel[2]!]!;
    return { from: t, to: t };
  }
  if (text === "now") return { from: now, to: now };
  if (text === "today" || text === "yesterday") {
    const [d, m, y] = dayKey(now, zone).split("/").map(Number) as [number, number, number];
    const shift = text === "today" ? 0 : -1;
    return { from: at(zone, y, m - 1, d + shift), to: at(zone, y, m - 1, d + shift + 1) };
  }
  const x = /^(\d{4})-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?(Z|[+-]\d{2}:?\d{2})?)?)?$/.exec(text);
  if (!x) return null;
  const [y, mo, d, h, mi, s] = x.slice(1, 7).map((v) => (v === undefined ? undefined : Number(v)));
  const shift = x[8];
  const point = (y2: number, mo2: number, d2: number, h2 = 0, mi2 = 0, s2 = 0, ms2 = 0) => {
    if (!shift) return at(zone, y2, mo2, d2, h2, mi2, s2, ms2);
    const m = /^([+-])(\d{2}):?(\d{2})$/.exec(shift);
    const minutes = m ? (m[1] === "-" ? -1 : 1) * (Number(m[2]) * 60 + Number(m[3])) : 0;
    return Date.UTC(y2, mo2, d2, h2, mi2, s2, ms2) - minutes * 60e3;
  };
  const month0 = mo! - 1;
  if (d === undefined) return { from: point(y!, month0, 1), to: point(y!, month0 + 1, 1) };
  if (h === undefined) return { from: point(y!, month0, d), to: point(y!, month0, d + 1) };
  if (s === undefined) {
    const from = point(y!, month0, d, h, mi);
    return { from, to: from + 60e3 };
  }
  const fraction = x[7] ? Number("0." + x[7]) * 1000 : 0;
  const from = point(y!, month0, d, h, mi, s) + fraction;
  return { from, to: x[7] ? from + 1 : from + 1000 };
}

export function interval(t: string, zone: string, now: number): Interval | null {
  if (t === "all" || t === "") return { from: null, to: null };
  const cut = t.indexOf("..");
  if (cut < 0) {
    const l = literal(t, zone, now);
    return l && t.startsWith("-") ? { from: l.from, to: null } : l;
  }
  const a = t.slice(0, cut);
  const b = t.slice(cut + 2);
  const from = a ? literal(a, zone, now) : { from: null, to: null };
  const to = b ? literal(b, zone, now) : { from: null, to: null };
  return from && to ? { from: from.from, to: to.to } : null;
}

// between is the range from one instant to another, written to the minute where that is exact.
export function between(from: number, to: number): string {
  if (from % 60e3 === 0 && to % 60e3 === 0) return `${minute(from)}..${minute(to - 60e3)}`;
  const a = Math.floor(from / 1000) * 1000;
  const b = Math.max(a, Math.ceil(to / 1000) * 1000 - 1000);
  return `${second(a)}..${second(b)}`;
}

const minute = (ms: number) => new Date(ms).toISOString().slice(0, 16) + "Z";
const second = (ms: number) => new Date(ms).toISOString().slice(0, 19) + "Z";

export function label(t: string, zone: string, now: number): string {
  const preset = presets.find((p) => p[0] === t);
  if (preset) return preset[1];
  const i = interval(t, zone, now);
  if (!i) return t;
  if (/^\d{4}-\d{2}-\d{2}$/.test(t)) return dayYear(i.from!, zone);
  if (/^\d{4}-\d{2}$/.test(t)) return month(i.from!, zone);
  if (t.startsWith("-") && !t.includes("..")) return `Last ${t.slice(1)}`;
  if (i.from === null || i.to === null) return i.from === null ? `Until ${stampShort(i.to ?? now, zone)}` : `Since ${stampShort(i.from, zone)}`;
  const whole = !t.includes("T");
  if (whole) return `${shortDay(i.from, zone)} – ${dayYearShort(i.to - 1, zone)}`;
  const same = dayKey(i.from, zone) === dayKey(i.to - 1, zone);
  return same ? `${shortDay(i.from, zone)}, ${clock(i.from, zone, false)} – ${clock(i.to, zone, false)}` : `${stampShort(i.from, zone)} – ${stampShort(i.to, zone)}`;
}

function dayYearShort(ms: number, zone: string): string {
  return intl(zone, "dys", { day: "numeric", month: "short", year: "numeric" }).format(ms);
}

export function stampShort(ms: number, zone: string): string {
  return `${shortDay(ms, zone)}, ${clock(ms, zone, false)}`;
}

// step chooses buckets for a histogram so that there are about sixty of them, at most two hundred.
export function step(from: number, to: number): "minute" | "hour" | "day" | "week" | "month" {
  const length = to - from;
  if (length <= 3 * 3600e3) return "minute";
  if (length <= 8 * 86400e3) return "hour";
  if (length <= 200 * 86400e3) return "day";
  if (length <= 3 * 366 * 86400e3) return "week";
  return "month";
}

// pinned is the range as a filter whose ends do not move while one looks at it.
export function pinned(t: string, zone: string, now: number): string {
  if (t.startsWith("-") && !t.includes("..")) {
    const i = interval(t, zone, now);
    return i ? `created:>=${new Date(i.from!).toISOString()} created:<${new Date(now).toISOString()}` : `created:${t}`;
  }
  if (t === "all" || t === "") return `created:<${new Date(now).toISOString()}`;
  return `created:${t}`;
}
