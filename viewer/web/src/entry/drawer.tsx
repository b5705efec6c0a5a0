import { useEffect, useState } from "preact/hooks";
import type { Entry, Page } from "../api/types";
import { askable, path, term } from "../state/filter";
import { exact, relative } from "../state/time";
import { Icon } from "../ui/icons";
import { announce } from "../ui/live";
import { Avatar, CopyButton, Go, OutcomeBadge, V } from "../ui/parts";
import { one, plural, Value, visible } from "../ui/text";
import { useAnswer } from "../ui/use";
import { useLog } from "../log/context";
import { items, words } from "./diff";
import { Tree } from "./json";
import { Proof } from "./proof";
import { brief, changes, plainText, sentence, type Change } from "./sentence";

export const tabs = ["summary", "changes", "json", "related", "proof"] as const;
export type Tab = (typeof tabs)[number];

interface Props {
  entry: Entry;
  tab: string;
  setTab: (tab: string) => void;
  close?: () => void;
  previous?: (() => void) | null;
  next?: (() => void) | null;
  open: (e: Entry) => void;
  proof: boolean;
}

// The Drawer is one entry in full. It is no modal dialog: the list stays usable beside it.
export function Drawer({ entry: e, tab, setTab, close, previous, next, open, proof }: Props) {
  const log = useLog();
  const c = changes(e);
  const shown = tabs.filter((t) => (t !== "changes" || c.length > 0) && (t !== "proof" || proof));
  const current = (shown as readonly string[]).includes(tab) ? (tab as Tab) : "summary";
  const ms = Date.parse(e.created_at);
  const s = sentence(e);
  const tabKey = (ev: KeyboardEvent) => {
    const i = shown.indexOf(current);
    const to = ev.key === "ArrowRight" ? i + 1 : ev.key === "ArrowLeft" ? i - 1 : ev.key === "Home" ? 0 : ev.key === "End" ? shown.length - 1 : -1;
    if (to < 0 || !["ArrowRight", "ArrowLeft", "Home", "End"].includes(ev.key)) return;
    ev.preventDefault();
    const t = shown[(to + shown.length) % shown.length]!;
    setTab(t);
    (ev.currentTarget as HTMLElement).querySelector<HTMLElement>(`#tab-${t}`)?.focus();
  };
  useEffect(() => announce(plainText(e, log.name)), [e.id]);
  const names: Record<Tab, string> = { summary: "Summary", changes: `Changes ${c.length}`, json: "JSON", related: "Related", proof: "Proof" };
  return (
    <aside class="drawer" part="drawer" aria-label="Entry" data-id={e.id}>
      <header class="drawer-head">
        <div class="drawer-tools">
          {previous !== undefined && (
            <>
              <button type="button" class="icon-button" aria-label="Previous entry" title="Previous (k)" disabled={!previous} onClick={previous ?? undefined}>
                <Icon name="up" />
              </button>
              <button type="button" class="icon-button" aria-label="Next entry" title="Next (j)" disabled={!next} onClick={next ?? undefined}>
                <Icon name="down" />
              </button>
            </>
          )}
          <OutcomeBadge outcome={e.outcome} />
          <span class="grow" />
          {log.permalink(e.id) && <CopyButton small label="Copy link to this entry" text={() => new URL(log.permalink(e.id), location.href).href} />}
          {close && (
            <button type="button" class="icon-button" aria-label="Close entry" title="Close (Esc)" onClick={close}>
              <Icon name="close" />
            </button>
          )}
        </div>
        <div class="drawer-title">
          <Avatar id={s.who} kind={s.whoKind} />
          <h2>
            {plainText(e, log.name)}
          </h2>
        </div>
        <p class="drawer-when">
          <time dateTime={e.created_at} title={e.created_at}>
            {exact(e.created_at, log.zone)}
          </time>{" "}
          <span class="muted">{relative(ms, log.now)}</span>
        </p>
      </header>
      <div class="tabs" role="tablist" aria-label="Views of the entry" onKeyDown={tabKey}>
        {shown.map((t) => (
          <button key={t} type="button" role="tab" id={"tab-" + t} aria-selected={t === current} aria-controls="tab-panel" tabIndex={t === current ? 0 : -1} onClick={() => setTab(t)}>
            {names[t]}
          </button>
        ))}
      </div>
      <div class="drawer-body" role="tabpanel" id="tab-panel" aria-labelledby={"tab-" + current} tabIndex={0}>
        {current === "summary" && <Summary entry={e} changes={c} more={() => setTab("changes")} />}
        {current === "changes" && <Changes list={c} />}
        {current === "json" && <Raw entry={e} />}
        {current === "related" && <Related entry={e} open={open} />}
        {current === "proof" && <Proof entry={e} />}
      </div>
    </aside>
  );
}

