// What people come for: to find out, to look after their organization, to prove.
import { equal, ok, picture, ready, setup, test, until } from "./harness.mjs";

const rows = (page) => page.locator("tr[data-id]");
const sentence = (page, n) => rows(page).nth(n).locator(".sentence").innerText();
const q = (page) => new URL(page.url()).searchParams.get("q");

test("a wrong key is refused with words, a good one opens the log, and signing out ends it", { path: "/", allow: /401|Failed to load resource/ }, async (page, context) => {
  await page.waitForSelector('input[type="password"]');
  await picture(page, "sign-in");
  await page.fill('input[type="password"]', "dbk_nonsense");
  await page.keyboard.press("Enter");
  await page.waitForSelector('[role="alert"]');
  ok(/not accepted/.test(await page.locator('[role="alert"]').innerText()), "the refusal does not say what is wrong");
  await page.fill('input[type="password"]', setup.keys.admin);
  await page.keyboard.press("Enter");
  await page.waitForSelector(".top");
  await until(page, "the organization in the URL", () => location.pathname.startsWith("/o/acme/log"));
  const cookie = (await context.cookies()).find((c) => c.name === "__Host-daybook");
  ok(cookie?.httpOnly && cookie.secure && cookie.sameSite === "Strict", "the cookie is " + JSON.stringify(cookie));
  ok(!JSON.stringify(await context.storageState()).includes(setup.keys.admin), "the key is kept in the browser");
  await page.reload();
  await ready(page);
  await page.click('button[aria-label="Settings and sign out"]');
  await page.getByRole("menuitemradio", { name: "Sign out" }).click();
  await page.waitForSelector('input[type="password"]');
  await page.goto(setup.server + "/o/acme/log");
  await page.waitForSelector('input[type="password"]');
});

test("a ready link signs in once and leaves no key in the address", { raw: true }, async (page) => {
  await page.goto(setup.server + "/o/acme/log#key=" + setup.keys.admin);
  await ready(page);
  equal(await page.evaluate(() => location.hash), "", "the part behind #");
});

test("an investigator goes from a denied spike to the person, the address, the document and the rest of the request", { signedIn: "admin", path: "/o/acme/log", allow: /^$/ }, async (page) => {
  await picture(page, "investigator-1-log");
  // The spike stands out: the keys of the histogram find the bucket, and zoom into it.
  const chart = page.locator(".chart");
  await chart.locator("canvas").waitFor();
  await chart.focus();
  const buckets = await page.evaluate(async () => {
    const u = new URL("/v1/entries/histogram", location.origin);
    const now = Date.now();
    for (const [k, v] of Object.entries({ organization: "acme", interval: "hour", by: "outcome", tz: "Europe/Berlin", q: "-(action:READ outcome:success)", from: new Date(now - 7 * 86400e3).toISOString(), to: new Date(now).toISOString() })) u.searchParams.set(k, v);
    return (await (await fetch(u)).json()).buckets;
  });
  const denied = buckets.map((b) => b.groups.find((g) => g.values[0] === "denied")?.count ?? 0);
  const spike = denied.indexOf(Math.max(...denied));
  for (let i = buckets.length - 1; i >= spike; i--) await page.keyboard.press("ArrowLeft");
  ok(/\d+ entries/.test(await page.locator(".told").innerText()), "the histogram does not tell what is chosen");
  await page.keyboard.press("Enter");
  await until(page, "the range in the URL", () => new URLSearchParams(location.search).get("t")?.includes(".."));
  await ready(page);
  // Who was it? The facet says so; one click, and only that person is left.
  await page.locator('section[aria-label="User"] .facet-value').first().click();
  await until(page, "the user in the filter", () => new URLSearchParams(location.search).get("q")?.includes("user:mallory"));
  // What did work?
  await page.locator('section[aria-label="Outcome"] .facet-value', { hasText: "success" }).click();
  await until(page, "the deletion", () => /deleted/.test(document.querySelector("tbody")?.textContent ?? ""));
  await picture(page, "investigator-2-narrowed");
  const found = rows(page).filter({ hasText: "Merger timeline" }).filter({ hasText: "deleted" });
  equal(await found.count(), 1, "deletions of the document");
  await found.first().locator(".row-open").click();
  await page.waitForSelector(".drawer h2");
  ok(/mallory deleted document “Merger timeline”/.test(await page.locator(".drawer h2").innerText()), await page.locator(".drawer h2").innerText());
  ok((await page.locator(".drawer").innerText()).includes("203.0.113.66"), "the drawer does not show the address");
  await picture(page, "investigator-3-entry");
  await page.getByRole("tab", { name: "Related" }).click();
  const same = page.locator(".related", { hasText: "In the same request" }).locator("li");
  await same.nth(3).waitFor();
  equal(await same.count(), 4, "entries of the request");
  await picture(page, "investigator-4-related");
  // The permalink leads a colleague to the same entry.
  const link = await found.first().locator("a.row-open").getAttribute("href");
  await page.goto(setup.server + link);
  await page.waitForSelector(".entry-page .drawer h2");
  ok(/mallory deleted document/.test(await page.locator(".drawer h2").innerText()), "the permalink shows another entry");
  await picture(page, "investigator-5-permalink");
});

