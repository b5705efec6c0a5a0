import { useState } from "preact/hooks";
import type { Facet } from "../api/types";
import { exclude, has, not, only, term, without, terms } from "../state/filter";
import { Icon } from "../ui/icons";
import { number, one, short } from "../ui/text";
import type { Answer } from "../ui/use";
import { useLog } from "./context";

export const facetFields = ["outcome", "action", "resource_type", "user_id", "actor_type"];

const titles: Record<string, string> = { outcome: "Outcome", action: "Action", resource_type: "Resource type", user_id: "User", ip_address: "IP address", actor_type: "Actor", request_id: "Request", resource_id: "Resource" };

// Facets: how many of what is shown have which value. Their sums are the total.
export function Facets({ answer, total, close }: { answer: Answer<Facet[]>; total: number; close?: () => void }) {
  const [search, setSearch] = useState("");
  const facets = answer.data ?? [];
  return (
    <aside class={"facets" + (answer.loading && answer.data ? " loading" : "")} aria-label="Facets">
      <div class="facets-head">
        <label class="facet-search">
          <Icon name="search" />
          <input type="search" placeholder="Find a value" aria-label="Find a value in the facets" value={search} onInput={(e) => setSearch(e.currentTarget.value)} />
        </label>
        {close && (
          <button type="button" class="icon-button" aria-label="Close the facets" onClick={close}>
            <Icon name="close" />
          </button>
        )}
      </div>
      {answer.problem && !answer.data && (
        <p class="say wrong">
          {answer.problem.message}{" "}
          <button type="button" class="link" onClick={answer.again}>
            Try again
          </button>
        </p>
      )}
      {!answer.data && !answer.problem && Array.from({ length: 4 }, (_, i) => <div key={i} class="facet bones" aria-hidden="true"><span class="bone" /><span class="bone long" /><span class="bone long" /></div>)}
      {facets.map((f) => (
        <FacetGroup key={f.field} facet={f} search={search.trim().toLowerCase()} total={total} />
      ))}
    </aside>
  );
}

function FacetGroup({ facet: f, search, total }: { facet: Facet; search: string; total: number }) {
  const log = useLog();
  const [all, setAll] = useState(false);
  const q = log.log.q;
  const found = search ? f.values.filter((v) => v.value.toLowerCase().includes(search)) : f.values;
  const rows = all || search ? found : found.slice(0, 6);
  const most = Math.max(1, ...f.values.map((v) => v.count), f.missing);
  if (search && !found.length) return null;
  const toggle = (t: string) => {
    const i = terms(q).list.findIndex((x) => q.slice(x.from, x.to) === t);
    log.set({ q: has(q, t) && i >= 0 ? without(q, i) : only(q, t) });
  };
  const row = (value: string | null, count: number, label: string) => {
    const t = term(f.field, value);
    const on = has(q, t);
    const off = has(q, not(t));
    return (
      <li key={value ?? "\u0000"} class={"facet-row" + (on ? " on" : "") + (off ? " off" : "")}>
        <button type="button" class="facet-value" aria-pressed={on} title={value ?? undefined} onClick={() => toggle(t)}>
          <span class="facet-bar" style={{ width: (100 * count) / most + "%" }} />
          <span class="facet-name">{label}</span>{" "}
          <span class="facet-count">{number(count)}</span>
        </button>
        <button type="button" class="facet-not" aria-label={`Exclude ${label}`} title="Exclude" onClick={() => log.set({ q: exclude(q, t) })}>
          <Icon name="minus" />
        </button>
      </li>
    );
  };
  const sum = f.values.reduce((n, v) => n + v.count, 0) + f.other + f.missing;
  return (
    <section class="facet" aria-label={titles[f.field] ?? f.field}>
      <h2>{titles[f.field] ?? one(f.field, 40)}</h2>
      <ul>
        {rows.map((v) => row(v.value, v.count, ["user_id", "resource_id"].includes(f.field) ? short(v.value) : one(v.value, 60)))}
        {!search && f.missing > 0 && row(null, f.missing, "none")}
      </ul>
      {!search && found.length > 6 && (
        <button type="button" class="link" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? "Fewer" : `${found.length - 6} more`}
        </button>
      )}
      {!search && f.other > 0 && (all || found.length <= 6) && <p class="facet-other">{number(f.other)} with other values</p>}
      {f.field.startsWith("details.") && total >= 0 && sum !== total && !search && <p class="facet-other">of lists, each item is counted</p>}
    </section>
  );
}
