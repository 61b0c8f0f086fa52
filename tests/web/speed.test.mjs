/** @file The Speed page in a real browser: measures, stops, copies, remembers; offline and on a software GPU as well. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { screenshot, until, visits } from "./harness.mjs";

const open = visits();
const openWithGpu = visits({ webgpu: true });

/** What Dawn and wgpu say of SwiftShader, which is no fault of the page. */
const ALLOW = /powerPreference|SwiftShader|software|experimental/i;
/** As much as several jobs may take on a busy machine. */
const PATIENCE = 120_000;

/** Leaves only the boxes of these jobs ticked. @param {import("playwright-core").Page} page @param {string[]} ids */
async function choose(page, ids) {
  await row(page, "W1").waitFor();
  for (const box of await page.getByRole("checkbox").all()) {
    const label = (await box.locator("..").textContent()) ?? "";
    await box.setChecked(ids.some((id) => label.includes(`${id} · `)));
  }
}

/** @param {import("playwright-core").Page} page @param {string} id */
const row = (page, id) => page.getByRole("row").filter({ hasText: `${id} · ` });

/** Texts of the cells of a job. @param {import("playwright-core").Page} page @param {string} id */
const cells = async (page, id) => (await row(page, id).getByRole("cell").allTextContents()).map((text) => text.trim());

const positive = (/** @type {string} */ text) => Number(text.replaceAll(",", "").match(/^[\d.]+/)?.[0]) > 0;
const button = (/** @type {import("playwright-core").Page} */ page, /** @type {string} */ name) => page.getByRole("button", { name });

test("the CPU is measured, copied, and remembered", async () => {
  const { page, context, done } = await open({ hash: "#/about" });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.getByRole("link", { name: "Speed page" }).click();
  await choose(page, ["W0-256", "W1"]);
  await screenshot(page, "speed-before");
  await button(page, "Measure this machine").click();
  await page.locator(".speed-now progress").waitFor();
  await screenshot(page, "speed-during");
  await page.getByRole("heading", { name: "Verdict" }).waitFor({ timeout: PATIENCE });
  for (const id of ["W0-256", "W1"]) {
    const [steps, gigaflops, ...rest] = await cells(page, id);
    assert.ok(positive(steps) && positive(gigaflops), `${id}: ${steps}, ${gigaflops}`);
    assert.match(rest.at(-1) ?? "", /^✓CPU: as in other libraries$/);
  }
  assert.deepEqual((await cells(page, "W4")).slice(0, 2), ["–", "–"]);
  const verdict = await page.getByRole("region", { name: "Verdict" }).innerText();
  assert.match(verdict, /Matrix products run at [\d.]+ GFLOP\/s.*smallest network.*All 2 losses are what other libraries get/s);
  await button(page, "Copy table").click();
  await button(page, "Table copied").waitFor();
  const markdown = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(markdown, /^Petri \d.*Chrome \d+, \d+ logical cores, no GPU/);
  assert.equal(markdown.split("\n").filter((line) => line.startsWith("| W")).length, 2);

  await page.reload();
  await page.getByRole("heading", { name: "Verdict" }).waitFor();
  assert.match(await page.locator(".speed-now").innerText(), /Last measured on \w+ \d+, \d{4}/);
  assert.ok(positive((await cells(page, "W1"))[0]));
  await screenshot(page, "speed-after");
  await done();
});

test("it stops at once, keeps what there is, and can be started again", async () => {
  const { page, done } = await open({ hash: "#/speed" });
  await choose(page, ["W1", "W2", "W3", "W4"]);
  await button(page, "Measure this machine").click();
  await until(async () => positive((await cells(page, "W1"))[0]), PATIENCE, "the first job is measured");
  await button(page, "Stop").click();
  await button(page, "Measure this machine").waitFor();
  assert.match(await page.getByRole("region", { name: "Verdict" }).innerText(), /stopped before the end/);
  assert.equal((await cells(page, "W4"))[0], "–");
  await choose(page, []);
  assert.ok(await button(page, "Measure this machine").isDisabled());
  await choose(page, ["W1"]);
  await button(page, "Measure this machine").click();
  await until(async () => /The loss is what other/.test(await page.locator(".speed").innerText()), PATIENCE, "a second measurement");
  await done();
});

