/** @file The diffusion lab in a real browser: played to its verdicts, every control turned, pictures chosen, the past looked at. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { longTasks, screenshot, until, visits } from "./harness.mjs";

const open = visits();
const LAB = "#/lab/diffusion-generalization";

/** @param {import("playwright-core").Page} page @param {string} title */
const panel = (page, title) => page.locator(".panel", { has: page.getByRole("heading", { name: title, exact: true }) });
/** The sentence below a panel. @param {import("playwright-core").Page} page @param {string} title */
const note = (page, title) => panel(page, title).locator(".plot-note").innerText();
/** Step of the run. @param {import("playwright-core").Page} page */
const step = async (page) => Number((/step ([\d,]+)/.exec((await page.locator(".progress").textContent()) ?? "")?.[1] ?? "-1").replaceAll(",", ""));

test("all claims hold on the default seed, and the past can be looked at", async () => {
  const { page, done } = await open({ hash: LAB });
  const started = performance.now();
  await until(async () => (await note(page, "Out of the same noise")).includes("200 noises"), 20_000, "the first picture");
  console.log(`diffusion-generalization: first picture after ${((performance.now() - started) / 1000).toFixed(2)} s`);
  await longTasks(page);
  const verdicts = () => page.locator(".claim .verdict").allInnerTexts();
  await until(async () => (await step(page)) >= 100, 60_000, "it moves");
  await screenshot(page, "diffusion-generalization-running");
  await until(async () => (await verdicts()).length === 8 && (await verdicts()).every((verdict) => !verdict.includes("not yet")), 300_000, "all verdicts");
  console.log(`diffusion-generalization: verdicts after ${((performance.now() - started) / 1000).toFixed(1)} s; tasks over 50 ms: ${JSON.stringify((await longTasks(page)).map(Math.round))}`);
  assert.deepEqual((await verdicts()).map((verdict) => verdict.trim()), Array(8).fill("holds"));
  await screenshot(page, "diffusion-generalization");

  const timeline = panel(page, "The gap closes").locator("canvas");
  await timeline.focus();
  await page.keyboard.press("Home");
  await until(async () => (await step(page)) === 0, 30_000, "the beginning is shown again");
  assert.deepEqual((await verdicts()).map((verdict) => verdict.trim()), Array(8).fill("holds"));
  await done();
});

test("every control that only shows does so without training anew, and the story turns them", async () => {
  const { page, done } = await open({ hash: `${LAB}?pictures=16` });
  await until(async () => (await step(page)) > 1, 30_000, "it moves by itself");
  await page.getByRole("button", { name: "Pause" }).click();
  await until(async () => (await page.locator(".progress").innerText()).includes("paused"), 10_000, "it waits");
  const at = await step(page);
  const basis = () => note(page, "The basis it shrinks in");
  await until(async () => (await basis()).includes("N = 16"), 10_000, "the basis is shown");
  // Each slider by keys; what follows from it is told.
  for (const [name, key, want, title] of [
    ["sigma", "End", "sigma=1", "The basis it shrinks in"],
    ["k", "End", "k=40", "Shrinkage"],
  ]) {
    const before = await note(page, title);
    await page.locator(`#control-${name}`).focus();
    await page.keyboard.press(key);
    await until(() => page.url().includes(want), 5000, `the link has ${want}`);
    await until(async () => (await note(page, title)) !== before, 10_000, `${title} follows`);
  }
  for (const [name, key, want] of [["noise", "ArrowRight", "noise=1"], ["iterations", "Home", "iterations=0"]]) {
    await page.locator(`#control-${name}`).focus();
    await page.keyboard.press(key);
    await until(() => page.url().includes(want), 5000, `the link has ${want}`);
  }
  await page.locator("#control-network label", { hasText: "A, N = 4" }).click();
  await until(async () => (await basis()).includes("N = 4."), 10_000, "another network is looked into");
  const picture = panel(page, "One noisy picture");
  await picture.getByRole("button", { name: "next test picture" }).click();
  await until(async () => (await picture.innerText()).includes("test picture 2 of 40"), 5000, "the second picture");
  assert.match(await note(page, "One noisy picture"), /f\(2y\) and 2 f\(y\): 0\./);
  const vectors = panel(page, "The basis it shrinks in").locator("canvas");
  await vectors.scrollIntoViewIfNeeded();
  await vectors.click({ position: { x: 20, y: 20 } });
  await until(async () => (await note(page, "Shrinkage")).startsWith("k = 1:"), 5000, "the first eigenvector by pointer");
  await page.keyboard.press("ArrowRight");
  await until(async () => (await note(page, "Shrinkage")).startsWith("k = 2:"), 5000, "the next one by keys");
  await page.locator(".story .act", { hasText: /^25$/ }).click();
  await until(() => page.url().includes("iterations=25"), 5000, "a word of the story turns a control");
  assert.ok((await step(page)) >= at, "nothing was trained anew");
  // This one begins anew.
  await page.locator("#control-pictures").selectOption("4");
  await until(() => page.url().includes("pictures=4"), 5000, "four pictures");
  await until(async () => (await note(page, "Out of the same noise")).includes("with N = 4. Of different"), 20_000, "other networks");
  await done();
});

test("on a phone nothing is wider than the page", async () => {
  const { page, done } = await open({ hash: LAB, width: 390, height: 844, theme: "dark" });
  await until(async () => (await step(page)) > 1, 30_000, "it moves by itself");
  await until(async () => (await note(page, "Out of the same noise")).includes("200 noises"), 10_000, "the first picture");
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(overflow <= 0, `${overflow} pixels too wide`);
  await screenshot(page, "diffusion-generalization-phone");
  await done();
});
