import { useState } from "preact/hooks";
import { Problem } from "../api/client";
import type { Entry } from "../api/types";
import { check, differs, short, type Checked } from "../ledger/proof";
import { useLog } from "../log/context";
import { Icon } from "../ui/icons";
import { CopyButton } from "../ui/parts";
import { number } from "../ui/text";
import { useAnswer } from "../ui/use";

// The Proof tab: the inclusion proof of the entry, recomputed here, and what to do to check it without
// this page.
export function Proof({ entry: e }: { entry: Entry }) {
  const log = useLog();
  const answer = useAnswer<{ text: string; checked?: Checked; wrong?: string }>(`${log.organization}\n${e.id}`, async (signal) => {
    const text = await log.client.proof(log.organization, e, signal);
    if (!globalThis.crypto?.subtle) return { text, wrong: "" };
    try {
      const checked = await check(text);
      const other = differs(checked, e as unknown as Record<string, unknown>);
      if (!checked.included) return { text, checked, wrong: "The recomputed root is not the checkpoint's." };
      if (other.length) return { text, checked, wrong: `The proof is of something else: ${other.join(", ")} differ.` };
      return { text, checked };
    } catch (x) {
      return { text, wrong: x instanceof Error ? x.message : "The proof could not be checked." };
    }
  });
  if (answer.problem) return <NoProof problem={answer.problem} again={answer.again} />;
  if (!answer.data) return <span class="bone long" />;
  const { text, checked, wrong } = answer.data;
  const c = checked?.proof.checkpoint;
  return (
    <>
      <ProofBadge ok={!!checked && !wrong} unchecked={wrong === ""} />
      {wrong && <p class="say wrong" role="alert">{wrong}</p>}
      {checked && c && (
        <dl class="facts">
          <div><dt>Leaf</dt><dd class="mono">{number(checked.proof.index)} of {number(c.size)}</dd></div>
          <Hash label="Leaf hash" value={short(checked.leafHash)} />
          <Hash label="Recomputed root" value={short(checked.root)} />
          <Hash label="Checkpoint's root" value={short(c.root)} />
          <div><dt>Log</dt><dd class="mono">{c.origin}</dd></div>
          <div><dt>Path</dt><dd><Path hashes={checked.proof.hashes.map(short)} /></dd></div>
        </dl>
      )}
      <div class="row-buttons">
        <CopyButton label="Copy proof" text={text} />
        <SaveProof text={text} id={e.id} />
      </div>
      <section class="block offline">
        <h3>Check it without this page</h3>
        <p class="say">This page comes from the server that it checks. So the badge guards against a changed database, not against a changed server: the command line and a checkpoint that you kept do.</p>
        <pre class="raw" tabIndex={0} aria-label="Command">{`daybook verify --proof ${e.id}.tlog-proof --trust ledger.trust`}</pre>
      </section>
    </>
  );
}

export function NoProof({ problem, again }: { problem: Problem; again: () => void }) {
  return (
    <p class="say">
      {problem.status === 404 ? "This server answers no proofs: it keeps no ledger for this organization, or this entry is not in it." : problem.status === 409 || problem.status === 425 ? "◷ Pending: the entry is committed and not yet under a checkpoint. That takes some seconds." : problem.message}{" "}
      <button type="button" class="link" onClick={again}>Look again</button>
    </p>
  );
}

function ProofBadge({ ok, unchecked }: { ok: boolean; unchecked: boolean }) {
  if (unchecked) return <p class="proof-badge pending"><Icon name="clock" /> Not checked here: browsers offer cryptography to pages over HTTPS only.</p>;
  if (!ok) return <p class="proof-badge failed"><Icon name="ban" /> Failed: this entry is not what was recorded.</p>;
  return <p class="proof-badge verified"><Icon name="shield" /> Verified: this entry, with these values, is in the log.</p>;
}

function Hash({ label, value }: { label: string; value: string }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd><span class="fact"><span class="mono">{value}</span><CopyButton small label={`Copy ${label.toLowerCase()}`} text={value} /></span></dd>
    </div>
  );
}

function Path({ hashes }: { hashes: string[] }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" class="link" aria-expanded={open} onClick={() => setOpen(!open)}>{hashes.length} hashes</button>
      {open && <ol class="path">{hashes.map((h, i) => <li key={i} class="mono">{h}</li>)}</ol>}
    </>
  );
}

function SaveProof({ text, id }: { text: string; id: string }) {
  return (
    <button
      type="button"
      class="button"
      onClick={() => {
        const url = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
        const a = document.createElement("a");
        a.href = url;
        a.download = `${id}.tlog-proof`;
        a.click();
        setTimeout(() => URL.revokeObjectURL(url), 10_000);
      }}
    >
      <Icon name="download" /> Save proof
    </button>
  );
}
