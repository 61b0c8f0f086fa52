/** @file WebGPU in a real browser, in software: the engine finds it, moves a run there, and the curve follows the CPU's. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { number, until, visits } from "./harness.mjs";

const open = visits({ webgpu: true });

/** What Dawn and wgpu say of SwiftShader, which is no fault of the page. */
const ALLOW = /powerPreference|SwiftShader|software|experimental/i;
const LINK = "?software#/playground?dataset=circle&net=" + encodeURIComponent("input x y | linear 8 | tanh | linear 8 | tanh | linear 1");

/** @param {import("playwright-core").Locator} chip @param {string} device */
async function arrived(chip, device) {
  const told = async () => (await chip.textContent()) ?? "";
  await until(async () => (await told()).startsWith(device) && !(await told()).includes("preparing"), 60_000, `it computes on the ${device}`);
}

test("a run moves to the GPU, also in its middle, and its curve follows the CPU's", async () => {
  const { page, done } = await open({ hash: LINK, allow: ALLOW });
  const chip = page.locator("button.chip");
  await chip.waitFor({ timeout: 60_000 });
  const pause = page.getByRole("button", { name: "Pause" });
  if (await pause.isVisible()) await pause.click();
  /** Test losses after steps up to `last`, one step at a time. @param {number} last @param {number[]} losses */
  const walk = async (last, losses) => {
    while (losses.length <= last) {
      const step = losses.length;
      if (step > 0) await page.getByRole("button", { name: "One step" }).click();
      await until(async () => (await number(page, "[data-stat=step]")) === step, 20_000, `step ${step}`);
      losses.push(await number(page, "[data-stat=test]"));
    }
  };
  const again = async () => {
    await page.getByRole("button", { name: "Start again with the same seed" }).click();
    await until(async () => (await number(page, "[data-stat=step]")) === 0, 5000, "step 0");
  };
  await again();
  await arrived(chip, "CPU");
  /** @type {number[]} */
  const onCpu = [];
  await walk(40, onCpu);

  await again();
  /** @type {number[]} */
  const moved = [];
  await walk(20, moved);
  await chip.click();
  await arrived(chip, "GPU");
  assert.equal(await number(page, "[data-stat=step]"), 20, "it is where it was");
  await walk(40, moved);

  // A reset stays on the GPU.
  await again();
  await arrived(chip, "GPU");
  /** @type {number[]} */
  const onGpu = [];
  await walk(40, onGpu);
  // And back, in the middle.
  await chip.click();
  await arrived(chip, "CPU");
  assert.equal(await number(page, "[data-stat=step]"), 40);

  console.log(`test loss after 40 steps: CPU ${onCpu[40]}, GPU ${onGpu[40]}, moved after 20 ${moved[40]}`);
  for (const losses of [moved, onGpu]) {
    // Three digits are shown.
    losses.forEach((loss, step) => assert.ok(Math.abs(loss - onCpu[step]) <= 1e-3 * onCpu[step] + 1e-3, `step ${step}: ${loss} and ${onCpu[step]}`));
  }
  await done();
});

test("the grokking lab's curves follow on the GPU", async () => {
  const { page, done } = await open({ hash: "?software#/lab/grokking?samples=60", allow: ALLOW });
  const chip = page.locator("button.chip");
  await chip.waitFor({ timeout: 60_000 });
  const STEPS = 25;
  /** @type {number[][]} */
  const losses = [];
  for (const device of ["CPU", "GPU"]) {
    if (device === "GPU") await chip.click();
    await arrived(chip, device);
    const pause = page.getByRole("button", { name: "Pause", exact: true });
    if (await pause.isVisible()) await pause.click();
    await page.getByRole("button", { name: "start again, same seed" }).click();
    const summary = page.locator(".panel .visually-hidden").first();
    const step = async () => Number(((await page.locator(".progress").textContent()) ?? "").match(/step ([\d,]+)/)?.[1].replaceAll(",", "") ?? "-1");
    await until(async () => (await step()) === 0, 20_000, "step 0");
    await arrived(chip, device);
    for (let count = 1; count <= STEPS; count++) {
      await page.getByRole("button", { name: "one step" }).click();
      await until(async () => (await step()) === count, 30_000, `step ${count} on the ${device}`);
    }
    const text = await until(async () => {
      const words = (await summary.textContent()) ?? "";
      return words.includes(`step ${STEPS}:`) && words;
    }, 10_000, "the text equivalent is up to date");
    losses.push([...text.matchAll(/(?:train|test)[^,]*? ([\d.]+)(?=,|\.$)/g)].map((match) => Number(match[1])));
  }
  console.log(`grokking on the CPU and the GPU: ${JSON.stringify(losses)}`);
  assert.ok(losses[0].length >= 2 && losses[0].length === losses[1].length);
  losses[0].forEach((loss, index) => assert.ok(Math.abs(loss - losses[1][index]) <= 2e-3 * Math.abs(loss) + 1e-3, `${loss} and ${losses[1][index]}`));
  await done();
});

