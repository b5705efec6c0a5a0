// The pictures of docs/viewer.md, made by `make pictures`.
import { main, picture, setup, test } from "./harness.mjs";

const chart = (page) => page.locator(".chart canvas").first().waitFor();

test("log", { signedIn: "admin", path: "/o/acme/log", width: 1280, height: 800 }, async (page) => {
  await chart(page);
  await picture(page, "log");
});

test("entry", { signedIn: "admin", path: "/o/acme/log?q=type:document action:UPDATE outcome:success&t=-30d", width: 1280, height: 800 }, async (page) => {
  await chart(page);
  await page.locator("tr[data-id] .row-open").nth(2).click();
  await page.getByRole("tab", { name: /Changes/ }).click();
  await picture(page, "entry");
});

test("proof", { signedIn: "auditor", path: "/o/acme/log?q=resource:document/doc-7391 is:change&t=-30d", width: 1280, height: 800 }, async (page) => {
  await chart(page);
  await page.locator("tr[data-id] .row-open").first().click();
  await page.getByRole("tab", { name: "Proof" }).click();
  await page.getByText("Verified:").waitFor();
  await picture(page, "proof");
});

test("reports", { signedIn: "admin", path: "/o/acme/reports?q=-is:own&t=-30d", width: 1280, height: 800, scheme: "dark" }, async (page) => {
  await page.waitForSelector(".report tbody tr");
  await chart(page);
  await picture(page, "reports-dark");
});

test("telephone", { signedIn: "admin", path: "/o/acme/log?q=outcome:denied,failure&t=-7d", width: 390, height: 780, scheme: "dark" }, async (page) => {
  await chart(page);
  await picture(page, "telephone-dark");
});

test("element", { origins: [setup.host], width: 1000, height: 720 }, async (page) => {
  await page.goto(setup.host + "/");
  await page.locator("daybook-log tr[data-id]").first().waitFor();
  await page.locator("daybook-log .row-open").nth(1).click();
  await page.locator("daybook-log .drawer h2").waitFor();
  await picture(page, "element");
});

await main();
