/**
 * @file Code that the engine does without until somebody opens the lab that needs it: WebAssembly modules beside the
 * engine's, which use its memory, put functions into its table, and call what it exports. For the worker.
 */

/** What the engine exports. @typedef {Record<string, WebAssembly.ExportValue>} Engine */

export class Chunks {
  #places;
  /** What has been asked for, compiled. @type {Map<string, Promise<WebAssembly.Module>>} */
  #compiled = new Map();
  /** @type {Set<string>} */
  #joined = new Set();

  /** @param {Record<string, URL>} places where the code of a lab lies, by the lab's name */
  constructor(places) {
    this.#places = places;
  }

  /** Whether a lab cannot be opened yet. @param {string} lab */
  lacks(lab) {
    return Object.hasOwn(this.#places, lab) && !this.#joined.has(lab);
  }

  /** Begins to load what a lab will need, if it is not there. @param {string} lab @returns {Promise<WebAssembly.Module> | undefined} */
  prepare(lab) {
    if (!this.lacks(lab)) return undefined;
    const known = this.#compiled.get(lab);
    if (known) return known;
    const compiled = compile(this.#places[lab]);
    this.#compiled.set(lab, compiled);
    // Whoever opens the lab hears of a failure; after it the next attempt loads anew.
    compiled.catch(() => this.#compiled.delete(lab));
    return compiled;
  }

  /** Loads the code of a lab and joins it to the engine. @param {string} lab @param {Engine} engine */
  async join(lab, engine) {
    const compiled = await this.prepare(lab);
    if (!compiled || !this.lacks(lab)) return;
    await WebAssembly.instantiate(compiled, { engine });
    this.#joined.add(lab);
  }
}

/** @param {URL} place */
async function compile(place) {
  const response = await fetch(place);
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  return WebAssembly.compile(await response.arrayBuffer());
}
