/** @file The pointer lab in a real browser: dragging, stepping, length, the recorded network, all four tasks. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { longTasks, screenshot, until, visits } from "./harness.mjs";

const open = visits();

/** A pentagon with two points inside, far from any doubt. */
const PENTAGON = "0.1,0.5;0.3,0.1;0.8,0.15;0.9,0.7;0.45,0.95;0.5,0.5;0.6,0.4";
const hull = `#/lab/pointer-networks?points=${encodeURIComponent(PENTAGON)}&network=recorded`;

/** @param {import("playwright-core").Page} page */
const panel = (page) => {
  const body = page.locator(".panel-body").first();
  return {
    canvas: body.locator("canvas").first(),
    source: () => body.locator(".pointing-source").innerText(),
    verdict: () => body.locator(".pointing-figures .verdict").innerText(),
    answer: () => body.locator(".tokens").first().innerText(),
    step: () => body.locator(".pointing-step").innerText(),
    button: (/** @type {string} */ name) => body.getByRole("button", { name, exact: true }),
    body,
  };
};

test("the recorded network answers at once, and a dragged point changes its answer", async () => {
  const { page, done } = await open({ hash: hull });
  const { canvas, source, verdict, answer, body } = panel(page);
  await until(async () => (await source()).includes("trained earlier"), 10_000, "the recorded network is fetched and marked as such");
  await until(async () => (await verdict()).includes("exactly the hull"), 10_000, "a pentagon is found");
  const before = await answer();
  await screenshot(page, "pointer-recorded");

  // The corner at (0.9, 0.7) goes into the middle: it is no corner any more.
  const box = await canvas.boundingBox();
  assert.ok(box);
  const place = async (/** @type {number} */ x, /** @type {number} */ y) => {
    const side = Math.min(box.width, box.height);
    const margin = 18;
    await page.mouse.move(box.x + margin + x * (side - 2 * margin), box.y + margin + (1 - y) * (side - 2 * margin), { steps: 6 });
  };
  await place(0.9, 0.7);
  await page.mouse.down();
  await place(0.55, 0.55);
  await page.mouse.up();
  await until(() => page.url().includes("points=") && !page.url().includes("0.9%2C0.7"), 3000, "the link has the new place");
  await until(async () => (await answer()) !== before, 3000, "the answer follows");
  await body.getByRole("button", { name: /undo/i }).click();
  await until(async () => (await answer()) === before, 3000, "undo brings the point and the answer back");
  await done();
});

test("one decoding is stepped through, with its candidates", async () => {
  const { page, done } = await open({ hash: `${hull}&beam=3` });
  const { source, step, body } = panel(page);
  await until(async () => (await source()).includes("trained earlier"), 10_000, "the recorded network");
  await page.locator(".run-bar").getByRole("button", { name: "Pause" }).click();
  await until(async () => (await step()).includes("whole answer"), 5000, "at first the whole answer");
  await body.getByRole("button", { name: "To the beginning" }).click();
  await body.getByRole("button", { name: "One step on" }).click();
  await until(async () => /step 1 of \d+/.test(await step()), 3000, "the first step");
  assert.match(await step(), /points at \d+ with \d+/);
  await body.getByRole("button", { name: "One step on" }).click();
  await until(async () => /step 2 of \d+/.test(await step()), 3000, "the second step");
  assert.ok((await body.locator(".tokens").count()) > 1, "a beam of 3 keeps several candidates");
  await screenshot(page, "pointer-step");
  await done();
});

test("the length slider goes beyond what it was trained on", async () => {
  const { page, done } = await open({ hash: "#/lab/pointer-networks?network=recorded", theme: "dark" });
  const { source, body } = panel(page);
  await until(async () => (await source()).includes("trained earlier"), 10_000, "the recorded network");
  const slider = body.locator(".pointing-track input");
  await slider.focus();
  for (let n = 8; n < 30; n++) await page.keyboard.press("ArrowRight");
  await until(() => page.url().includes("count=30"), 3000, "the link has thirty points");
  await until(async () => (await body.innerText()).includes("beyond"), 3000, "it is said that no such set was ever seen");
  await screenshot(page, "pointer-thirty");
  await done();
});

test("a network learns hulls from nothing while the visitor looks on", async () => {
  const { page, done } = await open({ hash: "#/lab/pointer-networks?baseline=none" });
  const { source } = panel(page);
  await until(async () => /this run, step [1-9]/.test(await source()), 10_000, "training has begun");
  await longTasks(page);
  // The text equivalent of the curves tells what was measured last.
  const curves = page.locator(".panel", { hasText: "Learning to point" }).locator(".plot .visually-hidden");
  const exact = async () => Number(/exact (0\.\d+)/.exec(await curves.innerText())?.[1] ?? 0);
  await until(async () => (await exact()) > 0.4, 180_000, "two hulls in five of the test sets are exact");
  console.log(`pointer networks: ${await source()}; tasks over 50 ms on the page: ${JSON.stringify((await longTasks(page)).map(Math.round))}`);
  await done();
});

test("every task draws all its panels, also on a phone", async () => {
  for (const task of ["sort", "delaunay", "tsp"]) {
    for (const [width, height] of [[1440, 900], [390, 844]]) {
      const { page, done } = await open({ hash: `#/lab/pointer-networks?task=${task}`, width, height });
      const { source } = panel(page);
      await until(async () => /this run, step [1-9]/.test(await source()), 20_000, `${task} trains`);
      const headings = await page.locator(".panel:not([hidden]) h3").allInnerTexts();
      assert.ok(headings.includes("The network at work") && headings.includes("Beyond the trained lengths"), headings.join());
      assert.equal(headings.includes("How long the tours are"), task === "tsp");
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(overflow <= 0, `${task} at ${width}: ${overflow} pixels too wide`);
      await screenshot(page, `pointer-${task}-${width}`);
      await done();
    }
  }
});

test("points that mean nothing are named, and the rest of the link is used", async () => {
  const { page, done } = await open({ hash: "#/lab/pointer-networks?points=0.1,0.2;nonsense&count=5" });
  await page.getByText("x of point 2 is 'nonsense'").waitFor({ timeout: 10_000 });
  await until(async () => (await panel(page).body.locator(".pointing-count-head b").innerText()) === "5", 5000, "five points are shown");
  await done();
});

test("the profile tells where the time of a step goes", async () => {
  const { page, done } = await open({ hash: "#/lab/pointer-networks?task=sort&baseline=none" });
  await page.getByRole("button", { name: "Profile" }).click();
  const rows = page.locator(".profile tbody tr");
  await rows.first().waitFor({ timeout: 20_000 });
  assert.ok((await rows.count()) > 8);
  assert.match(await page.locator(".profile").innerText(), /matmul \[64 × 48\] × \[48 × 192\]/);
  await page.locator(".profile").scrollIntoViewIfNeeded();
  await screenshot(page, "pointer-profile");
  await page.locator(".profile").getByRole("button", { name: "Close" }).click();
  assert.equal(await page.locator(".profile").count(), 0);
  await done();
});
