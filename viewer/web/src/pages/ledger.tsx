import { useState } from "preact/hooks";
import { check, differs, parseCheckpoint, short, signed } from "../ledger/proof";
import { Icon } from "../ui/icons";
import { CopyButton, Empty } from "../ui/parts";
import { number, one } from "../ui/text";
import { useAnswer } from "../ui/use";
import type { PageProps } from "./pages";

// The ledger of an organization: its newest checkpoint, and the check of an entry's proof in this
// browser, whether the proof comes from the server or from a file that somebody kept.
export function LedgerPage({ base }: PageProps) {
  const { client, organization } = base;
  const answer = useAnswer(organization, async (signal) => {
    const note = await (await client.fetch("GET", client.url(`/v1/ledger/${encodeURIComponent(organization)}/checkpoint`), undefined, signal, "text/plain")).text();
    return { note, checkpoint: parseCheckpoint(note) };
  });
  if (answer.problem)
    return (
      <div class="page">
        <h1 class="away">Ledger</h1>
        <Empty title={answer.problem.status === 404 ? "No ledger here" : "The ledger could not be read"} icon="shield">
          <p>{answer.problem.status === 404 ? "This server answers no checkpoint of this organization. Whoever has the data can still check it with daybook verify." : answer.problem.message}</p>
          <button type="button" class="button" onClick={answer.again}>Look again</button>
        </Empty>
      </div>
    );
  const c = answer.data?.checkpoint;
  return (
    <div class="page ledger" aria-busy={!c}>
      <header class="page-head"><h1>Ledger</h1></header>
      {c ? (
        <>
          <dl class="figures">
            <div><dt>Entries under the checkpoint</dt><dd>{number(c.size)}</dd></div>
            <div><dt>Signatures</dt><dd>{c.signatures.length}</dd></div>
            <div><dt>Log</dt><dd class="origin">{c.origin}</dd></div>
          </dl>
          <div class="report-grid">
            <section class="report">
              <h2>Newest checkpoint</h2>
              <p class="say">Keep it outside of this server. Whoever has kept one sees every change, removal, insertion and reordering of what it covers.</p>
              <pre class="raw" tabIndex={0} aria-label="Checkpoint">{answer.data!.note}</pre>
              <div class="row-buttons"><CopyButton label="Copy checkpoint" text={answer.data!.note} /></div>
            </section>
            <CheckProof base={base} />
          </div>
        </>
      ) : (
        <span class="bone long" />
      )}
    </div>
  );
}

function CheckProof({ base }: { base: PageProps["base"] }) {
  const [text, setText] = useState("");
  const [key, setKey] = useState("");
  const [said, setSaid] = useState<{ ok: boolean; lines: string[] } | null>(null);
  const run = async () => {
    try {
      const { client, organization } = base;
      let proof = text.trim() + "\n";
      let entry: Record<string, unknown> | null = null;
      if (/^[0-9a-f-]{36}$/i.test(text.trim())) {
        const id = text.trim().toLowerCase();
        const shown = await client.entry(organization, id);
        proof = await client.proof(organization, shown);
        entry = shown as unknown as Record<string, unknown>;
      }
      const r = await check(proof, key.trim() ? [key.trim()] : []);
      const other = entry ? differs(r, entry) : [];
      const signature = key.trim() ? await signed(r.proof.checkpoint, [key.trim()]) : "unknown";
      setSaid({
        ok: r.included && !other.length && signature !== "no",
        lines: [
          r.included ? `The leaf ${number(r.proof.index)} leads to the root of the checkpoint of size ${number(r.proof.checkpoint.size)}.` : "The recomputed root is not the checkpoint's.",
          `Leaf hash ${short(r.leafHash)}`,
          ...(other.length ? [`What the server shows of the entry differs: ${other.join(", ")}.`] : entry ? ["What the server shows of the entry is what was recorded."] : []),
          signature === "yes" ? "The checkpoint is signed by this key." : signature === "no" ? "The signature of the checkpoint is not good." : "The signature was not checked: no key of this log was given.",
        ],
      });
    } catch (e) {
      setSaid({ ok: false, lines: [e instanceof Error ? e.message : "The proof could not be checked."] });
    }
  };
  return (
    <section class="report">
      <h2>Check a proof in this browser</h2>
      <form class="stack" onSubmit={(e) => (e.preventDefault(), void run())}>
        <label>
          Entry id, or the text of a .tlog-proof file
          <textarea rows={5} value={text} spellcheck={false} onInput={(e) => setText(e.currentTarget.value)} />
        </label>
        <label>
          Verifier key of the deployment, if you have it
          <input type="text" value={key} spellcheck={false} autocomplete="off" placeholder="name+hash+key" onInput={(e) => setKey(e.currentTarget.value)} />
        </label>
        <button type="submit" class="button primary" disabled={!text.trim()}>Recompute</button>
      </form>
      {said && (
        <div role="status" class={"proof-badge " + (said.ok ? "verified" : "failed")}>
          <Icon name={said.ok ? "shield" : "ban"} />
          <ul>{said.lines.map((l) => <li key={l}>{one(l, 300)}</li>)}</ul>
        </div>
      )}
    </section>
  );
}
