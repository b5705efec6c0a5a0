import type { Client } from "../api/client";
import type { Facet, Group } from "../api/types";
import { facetFields } from "./facets";

// readFacets asks for the most frequent values of each field, in one request.
export async function readFacets(client: Client, organization: string, q: string, tz: string, signal: AbortSignal): Promise<Facet[]> {
  const answer = await client.get<{ facets: { field: string; values: Group[]; other: number; missing: number }[] }>("/v1/entries/facets", { organization, q, tz, fields: facetFields.join(","), limit: 50 }, signal);
  return answer.facets.map((f) => ({ field: f.field, values: f.values.map((g) => ({ value: String(g.values[0] ?? ""), count: g.count })), other: f.other ?? 0, missing: f.missing ?? 0 }));
}
