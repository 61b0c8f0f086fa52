/**
 * @file The dedicated worker that measures speed, with an engine of its own: the standard training jobs in place of the
 * labs. It is told a plan and answers reading by reading; to stop it, it is terminated. See run.js for the page's end.
 */
import { site } from "petri:site";
import init, { Bench, benchAgrees, benchJobs, Graphics } from "petri:speed";
import { JOB, measure, WIDTH } from "./measure.js";

/** @typedef {import("./report.js").Reading} Reading */
/** @typedef {import("./report.js").Task} Task */
/** @typedef {import("./run.js").Part} Part */

/** Milliseconds after which a graphics processor that does not answer counts as none. */
const GPU_PATIENCE = 15_000;
/** Milliseconds within which a browser tells that a device is lost. */
const LOSS_TOLD = 200;

const scope = /** @type {DedicatedWorkerGlobalScope} */ (/** @type {unknown} */ (self));
/** @type {Graphics | null} */
let graphics = null;
/** @type {Map<string, Task>} */
const tasks = new Map();

/** @param {import("./run.js").Heard} message */
const tell = (message) => scope.postMessage(message);
/** @param {unknown} cause */
const reasonOf = (cause) => (cause instanceof Error ? cause.message : String(cause));

async function start() {
  try {
    // The worker stands beside the engine, so a path relative to the page is looked up from here by its name alone.
    await init({ module_or_path: new URL(/** @type {string} */ (site.wasm.split("/").pop()), scope.location.href) });
  } catch (cause) {
    tell({ type: "failed", place: "start", reason: reasonOf(cause) });
    return;
  }
  const { version, jobs, widths } = JSON.parse(benchJobs());
  for (const task of [...jobs, ...widths]) tasks.set(task.id, task);
  tell({ type: "ready", version, jobs, widths });
  tell({ type: "gpu", gpu: await findGpu() });
}

/** @returns {Promise<import("./report.js").Gpu>} */
async function findGpu() {
  const late = new Promise((_, reject) => setTimeout(() => reject(new Error(`it did not answer within ${GPU_PATIENCE / 1000} s`)), GPU_PATIENCE));
  try {
    // For tests: a page opened with ?software may compute on a graphics processor that is only emulated.
    const opened = Graphics.open(new URLSearchParams(scope.location.search).has("software"));
    graphics = /** @type {Graphics} */ (await Promise.race([opened, late]));
    return { name: (await adapterName()) || graphics.name() };
  } catch (cause) {
    if (!("gpu" in navigator)) return { why: "this browser has no WebGPU" };
    // The engine's own words list in brackets what else it looked for.
    return { why: reasonOf(cause).replace(/ \(.*\)$/s, "") };
  }
}

/** What the browser tells of the graphics processor; many keep its name to themselves and tell its maker. */
async function adapterName() {
  const adapter = await /** @type {any} */ (navigator).gpu?.requestAdapter({ powerPreference: "high-performance" });
  const { description, vendor, architecture } = adapter?.info ?? {};
  return description || [vendor, architecture].filter(Boolean).join(" ");
}

/** Why the graphics processor is gone, if it is. The browser tells that a moment after the failures which follow from it. */
async function loss() {
  if (!graphics?.lost()) await new Promise((resolve) => setTimeout(resolve, LOSS_TOLD));
  return graphics?.lost();
}

/** @param {Part[]} plan */
async function run(plan) {
  for (const { device, id, kind } of plan) {
    if (device === "gpu" && (!graphics || graphics.lost())) continue;
    tell({ type: "started", device, id });
    try {
      tell({ type: "measured", device, id, reading: await read(device, id, kind) });
    } catch (cause) {
      // What the engine threw on the CPU may have left its memory half changed, so nothing that follows would count.
      if (cause instanceof WebAssembly.RuntimeError) {
        tell({ type: "failed", place: id, reason: reasonOf(cause) });
        return;
      }
      const lost = device === "gpu" ? await loss() : undefined;
      if (lost) tell({ type: "lost", id, reason: lost });
      else tell({ type: "measured", device, id, reading: { rates: [], note: `failed: ${reasonOf(cause)}` } });
    }
  }
  tell({ type: "done" });
}

/** @param {"cpu" | "gpu"} device @param {string} id @param {"job" | "width"} kind @returns {Promise<Reading>} */
async function read(device, id, kind) {
  const onGpu = device === "gpu" && graphics ? await graphics.bench(id) : null;
  const trainer = onGpu ?? Bench.drawn(id);
  try {
    const timing = await measure(trainer, tasks.get(id)?.checkedAfter ?? 0, kind === "job" ? JOB : WIDTH, () => performance.now());
    const { loss } = timing;
    return { ...timing, agrees: loss === undefined ? undefined : benchAgrees(id, loss), dispatches: onGpu?.dispatches() };
  } finally {
    trainer.free();
  }
}

scope.onmessage = ({ data }) => void run(data.plan);
void start();
