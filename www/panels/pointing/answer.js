/**
 * @file What the payload means, apart from any drawing: which edges or triangles an answer consists of, which of them
 * are mistakes, what was there after each output step, which branches of the beam were dropped, and all of it in words.
 * Elements are numbered from 1 on the page, as the paper does, and from 0 in the payload.
 */

/** @typedef {"hull" | "sort" | "delaunay" | "tsp"} Task */
/** @typedef {{parent: number, token: number, logProbability: number}} Candidate */
/**
 * @typedef {object} PointingPayload
 * @property {Task} task
 * @property {Float32Array} points sort: [n], otherwise [2n]
 * @property {[number, number]} trained shortest and longest input of training
 * @property {number[]} tokens elements pointed at, without the stop
 * @property {boolean} stopped whether the stop was pointed at in the end
 * @property {number[]} truth the exact answer in the same form
 * @property {number[]} wrong 1 for each edge, position or triangle that is a mistake
 * @property {Float32Array} rows [steps, n + 1], the last column is the stop
 * @property {{tokens: number[], stopped: boolean, logProbability: number}[]} beams best first
 * @property {Candidate[][]} steps what the beam kept after each output step, best first
 * @property {{name: string, value: string}[]} figures
 * @property {"right" | "wrong"} verdict
 * @property {{kind: "here" | "recorded" | "untrained", text: string}} source
 * @property {string} [note]
 * @property {boolean} [unanswered] there is none, for the reason that `source` tells; nothing else is given
 */
/** Something of the answer that is drawn; `step`: the output step that completes it, from 1. */
/** @typedef {{corners: number[], wrong: boolean, step: number}} Part */

/** The stop token as the paper writes it. */
export const STOP = "⇐";

/** @param {Task} task @returns {number} coordinates of one element */
export const dimensions = (task) => (task === "sort" ? 1 : 2);

/** Name of an element. @param {number} token @param {number} count */
export const elementName = (token, count) => (token >= count ? STOP : String(token + 1));

/** @param {{task: Task, points: ArrayLike<number>}} payload */
export const countOf = ({ task, points }) => points.length / dimensions(task);

/**
 * The parts of an answer: edges `[from, to]` of hull and tour, triangles, and for sorting `[element]`, one per place.
 * @param {Task} task @param {ArrayLike<number>} tokens @param {ArrayLike<number>} wrong @param {boolean} closed a tour that returns to its start
 * @returns {Part[]}
 */
export function partsOf(task, tokens, wrong, closed) {
  /** @type {Part[]} */
  const parts = [];
  const { length } = tokens;
  const add = (/** @type {number[]} */ corners, /** @type {number} */ step) => parts.push({ corners, wrong: wrong[parts.length] === 1, step });
  if (task === "sort") for (let at = 0; at < length; at++) add([tokens[at]], at + 1);
  else if (task === "delaunay") for (let at = 0; at + 2 < length; at += 3) add([tokens[at], tokens[at + 1], tokens[at + 2]], at + 3);
  else {
    for (let at = 0; at + 1 < length; at++) add([tokens[at], tokens[at + 1]], at + 2);
    if (task === "tsp" && closed && length > 2) add([tokens[length - 1], tokens[0]], length + 1);
  }
  return parts;
}

/** Output steps of an answer, the stop among them. @param {PointingPayload} payload */
export const stepsOf = ({ tokens, stopped }) => tokens.length + (stopped ? 1 : 0);

/** The element or stop pointed at in an output step, from 0. @param {PointingPayload} payload @param {number} row */
export const tokenAt = (payload, row) => payload.tokens[row] ?? countOf(payload);

/** @param {PointingPayload} payload @param {number} row @param {number} token */
export const chanceOf = (payload, row, token) => payload.rows[row * (countOf(payload) + 1) + token] ?? 0;

/**
 * The partial answer that a candidate stands for: follows the parents back. A finished answer that is kept on is told once.
 * @param {Candidate[][]} steps @param {number} step from 0 @param {number} rank @param {number} count
 * @returns {number[]} elements in order, the stop as `count`
 */
export function trace(steps, step, rank, count) {
  const tokens = [];
  for (let at = step; at >= 0; at--) {
    const candidate = steps[at]?.[rank];
    if (!candidate) break;
    tokens.push(candidate.token);
    rank = candidate.parent;
  }
  tokens.reverse();
  const stop = tokens.indexOf(count);
  return stop < 0 ? tokens : tokens.slice(0, stop + 1);
}

