/**
 * @file How one job is timed: the check of its loss, a warm-up that also finds how many steps fill a window, then windows.
 * Trainer and clock come from outside, so this is tested without either. The native counterpart is src/bench/measure.rs.
 */
import { formatNumber } from "../panels/axes.js";

/** @typedef {{step: (count: number) => void | Promise<void>, loss: () => number | Promise<number>}} Trainer */
/**
 * @typedef {object} Protocol  all times in milliseconds
 * @property {number} warmUp at least
 * @property {number} window length of a window, about
 * @property {number} windows how many
 * @property {number} patience for the check and for the windows each: nothing further is begun after it; a single step may
 *   not take as long
 */
/**
 * @typedef {object} Timing
 * @property {number[]} rates steps per second, window by window; none if the job was skipped
 * @property {number} [loss] after the steps of the check
 * @property {string} [note] what was done differently, and why
 */

/** For the standard jobs. @type {Protocol} */
export const JOB = { warmUp: 150, window: 200, windows: 5, patience: 4000 };
/** For one network in many widths, where the trend counts more than a single number. @type {Protocol} */
export const WIDTH = { warmUp: 100, window: 120, windows: 3, patience: 2000 };
/** Milliseconds that a check and its preparations take, about. */
const CHECK = 300;

/** How long a measurement takes, about, in milliseconds. @param {Protocol} protocol */
export const expected = ({ warmUp, window, windows }) => warmUp + windows * window + CHECK;

/**
 * @param {Trainer} trainer that has done nothing yet
 * @param {number} checkedAfter steps after which the loss is asked for; 0: it is not
 * @param {Protocol} protocol @param {() => number} now milliseconds
 * @returns {Promise<Timing>}
 */
export async function measure(trainer, checkedAfter, { warmUp, window, windows, patience }, now) {
  const timed = async (/** @type {number} */ count) => {
    const before = now();
    await trainer.step(count);
    return now() - before;
  };
  // The first step also compiles and fills caches; the second tells what a step takes.
  await timed(1);
  const started = now();
  let time = await timed(1);
  const seconds = (/** @type {number} */ of) => `one step takes ${formatNumber(of / 1000, 2)} s`;
  if (time > patience) return { rates: [], note: `skipped: ${seconds(time)} here` };
  // In growing portions, because the first steps tell little of the others.
  let done = 2;
  while (done < checkedAfter && now() - started <= patience) {
    const portion = Math.min(done, checkedAfter - done);
    time = (await timed(portion)) / portion;
    done += portion;
  }
  const unchecked = done < checkedAfter;
  const loss = checkedAfter > 0 && !unchecked ? await trainer.loss() : undefined;

  const ready = now();
  // All steps so far warmed up, too. Portions are doubled until the clock's grain no longer matters.
  let count = 1;
  for (;;) {
    const short = time < window / 4;
    if ((!short && now() - started >= warmUp) || now() - ready > patience) {
      const rates = await fill(Math.max(1, Math.round((count * window) / Math.max(time, 1e-3))));
      return { rates, loss, note: differently(rates.length) };
    }
    if (short) count *= 2;
    time = await timed(count);
  }

  /** @param {number} steps of a window */
  async function fill(steps) {
    /** @type {number[]} */
    const rates = [];
    while (rates.length < windows && (rates.length === 0 || now() - ready <= patience)) {
      rates.push((1000 * steps) / Math.max(await timed(steps), 1e-3));
    }
    return rates;
  }

  /** @param {number} filled windows */
  function differently(filled) {
    const parts = [];
    if (filled < windows) parts.push(`${filled} of ${windows} windows of time`);
    if (unchecked) parts.push("the loss is not checked");
    return parts.length > 0 ? `${parts.join(", ")}: ${seconds(time / count)}` : undefined;
  }
}