test("the same by keyboard alone", { signedIn: "admin", path: "/o/acme/log" }, async (page) => {
  await page.keyboard.press("/");
  equal(await page.evaluate(() => document.activeElement?.id), "query", "focus after /");
  await page.keyboard.press("Control+A");
  await page.keyboard.type("resource:document/doc-7391 is:change");
  await page.keyboard.press("Enter");
  await until(page, "one row", () => document.querySelectorAll("tr[data-id]").length === 1);
  await page.keyboard.press("Escape");
  await page.keyboard.press("j");
  await until(page, "the row has the focus", () => document.activeElement?.matches("tr[data-id]"));
  const id = await page.evaluate(() => document.activeElement.dataset.id);
  await page.keyboard.press("Enter");
  await page.waitForSelector(".drawer h2");
  equal(new URL(page.url()).searchParams.get("id"), id, "the open entry in the URL");
  await page.keyboard.press("Escape");
  await until(page, "the focus is back", (id) => document.activeElement?.dataset?.id === id, id);
  // On a value, x excludes it.
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  equal(await page.evaluate(() => document.activeElement?.dataset?.field), "user_id", "the value that has the focus");
  await page.keyboard.press("x");
  await until(page, "mallory is excluded", () => new URLSearchParams(location.search).get("q")?.includes("-user:mallory"));
  await page.keyboard.press("?");
  await page.waitForSelector("dialog[open]");
  await picture(page, "help");
  await page.keyboard.press("Escape");
  await until(page, "the help is closed", () => !document.querySelector("dialog[open]"));
  await page.keyboard.press("t");
  await page.waitForSelector(".time-box");
  await page.keyboard.press("Escape");
  await until(page, "the focus is on the time", () => document.activeElement?.id === "time");
});

test("the state is the URL: back, forward, reload and a copied link show the same", { signedIn: "admin", path: "/o/acme/log?q=action:DELETE&t=-30d" }, async (page, context) => {
  const total = await page.locator(".total").innerText();
  await rows(page).nth(2).locator(".row-open").click();
  await page.waitForSelector(".drawer h2");
  const title = await page.locator(".drawer h2").innerText();
  const url = page.url();
  await page.goBack();
  await until(page, "the drawer is closed", () => !document.querySelector(".drawer"));
  await page.goForward();
  await page.waitForSelector(".drawer h2");
  equal(await page.locator(".drawer h2").innerText(), title, "after forward");
  await page.reload();
  await page.waitForSelector(".drawer h2");
  await ready(page);
  equal(await page.locator(".drawer h2").innerText(), title, "after reload");
  equal(await page.locator(".total").innerText(), total, "the count after reload");
  const other = await context.newPage();
  await other.goto(url);
  await other.waitForSelector(".drawer h2");
  equal(await other.locator(".drawer h2").innerText(), title, "in another tab");
  await page.fill("#query", "action:DELETE -user:ada");
  await page.locator("#query").press("Enter");
  await until(page, "the new filter", () => new URLSearchParams(location.search).get("q") === "action:DELETE -user:ada");
  await page.goBack();
  await until(page, "the old filter", () => new URLSearchParams(location.search).get("q") === "action:DELETE");
});

