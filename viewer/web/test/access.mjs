// Every state of the page without a violation that axe knows, in both themes and at widths from a
// telephone to a desk.
import { axe, equal, ok, picture, ready, test, until } from "./harness.mjs";

const sizes = [[1440, 900], [1024, 768], [390, 844], [320, 640]];

for (const [width, height] of sizes)
  for (const scheme of ["light", "dark"]) {
    const name = `${width}-${scheme}`;
    test(`no violation in any state at ${width} pixels, ${scheme}`, { signedIn: "admin", path: "/o/acme/log?t=-30d", width, height, scheme, allow: /400/ }, async (page) => {
      await page.locator(".chart canvas").first().waitFor();
      await picture(page, "log-" + name);
      await axe(page, "log");
      ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "the page is wider than the window");
      await page.locator("tr[data-id] .row-open").nth(1).click();
      await page.waitForSelector(".drawer h2");
      await picture(page, "entry-" + name);
      for (const tab of await page.locator(".drawer [role=tab]").all()) {
        await tab.click();
        await page.waitForTimeout(120);
        await axe(page, "entry, " + (await tab.innerText()));
      }
      await page.locator('.drawer button[aria-label="Close entry"]').click();
      await page.click("#time");
      await page.waitForSelector(".time-box");
      await axe(page, "time range");
      await page.keyboard.press("Escape");
      await page.locator('.v[data-field="user_id"]').first().click();
      await page.waitForSelector(".menu");
      await axe(page, "menu of a value");
      await page.keyboard.press("Escape");
      if (width < 1180) {
        await page.getByRole("button", { name: "Facets" }).click();
        await page.waitForSelector(".facet-row");
        await picture(page, "facets-" + name);
        await axe(page, "facets");
        await page.locator('button[aria-label="Close the facets"]').click();
      }
      await page.fill("#query", "acton:x");
      await page.locator("#query").press("Enter");
      await page.waitForSelector(".notes.wrong");
      await axe(page, "filter error");
      await page.goto(page.url().replace(/\?.*/, "?q=user:nobody&t=-30d"));
      await page.getByText("Nothing for this filter").waitFor();
      await axe(page, "nothing found");
      await page.goto(page.url().replace(/log\?.*/, "reports?t=-30d"));
      await page.waitForSelector(".report tbody tr");
      await page.locator(".chart canvas").first().waitFor();
      await picture(page, "reports-" + name);
      await axe(page, "reports");
      await page.goto(page.url().replace(/reports\?.*/, "ledger"));
      await page.waitForSelector(".page");
      await until(page, "the ledger", () => !document.querySelector('.page [aria-busy="true"]'));
      await picture(page, "ledger-" + name);
      await axe(page, "ledger");
      await page.keyboard.press("?");
      await page.waitForSelector("dialog[open]");
      await axe(page, "help");
    });
  }

test("sign-in has no violation", { path: "/", allow: /401/ }, async (page) => {
  await page.waitForSelector('input[type="password"]');
  await axe(page, "sign-in");
});

test("nothing shifts while the log loads", { signedIn: "admin", path: "/" , raw: true}, async (page) => {
  await page.addInitScript(() => {
    globalThis.shift = 0;
    new PerformanceObserver((l) => {
      for (const e of l.getEntries()) if (!e.hadRecentInput) globalThis.shift += e.value;
    }).observe({ type: "layout-shift", buffered: true });
  });
  await page.goto(page.url().replace(/(\/\/[^/]+).*/, "$1/o/acme/log?t=-30d"));
  await ready(page);
  await page.locator(".chart canvas").first().waitFor();
  const shift = await page.evaluate(() => globalThis.shift);
  ok(shift < 0.02, `the layout shifts by ${shift}`);
});

test("the order of the focus is the order of the page", { signedIn: "admin", path: "/o/acme/log" }, async (page) => {
  const stops = [];
  await page.locator(".skip").focus();
  for (let i = 0; i < 16; i++) {
    stops.push(await page.evaluate(() => document.activeElement.id || document.activeElement.getAttribute("aria-label") || document.activeElement.innerText));
    await page.keyboard.press("Tab");
  }
  const want = ["Skip to the content", "Daybook", "Log", "Reports", "query", "time", "Views"];
  let at = -1;
  for (const w of want) {
    const i = stops.findIndex((s, n) => n > at && s.trim().startsWith(w));
    ok(i > at, `${w} does not follow in ${JSON.stringify(stops)}`);
    at = i;
  }
  equal(await page.locator("tr[data-id][tabindex='0']").count(), 1, "rows that Tab stops at");
});
