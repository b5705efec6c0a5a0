import type { ComponentType } from "preact";
import type { LogContext } from "../log/context";
import type { IconName } from "../ui/icons";
import { LedgerPage } from "./ledger";
import { ReportsPage } from "./reports";

export interface PageProps {
  base: Omit<LogContext, "filter" | "value" | "now">;
  setZone: (zone: string) => void;
}

// Every page there is. A new one, such as alerts or retention, is a line here and a component: it
// gets the organization, the zone, the client and what the signed-in one may do.
export const pages: { path: string; title: string; icon: IconName; needs?: string; View: ComponentType<PageProps> }[] = [
  { path: "log", title: "Log", icon: "list", View: () => null },
  { path: "reports", title: "Reports", icon: "chart", needs: "read", View: ReportsPage },
  { path: "ledger", title: "Ledger", icon: "shield", needs: "proof", View: LedgerPage },
];
