/** @file The playground in a real browser: it solves the spiral, answers while training, and can be turned at every knob. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { longTasks, number, screenshot, until, visits } from "./harness.mjs";

const NET = "input x y | linear 12 | tanh | linear 12 | tanh | linear 8 | tanh | linear 1";
const SPIRAL = `#/playground?dataset=spiral&noise=0&rate=0.03&batch=128&l2=0.0003&net=${encodeURIComponent(NET)}`;

const open = visits();

test("the spiral is solved to a test loss below 0.05 within 30 s", async () => {
  const { page, done } = await open({ hash: SPIRAL });
  const started = performance.now();
  const loss = await until(async () => {
    const value = await number(page, "[data-stat=test]");
    return value > 0 && value < 0.05 && value;
  }, 30_000, "test loss below 0.05");
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  await page.waitForTimeout(1000);
  const starting = (await longTasks(page)).map(Math.round);
  await page.waitForTimeout(4000);
  const training = (await longTasks(page)).map(Math.round);
  console.log(`spiral: test loss ${loss} after ${seconds} s; tasks over 50 ms on the page while starting: ${JSON.stringify(starting)}, while training: ${JSON.stringify(training)}`);
  await screenshot(page, "playground-spiral");
  await done();
});

test("pause, step, travel in time and go on", async () => {
  const { page, done } = await open({ hash: SPIRAL });
  const step = () => number(page, "[data-stat=step]");
  await until(async () => (await step()) > 300, 10_000, "it trains");
  await page.getByRole("button", { name: "Pause" }).click();
  await page.waitForTimeout(300);
  const paused = await step();
  await page.waitForTimeout(300);
  assert.equal(await step(), paused, "it stays paused");
  await page.getByRole("button", { name: "One step" }).click();
  await until(async () => (await step()) === paused + 1, 3000, "one step more");
  const loss = await number(page, "[data-stat=test]");
  await page.getByRole("slider", { name: /Loss/ }).press("Home");
  await until(async () => (await step()) === 0, 3000, "the beginning");
  await page.getByRole("slider", { name: /Loss/ }).press("End");
  await until(async () => (await step()) === paused + 1, 10_000, "the present again");
  assert.equal(await number(page, "[data-stat=test]"), loss, "exactly what was there");
  await done();
});

test("the network can be rebuilt, and undone", async () => {
  const { page, done } = await open({ hash: SPIRAL });
  await page.getByRole("button", { name: "Add a hidden layer" }).click();
  const link = () => decodeURIComponent(page.url().replaceAll("+", " "));
  await until(async () => link().includes("linear 8 | tanh | linear 8 | tanh | linear 1"), 3000, "the link has the new layer");
  await page.getByRole("button", { name: "undo" }).click();
  await until(async () => link().includes(NET), 3000, "the link is as before");
  await until(async () => (await number(page, "[data-stat=step]")) > 10, 5000, "it trains");
  await done();
});

test("a diverging run stops, says where, and goes back", async () => {
  const hash = "#/playground?dataset=plane&optimiser=sgd&rate=10&net=" + encodeURIComponent("input x y x2 y2 | linear 20 | linear 20 | linear 1");
  const { page, done } = await open({ hash });
  const alert = page.getByRole("alert");
  await alert.waitFor({ timeout: 10_000 });
  assert.match((await alert.textContent()) ?? "", /stopped at step \d+.*finite.*rate/is);
  // Halving often enough ends in a run that goes on.
  const step = () => number(page, "[data-stat=step]");
  for (let times = 0; times < 16 && (await alert.isVisible()); times++) {
    await alert.getByRole("button", { name: /halve the rate/ }).click();
    await page.waitForTimeout(400);
  }
  assert.match(page.url(), /rate=[0-9.]+/);
  assert.ok(Number(page.url().match(/[?&]rate=([0-9.]+)/)?.[1]) < 10, "the rate in the link is lower");
  const here = await step();
  await until(async () => (await step()) > here, 3000, "training goes on");
  await done();
});

test("a reload goes on where it was", async () => {
  const { page, done } = await open({ hash: SPIRAL });
  const step = () => number(page, "[data-stat=step]");
  await until(async () => (await step()) > 500, 10_000, "it trains");
  await page.getByRole("button", { name: "Pause" }).click();
  await page.waitForTimeout(1500);
  const before = await step();
  await page.reload();
  await until(async () => (await step()) >= before, 10_000, `it goes on from step ${before}`);
  await done();
});

test("training goes on in a hidden tab", async () => {
  const { page, context, done } = await open({ hash: SPIRAL });
  const step = () => number(page, "[data-stat=step]");
  await until(async () => (await step()) > 10, 10_000, "it trains");
  const front = await context.newPage();
  await front.bringToFront();
  const hidden = await step();
  await front.waitForTimeout(2000);
  await page.bringToFront();
  await until(async () => (await step()) > hidden + 1000, 3000, "many steps were made meanwhile");
  await done();
});
