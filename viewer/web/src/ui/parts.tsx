import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Outcome } from "../api/types";
import type { Log } from "../state/location";
import { hue, initials } from "../entry/sentence";
import { useLog } from "../log/context";
import { askable, exclude, only, term } from "../state/filter";
import { keys } from "../state/preferences";
import { Icon } from "./icons";
import { copy } from "./use";

// The outcome is told by word, shape and colour together.
export function OutcomeBadge({ outcome, quiet }: { outcome: Outcome | undefined; quiet?: boolean }) {
  const o = outcome ?? "success";
  return (
    <span class={`badge badge-${o}${quiet ? " quiet" : ""}`}>
      <Icon name={o === "denied" ? "ban" : o === "failure" ? "alert" : "check"} />
      {o}
    </span>
  );
}

export function Avatar({ id, kind }: { id: string; kind: string }) {
  if (kind !== "user") return <span class={"avatar avatar-" + kind} aria-hidden="true">{kind === "system" ? "⚙" : "–"}</span>;
  return (
    <span class="avatar" style={{ "--hue": String(hue(id)) }} aria-hidden="true">
      {initials(id)}
    </span>
  );
}

// V is a value that can be filtered by: a click opens its menu.
export function V({ field, value, children, class: c, tab = 0 }: { field: string; value: unknown; children: ComponentChildren; class?: string; tab?: number }) {
  const log = useLog();
  const open = (e: { currentTarget: Element; stopPropagation(): void; preventDefault(): void }) => {
    e.stopPropagation();
    e.preventDefault();
    log.value(e.currentTarget, field, value);
  };
  // Not a <button>, which is one piece for the line that it stands in: a long sentence is to be cut
  // within a value.
  return (
    <span
      role="button"
      tabIndex={tab}
      class={"v " + (c ?? "")}
      data-field={field}
      aria-haspopup="menu"
      onClick={open}
      onKeyDown={(e) => {
        if (e.ctrlKey || e.metaKey || e.altKey) return;
        if (e.key === "Enter" || e.key === " ") return open(e);
        if (keys.off || (e.key !== "f" && e.key !== "x") || (value !== null && typeof value === "object") || !askable(String(value ?? ""))) return;
        e.preventDefault();
        const t = term(field, value);
        log.set({ q: e.key === "x" ? exclude(log.log.q, t) : only(log.log.q, t) });
      }}
    >
      {children}
    </span>
  );
}

export function CopyButton({ text, label = "Copy", small }: { text: string | (() => string); label?: string; small?: boolean }) {
  const [done, setDone] = useState(false);
  return (
    <button
      type="button"
      class={small ? "icon-button small" : "button"}
      aria-label={small ? label : undefined}
      title={small ? label : undefined}
      onClick={async (e) => {
        e.stopPropagation();
        if (await copy(typeof text === "string" ? text : text())) {
          setDone(true);
          setTimeout(() => setDone(false), 1500);
        }
      }}
    >
      <Icon name={done ? "check" : "copy"} />
      {!small && <span>{done ? "Copied" : label}</span>}
    </button>
  );
}

export function Empty({ title, children, icon = "list" }: { title: string; children?: ComponentChildren; icon?: Parameters<typeof Icon>[0]["name"] }) {
  return (
    <div class="empty">
      <Icon name={icon} />
      <h2>{title}</h2>
      {children}
    </div>
  );
}

// Go leads to another state of the log: by a link where there is one, which can be opened in a tab of
// its own, and by a button in the element.
export function Go({ to, class: c, children }: { to: Partial<Log>; class: string; children: ComponentChildren }) {
  const log = useLog();
  const href = log.link(to);
  if (href) return <a class={c} href={href}>{children}</a>;
  return <button type="button" class={c} onClick={() => log.set({ q: "", id: "", tab: "", ...to })}>{children}</button>;
}
