/**
 * @file A dish: one running experiment as the page sees it. It remembers its settings and its last snapshot, so that
 * it can be opened again when the worker dies or the page is loaded anew, and asks for frames only while it is seen.
 */
import { Emitter } from "./emitter.js";
import { formatLink } from "./state.js";
import { dropRun, loadRun, saveRun } from "./storage.js";

/** @typedef {import("./protocol.d.ts").Catalogue} Catalogue */
/** @typedef {import("./protocol.d.ts").ExportedFile} ExportedFile */
/** @typedef {import("./protocol.d.ts").Frame} Frame */
/** @typedef {import("./protocol.d.ts").Problem} Problem */
/** @typedef {import("./protocol.d.ts").Ready} Ready */
/** @typedef {import("./protocol.d.ts").Values} Values */

/**
 * @typedef {object} DishOptions
 * @property {string} lab slug, or "playground"
 * @property {Values} [controls] those that are missing have their defaults
 * @property {number} [seed]
 * @property {"cpu" | "gpu" | "auto"} [device]
 * @property {boolean} [claims] whether to run what only the claims need
 * @property {boolean} [play] start at once
 * @property {boolean} [keep] continue the run of the same settings after a reload
 * @property {boolean} [onlyVisible] train only while the watched element is on screen
 * @property {string[]} [panels] what to draw
 * @property {number} [hz] most frames per second
 */

/**
 * @typedef {object} DishEvents
 * @property {Ready} ready after opening and after each rebuild
 * @property {Frame} frame
 * @property {Problem} error
 * @property {string} notice
 * @property {{step: number}} continued a kept run of an earlier visit goes on
 * @property {null} closed
 */

/**
 * @typedef {object} Host
 * @property {(message: object, transfer?: Transferable[]) => void} send
 * @property {() => void} forget
 * @property {Promise<Catalogue>} catalogue
 * @property {(name: string) => Promise<ArrayBuffer>} file a file that lies beside a lab
 */

const SNAPSHOT_MILLISECONDS = 5000;

/** @extends {Emitter<DishEvents>} */
export class Dish extends Emitter {
  /** @type {Ready | null} */
  info = null;
  /** @type {Frame | null} */
  frame = null;
  /** Whether the visitor wants it to run; it may be out of sight all the same. */
  playing = false;
  closed = false;
  /** @type {Values} */
  values;
  seed;

  #id;
  #options;
  #host;
  #visible = true;
  #live = false;
  /** @type {string[]} */
  #panels;
  #hz;
  /** @type {ArrayBuffer | null} */
  #snapshot = null;
  #snapshotStep = 0;
  /** Controls that only change what is shown. @type {Set<string>} */
  #shows = new Set();
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;
  /** @type {IntersectionObserver | null} */
  #observer = null;
  /** @type {Map<string, ((result: any) => void)[]>} */
  #asked = new Map();

