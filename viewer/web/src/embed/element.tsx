import { render } from "preact";
import type { Problem } from "../api/client";
import base from "../style/base.css?inline";
import entry from "../style/entry.css?inline";
import log from "../style/log.css?inline";
import tokens from "../style/tokens.css?inline";
import own from "../style/embed.css?inline";
import { sharedClient, type GetToken } from "./client";
import { Embedded } from "./log";

export type ResolveNames = (ids: string[]) => Promise<Record<string, string>> | Record<string, string>;

let sheet: CSSStyleSheet | undefined;

// <daybook-log> shows the log of one organization, or the part of it that a viewer token allows, in
// another application. It keeps to itself: its styles live in a shadow root and come in by no style
// attribute or element, so a strict content security policy of the host holds.
class DaybookLog extends HTMLElement {
  static observedAttributes = ["server", "query", "columns", "t", "order", "features", "theme"];

  #getToken: GetToken | undefined;
  #resolveNames: ResolveNames | undefined;
  #box: HTMLDivElement;

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    if (!sheet) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync([tokens, base, log, entry, own].join("\n"));
    }
    root.adoptedStyleSheets = [sheet];
    this.#box = document.createElement("div");
    this.#box.className = "embed";
    root.append(this.#box);
  }

  get getToken() {
    return this.#getToken;
  }
  set getToken(f: GetToken | undefined) {
    this.#getToken = f;
    this.#draw();
  }
  get resolveNames() {
    return this.#resolveNames;
  }
  set resolveNames(f: ResolveNames | undefined) {
    this.#resolveNames = f;
    this.#draw();
  }

  connectedCallback() {
    // Properties that were set before the element was defined are taken over.
    for (const name of ["getToken", "resolveNames"] as const) {
      if (!Object.hasOwn(this, name)) continue;
      const v = this[name];
      Reflect.deleteProperty(this, name);
      Reflect.set(this, name, v);
    }
    this.#draw();
  }
  disconnectedCallback() {
    render(null, this.#box);
  }
  attributeChangedCallback() {
    this.#draw();
  }

  #draw() {
    if (!this.isConnected) return;
    if (!this.#getToken) {
      render(<p class="say embed-say">Waiting for the application to sign in.</p>, this.#box);
      return;
    }
    const server = this.getAttribute("server") ?? new URL(import.meta.url).origin;
    const tell = (type: string, detail: Record<string, unknown>) => this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
    render(
      <Embedded
        shared={sharedClient(server.replace(/\/+$/, ""), this.#getToken)}
        query={this.getAttribute("query") ?? ""}
        t={this.getAttribute("t") ?? "all"}
        order={this.getAttribute("order") === "oldest" ? "oldest" : "newest"}
        columns={this.getAttribute("columns") ?? ""}
        features={this.getAttribute("features") ?? ""}
        resolveNames={this.#resolveNames}
        opened={(id) => tell("daybook-open", { id })}
        queried={(query) => tell("daybook-query", { query })}
        failed={(p: Problem) => tell("daybook-error", { code: p.code, status: p.status })}
      />,
      this.#box,
    );
  }
}

if (!customElements.get("daybook-log")) customElements.define("daybook-log", DaybookLog);
