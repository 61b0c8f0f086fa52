/** @file The information-plane lab in a real browser: played to its verdicts, every control turned, the past looked at. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { longTasks, screenshot, until, visits } from "./harness.mjs";

const open = visits();
const LAB = "#/lab/information-plane";
/** @param {import("playwright-core").Page} page @param {string} title */
const panel = (page, title) => page.locator("figure.panel", { hasText: title });
/** Step of the run. @param {import("playwright-core").Page} page */
const step = async (page) => Number((/step ([\d,]+)/.exec((await page.locator(".progress").textContent()) ?? "")?.[1] ?? "-1").replaceAll(",", ""));

test("the claims come to their verdicts, and the ruler changes them without training anew", async () => {
  const { page, done } = await open({ hash: `${LAB}?layers=2` });
  await page.locator(".claim").first().waitFor();
  await until(async () => (await step(page)) > 20, 10_000, "it moves by itself");
  await longTasks(page);
  await screenshot(page, "information-plane-running");
  const verdict = (/** @type {string} */ words) => page.locator(".claim", { hasText: words }).locator(".verdict").innerText();
  await until(async () => !(await verdict("Compression starts")).includes("not yet"), 60_000, "the main run is over");
  console.log(`information-plane: tasks over 50 ms on the page: ${JSON.stringify((await longTasks(page)).map(Math.round))}`);
  assert.match(await verdict("Most of training"), /holds|fails/);

  const text = await panel(page, "Inputs merge into symbols").locator(".plot-note").innerText();
  assert.match(text, /symbols apart, of 4096 inputs/);
  await page.locator('petri-choice, .control', { hasText: "bins" }).locator("label", { hasText: /^5$/ }).click();
  await until(async () => (await panel(page, "Inputs merge into symbols").locator(".plot-note").innerText()) !== text, 3000, "another ruler, another count");
  assert.ok((await step(page)) >= 1500, "nothing is trained anew");

  const timeline = panel(page, "Bits about the input").locator("canvas");
  await timeline.focus();
  await page.keyboard.press("Home");
  await until(async () => (await step(page)) === 0, 5000, "the beginning is shown again");
  await screenshot(page, "information-plane-past");
  await done();
});

test("every control does what it says, and the story turns them", async () => {
  const { page, done } = await open({ hash: LAB });
  await until(async () => (await step(page)) > 5, 10_000, "it moves by itself");
  await page.locator(".story .act", { hasText: "5 % of the pictures" }).click();
  await until(async () => page.url().includes("share=5"), 3000, "the link has the share");
  await until(async () => (await panel(page, "Drift or diffusion").count()) === 0 || !(await panel(page, "Drift or diffusion").isVisible()), 5000, "one batch has no noise");
  await page.locator(".story .act", { hasText: "ReLU" }).first().click();
  await until(async () => page.url().includes("activation=relu"), 3000, "the link has the activation");
  await until(async () => !(await panel(page, "The objection").isVisible()), 5000, "with ReLU there is nothing beside");
  await page.locator(".story .act", { hasText: "one hidden layer" }).click();
  await until(async () => page.url().includes("layers=1"), 3000, "the link has the layers");
  await until(async () => (await step(page)) > 5, 10_000, "it runs again");
  // A pointed-at dot tells its numbers.
  const plane = panel(page, "The information plane").locator("canvas");
  const box = await plane.boundingBox();
  assert.ok(box);
  await page.mouse.move(box.x + box.width / 2, box.y + 20);
  await done();
});

test("on a phone nothing is wider than the page", async () => {
  const { page, done } = await open({ hash: LAB, width: 390, height: 844, theme: "dark" });
  await until(async () => (await step(page)) > 5, 10_000, "it moves by itself");
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth));
  await screenshot(page, "information-plane-phone");
  await done();
});
