import { Empty } from "../ui/parts";
import type { PageProps } from "./pages";

export function LedgerPage(_: PageProps) {
  return (
    <div class="page">
      <h1 class="away">Ledger</h1>
      <Empty title="No ledger here" icon="shield">
        <p>This server does not keep a ledger yet, so there is no checkpoint to verify against.</p>
      </Empty>
    </div>
  );
}
