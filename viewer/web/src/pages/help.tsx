import { Dialog } from "../ui/dialog";

const keyList: [string, string][] = [
  ["/", "filter"],
  ["j  k", "next and previous entry"],
  ["↑ ↓ ← →", "move in the list; left and right between the values of a row"],
  ["Enter", "open the entry, or the menu of a value"],
  ["f  x", "only this, exclude (on a value)"],
  ["Esc", "close the entry, then zoom out"],
  ["t", "time range"],
  ["l", "follow new entries"],
  ["r", "refresh"],
  ["c", "copy the link to what is shown"],
  ["?", "this help"],
];

const examples: [string, string][] = [
  ["action:DELETE", "deletions"],
  ["user:ada -action:READ", "what ada did, without reads"],
  ["resource:document/42", "the history of one document"],
  ["outcome:denied,failure", "what did not work"],
  ["ip:192.0.2.0/24", "from a network"],
  ["changed:role", "role was changed"],
  ["details.reason:\"key rotation\"", "a value in the details"],
  ["\"quarterly report\"", "words anywhere"],
  ["action:DELETE OR is:denied", "one or the other"],
];

export function Help({ close }: { close: () => void }) {
  return (
    <Dialog title="Help and keys" close={close} class="help">
      <div class="help-in">
        <section>
          <h3>Keys</h3>
          <dl class="keys">
            {keyList.map(([k, what]) => (
              <div key={k}>
                <dt>{k.split("  ").map((x) => <kbd key={x}>{x}</kbd>)}</dt>
                <dd>{what}</dd>
              </div>
            ))}
          </dl>
        </section>
        <section>
          <h3>Filter</h3>
          <dl class="keys">
            {examples.map(([k, what]) => (
              <div key={k}>
                <dt><code>{k}</code></dt>
                <dd>{what}</dd>
              </div>
            ))}
          </dl>
          <p class="say">Terms beside each other must all hold. A comma means any of. “-” in front means not. What you look for is recorded in the log itself: one entry for a filter and a quarter of an hour.</p>
        </section>
      </div>
    </Dialog>
  );
}