/** A lab with hundreds of pipelines: compiling them takes many seconds in software. */
const POINTER = "?software#/lab/pointer-networks?task=sort&baseline=none&longest=7";

/** @param {import("playwright-core").Page} page */
const stepOf = async (page) => Number(((await page.locator(".progress").textContent()) ?? "").match(/step ([\d,]+)/)?.[1].replaceAll(",", "") ?? "-1");

test("training goes on while the GPU is prepared, and there from the very step", async () => {
  const { page, done } = await open({ hash: POINTER, allow: ALLOW });
  const chip = page.locator("button.chip");
  await chip.waitFor({ timeout: 60_000 });
  await until(async () => (await stepOf(page)) > 20, 20_000, "it trains");
  const text = async () => (await chip.textContent()) ?? "";
  await chip.click();
  await until(async () => (await text()).startsWith("GPU · preparing"), 2000, "the chip says at once what happens");
  // Read in the page, so that no frame is missed: what the chip says and which step is shown.
  const seen = await page.evaluate(async () => {
    const read = () => ({
      chip: document.querySelector(".chip")?.textContent ?? "",
      step: Number((document.querySelector(".progress")?.textContent ?? "").match(/step ([\d,]+)/)?.[1].replaceAll(",", "") ?? "-1"),
      time: performance.now(),
    });
    const seen = [read()];
    for (let after = 0; after < 40 && performance.now() < seen[0].time + 120_000; ) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      seen.push(read());
      if (!seen[seen.length - 1].chip.includes("preparing")) after++;
    }
    return seen;
  });
  const preparing = seen.filter(({ chip }) => chip.includes("preparing"));
  const shares = preparing.map(({ chip }) => Number(chip.match(/(\d+) %/)?.[1]));
  assert.ok(shares.every((share, index) => index === 0 || share >= shares[index - 1]), shares.join());
  assert.ok(seen.every(({ step }, index) => index === 0 || step >= seen[index - 1].step), "the step never falls");
  const last = preparing[preparing.length - 1];
  const stalls = preparing.map(({ step, time }, index) => time - (preparing.slice(0, index).findLast((before) => before.step < step)?.time ?? time));
  console.log(`prepared in ${Math.round(last.time - seen[0].time)} ms: steps ${seen[0].step} to ${last.step}, then ${seen[seen.length - 1].step}; longest stall ${Math.round(Math.max(...stalls))} ms`);
  assert.ok(preparing.length < 5 || last.step > seen[0].step + 20, "it trains meanwhile");
  assert.ok((await text()).startsWith("GPU"), await text());
  await until(async () => (await stepOf(page)) > last.step + 3, 60_000, "it goes on there");
  await done();
});

test("a second press stays on the CPU", async () => {
  const { page, done } = await open({ hash: POINTER, allow: ALLOW });
  const chip = page.locator("button.chip");
  await chip.waitFor({ timeout: 60_000 });
  await until(async () => (await stepOf(page)) > 5, 20_000, "it trains");
  await chip.click();
  await page.getByRole("button", { name: /preparing/ }).click({ timeout: 5000 });
  await arrived(chip, "CPU");
  const step = await stepOf(page);
  await until(async () => (await stepOf(page)) > step + 20, 20_000, "it trains on the CPU");
  assert.ok(((await chip.textContent()) ?? "").startsWith("CPU"));
  await done();
});