const rows: [label: string, field: string, of: (e: Entry) => unknown][] = [
  ["User", "user_id", (e) => e.user_id],
  ["Actor", "actor_type", (e) => e.actor_type],
  ["Action", "action", (e) => e.action],
  ["Resource type", "resource_type", (e) => e.resource_type],
  ["Resource id", "resource_id", (e) => e.resource_id],
  ["Outcome", "outcome", (e) => e.outcome ?? "success"],
  ["IP address", "ip_address", (e) => e.ip_address],
  ["Request", "request_id", (e) => e.request_id],
  ["User agent", "user_agent", (e) => e.user_agent],
  ["Recorded by", "recorded_by", (e) => e.recorded_by],
  ["Entry id", "id", (e) => e.id],
];

function Summary({ entry: e, changes: c, more }: { entry: Entry; changes: Change[]; more: () => void }) {
  const log = useLog();
  const details = Object.entries(e.details ?? {}).filter(([k]) => k !== "changes");
  const edited = e.updated_at && e.updated_at !== e.created_at;
  return (
    <>
      {edited && (
        <p class="note">
          <Icon name="shield" /> Anonymized {exact(e.updated_at!, log.zone)}: personal values were erased, the entry stayed.
        </p>
      )}
      {c.length > 0 && (
        <section class="block">
          <h3>
            {plural(c.length, "change")}
            <button type="button" class="link" onClick={more}>
              Compare
            </button>
          </h3>
          <ul class="changes-brief">
            {c.slice(0, 6).map((x) => (
              <li key={x.field}>
                <span class="change-field">{one(x.field, 80)}</span> <del>{brief(x.old, 60)}</del> <span aria-hidden="true">→</span> <ins>{brief(x.now, 60)}</ins>
              </li>
            ))}
          </ul>
        </section>
      )}
      {details.length > 0 && (
        <section class="block">
          <h3>Details</h3>
          <dl class="facts">
            {details.map(([k, v]) => (
              <div key={k}>
                <dt>{one(k, 80)}</dt>
                <dd>{v !== null && typeof v === "object" ? <Tree value={v} keys={[k]} depth={2} /> : <Fact field={path([k])} value={v} />}</dd>
              </div>
            ))}
          </dl>
        </section>
      )}
      <section class="block">
        <h3>Fields</h3>
        <dl class="facts">
          {rows.map(([label, field, of]) => {
            const v = of(e);
            if (v === undefined || v === "") return null;
            return (
              <div key={field}>
                <dt>{label}</dt>
                <dd>{field === "recorded_by" ? <Value text={String(v)} /> : <Fact field={field} value={v} />}</dd>
              </div>
            );
          })}
        </dl>
      </section>
      <section class="block around">
        <h3>Look around</h3>
        <div class="row-buttons">
          <Go class="button small" to={{ q: "", t: around(e, 5), id: e.id }}>± 5 minutes</Go>
          {e.request_id && askable(e.request_id) && <Go class="button small" to={{ q: term("request_id", e.request_id), t: around(e, 60) }}>This request</Go>}
          {e.user_id && askable(e.user_id) && <Go class="button small" to={{ q: term("user_id", e.user_id) }}>This user</Go>}
          {e.resource_id && askable(e.resource_id) && <Go class="button small" to={{ q: term("resource", `${e.resource_type}/${e.resource_id}`), t: "all" }}>History of this {one(e.resource_type, 30)}</Go>}
        </div>
      </section>
    </>
  );
}

