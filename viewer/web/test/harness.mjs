// Runs the tests of the page in a real Chromium. Go starts the server and passes what they need as
// JSON in DAYBOOK_BROWSER; each result is a line of JSON on standard output.
import { createRequire } from "node:module";
import { readFileSync, mkdirSync } from "node:fs";
import { chromium } from "playwright-core";

export const setup = JSON.parse(process.env.DAYBOOK_BROWSER ?? "{}");
const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const tests = [];

// test registers a test. o: {width, height, scheme, signedIn: "admin", path, allow: /console lines that belong to it/}
export function test(name, o, run) {
  tests.push({ name, o, run });
}

export function equal(got, want, what = "") {
  const a = JSON.stringify(got);
  const b = JSON.stringify(want);
  if (a !== b) throw new Error(`${what || "value"} is ${a}, want ${b}`);
}

export function ok(yes, what) {
  if (!yes) throw new Error(what);
}

// until waits for a condition of the page, without sleeping a fixed time.
export async function until(page, what, f, arg) {
  try {
    await page.waitForFunction(f, arg, { timeout: 10_000, polling: 50 });
  } catch {
    throw new Error(`not reached: ${what}; the page is at ${page.url()} and says: ${(await page.locator("body").innerText().catch(() => "?")).slice(0, 600)}`);
  }
}

// ready waits until the log shows its rows, or why there are none.
export async function ready(page) {
  await page.waitForSelector("tr[data-id], .list .empty", { timeout: 15_000 });
  await until(page, "the count", () => !/counting/.test(document.querySelector(".total")?.textContent ?? "") || !document.querySelector(".total"));
}

// axe fails on every violation of WCAG 2.2 A and AA and of the best practices that it knows.
export async function axe(page, where) {
  const found = await page.evaluate(async (source) => {
    if (!globalThis.axe) (0, eval)(source);
    const r = await globalThis.axe.run(document, { resultTypes: ["violations"], rules: { region: { enabled: false } } });
    return r.violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.slice(0, 4).map((n) => n.target.join(" ") + " " + n.html.slice(0, 140) + " " + (n.any[0]?.message ?? "")).join(" | ")}`);
  }, axeSource).catch(async (e) => {
    // The page's policy forbids eval: the debugger's own evaluation is not under it.
    if (!/eval|Trusted/i.test(String(e))) throw e;
    const cdp = await page.context().newCDPSession(page);
    await cdp.send("Runtime.evaluate", { expression: axeSource });
    await cdp.detach();
    return page.evaluate(async () => {
      const r = await globalThis.axe.run(document, { resultTypes: ["violations"], rules: { region: { enabled: false } } });
      return r.violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.slice(0, 4).map((n) => n.target.join(" ") + " " + n.html.slice(0, 140) + " " + (n.any[0]?.message ?? "")).join(" | ")}`);
    });
  });
  if (found.length) throw new Error(`${where}: ${found.length} violations\n${found.join("\n")}`);
}

// picture writes a screenshot for review, when asked to.
export async function picture(page, name) {
  if (!setup.pictures) return;
  mkdirSync(setup.pictures, { recursive: true });
  await page.waitForTimeout(150); // transitions; pictures decide nothing
  await page.screenshot({ path: `${setup.pictures}/${name}.png` });
}

export async function main() {
  const browser = await chromium.launch({
    executablePath: setup.chromium,
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  const states = {};
  let failed = 0;
  for (const { name, o, run } of tests) {
    if (setup.only && !name.includes(setup.only)) continue;
    const began = Date.now();
    const wrong = [];
    const context = await browser.newContext({
      viewport: { width: o.width ?? 1440, height: o.height ?? 900 },
      colorScheme: o.scheme ?? "light",
      reducedMotion: o.motion ?? "reduce",
      timezoneId: "Europe/Berlin",
      locale: "en-GB",
      acceptDownloads: true,
      ...(o.signedIn && states[o.signedIn] ? { storageState: states[o.signedIn] } : {}),
    });
    context.setDefaultTimeout(10_000);
    const origins = new Set([setup.server, ...(o.origins ?? [])]);
    // What no page may do, in any test.
    await context.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (e) => console.error(`policy: ${e.violatedDirective} ${e.blockedURI} ${e.sample} ${e.sourceFile}:${e.lineNumber}`));
    });
    context.on("request", (r) => {
      const u = new URL(r.url());
      if (!["data:", "blob:", "about:"].includes(u.protocol) && !origins.has(u.origin)) wrong.push(`a request to ${u.origin}`);
    });
    const watch = (page) => {
      page.on("console", (m) => {
        if (!["error", "warning"].includes(m.type())) return;
        const line = `${m.type()}: ${m.text()} ${m.location().url ?? ""}`;
        if (!(o.allow && o.allow.test(line))) wrong.push("console " + line.slice(0, 400));
      });
      page.on("pageerror", (e) => wrong.push("exception: " + String(e.stack ?? e).slice(0, 600)));
      page.on("dialog", (d) => {
        wrong.push("dialog: " + d.message());
        void d.dismiss();
      });
    };
    context.on("page", watch);
    const page = await context.newPage();
    try {
      if (o.signedIn && !states[o.signedIn]) {
        await page.goto(setup.server + "/");
        await page.fill('input[type="password"]', setup.keys[o.signedIn]);
        await page.click('button[type="submit"]');
        await page.waitForSelector(".top");
        states[o.signedIn] = await context.storageState();
      }
      if (o.path !== undefined) {
        await page.goto(setup.server + o.path);
        if (/\/log(\?|$)/.test(o.path) && !o.raw) await ready(page);
      }
      await run(page, context);
      if (wrong.length) throw new Error([...new Set(wrong)].join("\n"));
      say({ name, ok: true, ms: Date.now() - began });
    } catch (e) {
      failed++;
      await picture(page, "failed-" + name.replace(/\W+/g, "-")).catch(() => {});
      say({ name, ok: false, ms: Date.now() - began, error: [String(e.stack ?? e).slice(0, 3000), ...new Set(wrong)].join("\n") });
    }
    await context.close();
  }
  await browser.close();
  process.exitCode = failed ? 1 : 0;
}

function say(result) {
  process.stdout.write(JSON.stringify(result) + "\n");
}
