// What strangers put into entries stays text, wherever it is shown.
import { ok, picture, ready, setup, test, until } from "./harness.mjs";

async function nothingHappened(page, where) {
  const found = await page.evaluate(() => ({
    pwned: globalThis.pwned,
    elements: [...document.querySelectorAll("script:not([src^='/assets/']), iframe, object, embed, img, base, form[action], svg:not(.icon):not(.logo), a[href^='javascript:'], style, [onerror], [onload], [onclick]")].map((e) => e.outerHTML.slice(0, 200)),
    links: [...document.querySelectorAll("a[href]")].map((a) => a.getAttribute("href")).filter((h) => !h.startsWith("/") && !h.startsWith("#")),
    title: document.title,
  }));
  ok(!found.pwned, `${where}: a script of an entry ran: ${found.pwned}`);
  ok(!found.elements.length, `${where}: elements from entries: ${found.elements.join("\n")}`);
  ok(!found.links.length, `${where}: links from entries: ${found.links.join("\n")}`);
  ok(Object.prototype.polluted === undefined && (await page.evaluate(() => ({}).polluted)) === undefined, `${where}: a member name changed the prototype`);
}

test("payloads in every field of every page stay text", { signedIn: "hostile", path: "/o/hostile/log?q=&t=all" }, async (page) => {
  const total = Number((await page.locator(".total").innerText()).replace(/\D/g, ""));
  ok(total >= setup.payloads, `${total} entries for ${setup.payloads} payloads`);
  await picture(page, "hostile-log");
  const ids = new Map();
  for (let i = 0; i < 60; i++) {
    const { list, end } = await page.evaluate(async () => {
      const l = document.querySelector(".list");
      const list = [...document.querySelectorAll("tr[data-id]")].map((r) => r.dataset.id);
      const end = l.scrollTop + l.clientHeight >= l.scrollHeight - 2;
      l.scrollTop += l.clientHeight - 80;
      await new Promise((r) => requestAnimationFrame(() => setTimeout(r, 30)));
      return { list, end };
    });
    for (const id of list) ids.set(id, true);
    await nothingHappened(page, "list");
    if (end && i > 3) break;
  }
  ok(ids.size >= setup.payloads, `${ids.size} rows were shown for ${setup.payloads} payloads`);
  // Every tenth entry in full, each of its tabs; all of them as the page of the entry.
  let n = 0;
  for (const id of ids.keys()) {
    if (n++ % 10) continue;
    await page.evaluate((u) => { history.pushState(null, "", u); dispatchEvent(new PopStateEvent("popstate")); }, `/o/hostile/entries/${id}`);
    await until(page, "the entry", (id) => document.querySelector(".drawer")?.dataset.id === id, id);
    for (const tab of ["Summary", "Changes", "JSON", "Related"]) {
      const t = page.getByRole("tab", { name: new RegExp("^" + tab) });
      if (!(await t.count())) continue;
      await t.click();
      if (tab === "JSON") {
        await page.getByRole("button", { name: "Text", exact: true }).click();
        await nothingHappened(page, `entry ${id}, JSON as text`);
        await page.getByRole("button", { name: "Tree", exact: true }).click();
      }
      await nothingHappened(page, `entry ${id}, ${tab}`);
    }
    if (n === 1) await picture(page, "hostile-entry");
  }
  await page.goto(setup.server + "/o/hostile/reports?q=&t=all");
  await page.waitForSelector(".report tbody tr");
  await nothingHappened(page, "reports");
});

test("payloads in the URL and in the filter stay text", { signedIn: "hostile", raw: true, allow: /400|404/ }, async (page) => {
  for (const payload of ["<img src=x onerror=pwned=1>", "javascript:pwned=1", "\"><script>pwned=1</script>", "{{constructor.constructor('pwned=1')()}}", "\u202Etxt.exe"]) {
    const e = encodeURIComponent(payload);
    for (const path of [`/o/hostile/log?q=${e}`, `/o/hostile/log?q=user:${e}&t=${e}&tz=${e}&cols=${e}&id=${e}&tab=${e}`, `/o/hostile/entries/${e}`, `/o/${e}/log`, `/o/hostile/${e}`]) {
      await page.goto(setup.server + path);
      await page.waitForSelector(".top");
      await page.waitForTimeout(120);
      await nothingHappened(page, path);
    }
  }
});

test("characters that hide or reorder are shown, and what is long is cut", { signedIn: "hostile", path: "/o/hostile/log?q=user:reorder&t=all" }, async (page) => {
  await ready(page);
  await page.locator("tr[data-id] .row-open").first().click();
  await page.waitForSelector(".drawer h2");
  const text = await page.locator(".drawer").innerText();
  ok(text.includes("⟨U+202E⟩"), "the override is not shown: " + text.slice(0, 400));
  ok(/show all \([\d,]+ characters\)/.test(text), "the long value is not cut");
});