function Fact({ field, value }: { field: string; value: unknown }) {
  const text = value === null ? "null" : String(value);
  return (
    <span class="fact">
      {text.length > 300 ? (
        <Value text={text} />
      ) : (
        <V field={field} value={value} class="mono">
          {visible(text) || "“”"}
        </V>
      )}
      <CopyButton small label="Copy value" text={text} />
    </span>
  );
}

export function around(e: Entry, minutes: number): string {
  const ms = Date.parse(e.created_at);
  const a = new Date(Math.floor((ms - minutes * 60e3) / 60e3) * 60e3).toISOString().slice(0, 16);
  const b = new Date(Math.floor((ms + minutes * 60e3) / 60e3) * 60e3).toISOString().slice(0, 16);
  return `${a}Z..${b}Z`;
}

function Changes({ list }: { list: Change[] }) {
  return (
    <ul class="changes">
      {list.map((c) => (
        <li key={c.field}>
          <h3>
            <V field={`changed`} value={c.field} class="mono">{one(c.field, 120)}</V>
            <span class="muted">{kind(c)}</span>
          </h3>
          <Compare change={c} />
        </li>
      ))}
    </ul>
  );
}

function kind(c: Change): string {
  const none = (v: unknown) => v === null || v === undefined;
  return none(c.old) ? "added" : none(c.now) ? "removed" : "changed";
}

function Compare({ change: { old, now } }: { change: Change }) {
  if (Array.isArray(old) && Array.isArray(now))
    return (
      <ul class="diff-items">
        {items(old, now).slice(0, 300).map((i, n) => (
          <li key={n} class={"diff-" + i.kind}>
            <span class="sign" aria-hidden="true">{i.kind === "old" ? "−" : i.kind === "new" ? "+" : " "}</span>
            <span class="away">{i.kind === "old" ? "removed: " : i.kind === "new" ? "added: " : "kept: "}</span>
            {brief(i.value, 300)}
          </li>
        ))}
      </ul>
    );
  if (typeof old === "string" && typeof now === "string" && (old.length > 24 || now.length > 24 || /\s/.test(old + now))) {
    const parts = words(old.slice(0, 20000), now.slice(0, 20000));
    const side = (skip: "old" | "new") =>
      parts.filter((p) => p.kind !== skip).map((p, i) => (p.kind === "same" ? <span key={i}>{visible(p.text)}</span> : p.kind === "old" ? <del key={i}>{visible(p.text)}</del> : <ins key={i}>{visible(p.text)}</ins>));
    return (
      <div class="diff">
        <div class="diff-old">
          <span class="away">before: </span>
          {side("new")}
        </div>
        <div class="diff-new">
          <span class="away">after: </span>
          {side("old")}
        </div>
      </div>
    );
  }
  return (
    <div class="diff">
      <div class="diff-old">
        <span class="away">before: </span>
        {show(old, "del")}
      </div>
      <div class="diff-new">
        <span class="away">after: </span>
        {show(now, "ins")}
      </div>
    </div>
  );
}

function show(v: unknown, Tag: "del" | "ins") {
  if (v === null || v === undefined) return <span class="none">none</span>;
  if (typeof v === "object") return <Tree value={v} keys={null} depth={1} />;
  return (
    <Tag>
      <Value text={typeof v === "string" ? v || "“”" : String(v)} />
    </Tag>
  );
}

