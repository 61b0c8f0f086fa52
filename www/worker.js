/**
 * @file The dedicated worker: loads the engine, and the code of a lab before the lab is opened, and keeps the engine turning.
 * It never looks into an experiment; messages go through as JSON, arrays and bytes are transferred. The loop lives on a MessageChannel: neither animation frames nor
 * timers, which browsers slow down in hidden tabs, so training goes on while nobody looks. See engine.js for the page.
 */
import init, { Engine } from "petri:engine";
import { site } from "petri:site";
import { Chunks } from "./chunks.js";

/** How long one turn may keep messages of the page waiting. */
const TURN_MILLISECONDS = 8;

/** A module of one function that needs simd128: (func (result v128) i32.const 0 i8x16.splat …). */
const SIMD_PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
]);

const scope = /** @type {DedicatedWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const channel = new MessageChannel();
/** @type {Engine | null} */
let engine = null;
/** What the engine exports: what the code of a lab is joined to. @type {import("./chunks.js").Engine} */
let exports = {};
/** The worker stands beside the engine, so a path relative to the page is looked up from here by its name alone. @param {string} path */
const beside = (path) => new URL(/** @type {string} */ (path.split("/").pop()), scope.location.href);
const chunks = new Chunks(Object.fromEntries(Object.entries(site.chunks).map(([lab, path]) => [lab, beside(path)])));
let turning = false;
let failed = false;
/** Messages that came before the engine was there. @type {any[]} */
const waiting = [];
/** Messages to dishes whose lab's code is on its way, by dish, the opening first. @type {Map<string, any[]>} */
const held = new Map();

/** Says that this worker is of no more use. @param {string} place @param {unknown} cause @param {string} fix */
function fail(place, cause, fix) {
  failed = true;
  engine = null;
  const message = cause instanceof Error ? cause.message : String(cause);
  scope.postMessage({ json: JSON.stringify({ type: "error", kind: "engine", place, message, fix, fatal: true }), arrays: [] });
}

/** Sends everything that the engine has to say. */
function drain() {
  for (let out = engine?.take(); out; out = engine?.take()) {
    const { json, arrays, bytes } = out;
    const buffers = arrays.map((array) => array.buffer);
    if (bytes) buffers.push(bytes.buffer);
    scope.postMessage({ json, arrays, bytes }, /** @type {ArrayBuffer[]} */ (buffers));
  }
}

/** Runs the engine; whatever it throws ends it, because its memory may be half changed. @param {() => void} work */
function guarded(work) {
  try {
    work();
    drain();
  } catch (cause) {
    fail("engine", cause, "it is being started again from the last snapshot");
  }
}

function wake() {
  if (turning || !engine) return;
  turning = true;
  channel.port2.postMessage(null);
}

channel.port1.onmessage = () => {
  turning = false;
  guarded(() => {
    const left = engine?.turn(TURN_MILLISECONDS);
    if (left === 1) wake();
    // A graphics processor works: its answers come as events, so there is no hurry to look.
    else if (left === 2) setTimeout(wake, 1);
  });
};

scope.onmessage = ({ data }) => {
  if (failed) return;
  if (data.type === "prepare" || data.type === "open") void chunks.prepare(data.lab);
  if (data.type === "prepare") return;
  if (!engine) waiting.push(data);
  else if (data.type === "gpu") findGpu(engine);
  else if (held.has(data.dish)) hold(data);
  else if (data.type === "open" && chunks.lacks(data.lab)) void openLater(data);
  else deliver(data);
};

/** @param {any} data */
function deliver({ bytes, ...message }) {
  guarded(() => engine?.handle(JSON.stringify(message), bytes && new Uint8Array(bytes)));
  wake();
}

/** Keeps a message for a dish whose lab is not there; one that is closed waits no longer. @param {any} data */
function hold(data) {
  if (data.type === "close") held.delete(data.dish);
  else held.get(data.dish)?.push(data);
}

/** Opens a dish when the code of its lab is there, and tells it what was asked meanwhile. @param {any} opening */
async function openLater(opening) {
  const { dish, lab } = opening;
  held.set(dish, [opening]);
  try {
    await chunks.join(lab, exports);
  } catch (cause) {
    const message = `this lab's code cannot be loaded: ${cause instanceof Error ? cause.message : cause}`;
    const fix = "see to the connection, then reload the page";
    scope.postMessage({ json: JSON.stringify({ type: "error", dish, kind: "file", place: lab, message, fix }), arrays: [] });
    held.delete(dish);
    return;
  }
  const messages = held.get(dish) ?? [];
  held.delete(dish);
  if (!failed) messages.forEach(deliver);
}

/** Looks for a graphics processor beside the work that the CPU does already; what comes of it is told as a message. @param {Engine} engine */
function findGpu(engine) {
  void engine.startGpu(new URLSearchParams(scope.location.search).has("software")).then(wake);
}

async function start() {
  if (!WebAssembly.validate(SIMD_PROBE)) {
    const fix = "update the browser: Chrome 91, Firefox 89 and Safari 16.4 were the first that have it";
    fail("browser", "WebAssembly without vector instructions (simd128)", fix);
    return;
  }
  try {
    exports = await init({ module_or_path: beside(site.wasm) });
    const created = new Engine();
    scope.postMessage({ json: created.catalogue(), arrays: [] });
    engine = created;
    findGpu(created);
  } catch (cause) {
    fail("start", cause, "reload the page; if that does not help, the site's files are incomplete");
    return;
  }
  for (const message of waiting.splice(0)) scope.onmessage?.(new MessageEvent("message", { data: message }));
  guarded(() => {});
}

void start();
