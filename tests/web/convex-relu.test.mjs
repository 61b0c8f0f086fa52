/** @file The convex-relu lab in a real browser: the claims to their verdicts, the points in hand, every control. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { longTasks, screenshot, until, visits } from "./harness.mjs";

const open = visits();

test("all eight claims hold on the default seed", async () => {
  const { page, done } = await open({ hash: "#/lab/convex-relu" });
  await page.locator(".claim").first().waitFor();
  await longTasks(page);
  const verdicts = () => page.locator(".claim .verdict").allInnerTexts();
  const started = performance.now();
  await until(async () => (await verdicts()).every((verdict) => !verdict.includes("not yet")), 50_000, "all verdicts");
  const tasks = (await longTasks(page)).map(Math.round);
  console.log(`convex-relu: verdicts after ${((performance.now() - started) / 1000).toFixed(1)} s; tasks over 50 ms: ${JSON.stringify(tasks)}`);
  assert.deepEqual((await verdicts()).map((verdict) => verdict.trim()), Array(8).fill("holds"));
  await screenshot(page, "convex-relu");
  await done();
});

test("points are dragged, flipped and moved by keys, and given back", async () => {
  const { page, done } = await open({ hash: "#/lab/convex-relu?points=-0.8,-0.5,1;0.7,-0.6,1;-0.3,0.8,-1;0.9,0.9,-1" });
  const plane = page.getByRole("application", { name: /The network/ });
  await plane.waitFor();
  await plane.scrollIntoViewIfNeeded();
  const box = /** @type {{x: number, y: number, width: number, height: number}} */ (await plane.boundingBox());
  const size = Math.min(box.width, box.height) - 2;
  const place = (/** @type {number} */ x, /** @type {number} */ y) => ({ x: box.x + 1 + ((x / 1.12 + 1) / 2) * size, y: box.y + 1 + ((1 - y / 1.12) / 2) * size });
  const points = () => decodeURIComponent(page.url()).split("points=")[1]?.split("&")[0].split(";") ?? [];
  const [from, to] = [place(-0.8, -0.5), place(-0.2, -0.1)];
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(to.x, to.y, { steps: 6 });
  await page.mouse.up();
  await until(async () => Math.abs(Number(points()[0]?.split(",")[0]) + 0.2) < 0.02, 5000, "the link has the point where it was dropped");
  await page.mouse.click(to.x, to.y);
  await until(async () => points()[0]?.endsWith(",-1"), 5000, "a click flips the label");
  await plane.press(".");
  await plane.press("ArrowUp");
  await plane.press("Enter");
  await until(async () => points()[0]?.endsWith(",1"), 5000, "Enter flips it back");
  await page.getByRole("button", { name: "Back to the points of the seed" }).click();
  await until(async () => !page.url().includes("points="), 5000, "the seed's points are back");
  await done();
});

test("every control can be turned, on a phone too", async () => {
  const { page, done } = await open({ hash: "#/lab/convex-relu", width: 390, height: 844, theme: "dark" });
  await page.locator(".panel canvas").first().waitFor();
  const link = (/** @type {string} */ text) => until(async () => page.url().includes(text), 4000, `the link has ${text}`);
  await page.locator("#control-patterns").selectOption("8");
  await link("patterns=8");
  await page.locator("#control-method label", { hasText: "SCP" }).click();
  await link("method=scp");
  await page.locator("#control-neurons label", { hasText: "100" }).click();
  await link("neurons=100");
  for (const [name, text] of [["width", "width="], ["beta", "beta="]]) {
    await page.locator(`#control-${name}`).first().press("ArrowRight");
    await link(text);
  }
  await page.locator(".story .act", { hasText: "Train against an adversary" }).click();
  await page.getByRole("heading", { name: "Adversarial training", exact: true }).waitFor();
  assert.equal(await page.locator("#control-neurons").count(), 0, "what belongs to the other task is gone");
  await page.locator("#control-epsilon").first().press("ArrowLeft");
  await link("epsilon=");
  await screenshot(page, "convex-relu-phone");
  await done();
});
