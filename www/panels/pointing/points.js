/**
 * @file The input set in the panel's hands: the text that link and engine share, hit testing, and the edits. Pure
 * functions; an edit gives a new list, so undo only has to keep the old one. A point is `[x, y]`, a number to be
 * sorted is `[x]`. Next: editor.js, which turns pointer and keys into these edits.
 */

/** @typedef {number[]} Point  coordinates in 0…1, y upwards */
/** @typedef {{left: number, top: number}} Place  CSS pixels from the corner of the canvas */

export const MIN_POINTS = 3;
export const MAX_POINTS = 50;
/** Three decimals are finer than a pixel and keep links short. */
const GRID = 1000;

/** @param {number} value */
const round = (value) => Math.round(Math.max(0, Math.min(1, value)) * GRID) / GRID;

/** A point on the grid of the text form, inside the square. @param {number[]} coordinates @returns {Point} */
export const makePoint = (coordinates) => coordinates.map(round);

/** @param {ArrayLike<number>} values @param {number} dimensions @returns {Point[]} */
export function unpack(values, dimensions) {
  return Array.from({ length: Math.floor(values.length / dimensions) }, (_, index) =>
    Array.from({ length: dimensions }, (_, axis) => values[index * dimensions + axis]),
  );
}

/** "x,y;x,y" as the engine reads it; "x;x" for numbers. @param {Point[]} points */
export function formatPoints(points) {
  return points.map((point) => makePoint(point).join(",")).join(";");
}

/**
 * Reads the text form; null when it is not one, or of other dimensions.
 * @param {string} text @param {number} dimensions @returns {Point[] | null}
 */
export function parsePoints(text, dimensions) {
  const pieces = text.split(";").filter((piece) => piece.trim() !== "");
  const points = pieces.map((piece) => piece.split(",").map((part) => (part.trim() === "" ? NaN : Number(part))));
  const sound = points.length > 0 && points.every((point) => point.length === dimensions && point.every(Number.isFinite));
  return sound ? points.map(makePoint) : null;
}

/** Whether two lists are the same up to the rounding of the text form. @param {Point[]} one @param {Point[]} other */
export function samePoints(one, other) {
  if (one.length !== other.length) return false;
  return one.every((point, index) => point.every((value, axis) => Math.abs(value - other[index][axis]) <= 0.6 / GRID));
}

/** @param {Point[]} points @param {number} index @param {Point} to @returns {Point[]} */
export function movePoint(points, index, to) {
  return points.map((point, at) => (at === index ? makePoint(to) : point));
}

/** The same list when it is full. @param {Point[]} points @param {Point} point @returns {Point[]} */
export function addPoint(points, point) {
  return points.length >= MAX_POINTS ? points : [...points, makePoint(point)];
}

/** The same list when it would become too short. @param {Point[]} points @param {number} index @returns {Point[]} */
export function removePoint(points, index) {
  return points.length <= MIN_POINTS ? points : points.filter((_, at) => at !== index);
}

/**
 * Drops the last points or adds some. `reserve` holds points dropped before: going back and forth brings them back.
 * @param {Point[]} points @param {number} count @param {Point[]} reserve @param {() => number} [random]
 * @returns {Point[]}
 */
export function resize(points, count, reserve, random = Math.random) {
  const length = Math.max(MIN_POINTS, Math.min(MAX_POINTS, count));
  const dimensions = points[0]?.length ?? 2;
  const fresh = () => makePoint(Array.from({ length: dimensions }, () => random()));
  return Array.from({ length }, (_, index) => points[index] ?? reserve[index] ?? fresh());
}

/** The nearest place within reach, or null. @param {Place[]} places @param {Place} pointer @param {number} reach */
export function hit(places, pointer, reach) {
  let nearest = null;
  let distance = reach;
  places.forEach(({ left, top }, index) => {
    const own = Math.hypot(left - pointer.left, top - pointer.top);
    if (own > distance) return;
    nearest = index;
    distance = own;
  });
  return /** @type {number | null} */ (nearest);
}

/**
 * A free place for a point that the keyboard adds: the candidate that is farthest from all others.
 * @param {Point[]} points @returns {Point}
 */
export function freePlace(points) {
  const dimensions = points[0]?.length ?? 2;
  let best = makePoint(Array.from({ length: dimensions }, () => 0.5));
  let farthest = -1;
  const levels = [0.5, 0.3, 0.7, 0.15, 0.85, 0.4, 0.6, 0.22, 0.78];
  const candidates = dimensions === 1 ? levels.map((x) => [x]) : levels.flatMap((x) => levels.map((y) => [x, y]));
  for (const candidate of candidates) {
    const nearest = Math.min(...points.map((point) => Math.hypot(...point.map((value, axis) => value - candidate[axis]))));
    if (nearest <= farthest + 1e-9) continue;
    best = makePoint(candidate);
    farthest = nearest;
  }
  return best;
}
