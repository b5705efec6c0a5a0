import { describe, expect, test } from "vitest";
import { add, and, askable, exclude, fieldOf, only, path, quietReads, quote, term, terms, units, without } from "./filter";

describe("terms", () => {
  test("end at spaces outside of quotes and parentheses", () => {
    expect(terms('a:1  -b:"x y" (c OR d) NOT e:(1, 2) "two words"').list.map((t) => (t.negated ? "-" : "") + t.text)).toEqual(["a:1", '-b:"x y"', "(c OR d)", "-e:(1, 2)", '"two words"']);
    expect(terms("a OR b").alternative).toBe(true);
    expect(terms("a (b OR c)").alternative).toBe(false);
    expect(terms(quietReads).list).toHaveLength(1);
    expect(terms('a:"unfinished').list[0]!.text).toBe('a:"unfinished');
  });
  test("join so that an OR is not torn apart", () => {
    expect(and("a OR b", "c")).toBe("(a OR b) c");
    expect(and("a OR b", "")).toBe("a OR b");
    expect(and("", "c")).toBe("c");
  });
  test("can be taken out", () => {
    expect(without("a:1 -b:2 c:3", 1)).toBe("a:1 c:3");
    expect(without("a OR b", 0)).toBe("");
  });
});

describe("clicks on values", () => {
  test("only this replaces what it would contradict and keeps exclusions", () => {
    expect(only("action:READ -user:ada", "action:DELETE")).toBe("-user:ada action:DELETE");
    expect(only("-user:ada", "user:ada")).toBe("user:ada");
    expect(only("a OR b", "user:ada")).toBe("(a OR b) user:ada");
  });
  test("exclude takes the term out and its opposite in, once", () => {
    expect(exclude("user:ada x", "user:ada")).toBe("x -user:ada");
    expect(exclude("-user:ada", "user:ada")).toBe("-user:ada");
    expect(exclude("", "-user:*")).toBe("user:*");
  });
  test("add makes a list", () => {
    expect(add("action:READ x", "action:DELETE")).toBe("action:READ,DELETE x");
    expect(add("x", "action:DELETE")).toBe("x action:DELETE");
  });
});

describe("values", () => {
  test("are quoted when the language would read them otherwise", () => {
    for (const v of ["a b", "a,b", 'a"b', "a\\b", "*", "-x", "(x)", "a..b", "NOT", "", "~x", ">1", "="]) expect(quote(v), v).toMatch(/^".*"$/);
    for (const v of ["ada", "bob.meyer", "doc-7391", "0192f3a1-7c44", "a:b", "x/y"]) expect(quote(v), v).toBe(v);
    expect(quote('say "hi" \\')).toBe('"say \\"hi\\" \\\\"');
  });
  test("become terms of their fields", () => {
    expect(term("user_id", null)).toBe("-user:*");
    expect(term("ip_address", "2001:db8::1")).toBe("ip:2001:db8::1");
    expect(term("details.n", 5)).toBe("details.n=5");
    expect(term("details.n", "5")).toBe('details.n="5"');
    expect(term("user_agent", "curl/8 x")).toBe('agent="curl/8 x"');
    expect(path(["a b", "c"])).toBe('details."a b".c');
    expect(fieldOf('details."a b".c=1')).toBe('details."a b".c');
    expect(fieldOf("2001:db8")).toBe("");
  });
  test("that the language refuses are known", () => {
    expect(askable("ada")).toBe(true);
    expect(askable("a\u202eb")).toBe(false);
  });
});

test("places are counted in code points", () => {
  expect(units("𝄞x", 1)).toBe(2);
  expect(units("abc", 9)).toBe(3);
});
