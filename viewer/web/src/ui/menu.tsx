import type { ComponentChildren, TargetedKeyboardEvent } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

// place puts a popover beside its anchor, inside the window. Positions go through the CSSOM, which
// the content security policy allows.
export function place(anchor: Element, box: HTMLElement, end = false) {
  const a = anchor.getBoundingClientRect();
  const width = box.offsetWidth;
  const height = box.offsetHeight;
  const left = end ? a.right - width : a.left;
  const below = innerHeight - a.bottom;
  const top = below < height + 8 && a.top > below ? Math.max(8, a.top - height - 4) : a.bottom + 4;
  box.style.left = Math.max(8, Math.min(left, innerWidth - width - 8)) + "px";
  box.style.top = top + "px";
  box.style.maxHeight = Math.max(120, innerHeight - top - 8) + "px";
}

interface PopoverProps {
  anchor: Element | null;
  end?: boolean;
  class?: string;
  label: string;
  role?: "menu" | "dialog" | "listbox";
  close: (restore: boolean) => void;
  children: ComponentChildren;
}

// A Popover lies in the top layer beside its anchor until something else is clicked or Escape.
export function Popover({ anchor, end, class: c, label, role = "dialog", close, children }: PopoverProps) {
  const box = useRef<HTMLDivElement>(null);
  const closing = useRef(close);
  closing.current = close;
  useLayoutEffect(() => {
    const b = box.current!;
    b.showPopover?.();
    if (anchor) place(anchor, b, end);
    const again = () => anchor && place(anchor, b, end);
    const pressed = (e: Event) => {
      const path = e.composedPath();
      if (!path.includes(b) && !(anchor && path.includes(anchor))) closing.current(false);
    };
    const observer = new ResizeObserver(again);
    observer.observe(b);
    addEventListener("resize", again);
    document.addEventListener("pointerdown", pressed, true);
    return () => {
      observer.disconnect();
      removeEventListener("resize", again);
      document.removeEventListener("pointerdown", pressed, true);
    };
  }, [anchor]);
  return (
    <div
      ref={box}
      popover="manual"
      class={"popover " + (c ?? "")}
      role={role}
      aria-label={label}
      onKeyDown={(e: TargetedKeyboardEvent<HTMLDivElement>) => {
        if (e.key !== "Escape") return;
        e.stopPropagation();
        e.preventDefault();
        close(true);
      }}
    >
      {children}
    </div>
  );
}

export interface Item {
  label: ComponentChildren;
  hint?: ComponentChildren;
  do?: () => void;
  checked?: boolean;
  disabled?: boolean;
  heading?: boolean;
  href?: string;
  download?: boolean;
}

// Menu items: arrows, Home, End and the first letter move; Enter does.
export function MenuBox({ anchor, end, label, items, close, head }: { anchor: Element | null; end?: boolean; label: string; items: Item[]; close: (restore: boolean) => void; head?: ComponentChildren }) {
  const list = useRef<HTMLDivElement>(null);
  const buttons = () => [...(list.current?.querySelectorAll<HTMLElement>('[role^="menuitem"]:not([aria-disabled="true"])') ?? [])];
  useEffect(() => {
    const all = buttons();
    (all.find((b) => b.getAttribute("aria-checked") === "true") ?? all[0])?.focus();
  }, []);
  const onKeyDown = (e: TargetedKeyboardEvent<HTMLDivElement>) => {
    const all = buttons();
    const here = all.findIndex((b) => b === (list.current!.getRootNode() as Document | ShadowRoot).activeElement);
    let to = -1;
    if (e.key === "ArrowDown") to = (here + 1) % all.length;
    else if (e.key === "ArrowUp") to = (here - 1 + all.length) % all.length;
    else if (e.key === "Home") to = 0;
    else if (e.key === "End") to = all.length - 1;
    else if (e.key === "Tab") return close(true);
    else if (e.key.length === 1 && !e.ctrlKey && !e.metaKey) to = all.findIndex((b, i) => i !== here && b.textContent!.toLowerCase().startsWith(e.key.toLowerCase()));
    if (to >= 0) {
      e.preventDefault();
      e.stopPropagation();
      all[to]?.focus();
    }
  };
  const choice = items.some((i) => i.checked !== undefined);
  return (
    <Popover anchor={anchor} end={end ?? false} label={label} role="menu" class="menu" close={close}>
      {head}
      <div ref={list} role="none" onKeyDown={onKeyDown}>
        {items.map((item, i) =>
          item.heading ? (
            <div key={i} class="menu-heading" role="presentation">
              {item.label}
            </div>
          ) : item.href ? (
            <a key={i} role="menuitem" class="menu-item" tabIndex={-1} href={item.href} download={item.download} onClick={() => close(true)}>
              <span>{item.label}</span>
              {item.hint && <span class="menu-hint">{item.hint}</span>}
            </a>
          ) : (
            <button
              key={i}
              type="button"
              class="menu-item"
              role={choice ? "menuitemradio" : "menuitem"}
              aria-checked={choice ? (item.checked ?? false) : undefined}
              aria-disabled={item.disabled}
              tabIndex={-1}
              onClick={() => {
                if (item.disabled) return;
                close(true);
                item.do?.();
              }}
            >
              {choice && <span class="menu-check">{item.checked ? "✓" : ""}</span>}
              <span>{item.label}</span>
              {item.hint && <span class="menu-hint">{item.hint}</span>}
            </button>
          ),
        )}
      </div>
    </Popover>
  );
}

// A MenuButton opens a menu and gets the focus back.
export function MenuButton({ label, class: c, end, items, children, head, title }: { label: string; class?: string; end?: boolean; items: Item[] | (() => Item[]); children: ComponentChildren; head?: ComponentChildren; title?: string }) {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  return (
    <>
      <button
        ref={button}
        type="button"
        class={c ?? "button"}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-label={label}
        title={title}
        onClick={() => setOpen(!open)}
        onKeyDown={(e) => {
          if (e.key === "ArrowDown") {
            e.preventDefault();
            setOpen(true);
          }
        }}
      >
        {children}
      </button>
      {open && (
        <MenuBox
          anchor={button.current}
          end={end ?? false}
          label={label}
          head={head}
          items={typeof items === "function" ? items() : items}
          close={(restore) => {
            setOpen(false);
            if (restore) button.current?.focus();
          }}
        />
      )}
    </>
  );
}
