import { useState } from "preact/hooks";
import { Problem } from "../api/client";
import type { View } from "../api/types";
import { and, quietReads, terms } from "../state/filter";
import { Dialog } from "../ui/dialog";
import { Icon } from "../ui/icons";
import { announce } from "../ui/live";
import { MenuButton, type Item } from "../ui/menu";
import { one } from "../ui/text";
import { useAnswer } from "../ui/use";
import { useLog } from "./context";

// Views that come with the page. Saved ones are the organization's.
export const shipped: [name: string, q: string, t: string][] = [
  ["Everything but successful reads", quietReads, "-7d"],
  ["Everything", "", "-7d"],
  ["Denied and failed", "outcome:denied,failure", "-7d"],
  ["Deletions", "action:DELETE outcome:success", "-30d"],
  ["Roles and keys", "(changed:role OR type:membership,api_key) is:change", "-30d"],
  ["Machines", "actor:api_key,service,system", "-7d"],
  ["Who looked at this log", "is:own", "-30d"],
];

// Views opens saved questions, and saves the one that is asked.
export function Views({ setZone }: { setZone: (zone: string) => void }) {
  const log = useLog();
  const [saving, setSaving] = useState(false);
  const [managing, setManaging] = useState(false);
  const answer = useAnswer(log.organization, (signal) => log.client.get<{ views: View[] }>("/v1/views", { organization: log.organization }, signal));
  const saved = answer.data?.views ?? [];
  const open = (v: View) => {
    const { q, t } = split(v.q);
    log.set({ q, t, live: false, order: v.order === "oldest" ? "oldest" : "newest", cols: (v.columns ?? []).join(","), ...(v.tz ? { tz: v.tz } : {}) });
  };
  void setZone;
  const items = (): Item[] => [
    ...(saved.length ? [{ label: "Saved", heading: true }] : []),
    ...saved.map((v) => ({ label: one(v.name, 60), hint: v.shared ? "shared" : "", do: () => open(v) })),
    { label: "Come with Daybook", heading: true },
    ...shipped.map(([name, q, t]) => ({ label: name, do: () => log.set({ q, t, live: false, order: "newest" as const, cols: "" }) })),
    { label: "This view", heading: true },
    { label: "Save …", do: () => setSaving(true) },
    ...(saved.length ? [{ label: "Delete …", do: () => setManaging(true) }] : []),
  ];
  return (
    <>
      <MenuButton label="Views" class="button" end items={items}>
        <Icon name="star" />
        <span class="wide-only">Views</span>
      </MenuButton>
      {saving && <Save close={() => setSaving(false)} done={answer.again} />}
      {managing && <Manage views={saved} close={() => setManaging(false)} done={answer.again} />}
    </>
  );
}

// A view is one filter: its range stands in it as a term for the time.
function joined(q: string, t: string): string {
  return t === "all" || t === "" ? q : and(q, `created:${t}`);
}

function split(q: string): { q: string; t: string } {
  const { list, alternative } = terms(q);
  const i = alternative ? -1 : list.findIndex((x) => !x.negated && x.text.startsWith("created:"));
  if (i < 0) return { q, t: "all" };
  const t = list[i]!.text.slice("created:".length).replace(/^(-\d+[mhdw])\.\.$/, "$1");
  return { q: list.filter((_, n) => n !== i).map((x) => q.slice(x.from, x.to)).join(" "), t };
}

function Save({ close, done }: { close: () => void; done: () => void }) {
  const log = useLog();
  const [name, setName] = useState("");
  const [shared, setShared] = useState(false);
  const [problem, setProblem] = useState("");
  const q = joined(log.log.q, log.log.t);
  const save = async () => {
    setProblem("");
    try {
      await log.client.send("POST", "/v1/views", { name: name.trim(), q, tz: log.zone, order: log.log.order, ...(log.log.cols ? { columns: log.log.cols.split(",") } : {}), shared }, { organization: log.organization });
      announce("Saved");
      close();
      done();
    } catch (e) {
      setProblem(e instanceof Problem ? e.message : "The view could not be saved.");
    }
  };
  return (
    <Dialog title="Save this view" close={close}>
      <form class="stack" onSubmit={(e) => (e.preventDefault(), void save())}>
        <label>
          Name
          <input type="text" value={name} maxLength={100} required aria-invalid={problem !== ""} onInput={(e) => setName(e.currentTarget.value)} />
        </label>
        <p class="say">
          Filter: <code>{q || "none"}</code>, in {log.zone}
        </p>
        <label class="check">
          <input type="checkbox" checked={shared} onChange={(e) => setShared(e.currentTarget.checked)} /> Everybody of this organization sees it
        </label>
        {problem && <p class="say wrong" role="alert">{problem}</p>}
        <div class="row-buttons end">
          <button type="button" class="button" onClick={close}>Cancel</button>
          <button type="submit" class="button primary" disabled={!name.trim()}>Save</button>
        </div>
      </form>
    </Dialog>
  );
}

function Manage({ views, close, done }: { views: View[]; close: () => void; done: () => void }) {
  const log = useLog();
  const [problem, setProblem] = useState("");
  const remove = async (v: View) => {
    setProblem("");
    try {
      await log.client.send("DELETE", "/v1/views/" + encodeURIComponent(v.name), undefined, { organization: log.organization });
      announce("Deleted");
      done();
    } catch (e) {
      setProblem(e instanceof Problem ? e.message : "The view could not be deleted.");
    }
  };
  return (
    <Dialog title="Delete saved views" close={close}>
      <ul class="manage">
        {views.map((v) => (
          <li key={v.name}>
            <span>
              <b>{one(v.name, 80)}</b> <small class="muted">{v.shared ? `shared by ${one(v.owner, 60)}` : "yours"}</small>
              <code>{one(v.q, 200) || "no filter"}</code>
            </span>
            <button type="button" class="button small" aria-label={`Delete ${one(v.name, 80)}`} onClick={() => void remove(v)}>Delete</button>
          </li>
        ))}
        {!views.length && <li class="muted">None are left.</li>}
      </ul>
      {problem && <p class="say wrong" role="alert">{problem}</p>}
    </Dialog>
  );
}
