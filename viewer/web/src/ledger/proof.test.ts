import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { check, differs } from "./proof";

const made = JSON.parse(readFileSync(process.env["DAYBOOK_PROOFS"]!, "utf8")) as { key: string; proofs: { entry: Record<string, unknown>; proof: string }[] };

describe("proofs that the ledger gave out", () => {
  test("hold, are signed, and are of their entries", async () => {
    expect(made.proofs.length).toBeGreaterThan(20);
    for (const { entry, proof } of made.proofs) {
      const c = await check(proof, [made.key]);
      expect(c.included).toBe(true);
      expect(c.signed).toBe("yes");
      expect(differs(c, entry)).toEqual([]);
    }
  });

  test("do not hold for another entry", async () => {
    const [a, b] = made.proofs as [(typeof made.proofs)[0], (typeof made.proofs)[0]];
    expect(differs(await check(a.proof), b.entry)).toContain("id");
    expect(differs(await check(a.proof), { ...a.entry, user_id: "somebody else" })).toEqual(["user_id"]);
    const details = { ...(a.entry["details"] as object), added: 1 };
    expect(differs(await check(a.proof), { ...a.entry, details })).toEqual(["details"]);
    const undisclosed = await check(a.proof);
    undisclosed.fields.delete("user_id");
    expect(differs(undisclosed, a.entry)).toEqual(["user_id"]);
  });

  test("do not survive a changed byte anywhere", async () => {
    const { entry, proof } = made.proofs[0]!;
    const extra = Buffer.from(/extra (\S+)/.exec(proof)![1]!, "base64").toString();
    const again = (text: string) => proof.replace(/extra \S+/, "extra " + Buffer.from(text).toString("base64"));
    const changed = [
      again(extra.replace(/"action":"\w+"/, '"action":"READX"')),
      again(extra.replace(/"created_at":\d/, '"created_at":9')),
      again(extra.replace(/("user_id":\{"salt":"[^"]+","value":)"/, '$1"x')),
      again(extra.replace(/("details":\{"salt":"[^"]+","value":\{)/, '$1"added":1,')),
      again(extra.replace(/"id":"0/, '"id":"1')),
      proof.replace(/index (\d+)/, (_, n: string) => `index ${Number(n) - 1}`),
      proof.replace(/\n([A-Za-z0-9+/]{43}=)\n/, (_, h: string) => `\n${h[0] === "A" ? "B" : "A"}${h.slice(1)}\n`),
      proof.replace(/\n([A-Za-z0-9+/]{43}=)\n/, "\n"),
    ];
    for (const text of changed) {
      expect(text).not.toBe(proof);
      let held = false;
      try {
        const c = await check(text, [made.key]);
        held = c.included && c.signed === "yes" && !differs(c, entry).length;
      } catch {
        // refused: good
      }
      expect(held, text).toBe(false);
    }
  });

  test("with a checkpoint of another size or root are not signed", async () => {
    const { proof } = made.proofs[0]!;
    const c = await check(proof.replace(/(\n\n\S+\n)(\d+)\n/, (_, a: string, n: string) => `${a}${Number(n) + 1}\n`), [made.key]).catch(() => null);
    expect(c?.signed ?? "no").not.toBe("yes");
    expect((await check(proof)).signed).toBe("unknown");
  });
});
