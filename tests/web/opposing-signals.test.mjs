/** @file The lab of opposing signals in a real browser: every claim to its verdict, outliers removed in a spike, every control, the phone. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { longTasks, screenshot, until, visits } from "./harness.mjs";

const open = visits();
const LAB = "#/lab/opposing-signals";
/** @param {import("playwright-core").Page} page @param {string} title */
const panel = (page, title) => page.locator("figure.panel", { has: page.getByRole("heading", { name: title, exact: true }) });
/** The text equivalent of a panel. @param {import("playwright-core").Page} page @param {string} title */
const told = (page, title) => panel(page, title).locator(".plot > p.visually-hidden").innerText();
/** Step of the run. @param {import("playwright-core").Page} page */
const step = async (page) => Number((/step ([\d,]+)/.exec((await page.locator(".progress").textContent()) ?? "")?.[1] ?? "-1").replaceAll(",", ""));

test("the theory moves before the eye, and all ten claims hold", async () => {
  const { page, done } = await open({ hash: LAB });
  await page.locator(".claim").first().waitFor();
  await longTasks(page);
  const seen = new Set();
  await until(async () => seen.add(await step(page)).size > 12, 20_000, "one step after the other");
  assert.ok(Math.max(...seen) < 2000, "it is slow enough to be seen");
  await until(async () => (await step(page)) > 240, 60_000, "it spikes");
  await screenshot(page, "opposing-signals-running");
  const verdicts = async () => (await page.locator(".claim .verdict").allInnerTexts()).map((verdict) => verdict.trim());
  await until(async () => (await verdicts()).every((verdict) => verdict !== "not yet"), 150_000, "all verdicts");
  console.log(`opposing signals: tasks over 50 ms on the page: ${JSON.stringify((await longTasks(page)).map(Math.round))}`);
  assert.deepEqual(await verdicts(), Array(10).fill("holds"));
  assert.match(await panel(page, "Sharpness").locator(".plot-note").innerText(), /past the limit/);

  // Back to the spike by the keys of the timeline, and the outliers are taken away there.
  await panel(page, "Loss").locator("canvas").focus();
  await page.keyboard.press("Home");
  await until(async () => (await step(page)) === 0, 8000, "the beginning is shown again");
  await page.getByRole("switch", { name: "remove outliers now" }).press("Space");
  await until(async () => page.url().includes("remove=1"), 8000, "the link says so");
  await page.getByRole("button", { name: "Play" }).click();
  await until(async () => (await step(page)) > 60, 30_000, "it goes on without them");
  assert.match(await panel(page, "Sharpness").locator(".plot-note").innerText(), /short of the limit/);
  await done();
});

test("networks, their panels, and every control", async () => {
  const { page, done } = await open({ hash: LAB });
  await page.locator(".claim").first().waitFor();
  await page.getByRole("slider", { name: "step size" }).press("ArrowLeft");
  await until(async () => page.url().includes("rate="), 8000, "the link has the step size");
  await page.locator("label", { hasText: "real network" }).click();
  await until(async () => page.url().includes("part=network"), 8000, "the link has the part");
  await until(async () => await panel(page, "Whose loss changed most").isVisible(), 30_000, "images of the network");
  await panel(page, "The valley").waitFor({ state: "hidden" });
  await until(async () => (await told(page, "Whose loss changed most")).includes("of these five"), 30_000, "five of them");
  await screenshot(page, "opposing-signals-network");
  for (const [name, label] of [["descent", "step size"], ["strength", "background strength"], ["outliers", "outliers per group"]]) {
    await page.getByRole("slider", { name: label }).press("ArrowLeft");
    await until(async () => page.url().includes(`${name}=`), 8000, `the link has ${name}`);
  }
  await page.locator("label", { hasText: /^Adam$/ }).click();
  await until(async () => page.url().includes("optimiser=adam") && (await step(page)) > 2, 30_000, "Adam trains");
  await page.locator(".story .act", { hasText: "small step" }).click();
  await until(async () => page.url().includes("rate=0.03") && !page.url().includes("part=network"), 8000, "the story goes back to the theory");
  await until(async () => await panel(page, "The valley").isVisible(), 20_000, "the valley is back");
  await done();
});

test("a phone has room for it", async () => {
  const { page, done } = await open({ hash: `${LAB}?part=network`, width: 390, height: 844, theme: "dark" });
  await until(async () => (await step(page)) > 5, 40_000, "it moves by itself");
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "nothing sticks out");
  await screenshot(page, "opposing-signals-phone");
  await done();
});
