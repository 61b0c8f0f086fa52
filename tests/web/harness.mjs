/**
 * @file What page tests share: the built site under a sub-folder of a local host, a real Chromium, and a page on which
 * any word in the console, any failed request, and any request to another origin fails the test.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { after, before } from "node:test";
import { chromium } from "playwright-core";

const DIST = "dist";
const SHOTS = "target/screenshots";
/** The site must work below any folder. */
const FOLDER = "/some/folder/";
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".wasm": "application/wasm",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
  ".webmanifest": "application/manifest+json",
};
const FLAGS = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
/** WebGPU in software, for machines without a graphics card. */
const WEBGPU = ["--enable-unsafe-webgpu", "--enable-features=Vulkan", "--use-webgpu-adapter=swiftshader", "--use-vulkan=swiftshader", "--ignore-gpu-blocklist"];

/**
 * Serves the site and starts a browser for all tests of a file, and stops both after them. What it returns opens a page.
 * @param {{webgpu?: boolean}} [options]
 */
export function visits(options) {
  /** @type {Awaited<ReturnType<typeof serve>>} */
  let site;
  /** @type {import("playwright-core").Browser} */
  let browser;
  before(async () => {
    site = await serve();
    browser = await launch(options);
  });
  after(async () => {
    await browser?.close();
    await site?.close();
  });
  return (/** @type {Visit} */ visit = {}) => open(browser, site.address, visit);
}

/** Serves the built site; `{address, close}`. */
async function serve() {
  assert.ok(existsSync(join(DIST, "index.html")), "the site is not built: run `cargo xtask build` first");
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url ?? "/", "http://localhost").pathname);
    const inside = path.startsWith(FOLDER) ? path.slice(FOLDER.length) || "index.html" : null;
    const content = inside && (await readFile(join(DIST, inside)).catch(() => null));
    if (!content) return void response.writeHead(404).end();
    response.writeHead(200, { "content-type": TYPES[extname(inside)] ?? "application/octet-stream" }).end(content);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(null)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return { address: `http://127.0.0.1:${port}${FOLDER}`, close: () => new Promise((resolve) => server.close(resolve)) };
}

/** @param {{webgpu?: boolean}} [options] */
async function launch({ webgpu = false } = {}) {
  const executablePath = process.env.PETRI_CHROMIUM ?? "/usr/bin/chromium";
  return chromium.launch({ executablePath, headless: true, args: webgpu ? [...FLAGS, ...WEBGPU] : FLAGS });
}

/** @typedef {{hash?: string, width?: number, height?: number, theme?: "light" | "dark", allow?: RegExp}} Visit What is opened, and how. */

/**
 * Opens a page of the site. What goes wrong on it is collected; `done()` closes it and fails if there was anything.
 * @param {import("playwright-core").Browser} browser @param {string} address @param {Visit} visit
 */
async function open(browser, address, { hash = "", width = 1440, height = 900, theme = "light", allow }) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme });
  const page = await context.newPage();
  /** @type {string[]} */
  const wrong = [];
  const note = (/** @type {string} */ text) => allow?.test(text) || wrong.push(text);
  page.on("console", (message) => note(`console ${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => note(`page error: ${error.message}`));
  page.on("requestfailed", (request) => note(`request failed: ${request.url()}`));
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (origin !== new URL(address).origin && !["data:", "blob:"].includes(protocol)) note(`request to another origin: ${request.url()}`);
  });
  // Tasks that keep the page from answering for more than 50 ms.
  await page.addInitScript(() => {
    const tasks = /** @type {any} */ (window).longTasks = /** @type {number[]} */ ([]);
    new PerformanceObserver((list) => list.getEntries().forEach((entry) => tasks.push(entry.duration))).observe({ type: "longtask" });
  });
  await page.goto(address + hash);
  const done = async () => {
    await context.close();
    assert.deepEqual(wrong, []);
  };
  return { page, context, done };
}

/** Milliseconds of the tasks over 50 ms since the last call. @param {import("playwright-core").Page} page @returns {Promise<number[]>} */
export const longTasks = (page) => page.evaluate(() => /** @type {any} */ (window).longTasks.splice(0));

/** @param {import("playwright-core").Page} page @param {string} name */
export async function screenshot(page, name) {
  await mkdir(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`) });
}

/** The number that an element shows, 0.123 or 1,234. @param {import("playwright-core").Page} page @param {string} selector */
export async function number(page, selector) {
  const text = await page.locator(selector).first().textContent();
  return Number((text ?? "").replaceAll(",", "").replace("−", "-"));
}

/**
 * Waits until `probe` answers something true. @template T @param {() => Promise<T>} probe @param {number} milliseconds @param {string} what
 * @returns {Promise<T>}
 */
export async function until(probe, milliseconds, what) {
  const end = performance.now() + milliseconds;
  for (;;) {
    const answer = await probe();
    if (answer) return answer;
    if (performance.now() > end) assert.fail(`not within ${milliseconds} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
