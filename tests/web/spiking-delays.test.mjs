/** @file The lab of learned delays in a real browser: verdicts, melodies played by mouse, finger and keys, every control. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { screenshot, until, visits } from "./harness.mjs";

const open = visits();

/** @typedef {import("playwright-core").Page} Page */
/** @param {Page} page @param {string} title */
const panel = (page, title) => page.locator(".panel", { has: page.getByRole("heading", { name: title, exact: true }) });
/** @param {Page} page */
const roll = (page) => panel(page, "Play your own melody");
/** The sentence below a panel. @param {Page} page @param {string} title */
const note = (page, title) => panel(page, title).locator(".plot-note").innerText();
/** @param {Page} page */
const heard = (page) => note(page, "Play your own melody");
/** Waits for a part of the link. @param {Page} page @param {RegExp} part */
const linked = (page, part) => until(async () => part.test(page.url()), 10_000, `the link has ${part}`);
/** What the link says of the melody. @param {Page} page */
const melody = (page) => new URLSearchParams(page.url().split("?")[1] ?? "").get("melody") ?? "1";

/** Where a cell of the upper lane lies; the numbers are those of roll_layout.js. @param {Page} page @param {number} row @param {number} step */
async function cell(page, row, step) {
  const box = await roll(page).locator("canvas").boundingBox();
  assert.ok(box);
  const width = (box.width - 32) / 50;
  return { x: box.x + 26 + (step + 0.5) * width, y: box.y + 22 + (row + 0.5) * 14 };
}

test("the run can be watched, and comes to its verdicts", async () => {
  const { page, done } = await open({ hash: "#/lab/spiking-delays?seed=1" });
  const started = performance.now();
  await until(async () => (await heard(page)).includes("hears melody"), 20_000, "the first picture");
  console.log(`spiking-delays: first picture after ${((performance.now() - started) / 1000).toFixed(2)} s`);
  const step = async () => Number((await page.locator(".progress").innerText()).match(/step ([\d,]+)/)?.[1].replace(",", ""));
  const seen = new Set();
  await until(async () => seen.add(await step()).size > 8, 20_000, "one step after the other");
  await screenshot(page, "spiking-delays-running");
  const verdicts = async () => (await page.locator(".claim .verdict").allInnerTexts()).map((verdict) => verdict.trim());
  await until(async () => (await verdicts()).length === 6 && (await verdicts()).every((verdict) => verdict !== "not yet"), 150_000, "all verdicts");
  console.log(`spiking-delays: verdicts after ${((performance.now() - started) / 1000).toFixed(1)} s`);
  assert.deepEqual(await verdicts(), Array(6).fill("holds"));
  await screenshot(page, "spiking-delays");
  await done();
});

test("a melody is played by mouse and by keys, is in the link, and what it is taken for is told", async () => {
  const { page, done } = await open({ hash: "#/lab/spiking-delays" });
  await until(async () => /hears melody [1-8](, which|, but 1)/.test(await heard(page)), 20_000, "melody 1 at first");
  await roll(page).getByRole("button", { name: "melody 3" }).click();
  await linked(page, /melody=3/);
  await until(async () => /which is the one|but 3 is played/.test(await heard(page)), 5000, "and it is played");
  await roll(page).getByRole("button", { name: "Undo" }).click();
  await until(async () => melody(page) === "1", 5000, "taken back");
  // A click adds a note, a second one takes it away, a drag moves it.
  const canvas = roll(page).locator("canvas");
  await canvas.scrollIntoViewIfNeeded();
  const count = () => melody(page).replaceAll("-", "").length;
  const place = await cell(page, 0, 31);
  await page.mouse.click(place.x, place.y);
  await until(async () => count() === 11 && melody(page).split("-")[0].endsWith("v"), 5000, "eleven notes");
  await until(async () => (await heard(page)).includes("in what you play"), 5000, "it is no melody any more");
  await page.mouse.move(place.x, place.y);
  await page.mouse.down();
  const to = await cell(page, 9, 30);
  await page.mouse.move(to.x, to.y, { steps: 6 });
  await page.mouse.up();
  await until(async () => count() === 11 && melody(page).split("-")[9].endsWith("u"), 5000, "dragged to another key");
  await page.mouse.click(to.x, to.y);
  await until(async () => count() === 10, 5000, "taken away");
  await canvas.focus();
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("Space");
  await until(async () => count() === 11, 5000, "a key adds a note");
  const before = melody(page);
  await page.keyboard.press("Shift+ArrowUp");
  await until(async () => count() === 11 && melody(page) !== before, 5000, "and takes it along");
  await page.keyboard.press("Delete");
  await until(async () => count() === 10, 5000, "and takes it away");
  await page.keyboard.press("Control+z");
  await until(async () => count() === 11, 5000, "and takes that back");
  // The link alone gives the same melody.
  const link = page.url().split("#")[1];
  await page.goto("about:blank");
  await done();
  const again = await open({ hash: `#${link}` });
  await until(async () => (await heard(again.page)).includes("in what you play"), 20_000, "the link plays it");
  await again.done();
});

test("on a phone a finger plays, and every control does something", async () => {
  const { page, done } = await open({ hash: "#/lab/spiking-delays", width: 390, height: 844, theme: "dark" });
  await until(async () => (await heard(page)).includes("learned delays"), 20_000, "the first picture");
  // A finger that is put down on an empty place and lifted adds a note.
  await roll(page).scrollIntoViewIfNeeded();
  const place = await cell(page, 4, 31);
  await roll(page).locator("canvas").evaluate((canvas, { x, y }) => {
    const finger = { pointerId: 7, pointerType: "touch", isPrimary: true, button: 0, clientX: x, clientY: y, bubbles: true };
    canvas.dispatchEvent(new PointerEvent("pointerdown", finger));
    canvas.dispatchEvent(new PointerEvent("pointerup", finger));
  }, place);
  await until(async () => melody(page).split("-")[4]?.endsWith("v"), 5000, "a finger adds a note");
  await screenshot(page, "spiking-delays-phone");
  await roll(page).getByRole("button", { name: "the next one" }).click();
  await linked(page, /neuron=\d/);
  for (const [label, words] of [["fixed random", "fixed random delays"], ["none", "no delays"]]) {
    await page.locator("#control-delays label", { hasText: label }).click();
    await until(async () => (await heard(page)).includes(words), 5000, `the network with ${words}`);
  }
  assert.match(await note(page, "Delays come into focus"), /single tap/);
  for (const name of ["tau", "hidden", "jitter"]) {
    await page.locator(`#control-${name}`).press("ArrowRight");
    await linked(page, new RegExp(`${name}=`));
  }
  await until(async () => /% of the test samples/.test(await note(page, "What is taken for what")), 20_000, "it runs again");
  await done();
});
