import { Problem } from "../api/client";
import type { Entry, Note, Page } from "../api/types";

// A Feed is the list that scrolls: pages by cursor, as many as one scrolls through, of which only
// those near the window are kept. Of the others stay the cursor, the count and the height, so that
// a million entries cost a few hundred kilobytes and scrolling back asks again.

interface Sheet {
  cursor: string | undefined; // what asks for it
  entries: Entry[] | null;
  count: number;
  index: number; // of its first entry in the list
  days: { before: number; label: string; key: string }[]; // headings, before the entry with this place in the page
  top: number;
  height: number;
  used: number;
}

export interface Heights {
  entry: number;
  day: number;
}

export type Item = { kind: "entry"; entry: Entry | null; index: number; y: number } | { kind: "day"; label: string; y: number; key: string };

const keep = 24; // pages in memory
const tallest = 30_000_000; // browsers cut off elements above some 33 million pixels

export class Feed {
  private sheets: Sheet[] = [];
  private next: string | undefined;
  private begun = false;
  private clock = 0;
  private abort = new AbortController();
  private reading = new Set<number>();
  problem: Problem | undefined;
  loading = false;
  warnings: Note[] = [];
  scannedTo = "";
  count = 0;
  height = 0;

  constructor(
    private load: (cursor: string | undefined, signal: AbortSignal) => Promise<Page>,
    private dayOf: (e: Entry) => [key: string, label: string],
    private heights: Heights,
    private changed: () => void,
  ) {}

  get complete() {
    return this.begun && this.next === undefined;
  }

  get started() {
    return this.begun;
  }

  close() {
    this.abort.abort();
  }

  resize(heights: Heights) {
    if (heights.entry === this.heights.entry && heights.day === this.heights.day) return;
    this.heights = heights;
    this.layout(0);
  }

  // more reads the next page.
  async more(): Promise<void> {
    if (this.loading || this.complete) return;
    this.loading = true;
    this.problem = undefined;
    this.changed();
    const cursor = this.next;
    try {
      const page = await this.load(cursor, this.abort.signal);
      if (this.abort.signal.aborted) return;
      this.loading = false;
      this.fill(page, cursor);
    } catch (e) {
      if (this.abort.signal.aborted) return;
      this.loading = false;
      this.problem = e instanceof Problem ? e : new Problem(0, "page", "The answer could not be read.");
    }
    this.changed();
  }

  // fill takes a page as the next one.
  fill(page: Page, cursor?: string) {
    this.begun = true;
    this.next = page.next || undefined;
    this.scannedTo = page.scanned_to ?? "";
    this.warnings = page.warnings ?? this.warnings;
    const sheet: Sheet = { cursor, entries: page.entries, count: page.entries.length, index: this.count, days: [], top: 0, height: 0, used: ++this.clock };
    this.head(sheet, this.key);
    this.sheets.push(sheet);
    this.layout(this.sheets.length - 1);
    this.forget();
    return this;
  }

  private key = ""; // the day of the last entry

  private head(sheet: Sheet, before: string) {
    let last = before;
    for (let i = 0; i < sheet.entries!.length; i++) {
      const [key, label] = this.dayOf(sheet.entries![i]!);
      if (key !== last) sheet.days.push({ before: i, label, key });
      last = key;
    }
    this.key = last;
  }

  private layout(from: number) {
    for (let i = from; i < this.sheets.length; i++) {
      const s = this.sheets[i]!;
      const p = this.sheets[i - 1];
      s.top = p ? p.top + p.height : 0;
      s.index = p ? p.index + p.count : 0;
      s.height = s.count * this.heights.entry + s.days.length * this.heights.day;
    }
    const l = this.sheets.at(-1);
    this.count = l ? l.index + l.count : 0;
    this.height = l ? l.top + l.height : 0;
  }

  private forget() {
    const full = this.sheets.filter((s) => s.entries);
    if (full.length <= keep) return;
    full.sort((a, b) => a.used - b.used);
    for (const s of full.slice(0, full.length - keep)) s.entries = null;
  }

  // reload reads a page again that was forgotten.
  private async reload(n: number) {
    if (this.reading.has(n)) return;
    this.reading.add(n);
    const sheet = this.sheets[n]!;
    try {
      const page = await this.load(sheet.cursor, this.abort.signal);
      if (this.abort.signal.aborted) return;
      sheet.entries = page.entries.slice(0, sheet.count);
      sheet.used = ++this.clock;
      this.forget();
      this.changed();
    } catch {
      // The rows stay empty; the next scroll tries again.
    } finally {
      this.reading.delete(n);
    }
  }

  // scrolled is how tall the list is for the browser, which differs from height only above 30
  // million pixels.
  get scrolled() {
    return Math.min(this.height, tallest);
  }

  // window says what to show for a scroll position, and where.
  window(scroll: number, viewport: number): { items: Item[]; before: number; after: number } {
    const factor = this.height > tallest ? (this.height - viewport) / Math.max(1, tallest - viewport) : 1;
    const top = scroll * factor;
    const over = this.heights.entry * 6;
    const from = top - over;
    const to = top + viewport + over;
    const items: Item[] = [];
    let lo = 0;
    let hi = this.sheets.length;
    while (lo < hi) {
      const mid = (lo + hi) >> 1;
      const s = this.sheets[mid]!;
      if (s.top + s.height < from) lo = mid + 1;
      else hi = mid;
    }
    for (let n = lo; n < this.sheets.length && this.sheets[n]!.top < to; n++) {
      const s = this.sheets[n]!;
      s.used = ++this.clock;
      if (!s.entries) void this.reload(n);
      let y = s.top;
      let d = 0;
      for (let i = 0; i < s.count && y < to; i++) {
        const head = s.days[d];
        if (head && head.before === i) {
          if (y + this.heights.day >= from) items.push({ kind: "day", label: head.label, key: head.key, y });
          y += this.heights.day;
          d++;
        }
        if (y + this.heights.entry >= from && y < to) items.push({ kind: "entry", entry: s.entries?.[i] ?? null, index: s.index + i, y });
        y += this.heights.entry;
      }
    }
    const first = items[0]?.y ?? 0;
    const lastItem = items.at(-1);
    const bottom = lastItem ? lastItem.y + (lastItem.kind === "day" ? this.heights.day : this.heights.entry) : 0;
    const before = factor === 1 ? first : Math.max(0, scroll + (first - top));
    return { items, before, after: Math.max(0, this.scrolled - before - (bottom - first)) };
  }

  at(index: number): Entry | null {
    const s = this.sheets.find((x) => index >= x.index && index < x.index + x.count);
    return s?.entries?.[index - s.index] ?? null;
  }

  indexOf(id: string): number {
    for (const s of this.sheets) {
      const i = s.entries?.findIndex((e) => e.id === id) ?? -1;
      if (i >= 0) return s.index + i;
    }
    return -1;
  }

  // y is where the entry with this index begins, in pixels of the list.
  y(index: number): number {
    const s = this.sheets.find((x) => index >= x.index && index < x.index + x.count);
    if (!s) return 0;
    const i = index - s.index;
    const y = s.top + i * this.heights.entry + s.days.filter((d) => d.before <= i).length * this.heights.day;
    return this.height > tallest ? y / (this.height / tallest) : y;
  }

  get oldestLoaded(): Entry | null {
    return this.count ? this.at(this.count - 1) : null;
  }
}
