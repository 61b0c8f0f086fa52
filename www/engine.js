/**
 * @file The page's end of the worker: one engine, any number of dishes (running experiments). It starts the worker,
 * hands messages to the dish they belong to, and starts it again when it dies; every dish then goes on from its last
 * snapshot. The dish itself is dish.js, the messages are described in protocol.d.ts.
 */
import { site } from "petri:site";
import { Dish } from "./dish.js";
import { Emitter } from "./emitter.js";

/** @typedef {import("./protocol.d.ts").Catalogue} Catalogue */
/** @typedef {import("./protocol.d.ts").Envelope} Envelope */
/** @typedef {import("./protocol.d.ts").Gpu} Gpu */
/** @typedef {import("./protocol.d.ts").Problem} Problem */

/**
 * @typedef {object} EngineEvents
 * @property {Gpu} gpu the state of the graphics processor changed
 * @property {string} notice something that no dish is concerned with
 * @property {Problem} error likewise; after a fatal one that is not followed by a restart nothing runs any more
 * @property {number} restarted the worker died and was started again; how often by now
 */

/** More deaths than this within a minute: something is wrong that a restart does not mend. */
const RESTARTS_PER_MINUTE = 3;
/** How often a lost graphics processor is looked for again, and how long after, in milliseconds. */
const GPU_ATTEMPTS = 3;
const GPU_PAUSE = 2000;

/** @extends {Emitter<EngineEvents>} */
export class Engine extends Emitter {
  /** @type {Worker | null} */
  #worker = null;
  /** @type {Map<string, Dish>} */
  #dishes = new Map();
  #opened = 0;
  /** @type {number[]} */
  #restarts = [];
  #gpuLosses = 0;
  /** @type {(catalogue: Catalogue) => void} */
  #learnt = () => {};
  /** @type {(problem: Problem) => void} */
  #refused = () => {};
  #started = false;

  /** What there is; rejected with a `Problem` if the engine cannot start here. @type {Promise<Catalogue>} */
  catalogue = new Promise((resolve, reject) => {
    this.#learnt = resolve;
    this.#refused = reject;
  });
  /** @type {Gpu} */
  gpu = { state: "starting" };
  /** What stopped the engine for good, if anything did. @type {Problem | null} */
  stopped = null;

  constructor() {
    super();
    // Whoever shows the page asks for the catalogue; without this an early failure would also be an uncaught one.
    this.catalogue.catch(() => {});
    this.#start();
  }

  /** Begins to load what a lab needs, before anything else of it is known. @param {string} lab */
  prepare(lab) {
    this.#send({ type: "prepare", lab });
  }

  /** @param {import("./dish.js").DishOptions} options @returns {Dish} its first message comes later */
  openDish(options) {
    const id = `dish ${++this.#opened}`;
    const dish = new Dish(id, options, {
      send: (message, transfer) => this.#send(message, transfer),
      forget: () => this.#dishes.delete(id),
      catalogue: this.catalogue,
      file: fetchFile,
    });
    this.#dishes.set(id, dish);
    return dish;
  }

  /** @param {object} message @param {Transferable[]} [transfer] */
  #send(message, transfer = []) {
    this.#worker?.postMessage(message, transfer);
  }

  #start() {
    try {
      const address = new URL(site.worker, document.baseURI);
      // For tests: a page opened with ?software may compute on a graphics processor that is only emulated.
      if (new URLSearchParams(location.search).has("software")) address.search = "?software";
      const worker = new Worker(address, { type: "module", name: "petri" });
      worker.onmessage = ({ data }) => this.#worker === worker && this.#receive(data);
      worker.onerror = (event) => {
        event.preventDefault();
        if (this.#worker === worker) this.#died(event.message || "it could not be loaded");
      };
      this.#worker = worker;
    } catch (cause) {
      this.#stop({ kind: "engine", place: "worker", message: String(cause), fix: "allow workers for this site" });
    }
  }

  /** @param {Envelope} envelope */
  #receive({ json, arrays, bytes }) {
    const { type, dish: id, ...message } = JSON.parse(json, (_, value) => (isReference(value) ? arrays[value.$] : value));
    if (type === "catalogue") {
      this.gpu = message.gpu;
      this.#started = true;
      this.#learnt(message);
      this.emit("gpu", this.gpu);
    } else if (type === "gpu") {
      this.gpu = message;
      this.emit("gpu", message);
      if (message.state === "lost") this.#findGpuAgain();
    } else if (type === "error" && message.fatal) {
      // A failed start is the same at the next attempt; a crash on the way is worth one.
      if (message.place === "engine") this.#died(message.message);
      else this.#stop(message);
    } else if (id !== undefined) {
      this.#dishes.get(id)?.receive(type, message, bytes);
    } else if (type === "error") this.emit("error", message);
    else if (type === "notice") this.emit("notice", message.message);
  }

  /** A graphics processor that was lost often comes back; dishes that want it then move there by themselves. */
  #findGpuAgain() {
    this.#gpuLosses++;
    if (this.#gpuLosses <= GPU_ATTEMPTS) setTimeout(() => this.#send({ type: "gpu" }), GPU_PAUSE);
  }

  /** @param {string} reason */
  #died(reason) {
    this.#worker?.terminate();
    this.#worker = null;
    if (!this.#started) {
      const fix = "reload the page; if that does not help, the site's files are incomplete or this browser forbids workers";
      this.#stop({ kind: "engine", place: "worker", message: reason, fix });
      return;
    }
    const now = performance.now();
    this.#restarts = this.#restarts.filter((time) => now - time < 60_000);
    this.#restarts.push(now);
    if (this.#restarts.length > RESTARTS_PER_MINUTE) {
      const fix = "reload the page; if it happens again, go back to the defaults of this page";
      this.#stop({ kind: "engine", place: "engine", message: `it stopped ${this.#restarts.length} times within a minute (${reason})`, fix });
      return;
    }
    this.#start();
    for (const dish of this.#dishes.values()) dish.reopen();
    this.emit("restarted", this.#restarts.length);
  }

  /** @param {Problem} problem */
  #stop(problem) {
    this.#worker?.terminate();
    this.#worker = null;
    this.stopped = { ...problem, fatal: true };
    this.#refused(this.stopped);
    this.emit("error", this.stopped);
  }
}

/** @param {any} value @returns {value is {$: number}} */
function isReference(value) {
  return value !== null && typeof value === "object" && typeof value.$ === "number";
}

/** A file that lies beside a lab. @param {string} name @returns {Promise<ArrayBuffer>} */
async function fetchFile(name) {
  const place = Object.hasOwn(site.files, name) ? site.files[name] : null;
  if (!place) throw new Error(`this site has no file “${name}”`);
  const response = await fetch(new URL(place, document.baseURI));
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  return response.arrayBuffer();
}
