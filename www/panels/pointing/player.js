/**
 * @file Where in the decoding the visitor stands: the whole answer (the default, which follows every new payload), one
 * output step, or a drawing of the answer corner by corner. It keeps no clock of its own: while playing, the panel
 * draws every frame and asks here how far the answer has come.
 */

/** How long drawing a whole answer takes, in milliseconds. */
const DURATION = 1100;

export class Player {
  /** Output steps made, or null for the whole answer. @type {number | null} */
  cursor = null;
  /** When the drawing would have begun at step 0, or null while nothing is drawn. @type {number | null} */
  #start = null;
  #ended;

  /** @param {() => void} ended the drawing has come to its end */
  constructor(ended) {
    this.#ended = ended;
  }

  get playing() {
    return this.#start !== null;
  }

  /** Draws the answer from where the cursor is, or from the beginning. @param {number} steps @param {number} [now] */
  play(steps, now = performance.now()) {
    const from = this.cursor !== null && this.cursor < steps ? this.cursor : 0;
    this.#start = now - (from / Math.max(1, steps)) * DURATION;
    this.cursor = null;
  }

  /** Stays at the step that the drawing has come to. @param {number} steps @param {number} [now] */
  pause(steps, now = performance.now()) {
    if (this.#start === null) return;
    const made = Math.floor(this.made(steps, now));
    this.#start = null;
    this.cursor = Math.min(made, steps);
  }

  /** @param {number | null} cursor @param {number} steps */
  go(cursor, steps) {
    this.#start = null;
    this.cursor = cursor === null ? null : Math.max(0, Math.min(steps, Math.round(cursor)));
  }

  /** One step on or back; beyond the last step is the whole answer. @param {1 | -1} by @param {number} steps */
  step(by, steps) {
    if (this.cursor === null) this.go(by < 0 ? steps - 1 : null, steps);
    else this.go(this.cursor + by > steps ? null : this.cursor + by, steps);
  }

  /** Output steps shown, with the share of the one on its way. @param {number} steps @param {number} [now] */
  made(steps, now = performance.now()) {
    if (this.#start === null) return this.cursor === null ? Infinity : Math.min(this.cursor, steps);
    const made = ((now - this.#start) / DURATION) * steps;
    // The closing edge of a tour is drawn after the last step.
    if (made < steps + 1) return Math.max(0, made);
    this.#start = null;
    this.#ended();
    return Infinity;
  }
}
