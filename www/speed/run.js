/**
 * @file The page's end of the worker that measures: starts it, passes on what it tells, and turns every way in which it
 * can fail into one sentence that says what to do.
 */
import { site } from "petri:site";

/** @typedef {{device: "cpu" | "gpu", id: string, kind: "job" | "width"}} Part  one measurement of a plan */
/**
 * @typedef {{type: "ready", version: string, jobs: import("./report.js").Task[], widths: import("./report.js").Task[]}
 *   | {type: "gpu", gpu: import("./report.js").Gpu}
 *   | {type: "started", device: "cpu" | "gpu", id: string}
 *   | {type: "measured", device: "cpu" | "gpu", id: string, reading: import("./report.js").Reading}
 *   | {type: "lost", id: string, reason: string}
 *   | {type: "failed", place: string, reason: string}
 *   | {type: "done"}} Heard  what the worker tells
 */

/**
 * @param {(message: Heard) => void} heard @param {(problem: string) => void} failed after which it is of no more use
 * @returns {{measure: (plan: Part[]) => void, close: () => void}}
 */
export function openWorker(heard, failed) {
  const address = new URL(site.speed, document.baseURI);
  if (new URLSearchParams(location.search).has("software")) address.search = "?software";
  /** @type {Worker} */
  let worker;
  try {
    worker = new Worker(address, { type: "module", name: "petri speed" });
  } catch (cause) {
    queueMicrotask(() => failed(problem("start", String(cause))));
    return { measure: () => {}, close: () => {} };
  }
  const fail = (/** @type {string} */ place, /** @type {string} */ reason) => {
    worker.terminate();
    failed(problem(place, reason));
  };
  worker.onmessage = ({ data }) => (data.type === "failed" ? fail(data.place, data.reason) : heard(data));
  worker.onerror = (event) => {
    event.preventDefault();
    fail("start", event.message || "its file could not be loaded");
  };
  return { measure: (plan) => worker.postMessage({ plan }), close: () => worker.terminate() };
}

/** @param {string} place where it failed: at the start, or in a job @param {string} reason */
function problem(place, reason) {
  if (place !== "start") return `The engine stopped at ${place} (${reason}). What was measured before is kept; leave that job out and measure again.`;
  return `What measures could not be loaded (${reason}). It is fetched when this page is first opened: if you are offline, go online and try again, and from then on it works offline too. If you are not, reload the page.`;
}
