import { describe, expect, test } from "vitest";
import { at, between, interval, label, literal, pinned, relative, step } from "./time";

const now = Date.parse("2026-11-24T22:00:00Z");
const iso = (i: { from: number | null; to: number | null } | null) => i && [i.from, i.to].map((t) => (t === null ? null : new Date(t).toISOString()));

describe("literals", () => {
  test("are the whole month, day, minute or second", () => {
    expect(iso(literal("2026-11", "UTC", now))).toEqual(["2026-11-01T00:00:00.000Z", "2026-12-01T00:00:00.000Z"]);
    expect(iso(literal("2026-11-07", "Europe/Berlin", now))).toEqual(["2026-11-06T23:00:00.000Z", "2026-11-07T23:00:00.000Z"]);
    expect(iso(literal("2026-11-07T10:00Z", "Europe/Berlin", now))).toEqual(["2026-11-07T10:00:00.000Z", "2026-11-07T10:01:00.000Z"]);
    expect(iso(literal("2026-11-07T10:00:05+02:00", "UTC", now))).toEqual(["2026-11-07T08:00:05.000Z", "2026-11-07T08:00:06.000Z"]);
    expect(literal("7 Nov", "UTC", now)).toBeNull();
  });
  test("are right on the days when clocks change", () => {
    const hours = (day: string) => {
      const i = literal(day, "Europe/Berlin", now)!;
      return (i.to! - i.from!) / 3600e3;
    };
    expect(hours("2026-03-29")).toBe(23);
    expect(hours("2026-10-25")).toBe(25);
    expect(hours("2026-11-01")).toBe(24);
    // A wall clock that is shown twice means the first time; one that is left out, the moment behind.
    expect(new Date(at("Europe/Berlin", 2026, 9, 25, 2, 30)).toISOString()).toBe("2026-10-25T00:30:00.000Z");
    expect(new Date(at("Europe/Berlin", 2026, 2, 29, 2, 30)).toISOString()).toBe("2026-03-29T01:30:00.000Z");
    expect(new Date(at("Asia/Kolkata", 2026, 0, 1)).toISOString()).toBe("2025-12-31T18:30:00.000Z");
  });
});

describe("ranges", () => {
  test("include their last day", () => {
    expect(iso(interval("2026-11-01..2026-11-07", "UTC", now))).toEqual(["2026-11-01T00:00:00.000Z", "2026-11-08T00:00:00.000Z"]);
    expect(iso(interval("2026-11-01..", "UTC", now))).toEqual(["2026-11-01T00:00:00.000Z", null]);
    expect(iso(interval("-1h", "UTC", now))).toEqual(["2026-11-24T21:00:00.000Z", null]);
    expect(iso(interval("all", "UTC", now))).toEqual([null, null]);
    expect(interval("x..y", "UTC", now)).toBeNull();
  });
  test("are written so that they read back as they were", () => {
    for (const [from, to] of [[now, now + 3600e3], [now + 1000, now + 5000]] as const) {
      const i = interval(between(from, to), "Europe/Berlin", now)!;
      expect([i.from, i.to]).toEqual([from, to]);
    }
  });
  test("stand still while one looks", () => {
    expect(pinned("-1h", "UTC", now)).toBe("created:>=2026-11-24T21:00:00.000Z created:<2026-11-24T22:00:00.000Z");
    expect(pinned("2026-11", "UTC", now)).toBe("created:2026-11");
  });
  test("are told in words", () => {
    expect(label("-7d", "UTC", now)).toBe("Last 7 days");
    expect(label("2026-11-24T10:00Z..2026-11-24T10:59Z", "UTC", now)).toBe("24 Nov, 10:00 – 11:00");
    expect(label("2026-11-01..2026-11-07", "UTC", now)).toBe("1 Nov – 7 Nov 2026");
    expect(relative(now - 3600e3, now)).toBe("1 hour ago");
  });
  test("have a number of buckets that can be seen", () => {
    for (const hours of [1, 24, 168, 720, 2160, 8760, 50000]) {
      const size = { minute: 1 / 60, hour: 1, day: 24, week: 168, month: 730 }[step(now - hours * 3600e3, now)];
      expect(hours / size).toBeLessThanOrEqual(200);
    }
  });
});