  /** @param {string} id @param {DishOptions} options @param {Host} host */
  constructor(id, options, host) {
    super();
    this.#id = id;
    this.#options = options;
    this.#host = host;
    this.#panels = options.panels ?? [];
    this.#hz = options.hz ?? 30;
    this.values = { ...options.controls };
    this.seed = options.seed ?? 0;
    this.playing = options.play ?? false;
    void this.#experiment().then(({ controls }) => {
      for (const { name, effect } of controls) if (effect === "show") this.#shows.add(name);
    });
    void this.#open();
  }

  async #open() {
    const { keep } = this.#options;
    const key = keep ? await this.#key() : "";
    if (keep && !this.#snapshot) {
      const saved = await loadRun(key);
      if (saved) {
        this.#snapshot = saved.bytes;
        this.#snapshotStep = saved.step;
        this.playing = saved.playing;
        if (saved.step > 0) this.emit("continued", { step: saved.step });
      }
    }
    if (this.closed) return;
    this.#sendOpen();
    if (keep) this.#timer ??= setInterval(() => this.#keepSnapshot(), SNAPSHOT_MILLISECONDS);
  }

  #sendOpen() {
    const { lab, device, claims = true } = this.#options;
    // A copy travels: the original is needed again if the worker dies.
    const bytes = this.#snapshot?.slice(0);
    const play = this.playing && (this.#visible || !this.#options.onlyVisible);
    this.#live = true;
    const message = { type: "open", dish: this.#id, lab, controls: this.values, seed: this.seed, device, claims, play, bytes };
    this.#host.send(message, bytes ? [bytes] : []);
    this.#sendWant();
  }

  /** Opens the dish in a new worker, with what it last knew. Called by the engine. */
  reopen() {
    this.#asked.clear();
    if (this.#live && !this.closed) this.#sendOpen();
  }

  /** The link of these settings, which a kept run is found by. */
  async #key() {
    const found = await this.#experiment();
    const page = found.slug === "playground" ? "playground" : "lab";
    // What only changes what is shown does not make another run.
    const controls = found.controls.filter(({ effect }) => effect !== "show");
    return formatLink({ page, slug: found.slug, values: this.values, seed: this.seed }, { controls });
  }

  /** What the catalogue says of this experiment. */
  async #experiment() {
    const { labs, playground } = await this.#host.catalogue;
    return labs.find(({ slug }) => slug === this.#options.lab) ?? playground;
  }

  /** Takes a message of the worker. Called by the engine. @param {string} type @param {any} message @param {Uint8Array<ArrayBuffer>} [bytes] */
  receive(type, message, bytes) {
    if (this.closed) return;
    if (type === "ready") {
      this.info = message;
      this.values = { ...message.controls };
      this.seed = message.seed;
      this.emit("ready", message);
    } else if (type === "frame") {
      const before = this.frame?.state;
      this.frame = message;
      // The engine stops by itself too, after a seek for instance. Out of sight it was only told to wait.
      if (message.state === "running") this.playing = true;
      else if (message.state === "paused" && this.#visible) this.playing = false;
      if (before === "running" && message.state !== "running" && this.#options.keep) this.#ask("snapshot");
      this.emit("frame", message);
    } else if (type === "error") {
      // An experiment that cannot go on with a snapshot must not be given the same one again.
      if (message.kind === "storage") this.#forgetSnapshot();
      this.emit("error", message);
    } else if (type === "notice") this.emit("notice", message.message);
    else if (type === "snapshot") void this.#took(exactBuffer(bytes, message.bytes));
    else if (type === "export") this.#answer("export", { ...message, bytes: exactBuffer(bytes, message.bytes) });
    else if (type === "plan") this.#answer("plan", message.text);
    else if (type === "profile") this.#answer("profile", message);
    else if (type === "fetch") void this.#fetch(message.file);
  }

  /** Gets what the experiment needs to show what is asked for. @param {string} file */
  async #fetch(file) {
    const answer = { type: "attach", dish: this.#id, file };
    try {
      const bytes = await this.#host.file(file);
      this.#host.send({ ...answer, bytes }, [bytes]);
    } catch (error) {
      this.#host.send({ ...answer, message: error instanceof Error ? error.message : String(error) });
    }
  }

  /** @param {string} name @param {string} value */
  set(name, value) {
    this.send({ type: "set", name, value });
  }

  /** Starts again: exactly the same run, that of another seed, or one that the engine draws. @param {number | "fresh"} [seed] */
  reset(seed) {
    this.send(seed === "fresh" ? { type: "reset", fresh: true } : { type: "reset", seed: seed ?? this.seed });
  }

  /** Runs so many seeds more after the visible one, and counts how often each claim holds. @param {number} count */
  seeds(count) {
    this.send({ type: "seeds", count });
  }

  play() {
    this.playing = true;
    if (this.#visible || !this.#options.onlyVisible) this.send({ type: "play" });
  }

  pause() {
    this.send({ type: "pause" });
  }

  /** @param {number} count */
  step(count = 1) {
    this.send({ type: "step", count });
  }

  /** @param {number} step */
  seek(step) {
    this.send({ type: "seek", step });
  }

  /** @param {string[]} panels @param {number} [hz] */
  want(panels, hz = this.#hz) {
    this.#panels = panels;
    this.#hz = hz;
    this.#sendWant();
  }

  #sendWant() {
    this.send({ type: "want", panels: this.#panels, hz: this.#visible ? this.#hz : 0 });
  }

  /** Writes one weight. @param {string} leaf @param {number} index @param {number} value @param {number} [run] */
  edit(leaf, index, value, run = 0) {
    this.send({ type: "edit", run, leaf, index, value });
  }

  /** @param {"cpu" | "gpu" | "auto"} device */
  device(device) {
    this.#options = { ...this.#options, device };
    this.send({ type: "device", device });
  }

  /** The whole state of the run. @returns {Promise<ArrayBuffer>} */
  snapshot() {
    return this.#ask("snapshot");
  }

  /** @param {string} format csv, json, or one of the experiment's own @returns {Promise<ExportedFile>} */
  export(format) {
    return this.#ask("export", { format });
  }

  /** Where the time of a training step goes, on the CPU. @returns {Promise<import("./protocol.d.ts").Profile>} */
  profile() {
    return this.#ask("profile");
  }

  /** The compiled program in words. @returns {Promise<string>} */
  plan() {
    return this.#ask("plan");
  }

  /** Sends frames only while `element` is on screen, and trains only then if so opened. @param {Element} element */
  watch(element) {
    this.#observer?.disconnect();
    this.#observer = new IntersectionObserver((entries) => this.#see(entries[entries.length - 1].isIntersecting));
    this.#observer.observe(element);
  }

  /** @param {boolean} visible */
  #see(visible) {
    if (visible === this.#visible) return;
    this.#visible = visible;
    this.#sendWant();
    // Not through `send`: the visitor has not changed their mind.
    if (this.#options.onlyVisible && this.playing && this.#live) this.#host.send({ type: visible ? "play" : "pause", dish: this.#id });
  }

  close() {
    if (this.closed) return;
    this.send({ type: "close" });
    this.closed = true;
    clearInterval(this.#timer);
    this.#observer?.disconnect();
    this.#host.forget();
    this.emit("closed", null);
  }

  /** Sends a message of the protocol in the name of this dish. @param {{type: string} & Record<string, any>} message */
  send(message) {
    this.#note(message);
    // Before `open` has been sent everything asked for is part of it.
    if (this.#live && !this.closed) this.#host.send({ ...message, dish: this.#id });
  }

  /** Remembers what the dish has to be opened with again. @param {{type: string} & Record<string, any>} message */
  #note(message) {
    const { type } = message;
    if (type === "play") this.playing = true;
    else if (type === "pause" || type === "step") this.playing = false;
    else if (type === "set") {
      this.values[message.name] = message.value;
      // The kept state belongs to other settings from here on, unless only what is shown has changed.
      if (!this.#shows.has(message.name)) this.#snapshot = null;
    } else if (type === "reset") {
      // Before the seed changes: the run of the old one is what has been left.
      this.#forgetSnapshot();
      if (typeof message.seed === "number") this.seed = message.seed;
    }
  }

  /** @param {string} type @param {object} [more] @returns {Promise<any>} */
  #ask(type, more = {}) {
    return new Promise((resolve) => {
      const list = this.#asked.get(type) ?? [];
      list.push(resolve);
      this.#asked.set(type, list);
      this.send({ type, ...more });
    });
  }

  /** @param {string} type @param {any} result */
  #answer(type, result) {
    this.#asked.get(type)?.shift()?.(result);
  }

  #keepSnapshot() {
    if (this.frame?.state === "running" && !this.#asked.get("snapshot")?.length) this.#ask("snapshot");
  }

  /** @param {ArrayBuffer} bytes */
  async #took(bytes) {
    this.#snapshot = bytes;
    this.#snapshotStep = this.frame?.step ?? 0;
    this.#answer("snapshot", bytes);
    if (!this.#options.keep || this.#snapshotStep === 0) return;
    const run = { time: Date.now(), bytes, step: this.#snapshotStep, playing: this.playing };
    await saveRun({ key: await this.#key(), ...run });
  }

  #forgetSnapshot() {
    this.#snapshot = null;
    if (this.#options.keep) void this.#key().then(dropRun);
  }
}

/** The bytes alone, also where they are a view of something larger. @param {Uint8Array<ArrayBuffer>} [view] @param {ArrayBuffer} [buffer] @returns {ArrayBuffer} */
function exactBuffer(view, buffer) {
  if (!view) return buffer ?? new ArrayBuffer(0);
  return view.byteLength === view.buffer.byteLength ? view.buffer : view.slice().buffer;
}
