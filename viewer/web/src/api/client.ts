import type { Entry, Note, Page } from "./types";

// A Problem is what the server answers when it refuses, or what the page says for it when there is
// no answer. It never holds anything of an entry.
export class Problem extends Error {
  constructor(
    readonly status: number, // 0: no answer
    readonly code: string,
    message: string,
    readonly notes: Note[] = [],
    readonly retryAfter = 0,
  ) {
    super(message);
  }
  get signedOut() {
    return this.status === 401;
  }
}

export interface Credentials {
  server: string; // "" is the page's own
  token?: () => Promise<string>; // for the element; the page has a cookie
  refused?: () => void; // the token was
}

// A Client asks one server as one principal. What it asks for can be cancelled.
export class Client {
  skew = 0; // the server's clock less ours, in milliseconds

  constructor(readonly credentials: Credentials = { server: "" }) {}

  now(): number {
    return Date.now() + this.skew;
  }

  url(path: string, parameters: Record<string, string | number | undefined> = {}): string {
    const p = new URLSearchParams();
    for (const [k, v] of Object.entries(parameters)) if (v !== undefined && v !== "") p.set(k, String(v));
    const query = p.toString();
    return this.credentials.server + path + (query ? "?" + query : "");
  }

  async fetch(method: string, url: string, body?: unknown, signal?: AbortSignal, accept = "application/json", again = false): Promise<Response> {
    const headers: Record<string, string> = { Accept: accept };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (this.credentials.token) headers["Authorization"] = "Bearer " + (await this.credentials.token());
    let response: Response;
    try {
      response = await fetch(url, {
        method,
        headers,
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: signal ?? null,
        credentials: this.credentials.token ? "omit" : "same-origin",
        redirect: "error",
      });
    } catch (e) {
      if (e instanceof DOMException && e.name === "AbortError") throw e;
      throw new Problem(0, "offline", navigator.onLine ? "The server does not answer." : "This device is offline.");
    }
    const date = Date.parse(response.headers.get("Date") ?? "");
    if (date && Math.abs(date - Date.now()) > 2000) this.skew = date - Date.now();
    if (response.status === 401 && this.credentials.refused && !again) {
      this.credentials.refused();
      return this.fetch(method, url, body, signal, accept, true);
    }
    if (!response.ok) throw await problem(response);
    return response;
  }

  async get<T>(path: string, parameters: Record<string, string | number | undefined> = {}, signal?: AbortSignal): Promise<T> {
    return (await this.fetch("GET", this.url(path, parameters), undefined, signal)).json() as Promise<T>;
  }

  async send<T>(method: string, path: string, body?: unknown, parameters: Record<string, string | number | undefined> = {}): Promise<T> {
    const response = await this.fetch(method, this.url(path, parameters), body);
    return (response.status === 204 ? undefined : await response.json()) as T;
  }

  // signIn trades a credential for a cookie. It is sent where every request has its credential, once.
  async signIn(credential: string): Promise<void> {
    let response: Response;
    try {
      response = await fetch("/session", { method: "POST", headers: { Authorization: "Bearer " + credential }, credentials: "same-origin", redirect: "error" });
    } catch {
      throw new Problem(0, "offline", "The server does not answer.");
    }
    if (!response.ok) throw await problem(response);
    const { signed_in } = await this.get<{ signed_in: boolean }>("/session");
    if (!signed_in) throw new Problem(0, "no_cookie", "The key is good, but this browser did not keep the session: open the page over HTTPS, or on this machine as localhost.");
  }

  entries(parameters: { organization: string; q: string; tz: string; order: string; limit: number; cursor?: string }, signal?: AbortSignal): Promise<Page> {
    return this.get<Page>("/v1/entries", { ...parameters, order: parameters.order === "oldest" ? "oldest" : undefined }, signal);
  }

  // search asks by exact values, in words that the filter language has no way to write.
  async search(body: { organization: string; q: string; where: Record<string, string>; limit: number }, signal?: AbortSignal): Promise<Page> {
    return (await this.fetch("POST", this.url("/v1/entries/search"), body, signal)).json() as Promise<Page>;
  }

  // proof asks for the inclusion proof of an entry, with the values of the fields that it has.
  async proof(organization: string, entry: Entry, signal?: AbortSignal): Promise<string> {
    const disclose = ["resource_id", "user_id", "request_id", "ip_address", "user_agent", "details", "recorded_by"].filter((f) => entry[f as keyof Entry] !== undefined).join(",");
    const url = this.url(`/v1/ledger/${encodeURIComponent(organization)}/proof/${entry.id}`, { disclose });
    return (await this.fetch("GET", url, undefined, signal, "text/plain")).text();
  }

  entry(organization: string, id: string, signal?: AbortSignal): Promise<Entry> {
    return this.get<Entry>("/v1/entries/" + encodeURIComponent(id), { organization }, signal);
  }
}

async function problem(response: Response): Promise<Problem> {
  const retry = Number(response.headers.get("Retry-After") ?? 0) || 0;
  let body: Record<string, unknown> = {};
  try {
    if (/json/.test(response.headers.get("Content-Type") ?? "")) body = (await response.json()) as Record<string, unknown>;
  } catch {
    // An answer that cannot be read says no more than its status.
  }
  const text = (k: string) => (typeof body[k] === "string" ? (body[k] as string) : "");
  const code = text("code") || "status_" + response.status;
  const errors = Array.isArray(body["errors"]) ? (body["errors"] as (Partial<Note> & { field?: string; reason?: string })[]) : [];
  const detail = text("detail") || text("title") || `The server answered ${response.status}.`;
  const notes: Note[] = errors.filter((e) => e.reason).map((e) => ({ ...e, code: e.code ?? code, message: e.at !== undefined || e.field === "q" ? e.reason! : `${e.field ?? ""} ${e.reason}`.trim() }));
  return new Problem(response.status, code, code.startsWith("filter_") && notes[0] ? notes[0].message : detail, notes, retry);
}
