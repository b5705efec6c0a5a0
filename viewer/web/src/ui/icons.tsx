import type { JSX } from "preact";

// Drawn here, 16 by 16, one stroke. An icon never stands without a word or a label.
const paths = {
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM10.7 10.7 14 14",
  close: "M3.5 3.5l9 9M12.5 3.5l-9 9",
  down: "M4 6.5l4 4 4-4",
  right: "M6.5 4l4 4-4 4",
  left: "M9.5 4l-4 4 4 4",
  up: "M4 9.5l4-4 4 4",
  clock: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 4.5V8l2.5 1.5",
  play: "M5 3.2v9.6L12.5 8z",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  download: "M8 2.5v7.5M5 7.2l3 3 3-3M3 13.5h10",
  filter: "M2 3.5h12M4.5 8h7M6.5 12.5h3",
  copy: "M5.5 5.5h8v8h-8zM3 10.5H2.5v-8h8V3",
  link: "M6.5 9.5l3-3M7 4.5l1.3-1.3a3 3 0 0 1 4.5 4.5L11.5 9M9 11.5l-1.3 1.3a3 3 0 0 1-4.5-4.5L4.5 7",
  plus: "M8 3v10M3 8h10",
  minus: "M3 8h10",
  check: "M3 8.5l3.3 3.3L13 4.8",
  star: "M8 2.3l1.7 3.6 3.9.5-2.9 2.7.8 3.9L8 11l-3.5 2 .8-3.9L2.4 6.4l3.9-.5z",
  menu: "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
  user: "M8 8a2.7 2.7 0 1 0 0-5.4A2.7 2.7 0 0 0 8 8zM3 13.8c.5-2.5 2.4-3.9 5-3.9s4.5 1.4 5 3.9",
  help: "M8 14.2A6.2 6.2 0 1 0 8 1.8a6.2 6.2 0 0 0 0 12.4zM6.2 6.2C6.3 5.1 7 4.5 8 4.5c1.1 0 1.8.7 1.8 1.6 0 1.3-1.8 1.4-1.8 2.8M8 11.3v.1",
  shield: "M8 1.8l5 1.9v3.9c0 3-2 5.3-5 6.6-3-1.3-5-3.6-5-6.6V3.7zM5.7 8l1.7 1.7 3-3.2",
  alert: "M8 2.5l6 10.5H2zM8 6.5v3M8 11.3v.1",
  ban: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM3.8 3.8l8.4 8.4",
  list: "M2.5 4h.1M2.5 8h.1M2.5 12h.1M5.5 4h8M5.5 8h8M5.5 12h8",
  chart: "M2.5 13.5h11M4 11V7.5M8 11V3.5M12 11V5.5",
  book: "M2.5 3.5c2-.6 3.8-.4 5.5.8 1.7-1.2 3.5-1.4 5.5-.8v9c-2-.6-3.8-.4-5.5.8-1.7-1.2-3.5-1.4-5.5-.8zM8 4.5v8.5",
  sun: "M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6zM8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9",
  refresh: "M13 4v3h-3M13 7a5.2 5.2 0 1 0 .2 2.5",
  columns: "M2.5 3.5h11v9h-11zM6.2 3.5v9M9.8 3.5v9",
  out: "M6.5 2.5h-4v11h4M6.5 8h7M10.5 5l3 3-3 3",
  globe: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM2 8h12M8 2c2 2 2.5 4 2.5 6s-.5 4-2.5 6c-2-2-2.5-4-2.5-6S6 4 8 2z",
  more: "M3.5 8h.1M8 8h.1M12.5 8h.1",
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name, class: c }: { name: IconName; class?: string }): JSX.Element {
  return (
    <svg class={"icon" + (c ? " " + c : "")} viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}

export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 32 32" width="24" height="24" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="7" />
      <path d="M8 8.5c3-1 5.5-.6 8 1.3 2.5-1.9 5-2.3 8-1.3v14c-3-1-5.5-.6-8 1.3-2.5-1.9-5-2.3-8-1.3zM16 10v13" />
    </svg>
  );
}
