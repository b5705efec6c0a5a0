import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { clock, shortDay } from "../state/time";
import { compact } from "../ui/text";
import type { Counts } from "./counts";
import { outcomes } from "./histogram";

// draw puts the bars into the host and keeps their size with it. What is drawn is numbers and our
// own words only.
export function draw(host: HTMLElement, buckets: Counts["buckets"], zone: string, choose: (from: number, to: number) => void) {
  const style = getComputedStyle(host);
  const color = (name: string) => style.getPropertyValue(name).trim();
  const middle = buckets.map((_, i) => i);
  // Stacked from below: success, then failure, then denied; drawn from the tallest to the lowest.
  const stacked = outcomes.map((_, n) => buckets.map((b) => outcomes.slice(0, n + 1).reduce((sum, o) => sum + (b.by[o] ?? 0), 0)));
  const order = [2, 1, 0];
  const bars = uPlot.paths.bars!({ size: [0.82, 64, 1], radius: 0 });
  const font = `11px ${style.fontFamily}`;
  const short = buckets.length > 1 && buckets[1]!.from - buckets[0]!.from < 86400e3;
  let from = -1;
  const plot = new uPlot(
    {
      width: Math.max(120, host.clientWidth),
      height: host.clientHeight || 96,
      padding: [6, 14, 0, 0],
      legend: { show: false },
      cursor: {
        x: true,
        y: false,
        points: { show: false },
        drag: { x: true, y: false, setScale: false },
      },
      scales: { x: { time: false, range: () => [-0.5, buckets.length - 0.5] }, y: { range: (_u, _min, max) => [0, Math.max(1, max)] } },
      axes: [
        {
          stroke: color("--ink-3"),
          font,
          grid: { show: false },
          ticks: { stroke: color("--line"), size: 4 },
          gap: 3,
          size: 22,
          space: 90,
          splits: (u) => ticks(buckets, zone, Math.max(2, Math.floor(u.bbox.width / devicePixelRatio / 90))),
          values: (_u, at) => at.map((i) => tick(buckets[i], zone, short)),
        },
        {
          stroke: color("--ink-3"),
          font,
          grid: { stroke: color("--line"), width: 1 },
          ticks: { show: false },
          gap: 4,
          size: 44,
          space: 28,
          incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 2e6, 5e6, 1e7, 1e8],
          values: (_u, v) => v.map((n) => compact(n)),
        },
      ],
      series: [{}, ...order.map((n) => ({ fill: color("--bar-" + outcomes[n]), stroke: color("--bar-" + outcomes[n]), width: 0, paths: bars, points: { show: false } }))],
      hooks: {
        setSelect: [
          (u) => {
            if (!u.select.width || from === -2) return;
            const a = Math.round(u.posToVal(u.select.left, "x"));
            const b = Math.round(u.posToVal(u.select.left + u.select.width, "x"));
            u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            choose(a, b);
          },
        ],
        ready: [
          (u) => {
            // A click without a drag chooses the bucket under it.
            let down = 0;
            u.over.addEventListener("pointerdown", (e) => (down = e.clientX));
            u.over.addEventListener("click", (e) => {
              if (Math.abs(e.clientX - down) > 3) return;
              const i = Math.round(u.posToVal(e.offsetX, "x"));
              if (buckets[i]?.total) choose(i, i);
            });
          },
        ],
      },
    },
    [middle, ...order.map((n) => stacked[n]!)] as uPlot.AlignedData,
    host,
  );
  // A canvas says nothing to a screen reader; the group around it and the table do.
  for (const c of host.querySelectorAll("canvas")) c.setAttribute("aria-hidden", "true");
  const observer = new ResizeObserver(() => {
    if (host.clientWidth && host.clientWidth !== plot.width) plot.setSize({ width: host.clientWidth, height: host.clientHeight || 96 });
  });
  observer.observe(host);
  return {
    select(range: [number, number] | null) {
      if (!range) return plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
      const left = plot.valToPos(Math.min(...range) - 0.5, "x");
      const right = plot.valToPos(Math.max(...range) + 0.5, "x");
      plot.setSelect({ left, top: 0, width: right - left, height: plot.over.clientHeight }, false);
    },
    destroy() {
      observer.disconnect();
      plot.destroy();
    },
  };
}

// ticks stand where a day or a round hour begins.
function ticks(buckets: Counts["buckets"], zone: string, most: number): number[] {
  const days = buckets.flatMap((b, i) => (clock(b.from, zone, false) === "00:00" ? [i] : []));
  let at = days.length >= 2 && days.length > most / 3 ? days : buckets.map((_, i) => i);
  const every = Math.max(1, Math.ceil(at.length / most));
  at = at.filter((_, i) => i % every === 0);
  return at;
}

function tick(b: Counts["buckets"][number] | undefined, zone: string, short: boolean): string {
  if (!b) return "";
  const c = clock(b.from, zone, false);
  return short && c !== "00:00" ? c : shortDay(b.from, zone);
}
