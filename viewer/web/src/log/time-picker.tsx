import { useEffect, useRef, useState } from "preact/hooks";
import { interval, label, presets, browserZone, validZone, exact } from "../state/time";
import { Icon } from "../ui/icons";
import { Popover } from "../ui/menu";
import { useLog } from "./context";
import { zones } from "../state/zones";

// The time range and the zone in which days, hours and stamps are meant.
export function TimePicker({ setZone }: { setZone: (zone: string) => void }) {
  const log = useLog();
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const shown = label(log.log.t, log.zone, log.now);
  const close = (restore: boolean) => {
    setOpen(false);
    if (restore) button.current?.focus();
  };
  return (
    <>
      <button ref={button} type="button" id="time" class="button" aria-haspopup="dialog" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon name="clock" />
        <span class="time-label">{shown}</span>
        <span class="zone">{log.zone === "UTC" ? "UTC" : log.zone.split("/").pop()!.replace(/_/g, " ")}</span>
        <Icon name="down" />
      </button>
      {open && (
        <Popover anchor={button.current} end label="Time range" class="time-box" close={close}>
          <Range setZone={setZone} close={close} />
        </Popover>
      )}
    </>
  );
}

function Range({ setZone, close }: { setZone: (zone: string) => void; close: (restore: boolean) => void }) {
  const log = useLog();
  const t = log.log.t;
  const custom = t.includes("..") || /^\d/.test(t);
  const [a, setA] = useState(custom ? (t.split("..")[0] ?? "") : "");
  const [b, setB] = useState(custom ? (t.split("..")[1] ?? "") : "");
  const [zone, setZoneText] = useState(log.zone);
  const text = b || a.includes("..") ? `${a}..${b}` : a;
  const i = text && text !== ".." ? interval(text, log.zone, log.now) : null;
  const presetsList = useRef<HTMLUListElement>(null);
  useEffect(() => {
    const l = presetsList.current!;
    (l.querySelector<HTMLElement>('[aria-pressed="true"]') ?? l.querySelector<HTMLElement>("button"))?.focus();
  }, []);
  const bad = text !== "" && text !== ".." && (!i || (i.from !== null && i.to !== null && i.from >= i.to));
  const choose = (v: string) => {
    close(true);
    log.set({ t: v });
  };
  return (
    <div class="time-in">
      <ul ref={presetsList} class="time-presets" aria-label="Ranges">
        {presets.map(([v, l]) => (
          <li key={v}>
            <button type="button" class={"menu-item" + (v === t ? " on" : "")} aria-pressed={v === t} onClick={() => choose(v)}>
              {l}
            </button>
          </li>
        ))}
      </ul>
      <form
        class="time-form"
        onSubmit={(e) => {
          e.preventDefault();
          if (!bad && text && text !== "..") choose(text);
        }}
      >
        <label>
          From
          <input type="text" value={a} placeholder="2026-11-01 or 2026-11-01T10:00" onInput={(e) => setA(e.currentTarget.value.trim())} aria-invalid={bad} aria-describedby="time-say" />
        </label>
        <label>
          To, included
          <input type="text" value={b} placeholder="2026-11-07" onInput={(e) => setB(e.currentTarget.value.trim())} aria-invalid={bad} aria-describedby="time-say" />
        </label>
        <p id="time-say" class={bad ? "say wrong" : "say"}>
          {bad ? "Write a month (2026-11), a day (2026-11-07), a minute (2026-11-07T10:00), or nothing on one side; the end comes behind the beginning." : i ? `${i.from === null ? "the beginning" : exact(new Date(i.from).toISOString().slice(0, 19) + "Z", log.zone)} until before ${i.to === null ? "now" : exact(new Date(i.to).toISOString().slice(0, 19) + "Z", log.zone)}` : "Days begin and end in the zone below."}
        </p>
        <button type="submit" class="button primary" disabled={bad || !text || text === ".."}>
          Use this range
        </button>
        <label>
          Zone
          <input
            type="text"
            list="zones"
            value={zone}
            aria-invalid={!validZone(zone)}
            onInput={(e) => setZoneText(e.currentTarget.value)}
            onChange={(e) => validZone(e.currentTarget.value) && setZone(e.currentTarget.value)}
          />
        </label>
        <datalist id="zones">
          {zones().map((z) => (
            <option key={z} value={z} />
          ))}
        </datalist>
        <div class="row-buttons">
          {["UTC", browserZone()].filter((z, n, all) => all.indexOf(z) === n).map((z) => (
            <button type="button" key={z} class="button small" aria-pressed={z === log.zone} onClick={() => (setZoneText(z), setZone(z))}>
              {z}
            </button>
          ))}
        </div>
      </form>
    </div>
  );
}
