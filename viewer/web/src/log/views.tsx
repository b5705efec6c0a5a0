import { useState } from "preact/hooks";
import { MenuButton, type Item } from "../ui/menu";
import { Icon } from "../ui/icons";
import { quietReads } from "../state/filter";
import { useLog } from "./context";

// Views that come with the page. Saved ones are the organization's.
export const shipped: [name: string, q: string, t: string][] = [
  ["Everything but successful reads", quietReads, "-7d"],
  ["Everything", "", "-7d"],
  ["Denied and failed", "outcome:denied,failure", "-7d"],
  ["Deletions", "action:DELETE outcome:success", "-30d"],
  ["Who may do what", "changed:role OR resource:(membership OR api_key) is:change", "-30d"],
  ["Machines", "actor:api_key,service,system", "-7d"],
  ["Views and exports of this log", "is:own", "-30d"],
];

export function Views({ setZone }: { setZone: (zone: string) => void }) {
  const log = useLog();
  void setZone;
  const [saved] = useState<Item[]>([]);
  const items: Item[] = [
    { label: "Come with Daybook", heading: true },
    ...shipped.map(([name, q, t]) => ({ label: name, do: () => log.set({ q, t, live: false, order: "newest" as const }) })),
    ...saved,
  ];
  return (
    <MenuButton label="Views" class="button" end items={items}>
      <Icon name="star" />
      <span class="wide-only">Views</span>
    </MenuButton>
  );
}