function Raw({ entry: e }: { entry: Entry }) {
  const [raw, setRaw] = useState(false);
  const text = JSON.stringify(e, null, 2);
  return (
    <>
      <div class="row-buttons">
        <button type="button" class="button small" aria-pressed={!raw} onClick={() => setRaw(false)}>Tree</button>
        <button type="button" class="button small" aria-pressed={raw} onClick={() => setRaw(true)}>Text</button>
        <span class="grow" />
        <CopyButton label="Copy JSON" text={text} />
      </div>
      {raw ? (
        <pre class="raw" tabIndex={0} aria-label="JSON text"><Value text={text} most={20000} /></pre>
      ) : (
        <div class="json">
          {Object.entries(e).map(([k, v]) =>
            k === "details" ? (
              <Tree key={k} value={v} name={k} keys={[]} />
            ) : (
              <div class="json-line" key={k}>
                <span class="json-key">{k}: </span>
                {["created_at", "updated_at", "organization_id", "recorded_by"].includes(k) ? <span class="json-string">{JSON.stringify(v)}</span> : <V field={k} value={v} class="json-string">{visible(JSON.stringify(v))}</V>}
              </div>
            ),
          )}
        </div>
      )}
    </>
  );
}

function Related({ entry: e, open }: { entry: Entry; open: (e: Entry) => void }) {
  const groups: [title: string, where: Record<string, string>, q: string, t: string][] = [];
  if (e.request_id) groups.push(["In the same request", { request_id: e.request_id }, term("request_id", e.request_id), around(e, 60)]);
  if (e.user_id) groups.push(["By the same user, one hour before and after", { user_id: e.user_id }, term("user_id", e.user_id), around(e, 60)]);
  if (e.resource_id) groups.push([`History of this ${one(e.resource_type, 40)}`, { resource_type: e.resource_type, resource_id: e.resource_id }, term("resource", `${e.resource_type}/${e.resource_id}`), "all"]);
  if (e.ip_address) groups.push(["From the same IP address, one hour before and after", { ip_address: e.ip_address }, term("ip_address", e.ip_address), around(e, 60)]);
  return (
    <>
      {groups.map(([title, where, q, t]) => (
        <RelatedGroup key={title} title={title} where={where} q={q} t={t} self={e.id} open={open} />
      ))}
      {!groups.length && <p class="say">This entry has neither a request, a user nor a resource id.</p>}
    </>
  );
}

// A RelatedGroup asks by exact values, so that it works for ids that the filter language refuses.
function RelatedGroup({ title, where, q, t, self, open }: { title: string; where: Record<string, string>; q: string; t: string; self: string; open: (e: Entry) => void }) {
  const log = useLog();
  const time = t === "all" ? "" : `created:${t}`;
  const answer = useAnswer<Page>(`${log.organization}\n${JSON.stringify(where)}\n${time}`, (signal) => log.client.search({ organization: log.organization, q: time, where, limit: 12 }, signal));
  const list = answer.data?.entries ?? [];
  return (
    <section class="block related">
      <h3>
        {title}
        {answer.data && list.length > 0 && askable(q) && <Go class="link" to={{ q, t }}>Open as a list</Go>}
      </h3>
      {answer.problem && <p class="say wrong">{answer.problem.message} <button type="button" class="link" onClick={answer.again}>Try again</button></p>}
      {!answer.data && !answer.problem && <span class="bone long" />}
      <ol class="related-list">
        {list.map((x) => (
          <li key={x.id} class={x.id === self ? "self" : ""}>
            <button type="button" class="related-row" aria-current={x.id === self ? "true" : undefined} onClick={() => x.id !== self && open(x)}>
              <time dateTime={x.created_at} title={x.created_at}>{exact(x.created_at, log.zone).replace(/^\w+ /, "").replace(/ \d{4},/, ",").replace(/(\.\d+)? [^ ]+$/, "")}</time>
              <span>{plainText(x, log.name)}</span>
              {x.outcome && x.outcome !== "success" && <OutcomeBadge outcome={x.outcome} quiet />}
            </button>
          </li>
        ))}
      </ol>
      {answer.data && list.length <= 1 && <p class="say">{list.length ? "Nothing else." : "Nothing found."}</p>}
      {answer.data?.next && askable(q) && <Go class="link" to={{ q, t }}>More, as a list</Go>}
    </section>
  );
}