test("without a clipboard the table can be copied by hand", async () => {
  const { page, done } = await open({ hash: "#/speed" });
  await choose(page, ["W1"]);
  await button(page, "Measure this machine").click();
  await page.getByRole("heading", { name: "Verdict" }).waitFor({ timeout: PATIENCE });
  await page.evaluate(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
  await button(page, "Copy table").click();
  assert.match(await page.getByRole("textbox", { name: /by hand/ }).inputValue(), /\| W1 MLP 2-8-8-1/);
  await done();
});

test("offline it says that what measures is missing, and works once it was there", async () => {
  const { page, context, done } = await open({ allow: /ERR_FAILED|request failed/ });
  await page.evaluate(() => navigator.serviceWorker.ready);
  await until(() => page.evaluate(() => navigator.serviceWorker.controller !== null), 10_000, "the service worker has taken over");
  await page.waitForLoadState("networkidle");
  // Everything is asked for through the service worker, whose network the browser's own switch leaves alone.
  const [service] = context.serviceWorkers();
  const network = (/** @type {boolean} */ on) => service.evaluate((on) => {
    const scope = /** @type {any} */ (self);
    scope.online ??= scope.fetch;
    scope.fetch = on ? scope.online : () => Promise.reject(new TypeError("offline"));
  }, on);
  await network(false);
  await page.evaluate(() => (location.hash = "#/speed"));
  await page.getByRole("alert").filter({ hasText: "if you are offline" }).waitFor();
  await network(true);
  await button(page, "Try again").click();
  await row(page, "W1").waitFor();
  await network(false);
  await page.reload();
  await row(page, "W1").waitFor();
  await button(page, "Measure this machine").waitFor();
  await done();
});

test("a graphics processor fills its columns", async () => {
  const { page, done } = await openWithGpu({ hash: "?software#/speed", allow: ALLOW });
  // Its check has few steps, so it is finished on slow machines as well.
  await choose(page, ["W0-256"]);
  await button(page, "Measure this machine").click();
  await page.getByRole("heading", { name: "Verdict" }).waitFor({ timeout: PATIENCE });
  const [cpu, , gpu, gigaflops, dispatches, loss] = await cells(page, "W0-256");
  console.log(`W0-256: CPU ${cpu}, GPU ${gpu} steps/s in ${dispatches} dispatches`);
  for (const value of [cpu, gpu, gigaflops, dispatches]) assert.ok(positive(value), value);
  assert.match([cpu, gpu].join(), /▲ [\d,.]+× faster/);
  assert.match(loss, /^✓CPU: as.*✓GPU: as/);
  await screenshot(page, "speed-gpu");
  await done();
});

test("a graphics processor that is lost on the way costs nothing but its own numbers", async () => {
  const { page, done } = await openWithGpu({ hash: "?software#/speed", allow: /powerPreference|SwiftShader|software|experimental|destroyed|lost/i });
  // Once it has measured, the graphics processor has been found and tried.
  await choose(page, ["W1"]);
  await button(page, "Measure this machine").click();
  await until(async () => positive((await cells(page, "W1"))[2]), PATIENCE, "the graphics processor is measured");
  await page.getByRole("heading", { name: "Verdict" }).waitFor({ timeout: PATIENCE });
  await choose(page, ["W0-256", "W1"]);
  const worker = page.workers().find((worker) => worker.url().includes("speed-"));
  assert.ok(worker, "the page has a worker that measures");
  // The device goes as soon as a job wants memory of it.
  await worker.evaluate(() => {
    const { prototype } = /** @type {any} */ (self).GPUDevice;
    const create = prototype.createBuffer;
    prototype.createBuffer = function (/** @type {unknown[]} */ ...wanted) {
      this.destroy();
      return create.apply(this, wanted);
    };
  });
  await button(page, "Measure this machine").click();
  await page.getByRole("heading", { name: "Verdict" }).waitFor({ timeout: PATIENCE });
  assert.match(await page.getByRole("region", { name: "Verdict" }).innerText(), /The graphics processor was lost at W0-256.*what was measured before is kept.*measure again/s);
  for (const id of ["W0-256", "W1"]) {
    const [cpu, , gpu] = await cells(page, id);
    assert.ok(positive(cpu) && gpu === "–", `${id}: ${cpu}, ${gpu}`);
  }
  // Another worker looks for another device.
  await button(page, "Measure this machine").click();
  await until(async () => positive((await cells(page, "W0-256"))[2]), PATIENCE, "the graphics processor is measured");
  await done();
});

test("a measuring engine that dies says where, and what was measured stays", async () => {
  const { page, done } = await open({ hash: "#/speed" });
  await choose(page, ["W1", "W2"]);
  const worker = page.workers().find((worker) => worker.url().includes("speed-"));
  // The clock throws what a trap of the engine throws, once the first job is measured.
  await worker?.evaluate(() => {
    const post = self.postMessage.bind(self);
    const scope = /** @type {any} */ (self);
    scope.postMessage = (/** @type {any} */ message) => {
      post(message);
      if (message.type === "measured") performance.now = () => { throw new WebAssembly.RuntimeError("unreachable"); };
    };
  });
  await button(page, "Measure this machine").click();
  await page.getByRole("alert").filter({ hasText: "The engine stopped at W2 (unreachable)" }).waitFor({ timeout: PATIENCE });
  assert.ok(positive((await cells(page, "W1"))[0]));
  await button(page, "Measure this machine").click();
  await until(async () => positive((await cells(page, "W2"))[0]), PATIENCE, "a new engine measures");
  await done();
});

test("an emulated graphics processor is refused unless it was asked for", async () => {
  const { page, done } = await openWithGpu({ hash: "#/speed", allow: ALLOW });
  await page.getByRole("cell", { name: /No graphics processor is used here: .*(emulated|found)/ }).waitFor({ timeout: 30_000 });
  await done();
});

test("phone and dark theme", async () => {
  for (const theme of /** @type {const} */ (["light", "dark"])) {
    const { page, done } = await open({ hash: "#/speed", width: 390, height: 844, theme });
    await choose(page, ["W1"]);
    await button(page, "Measure this machine").click();
    await page.getByRole("heading", { name: "Verdict" }).waitFor({ timeout: PATIENCE });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= 390, `${wide} pixels wide on a phone`);
    await screenshot(page, `speed-phone-${theme}`);
    await done();
  }
});
