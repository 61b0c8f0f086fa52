/** @file The lab of double descent in a real browser: every claim to its verdict, every control, the sweep, the phone. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { longTasks, screenshot, until, visits } from "./harness.mjs";

const open = visits();
const LAB = "#/lab/double-descent";

/** The text equivalent of a panel. @param {import("playwright-core").Page} page @param {string} title */
const told = (page, title) => page.locator(".panel", { has: page.getByRole("heading", { name: title, exact: true }) }).locator(".plot > p.visually-hidden").innerText();

test("the needle grows and all nine claims hold on the default seed", async () => {
  const { page, done } = await open({ hash: LAB });
  await page.locator(".claim").first().waitFor();
  await longTasks(page);
  const started = performance.now();
  const seconds = () => ((performance.now() - started) / 1000).toFixed(1);
  await until(async () => (await told(page, "Error against model size")).includes("T = 10²"), 10_000, "the surface is drawn");
  await screenshot(page, "double-descent-running");
  await until(async () => (await page.locator(".progress").innerText()).includes("measuring"), 60_000, "the sweep is over");
  const swept = seconds();
  const verdicts = () => page.locator(".claim .verdict").allInnerTexts();
  await until(async () => (await verdicts()).every((verdict) => !verdict.includes("not yet")), 90_000, "all verdicts");
  console.log(`double descent: sweep over after ${swept} s, verdicts after ${seconds()} s; tasks over 50 ms on the page: ${JSON.stringify((await longTasks(page)).map(Math.round))}`);
  assert.deepEqual((await verdicts()).map((verdict) => verdict.trim()), Array(9).fill("holds"));

  // What is only shown leaves the run, and its verdicts, as they are.
  await page.locator(".story .act", { hasText: "10 million" }).click();
  await until(async () => (await told(page, "Error against model size")).includes("test, T = 10⁷"), 8000, "the chosen T is drawn");
  await page.getByLabel("model examined").selectOption("400");
  await until(async () => (await told(page, "What T steps have fitted")).includes("m = 400"), 8000, "another model's singular values");
  assert.ok((await page.locator(".progress").innerText()).includes("finished"));
  await screenshot(page, "double-descent-done");
  await done();
});

test("every control acts, and a claim fails where it must", async () => {
  const { page, done } = await open({ hash: `${LAB}?noise=0` });
  const step = async () => Number(((await page.locator(".progress").innerText()).match(/step ([\d,]+)/)?.[1] ?? "0").replace(",", ""));
  await until(async () => (await page.locator(".claim .verdict").nth(2).innerText()).includes("fails"), 20_000, "without noise the first steps help, so C3 fails");
  await page.locator("#control-rate").press("ArrowLeft");
  assert.ok((await step()) > 12, "the rate is turned while it runs");
  for (const optimiser of ["momentum", "adam", "sgd"]) {
    await page.locator("#control-optimiser").selectOption(optimiser);
    await until(async () => (await step()) > 40, 20_000, `${optimiser} trains`);
  }
  await page.locator(".segments label", { hasText: /^25$/ }).click();
  await until(async () => page.url().includes("batch=25") && (await step()) > 40, 20_000, "batches of 25 train");
  await page.locator("#control-standardise").click();
  await until(async () => page.url().includes("standardise=1") && (await step()) > 40, 20_000, "standardised features train");
  await page.locator("#control-optimiser").selectOption("exact");
  await until(async () => (await told(page, "Error against model size")).includes("T = ∞"), 30_000, "the exact solution is shown");
  assert.equal(await page.locator("#control-rate").count(), 0, "an exact solution has no rate");
  await done();
});

test("a phone has room for it", async () => {
  const { page, done } = await open({ hash: `${LAB}?steps=1000000`, width: 390, height: 844, theme: "dark" });
  await until(async () => (await told(page, "Error against model size")).includes("T = 10⁶"), 20_000, "drawn");
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "nothing sticks out");
  await screenshot(page, "double-descent-phone");
  await done();
});
