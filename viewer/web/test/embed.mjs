// The element in a page of another origin, whose policy allows the log's server for scripts and
// requests, and nothing else.
import { axe, equal, ok, picture, setup, test, until } from "./harness.mjs";

for (const scheme of ["light", "dark"])
  test(`the element works in a host's page under a strict policy, ${scheme}`, { origins: [setup.host], scheme, width: 1100, height: 820 }, async (page) => {
    const rows = page.locator("daybook-log tr[data-id]");
    let tokens = 0;
    page.on("request", (r) => (tokens += r.url().endsWith("/daybook-token") ? 1 : 0));
    await page.addInitScript(() => {
      globalThis.opened = [];
      addEventListener("daybook-open", (e) => globalThis.opened.push(e.detail));
    });
    await page.goto(setup.host + "/");
    await rows.first().waitFor();
    equal(await page.evaluate(() => getComputedStyle(document.querySelector("h1")).color), await page.evaluate(() => getComputedStyle(document.body).color), "the host's own style");
    await rows.filter({ hasText: "Ada Lovelace" }).first().waitFor();
    await picture(page, "embed-" + scheme);
    await axe(page, "host page");
    // The token's filter holds, whatever is asked.
    const types = await rows.locator(".type").allInnerTexts();
    ok(types.length && types.every((t) => t === "document"), "the token's filter does not hold: " + types);
    await rows.nth(1).locator(".row-open").click();
    await page.locator("daybook-log .drawer h2").waitFor();
    await picture(page, "embed-entry-" + scheme);
    await axe(page, "host page with entry");
    await page.keyboard.press("Escape");
    await until(page, "closed, with the focus on its row", () => {
      const root = document.querySelector("daybook-log").shadowRoot;
      return !root.querySelector(".drawer") && root.activeElement?.matches("tr[data-id]");
    });
    equal(await page.evaluate(() => globalThis.opened.length), 1, "daybook-open events");
    equal(tokens, 1, "tokens that were asked for");
  });

test("the element tells when it may not read", { origins: [setup.host], allow: /401/ }, async (page) => {
  await page.addInitScript(() => {
    globalThis.failed = [];
    addEventListener("daybook-error", (e) => globalThis.failed.push(e.detail));
  });
  await page.route("**/daybook-token", (r) => r.fulfill({ body: "dbv_none" }));
  await page.goto(setup.host + "/");
  await page.locator("daybook-log").getByText("Signed out").waitFor();
  equal(await page.evaluate(() => globalThis.failed.map((e) => e.status)), [401], "daybook-error events");
});
