import { Client, Problem } from "../api/client";
import type { Me } from "../api/types";

// Elements that ask the same server with the same getToken share one client, and so one token.

export type GetToken = () => Promise<string> | string;

const shared = new Map<string, WeakMap<GetToken, Shared>>();

export interface Shared {
  client: Client;
  me: () => Promise<Me>;
}

export function sharedClient(server: string, getToken: GetToken): Shared {
  let byToken = shared.get(server);
  if (!byToken) shared.set(server, (byToken = new WeakMap()));
  let s = byToken.get(getToken);
  if (!s) byToken.set(getToken, (s = make(server, getToken)));
  return s;
}

const early = 60_000; // a token is replaced this long before it ends

function make(server: string, getToken: GetToken): Shared {
  let token = "";
  let expires = 0; // 0: not known
  let asking: Promise<string> | undefined;
  let me: Promise<Me> | undefined;

  const fresh = async () => {
    const t = await getToken();
    if (typeof t !== "string" || !t.trim()) throw new Problem(401, "no_token", "The application gave no token.");
    token = t.trim();
    expires = 0;
    return token;
  };
  const client = new Client({
    server,
    token: async () => {
      if (token && (expires === 0 || Date.now() < expires - early)) return token;
      if (token) me = undefined; // the next answer of /v1/me says when the new one ends
      asking ??= fresh().finally(() => (asking = undefined));
      const t = await asking;
      if (!me) queueMicrotask(() => void whoAmI().catch(() => {}));
      return t;
    },
    // A token that was refused is asked for once more: it may have ended while the computer slept.
    refused: () => {
      token = "";
    },
  });
  const whoAmI = () =>
    (me ??= client.get<Me>("/v1/me").then(
      (m) => {
        expires = m.expires ? Date.parse(m.expires) : 0;
        return m;
      },
      (e: unknown) => {
        me = undefined;
        throw e;
      },
    ));
  return { client, me: whoAmI };
}
