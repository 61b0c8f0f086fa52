/** @file The grokking lab in a real browser: every claim to its verdict, controls, time travel. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { longTasks, screenshot, until, visits } from "./harness.mjs";

const open = visits();

test("all eight claims hold on the default seed", async () => {
  const { page, done } = await open({ hash: "#/lab/grokking" });
  await page.locator(".claim").first().waitFor();
  await longTasks(page);
  await page.waitForTimeout(1500);
  await screenshot(page, "lab-running");
  const verdicts = () => page.locator(".claim .verdict").allInnerTexts();
  const started = performance.now();
  await until(async () => (await verdicts()).every((verdict) => !verdict.includes("not yet")), 120_000, "all verdicts");
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const tasks = (await longTasks(page)).map(Math.round);
  console.log(`grokking: verdicts after ${seconds} s; tasks over 50 ms on the page: ${JSON.stringify(tasks)}`);
  assert.deepEqual((await verdicts()).map((verdict) => verdict.trim()), Array(8).fill("holds"));
  await screenshot(page, "lab-done");
  await done();
});

test("a claim fails where it must", async () => {
  const { page, done } = await open({ hash: "#/lab/grokking?alpha=0.25&epsilon=0.5&samples=600" });
  const first = page.locator(".claim .verdict").first();
  await until(async () => (await first.innerText()).includes("fails"), 60_000, "no gap here, so C1 fails");
  await done();
});

test("the story's words turn the controls", async () => {
  const { page, done } = await open({ hash: "#/lab/grokking" });
  await page.locator(".story .act", { hasText: "0.25" }).first().click();
  await until(async () => page.url().includes("alpha=0.25"), 3000, "the link has the new value");
  await page.locator(".story .act", { hasText: "addition modulo 23" }).click();
  await page.getByRole("heading", { name: "Predicted a + b mod 23" }).waitFor();
  await page.waitForTimeout(1500);
  await screenshot(page, "lab-modular");
  await done();
});