test("a wrong filter is marked where it is wrong, and the correction is one click", { signedIn: "admin", path: "/o/acme/log?q=acton:DELETE", raw: true, allow: /400/ }, async (page) => {
  await page.waitForSelector(".notes.wrong");
  equal(await page.locator(".notes mark").first().innerText(), "acton", "the marked characters");
  equal(await page.locator("#query").getAttribute("aria-invalid"), "true", "aria-invalid");
  await picture(page, "filter-error");
  await page.locator(".notes .button").first().click();
  await until(page, "the corrected filter", () => new URLSearchParams(location.search).get("q") === "action:DELETE");
  await ready(page);
  ok((await rows(page).count()) > 0, "no rows for the corrected filter");
});

test("suggestions offer fields, words and the values of this organization", { signedIn: "admin", path: "/o/acme/log?q=" }, async (page) => {
  await page.click("#query");
  await page.keyboard.type("us");
  await page.waitForSelector('.suggestion:has-text("user:")');
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  equal(await page.locator("#query").inputValue(), "user:", "the field that was taken");
  await page.waitForSelector('.suggestion:has-text("mallory")');
  await picture(page, "suggestions");
  await page.keyboard.type("mal");
  await until(page, "one value", () => document.querySelectorAll(".suggestion").length === 1);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await until(page, "the filter", () => new URLSearchParams(location.search).get("q") === "user:mallory");
});

test("an admin narrows by values, columns, time and zone, saves the view and opens it again", { signedIn: "admin", path: "/o/acme/log?q=&t=-30d" }, async (page) => {
  const membership = page.locator('section[aria-label="Resource type"] .facet-value', { hasText: "membership" });
  await membership.click();
  await until(page, "the type", () => new URLSearchParams(location.search).get("q") === "type:membership");
  await ready(page);
  const count = Number((await page.locator(".total").innerText()).replace(/\D/g, ""));
  const facet = Number((await page.locator('section[aria-label="Action"] .facet-count').first().innerText()).replace(/\D/g, ""));
  equal(facet, count, "the facet's sum");
  await rows(page).first().click({ position: { x: 700, y: 18 } });
  await page.waitForSelector(".drawer h2");
  await page.getByRole("tab", { name: /Changes/ }).click();
  ok(/member/.test(await page.locator(".diff-old").innerText()) && /admin/.test(await page.locator(".diff-new").innerText()), "the change is not shown");
  await picture(page, "changes");
  await page.keyboard.press("Escape");
  // A value of the row as a column of its own.
  await rows(page).first().locator('.v[data-field="user_id"]').click();
  await page.getByRole("menuitem", { name: "Add column" }).click();
  await until(page, "the column", () => new URLSearchParams(location.search).get("cols") === "user");
  ok((await page.locator("thead").innerText()).includes("user"), "no head for the column");
  await page.click("#time");
  await page.getByRole("button", { name: "UTC", exact: true }).click();
  await until(page, "the zone", () => new URLSearchParams(location.search).get("tz") === "UTC");
  await page.fill('.time-form input[placeholder="2026-11-07"]', "2020-01-01");
  ok((await page.locator("#time-say").innerText()).includes("2 Jan 2020"), "the range is not told");
  await picture(page, "time");
  await page.keyboard.press("Escape");
  await page.click('button[aria-label="Views"]');
  await page.getByRole("menuitem", { name: "Save …" }).click();
  await page.fill('dialog input[type="text"]', "Roles");
  await page.click('dialog button[type="submit"]');
  await until(page, "the dialog is closed", () => !document.querySelector("dialog[open]"));
  await page.goto(setup.server + "/o/acme/log");
  await ready(page);
  await page.click('button[aria-label="Views"]');
  await page.getByRole("menuitem", { name: "Roles", exact: true }).click();
  await until(page, "the view", () => location.search.includes("type:membership") && location.search.includes("t=-30d"));
  await page.click('button[aria-label="Views"]');
  await page.getByRole("menuitem", { name: "Delete …" }).click();
  await page.click('button[aria-label="Delete Roles"]');
  await until(page, "no view is left", () => /None are left/.test(document.querySelector("dialog")?.textContent ?? ""));
});

