/** @file The modern Hopfield lab in a real browser: verdicts, the melting memory, the choice of a digit, the brush, the bag. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { longTasks, screenshot, until, visits } from "./harness.mjs";

const open = visits();

/** @param {import("playwright-core").Page} page @param {string} title */
const panel = (page, title) => page.locator(".panel", { has: page.getByRole("heading", { name: title, exact: true }) });
/** The sentence below a panel. @param {import("playwright-core").Page} page @param {string} title */
const note = (page, title) => panel(page, title).locator(".plot-note").innerText();

test("all six claims hold on the default seed", async () => {
  const { page, done } = await open({ hash: "#/lab/modern-hopfield" });
  const started = performance.now();
  await until(async () => (await note(page, "One glance is enough")).includes("% restored"), 10_000, "the first picture");
  console.log(`modern-hopfield: first picture after ${((performance.now() - started) / 1000).toFixed(2)} s`);
  await longTasks(page);
  const verdicts = () => page.locator(".claim .verdict").allInnerTexts();
  await until(async () => (await verdicts()).length === 6 && (await verdicts()).every((verdict) => !verdict.includes("not yet")), 60_000, "all verdicts");
  console.log(`modern-hopfield: verdicts after ${((performance.now() - started) / 1000).toFixed(1)} s; tasks over 50 ms: ${JSON.stringify((await longTasks(page)).map(Math.round))}`);
  assert.deepEqual((await verdicts()).map((verdict) => verdict.trim()), Array(6).fill("holds"));
  await screenshot(page, "modern-hopfield");
  await done();
});

test("digits melt under the thumb without a new run, and a digit can be chosen", async () => {
  const { page, done } = await open({ hash: "#/lab/modern-hopfield" });
  const recall = () => note(page, "One glance is enough");
  await until(async () => (await recall()).startsWith("β = 100:"), 10_000, "the default temperature");
  const step = () => page.locator(".progress").innerText();
  await until(async () => /step 250 of 250/.test(await step()), 30_000, "the run is over");
  const slider = page.locator("#control-beta");
  await slider.focus();
  await page.keyboard.press("Home");
  await until(async () => (await recall()).startsWith("β = 0.1: of 100 digits 0 % restored"), 3000, "all is grey");
  assert.match(await step(), /250 of 250/, "nothing was started again");
  assert.match(await note(page, "What the answer is made of"), /k = 90 of 100|k = 90|k = \d\d: for this cue/);
  await page.keyboard.press("End");
  await until(async () => (await recall()).startsWith("β = 200:"), 3000, "all is sharp");
  const pictures = panel(page, "One glance is enough").locator("canvas");
  await pictures.focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await until(() => page.url().includes("query=2"), 3000, "the third digit is chosen by keys");
  await pictures.click({ position: { x: 150, y: 60 } });
  await until(() => !page.url().includes("query=2"), 3000, "another one by pointer");
  // Each control does something.
  for (const [name, key, want] of [["updates", "End", "updates=10"], ["hidden", "End", "hidden=48"], ["stored", "PageUp", "stored="]]) {
    await page.locator(`#control-${name}`).focus();
    await page.keyboard.press(key);
    if (key === "End") await page.locator(`#control-${name}`).press("ArrowRight");
    await until(() => page.url().includes(want), 3000, `the link has ${want}`);
  }
  await until(async () => /of \d+ of \d+ digits|of \d+ digits/.test(await recall()), 5000, "it is recalled anew");
  await until(async () => (await page.locator(".claim .verdict").first().innerText()).includes("fails"), 30_000, "too little of a cue: C1 fails");
  await page.locator("#control-bags label", { hasText: "2,000 steps" }).click();
  await until(() => page.url().includes("bags=2000"), 3000, "more training");
  await until(async () => /of 2,000/.test(await step()), 10_000, "the longer schedule");
  await done();
});

test("a drawing by pointer and by keys is recalled at once and is in the link", async () => {
  const { page, done } = await open({ hash: "#/lab/modern-hopfield", width: 390, height: 844, theme: "dark" });
  const sketch = panel(page, "Draw your own cue");
  const canvas = sketch.locator("canvas");
  await canvas.waitFor({ timeout: 10_000 });
  await canvas.scrollIntoViewIfNeeded();
  const box = await canvas.boundingBox();
  assert.ok(box);
  await page.mouse.move(box.x + 60, box.y + 30);
  await page.mouse.down();
  await page.mouse.move(box.x + 60, box.y + 170, { steps: 12 });
  await page.mouse.up();
  await until(() => /draw=[0-9a-f]{64}/.test(page.url()), 3000, "the link has the drawing");
  await page.waitForTimeout(500); // the link follows the stroke, and this is where it ends
  const drawn = page.url();
  await canvas.focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Space");
  await until(() => page.url() !== drawn, 3000, "a key draws");
  await sketch.getByRole("button", { name: "Undo" }).click();
  await until(() => page.url() === drawn, 3000, "and is taken back");
  await screenshot(page, "modern-hopfield-sketch-phone");
  await sketch.getByRole("button", { name: "Use the chosen digit" }).click();
  await until(() => page.url() !== drawn, 3000, "a stored digit to start from");
  await sketch.getByRole("button", { name: "Clear" }).click();
  await until(() => !page.url().includes("draw="), 3000, "nothing is drawn");
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(overflow <= 0, `${overflow} pixels too wide`);
  await done();
});

test("the query finds the needle, bag by bag, and boxes swap their names", async () => {
  const { page, done } = await open({ hash: "#/lab/modern-hopfield" });
  const bag = panel(page, "Where the query looks");
  await until(async () => /step 250 of 250/.test(await page.locator(".progress").innerText()), 30_000, "the training is over");
  await bag.getByRole("button", { name: "next bag" }).click();
  await until(async () => (await bag.innerText()).includes("bag 2 of 8"), 3000, "the second bag");
  assert.match(await note(page, "Where the query looks"), /bag holds/);
  const twins = panel(page, "The update is attention").locator("canvas");
  await twins.focus();
  await page.keyboard.press("ArrowRight");
  await until(async () => (await panel(page, "The update is attention").locator(".plot-tip").innerText()).includes("states ξ = queries Q"), 3000, "both names");
  await done();
});