/**
 * @typedef {object} Branch
 * @property {number[]} tokens the stop as the number of elements
 * @property {number} chance probability of the whole partial answer
 * @property {number | null} parent rank before, from 0
 * @property {boolean} chosen it became the answer
 * @property {boolean} dropped nothing of it was kept in the next step
 */

/**
 * The beam after an output step, best first; `null`: the answers left at the end.
 * @param {PointingPayload} payload @param {number | null} step from 0 @returns {Branch[]}
 */
export function branchesAt(payload, step) {
  const count = countOf(payload);
  const final = payload.stopped ? [...payload.tokens, count] : payload.tokens;
  const begins = (/** @type {number[]} */ tokens) => tokens.every((token, at) => token === final[at]);
  if (step === null) {
    return payload.beams.map(({ tokens, stopped, logProbability }, rank) => ({
      tokens: stopped ? [...tokens, count] : tokens,
      chance: Math.exp(logProbability),
      parent: null,
      chosen: rank === 0,
      dropped: false,
    }));
  }
  const next = payload.steps[step + 1];
  return (payload.steps[step] ?? []).map(({ parent, logProbability }, rank) => {
    const tokens = trace(payload.steps, step, rank, count);
    const finished = tokens[tokens.length - 1] === count;
    return {
      tokens,
      chance: Math.exp(logProbability),
      parent: step === 0 ? null : parent,
      chosen: begins(tokens),
      dropped: Boolean(next) && !finished && !next.some((candidate) => candidate.parent === rank),
    };
  });
}

/** A share in words: 97 %, < 1 %. @param {number} share */
export function percent(share) {
  if (!Number.isFinite(share)) return "–";
  const value = share * 100;
  if (value > 0 && value < 0.5) return "< 1 %";
  return value > 99.5 && value < 100 - 1e-4 ? "> 99 %" : `${Math.round(value)} %`;
}

/**
 * A probability over many orders of magnitude: 12 %, 0.03 %, 4·10⁻⁶.
 * @param {number} chance @param {(value: number) => string} format
 */
export function likelihood(chance, format) {
  if (chance >= 0.0995) return percent(chance);
  if (chance >= 0.00995) return `${(chance * 100).toFixed(1)} %`;
  return chance >= 1e-5 ? `${Number((chance * 100).toPrecision(2))} %` : format(chance);
}

/** What happens in an output step. @param {PointingPayload} payload @param {number} made output steps made, 0 for none */
export function stepWords(payload, made) {
  const steps = stepsOf(payload);
  if (made === 0) return "nothing pointed at yet";
  const token = tokenAt(payload, made - 1);
  const at = token >= countOf(payload) ? `at the stop ${STOP}` : `at ${token + 1}`;
  return `step ${made} of ${steps}: points ${at} with ${percent(chanceOf(payload, made - 1, token))}`;
}

/** Words for the verdict. @type {Record<Task, {right: string, wrong: string}>} */
const VERDICTS = {
  hull: { right: "exactly the hull", wrong: "not exactly the hull" },
  sort: { right: "exactly in order", wrong: "not in order" },
  delaunay: { right: "exactly the triangulation", wrong: "not the whole triangulation" },
  tsp: { right: "the shortest tour", wrong: "not the shortest tour" },
};

/** @param {PointingPayload} payload */
export const verdictWords = ({ task, verdict }) => VERDICTS[task][verdict];

/** What the set is called. @param {Task} task */
export const nounOf = (task) => (task === "sort" ? "numbers" : "points");

/** The whole picture for those who do not see it. @param {PointingPayload} payload */
export function describe(payload) {
  const count = countOf(payload);
  const shown = payload.tokens.map((token) => elementName(token, count)).join(", ");
  const end = payload.stopped ? "then the stop" : "and no stop within the limit";
  const mistakes = payload.wrong.filter(Boolean).length;
  const parts = { hull: "edges", tsp: "edges", sort: "places", delaunay: "triangles" }[payload.task];
  const faults = mistakes ? ` ${mistakes} of ${payload.wrong.length} ${parts} are mistakes.` : "";
  const figures = payload.figures.map(({ name, value }) => `${name} ${value}`).join(", ");
  return `${count} ${nounOf(payload.task)}. The network points at ${shown || "nothing"}, ${end}: ${verdictWords(payload)}.${faults} ${figures}`.trim();
}

/** Whether a length lies within training, and how that is said. @param {number} count @param {[number, number]} trained */
export function lengthWords(count, [low, high]) {
  const range = low === high ? String(low) : `${low}–${high}`;
  if (count > high) return { within: false, text: `beyond what it was trained on (${range})` };
  if (count < low) return { within: false, text: `fewer than it was trained on (${range})` };
  return { within: true, text: `trained on ${range}` };
}