test("clicks on values narrow and exclude, and chips turn round", { signedIn: "admin", path: "/o/acme/log?q=type:document&t=-30d" }, async (page) => {
  const pick = async (field, item) => {
    await rows(page).first().locator(`.v[data-field="${field}"]`).first().click();
    await page.getByRole("menuitem", { name: item }).first().click();
  };
  await pick("action", "Only this");
  await until(page, "the action", () => /^type:document action:\w+$/.test(new URLSearchParams(location.search).get("q") ?? ""));
  await ready(page);
  const action = q(page);
  await pick("user_id", "Exclude");
  await until(page, "the exclusion", () => / -user:/.test(new URLSearchParams(location.search).get("q") ?? ""));
  await ready(page);
  equal(await page.locator(".chips .chip").count(), 3, "chips");
  await page.locator(".chips .chip-x").nth(2).click();
  await until(page, "the chip is gone", (a) => new URLSearchParams(location.search).get("q") === a, action);
  await page.locator(".chips .chip-text").first().click();
  await until(page, "the term is turned round", (a) => new URLSearchParams(location.search).get("q") === "-" + a, action);
});

test("an auditor exports exactly what is shown, and the reports agree with the log", { signedIn: "auditor", path: "/o/acme/log?q=outcome:denied&t=-30d" }, async (page) => {
  const total = Number((await page.locator(".total").innerText()).replace(/\D/g, ""));
  await page.click('button[aria-label="Export"]');
  await page.waitForSelector("dialog[open]");
  await picture(page, "export");
  await page.check('input[value="ndjson"]');
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Download" }).click()]);
  const stream = await download.createReadStream();
  let text = "";
  for await (const chunk of stream) text += chunk;
  const lines = text.trim().split("\n").map((l) => JSON.parse(l));
  equal(lines.length, total, "exported entries");
  ok(lines.every((e) => e.outcome === "denied"), "the export holds what is not shown");
  await page.goto(setup.server + "/o/acme/reports?q=outcome:denied&t=-30d");
  await page.waitForSelector(".report tbody tr");
  await until(page, "the figure", () => /^[\d,]+$/.test(document.querySelector(".figures dd")?.textContent ?? ""));
  equal(Number((await page.locator(".figures dd").first().innerText()).replace(/\D/g, "")), total, "the report's figure");
  await picture(page, "reports-denied");
  await page.locator('section[aria-label="Users"] a').first().click();
  await until(page, "the log of the user", () => location.pathname.endsWith("/log") && location.search.includes("user:mallory"));
  await ready(page);
});

test("an auditor proves an entry in the browser, and sees when what is shown was not recorded", { signedIn: "auditor", path: "/o/acme/log?q=resource:document/doc-7391 is:change&t=-30d" }, async (page) => {
  await rows(page).first().locator(".row-open").click();
  await page.getByRole("tab", { name: "Proof" }).click();
  await page.getByText("Verified: this entry, with these values, is in the log.").waitFor();
  await picture(page, "proof");
  const id = new URL(page.url()).searchParams.get("id");
  await page.goto(setup.server + "/o/acme/ledger");
  await page.waitForSelector(".ledger textarea");
  await page.fill(".ledger textarea", id);
  await page.getByRole("button", { name: "Recompute" }).click();
  await page.getByText("What the server shows of the entry is what was recorded.").waitFor();
  await picture(page, "ledger");
  // A server that shows something else than what was recorded is found out.
  await page.route(`**/v1/entries/${id}?*`, async (r) => {
    const entry = await (await r.fetch()).json();
    await r.fulfill({ json: { ...entry, user_id: "somebody.else" } });
  });
  await page.goto(`${setup.server}/o/acme/entries/${id}?tab=proof`);
  await page.getByText("Failed: this entry is not what was recorded.").waitFor();
  ok((await page.locator(".drawer").innerText()).includes("user_id differ"), "what differs is not said");
});

test("new entries are counted, follow live, and wait while paused", { signedIn: "admin", path: "/o/acme/log?q=&live=1", raw: true }, async (page) => {
  await until(page, "the stream", () => /Following/.test(document.querySelector(".live-bar")?.textContent ?? ""));
  const record = (id) => page.evaluate(async ([id, key]) => {
    const r = await fetch("/v1/entries", { method: "POST", headers: { "Content-Type": "application/json", Authorization: "Bearer " + key }, credentials: "omit", body: JSON.stringify({ action: "CREATE", resource_type: "invoice", resource_id: id, user_id: "ada" }) });
    if (!r.ok) throw new Error(await r.text());
  }, [id, setup.keys.recorder]);
  await record("live-1");
  await until(page, "the entry", () => document.querySelector(".list")?.textContent.includes("live-1"));
  await picture(page, "live");
  await page.getByRole("button", { name: "Pause" }).click();
  await record("live-2");
  await until(page, "one waits", () => /1 waiting/.test(document.querySelector(".live-bar")?.textContent ?? ""));
  ok(!(await page.locator(".list").innerText()).includes("live-2"), "a paused list moves");
  await page.getByRole("button", { name: "Go on" }).click();
  await until(page, "the second entry", () => document.querySelector(".list")?.textContent.includes("live-2"));
});

