import { Client, Problem } from "./client";

export interface ServerEvent {
  id: string;
  event: string;
  data: string;
}

// follow reads server-sent events until the signal ends it. It connects again by itself, behind
// the last event, so that nothing is skipped; state says whether it is connected.
export async function follow(client: Client, url: string, signal: AbortSignal, got: (e: ServerEvent) => void, state: (connected: boolean, problem?: Problem) => void): Promise<void> {
  let last = "";
  let wait = 500;
  while (!signal.aborted) {
    try {
      const headers: Record<string, string> = { Accept: "text/event-stream" };
      if (last) headers["Last-Event-ID"] = last;
      if (client.credentials.token) headers["Authorization"] = "Bearer " + (await client.credentials.token());
      const response = await fetch(url, { headers, signal, credentials: client.credentials.token ? "omit" : "same-origin" });
      if (!response.ok || !response.body) {
        if (response.status < 500 && response.status !== 429) {
          state(false, new Problem(response.status, "status_" + response.status, "The live view was refused."));
          return;
        }
        throw new Error("status " + response.status);
      }
      state(true);
      wait = 500;
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        rest += value;
        for (let cut = boundary(rest); cut; cut = boundary(rest)) {
          const event = parse(rest.slice(0, cut[0]));
          rest = rest.slice(cut[1]);
          if (event.id) last = event.id;
          if (event.data || event.event !== "message") got(event);
        }
      }
    } catch {
      // Broken off: again, behind the last event.
    }
    if (signal.aborted) return;
    state(false);
    await new Promise<void>((done) => {
      const timer = setTimeout(done, wait);
      signal.addEventListener("abort", () => (clearTimeout(timer), done()), { once: true });
    });
    wait = Math.min(wait * 2, 15000);
  }
}

function boundary(s: string): [number, number] | null {
  const m = /\r?\n\r?\n/.exec(s);
  return m ? [m.index, m.index + m[0].length] : null;
}

function parse(block: string): ServerEvent {
  const e: ServerEvent = { id: "", event: "message", data: "" };
  const data: string[] = [];
  for (const line of block.split(/\r?\n/)) {
    const cut = line.indexOf(":");
    const field = cut < 0 ? line : line.slice(0, cut);
    const value = cut < 0 ? "" : line.slice(cut + 1).replace(/^ /, "");
    if (field === "data") data.push(value);
    else if (field === "id") e.id = value;
    else if (field === "event") e.event = value;
  }
  e.data = data.join("\n");
  return e;
}
