import type { Entry } from "../api/types";

// The place of the inclusion proof; see pages/ledger.
export function Proof({ entry }: { entry: Entry }) {
  void entry;
  return <p class="say">This server keeps no ledger.</p>;
}