test("empty states say why, and what to do", { signedIn: "admin", path: "/o/acme/log?q=user:nobody&t=-30d" }, async (page) => {
  await page.getByText("Nothing for this filter").waitFor();
  await page.getByRole("button", { name: "Drop the whole filter" }).waitFor();
  await picture(page, "empty-filter");
  await page.goto(setup.server + "/o/acme/log?q=resource:document/doc-7391&t=-15m");
  await page.getByText("Nothing in this time").waitFor();
  await page.getByRole("button", { name: /Newest is on/ }).click();
  await until(page, "rows", () => document.querySelectorAll("tr[data-id]").length > 0);
});

test("an organization has nothing yet: the page shows how to record", { signedIn: "empty", path: "/o/initech/log?q=-is:own", raw: true }, async (page) => {
  await page.getByText("No entries yet").waitFor();
  ok((await page.locator(".sample").innerText()).includes("/v1/entries"), "no example");
});

test("another organization's entries and pages answer as if they were not there", { signedIn: "admin", path: "/o/globex/log", raw: true, allow: /404/ }, async (page) => {
  await page.getByText("No such organization").waitFor();
  ok(!(await page.locator("body").innerText()).includes("doc-secret"), "an entry of another organization is shown");
  await page.goto(`${setup.server}/o/acme/entries/${setup.foreign}`);
  await page.getByText("No such entry here").waitFor();
});

test("when the server fails, what was read stays, and the page says how to go on", { signedIn: "admin", path: "/o/acme/log?q=&t=-30d", allow: /503|ERR_FAILED|Failed to load/ }, async (page) => {
  const before = await rows(page).count();
  await page.route("**/v1/entries?*", (r) => r.fulfill({ status: 503, contentType: "application/problem+json", body: JSON.stringify({ title: "Service Unavailable", status: 503, code: "unavailable", detail: "the log did not answer in time: try again" }) }));
  await page.locator(".list").evaluate((l) => (l.scrollTop = l.scrollHeight));
  await page.getByText("What was read stays").waitFor();
  ok((await rows(page).count()) > 0 && before > 0, "the rows are gone");
  await page.unroute("**/v1/entries?*");
  const tall = await page.locator(".list").evaluate((l) => l.scrollHeight);
  await page.locator(".foot").getByRole("button", { name: "Try again" }).click();
  await until(page, "more rows", (tall) => document.querySelector(".list").scrollHeight > tall + 2000 && !/stays/.test(document.querySelector(".foot")?.textContent ?? ""), tall);
});

test("thousands of rows scroll with few in the document, and come back the same", { signedIn: "admin", path: "/o/acme/log?q=&t=-365d" }, async (page) => {
  const total = Number((await page.locator(".total").innerText()).replace(/\D/g, ""));
  ok(total > 2000, `only ${total} entries`);
  const first = await sentence(page, 0);
  let most = 0;
  for (let i = 0; i < 400; i++) {
    const at = await page.evaluate(async () => {
      const l = document.querySelector(".list");
      l.scrollTop = l.scrollHeight;
      await new Promise((r) => requestAnimationFrame(() => setTimeout(r, 15)));
      return { rows: document.querySelectorAll("tr").length, foot: document.querySelector(".foot")?.textContent ?? "" };
    });
    most = Math.max(most, at.rows);
    if (/beginning/.test(at.foot)) break;
  }
  ok(/beginning/.test(await page.locator(".foot").innerText()), "the end is not reached");
  ok(most <= 100, `${most} rows are in the document`);
  await page.locator(".list").evaluate((l) => (l.scrollTop = 0));
  await until(page, "the first row", (s) => document.querySelector("tr[data-id] .sentence")?.innerText === s, first);
});
