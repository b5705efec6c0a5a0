import type { Client } from "../api/client";
import type { Bucket, Entry } from "../api/types";
import { interval, step } from "../state/time";

export interface Counts {
  every: string;
  total: number;
  buckets: { from: number; to: number; total: number; by: Record<string, number> }[];
}

// counts asks for the histogram of a range. "All time" begins where the oldest entry is.
export async function counts(client: Client, organization: string, filter: string, t: string, zone: string, now: number, signal: AbortSignal): Promise<Counts> {
  const i = interval(t, zone, now);
  let from = i?.from ?? null;
  const to = Math.min(i?.to ?? now, now);
  if (from === null) {
    const first = await client.entries({ organization, q: filter, tz: zone, order: "oldest", limit: 1 }, signal);
    const e: Entry | undefined = first.entries[0];
    if (!e) return { every: "day", total: 0, buckets: [] };
    from = Date.parse(e.created_at);
  }
  const every = step(from, Math.max(to, from + 1));
  const answer = await client.get<{ buckets: Bucket[] }>(
    "/v1/entries/histogram",
    { organization, q: filter, tz: zone, interval: every, by: "outcome", from: new Date(from).toISOString(), to: new Date(Math.max(to, from + 1)).toISOString() },
    signal,
  );
  const buckets = answer.buckets.map((b) => {
    const by: Record<string, number> = {};
    let total = 0;
    for (const g of b.groups ?? []) {
      const k = String(g.values?.[0] ?? "success");
      by[k] = (by[k] ?? 0) + g.count;
      total += g.count;
    }
    return { from: Date.parse(b.from), to: Date.parse(b.to), total, by };
  });
  return { every, total: buckets.reduce((n, b) => n + b.total, 0), buckets };
}
