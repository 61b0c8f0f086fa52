/** @file The lab of neural collapse in a real browser: the cloud collapses, every claim to its verdict, the picture is turned, every control. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { screenshot, until, visits } from "./harness.mjs";

const open = visits();
const SPACE = "figure:has(h3:text('three of their dimensions')) canvas";

/** @param {import("playwright-core").Page} page */
const verdicts = async (page) => (await page.locator(".claim .verdict").allInnerTexts()).map((verdict) => verdict.trim());

/** The pixels of the picture. @param {import("playwright-core").Page} page */
const picture = (page) => page.locator(SPACE).evaluate((canvas) => /** @type {HTMLCanvasElement} */ (canvas).toDataURL());

test("the run is slow enough to be seen, and all nine claims hold", async () => {
  const { page, done } = await open({ hash: "#/lab/neural-collapse" });
  await page.locator(".claim").first().waitFor();
  const step = async () => Number(((await page.locator(".progress").textContent()) ?? "").match(/step ([\d,]+)/)?.[1].replace(",", ""));
  const seen = new Set();
  await until(async () => seen.add(await step()).size > 8, 10_000, "one step after the other");
  assert.ok(Math.max(...[...seen].filter(Number.isFinite)) < 3000);
  await screenshot(page, "collapse-running");
  await until(async () => (await verdicts(page)).every((verdict) => verdict !== "not yet"), 120_000, "all verdicts");
  assert.deepEqual(await verdicts(page), Array(9).fill("holds"));
  await screenshot(page, "collapse-done");
  await done();
});

test("the picture is turned by hand and by keys, and turns back", async () => {
  const { page, done } = await open({ hash: "#/lab/neural-collapse" });
  await page.locator(".claim").first().waitFor();
  await page.getByRole("button", { name: "Pause" }).click();
  await until(async () => (await page.locator(".progress").textContent())?.startsWith("paused"), 5000, "it stands still");
  await page.waitForTimeout(200);
  const canvas = page.locator(SPACE);
  const box = await canvas.boundingBox();
  assert.ok(box);
  const still = await picture(page);
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + 60, y + 20, { steps: 5 });
  await page.mouse.up();
  await page.mouse.move(0, 0);
  await until(async () => (await picture(page)) !== still, 3000, "a drag turns it");
  const dragged = await picture(page);
  await canvas.focus();
  await page.keyboard.press("ArrowLeft");
  await until(async () => (await picture(page)) !== dragged, 3000, "a key turns it");
  await page.keyboard.press("Home");
  await until(async () => (await page.locator(`${SPACE} ~ p`).allTextContents()).join(" ").includes("points in 4 groups"), 6000, "its text says what is seen");
  await done();
});

test("every control does something, and words set several at once", async () => {
  const { page, done } = await open({ hash: "#/lab/neural-collapse", width: 390, height: 844, theme: "dark" });
  await page.locator(".claim").first().waitFor();
  const linked = (/** @type {string} */ part) => until(async () => page.url().includes(part), 5000, `the link has ${part}`);
  await page.getByRole("button", { name: "balanced", exact: true }).click();
  await linked("a=20");
  await linked("d=20");
  await until(async () => (await page.locator(".claim").count()) === 7, 5000, "nothing is claimed of rare classes");
  await page.getByRole("button", { name: "undo" }).click();
  await until(async () => !page.url().includes("d=20"), 5000, "taken back at once");
  for (const [name, label] of [["a", "samples of A"], ["b", "samples of B"], ["c", "samples of C"], ["d", "samples of D"], ["depth", "matrices"], ["decay", "weight decay"]]) {
    await page.getByRole("slider", { name: label }).first().press("ArrowRight");
    await linked(`${name}=`);
  }
  await page.locator("label", { hasText: "+ bias" }).click();
  await linked("loss=bias");
  await page.locator("figure", { hasText: "Which classes survive" }).waitFor({ state: "hidden" });
  await page.locator("#control-shown label", { hasText: "A" }).click();
  await linked("shown=a");
  await page.getByRole("button", { name: "Cross-entropy", exact: true }).click();
  await linked("loss=ce");
  await screenshot(page, "collapse-phone");
  await done();
});
