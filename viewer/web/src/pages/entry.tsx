import { useMemo } from "preact/hooks";
import type { Entry } from "../api/types";
import { around, Drawer } from "../entry/drawer";
import { Context, type LogContext } from "../log/context";
import { useValueMenu, ValueMenu } from "../log/values";
import { format, go, usePlace } from "../state/location";
import { Icon } from "../ui/icons";
import { Empty } from "../ui/parts";
import { useAnswer } from "../ui/use";

// The page of one entry, which a permalink leads to. What is not there and what one may not see get
// the same answer.
export function EntryPage({ base, id }: { base: Omit<LogContext, "filter" | "value" | "now">; id: string }) {
  const { client, organization } = base;
  const place = usePlace();
  const [asked, ask] = useValueMenu();
  const now = useMemo(() => client.now(), [id]);
  const answer = useAnswer<Entry>(organization + "\n" + id, (signal) => client.entry(organization, id, signal));
  const context: LogContext = { ...base, filter: "", now, value: (anchor, field, value) => ask({ anchor, field, value }) };
  const e = answer.data;
  return (
    <Context.Provider value={context}>
      <div class="entry-page">
        <h1 class="away">An entry of {organization}</h1>
        <nav class="crumbs" aria-label="Where this is">
          <a href={base.link({ t: e ? around(e, 60) : place.log.t, ...(e ? { id: e.id } : {}) })}>
            <Icon name="left" /> The log around it
          </a>
        </nav>
        {answer.problem ? (
          <Empty title={answer.problem.status === 404 || answer.problem.status === 400 ? "No such entry here" : "The entry could not be read"} icon="alert">
            <p>{answer.problem.status === 404 || answer.problem.status === 400 ? "There is no entry with this id in this organization, or you may not see it." : answer.problem.message}</p>
            <a class="button" href={base.link({})}>To the log</a>
          </Empty>
        ) : e ? (
          <Drawer
            entry={e}
            tab={place.log.tab}
            setTab={(tab) => go(format(organization, "entries", { tz: place.log.tz, tab }, id), "replace")}
            open={(x) => go(format(organization, "entries", { tz: place.log.tz, tab: place.log.tab }, x.id))}
            proof={base.can("proof")}
          />
        ) : (
          <div class="drawer"><div class="drawer-body"><span class="bone long" /><span class="bone" /></div></div>
        )}
      </div>
      {asked && <ValueMenu asked={asked} log={context} close={(restore) => (ask(null), restore && (asked.anchor as HTMLElement).focus?.())} />}
    </Context.Provider>
  );
}
