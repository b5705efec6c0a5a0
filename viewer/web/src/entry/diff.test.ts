import { expect, test } from "vitest";
import { items, words } from "./diff";

test("words that changed, and nothing else", () => {
  expect(words("the old plan, signed", "the new plan, signed")).toEqual([
    { kind: "same", text: "the " },
    { kind: "old", text: "old" },
    { kind: "new", text: "new" },
    { kind: "same", text: " plan, signed" },
  ]);
  for (const [a, b] of [["", "x"], ["x", ""], ["a b c", "c b a"], ["same", "same"]] as const) {
    const parts = words(a, b);
    expect(parts.filter((p) => p.kind !== "new").map((p) => p.text).join("")).toBe(a);
    expect(parts.filter((p) => p.kind !== "old").map((p) => p.text).join("")).toBe(b);
  }
});

test("long texts stay fast", () => {
  const a = Array.from({ length: 5000 }, (_, i) => "a" + i).join(" ");
  const began = Date.now();
  words(a, a.replace(/a/g, "b"));
  expect(Date.now() - began).toBeLessThan(2000);
});

test("items of lists, each as often as it is there", () => {
  expect(items(["a", "b", "b"], ["b", "c"]).map((i) => i.kind + i.value)).toEqual(["olda", "sameb", "oldb", "newc"]);
});
