import { useEffect, useMemo, useState } from "preact/hooks";
import { Client, Problem } from "./api/client";
import type { Me } from "./api/types";
import type { LogContext } from "./log/context";
import { LogPage } from "./log/page";
import { Help } from "./pages/help";
import { EntryPage } from "./pages/entry";
import { pages } from "./pages/pages";
import { SignIn } from "./pages/sign-in";
import { format, go, usePlace, type Log } from "./state/location";
import { keys, prefer, preference } from "./state/preferences";
import { browserZone, validZone } from "./state/time";
import { Icon, Logo } from "./ui/icons";
import { announceIn } from "./ui/live";
import { MenuButton, type Item } from "./ui/menu";
import { Empty } from "./ui/parts";
import { one, short } from "./ui/text";
import { useAnswer } from "./ui/use";

// The App knows who is signed in, which organization is looked at, and which page is open.
export function App() {
  const place = usePlace();
  const client = useMemo(() => new Client(), []);
  const me = useAnswer<Me>("me", async (signal) => {
    const { signed_in } = await client.get<{ signed_in: boolean }>("/session", {}, signal);
    if (!signed_in) throw new Problem(401, "unauthenticated", "Nobody is signed in.");
    return client.get<Me>("/v1/me", {}, signal);
  });
  const [help, setHelp] = useState(false);
  const [signedOut, setSignedOut] = useState(false);

  useEffect(() => {
    // Links within the page change the state without loading it again.
    const onClick = (e: MouseEvent) => {
      const a = (e.composedPath()[0] as Element | undefined)?.closest?.("a");
      if (!a || e.defaultPrevented || e.button !== 0 || e.ctrlKey || e.metaKey || e.shiftKey || e.altKey || a.hasAttribute("download") || a.target) return;
      if (a.origin !== location.origin || !a.pathname.startsWith("/o/")) return;
      e.preventDefault();
      go(a.pathname + a.search);
    };
    const onKey = (e: KeyboardEvent) => {
      const t = e.composedPath()[0] as HTMLElement;
      if (e.key !== "?" || keys.off || /^(INPUT|TEXTAREA|SELECT)$/.test(t.tagName)) return;
      setHelp(true);
    };
    addEventListener("click", onClick);
    addEventListener("keydown", onKey);
    return () => {
      removeEventListener("click", onClick);
      removeEventListener("keydown", onKey);
    };
  }, []);

  const who = me.data;
  const organizations = who?.organizations ?? [];
  const organization = place.organization || (organizations.length === 1 || !who?.all_organizations ? (organizations[0] ?? "") : "");
  useEffect(() => {
    if (who && organization && !place.organization) go(format(organization, "log", place.log), "replace");
  }, [who, organization, place.organization]);

  const zone = place.log.tz && validZone(place.log.tz) ? place.log.tz : (preference("zone") && validZone(preference("zone")!) ? preference("zone")! : browserZone());
  const page = pages.find((p) => p.path === place.page);
  useEffect(() => {
    const name = place.page === "entries" ? "Entry" : (page?.title ?? "Log");
    document.title = organization ? `${name} · ${short(organization)} · Daybook` : "Daybook";
  }, [page, place.page, organization]);

  if (signedOut || me.problem?.signedOut) return <SignIn client={client} done={() => (setSignedOut(false), me.again())} />;
  if (!who) return <div class="frame">{me.problem ? <main><Empty title="The server does not answer" icon="alert"><p>{me.problem.message}</p><button type="button" class="button primary" onClick={me.again}>Try again</button></Empty></main> : <div class="loading-page" aria-busy="true"><Logo /></div>}</div>;

  const set: LogContext["set"] = (change, how) => {
    const now = usedPlace(place);
    go(format(organization, "log", { ...now, ...change }), how);
  };
  const setZone = (z: string) => {
    prefer("zone", z);
    go(format(organization, place.page, { ...place.log, tz: z }, place.rest));
  };
  const can = (p: string) => who.permissions.includes(p);
  const base: Omit<LogContext, "filter" | "value" | "now"> = {
    client,
    organization,
    zone,
    log: place.log,
    set,
    link: (change) => format(organization, "log", { q: "", t: place.log.t, tz: place.log.tz, ...change }),
    permalink: (id) => format(organization, "entries", { tz: place.log.tz }, id),
    can,
  };
  const signOut = async () => {
    try {
      await client.send("DELETE", "/session");
    } finally {
      setSignedOut(true);
      go("/", "replace");
    }
  };

  return (
    <div class="frame">
      <a class="skip" href="#main">Skip to the content</a>
      <header class="top">
        <a class="brand" href={organization ? format(organization, "log", {}) : "/"} aria-label="Daybook">
          <Logo />
          <b>Daybook</b>
        </a>
        {organization && <OrganizationSwitch me={who} organization={organization} place={place} />}
        {organization && (
          <nav class="nav" aria-label="Pages">
            {pages.filter((p) => !p.needs || can(p.needs)).map((p) => (
              <a key={p.path} href={format(organization, p.path, p.path === "log" ? { tz: place.log.tz } : { t: place.log.t, tz: place.log.tz })} aria-current={place.page === p.path ? "page" : undefined}>
                <Icon name={p.icon} />
                <span>{p.title}</span>
              </a>
            ))}
          </nav>
        )}
        <span class="grow" />
        <button type="button" class="icon-button" aria-label="Help and keys" title="Help and keys (?)" onClick={() => setHelp(true)}>
          <Icon name="help" />
        </button>
        <MenuButton label="Settings and sign out" title="Settings and sign out" class="icon-button" end items={() => settings(signOut)} head={<div class="menu-title"><span>Signed in</span><b>{one(who.user_id || who.id, 60)}</b>{who.expires && <small>until {new Date(who.expires).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" })}</small>}</div>}>
          <Icon name="user" />
        </MenuButton>
      </header>
      <main id="main" tabIndex={-1}>
        {!organization ? (
          <ChooseOrganization me={who} />
        ) : place.page === "entries" ? (
          <EntryPage base={base} id={place.rest} />
        ) : place.page === "log" || !page ? (
          <LogPage base={base} setZone={setZone} ledger={can("proof")} />
        ) : (
          <page.View base={base} setZone={setZone} />
        )}
      </main>
      <div ref={announceIn} class="away" role="status" aria-live="polite" />
      {help && <Help close={() => setHelp(false)} />}
    </div>
  );
}

// usedPlace is the state as the URL has it now, which may be newer than the last drawing.
function usedPlace(place: { log: Log }): Log {
  return place.log;
}

function settings(signOut: () => void): Item[] {
  const t = preference("theme");
  return [
    { label: "Theme", heading: true },
    { label: "As the system", checked: !t, do: () => prefer("theme", undefined) },
    { label: "Light", checked: t === "light", do: () => prefer("theme", "light") },
    { label: "Dark", checked: t === "dark", do: () => prefer("theme", "dark") },
    { label: "Keys", heading: true },
    { label: "Single-letter keys", checked: !keys.off, do: () => prefer("keys", keys.off ? undefined : "off") },
    { label: "Session", heading: true },
    { label: "Sign out", checked: false, do: signOut },
  ];
}

function OrganizationSwitch({ me, organization, place }: { me: Me; organization: string; place: { page: string; log: Log } }) {
  if (me.organizations.length < 2 && !me.all_organizations) return <span class="organization" title={organization}>{short(organization)}</span>;
  const items: Item[] = me.organizations.map((o) => ({ label: one(o, 60), checked: o === organization, do: () => go(format(o, place.page, { t: place.log.t, tz: place.log.tz })) }));
  if (me.all_organizations) items.push({ label: "Another …", do: () => go("/") });
  return (
    <MenuButton label={`Organization: ${organization}`} class="organization" items={items} title={organization}>
      <span>{short(organization)}</span>
      <Icon name="down" />
    </MenuButton>
  );
}

function ChooseOrganization({ me }: { me: Me }) {
  const [text, setText] = useState("");
  return (
    <div class="narrow-page">
      <h1>Which organization?</h1>
      {me.organizations.length > 0 && (
        <ul class="choose">
          {me.organizations.map((o) => (
            <li key={o}><a class="menu-item" href={format(o, "log", {})}>{one(o, 80)}</a></li>
          ))}
        </ul>
      )}
      {me.all_organizations && (
        <form class="stack" onSubmit={(e) => (e.preventDefault(), text.trim() && go(format(text.trim(), "log", {})))}>
          <label>
            Organization id
            <input type="text" value={text} autocomplete="off" spellcheck={false} onInput={(e) => setText(e.currentTarget.value)} />
          </label>
          <button type="submit" class="button primary" disabled={!text.trim()}>Open its log</button>
        </form>
      )}
      {!me.all_organizations && me.organizations.length === 0 && <p>This credential belongs to no organization.</p>}
    </div>
  );
}
