/**
 * @file Own points: the compact text "x,y,label;…" that the link and the engine share, and the edits that the drawing
 * tool makes. Pure functions: each edit gives a new list, so undo only has to keep the old one.
 * Next: drawing_tool.js, which turns pointer and keys into these edits.
 */

/** @typedef {import("./shapes.js").Point} Point */

export const MAX_POINTS = 2000;
const HALF_WIDTH = 6;
/** Two decimals are finer than a pixel of the plane on any screen and keep links short. */
const PLACES = 100;

/** @param {number} value @param {number} limit */
const round = (value, limit) => Math.round(Math.max(-limit, Math.min(limit, value)) * PLACES) / PLACES + 0;

/** A point on the grid of the text form, inside the plane. @param {number} x @param {number} y @param {number} label @returns {Point} */
export function makePoint(x, y, label) {
  return { x: round(x, HALF_WIDTH), y: round(y, HALF_WIDTH), label: round(label, 1) };
}

/** @param {Point[]} points @returns {string} */
export function formatPoints(points) {
  return points.map(({ x, y, label }) => `${number(x)},${number(y)},${number(label)}`).join(";");
}

/** Shortest text of a number on the grid: .5, -1.25, 0. @param {number} value */
function number(value) {
  return String(round(value, HALF_WIDTH)).replace(/^(-?)0\./, "$1.");
}

/**
 * Reads the text form. A faulty point is left out and the first fault told; the rest is kept.
 * @param {string} text @returns {{points: Point[], error: string | null}}
 */
export function parsePoints(text) {
  /** @type {Point[]} */
  const points = [];
  let error = null;
  const pieces = text.split(";").filter((piece) => piece.trim() !== "");
  for (const [index, piece] of pieces.entries()) {
    const parts = piece.split(",");
    const values = parts.map((part) => (part.trim() === "" ? NaN : Number(part)));
    if (values.length !== 3 || !values.every(Number.isFinite)) {
      error ??= `Point ${index + 1} reads “${piece.trim()}”; it needs x, y and label, as in “1.5,-2,1”.`;
    } else if (points.length === MAX_POINTS) {
      error ??= `Only the first ${MAX_POINTS.toLocaleString("en")} of ${pieces.length.toLocaleString("en")} points are used.`;
    } else {
      points.push(makePoint(values[0], values[1], values[2]));
    }
  }
  return { points, error };
}

/** Adds points up to the limit. @param {Point[]} points @param {Point[]} added @returns {Point[]} */
export function addPoints(points, added) {
  return [...points, ...added].slice(0, MAX_POINTS);
}

/** Removes all points within `radius` of a place. @param {Point[]} points @param {number} x @param {number} y @param {number} radius @returns {Point[]} */
export function erasePoints(points, x, y, radius) {
  const rest = points.filter((point) => Math.hypot(point.x - x, point.y - y) > radius);
  return rest.length === points.length ? points : rest;
}

/**
 * Evenly spaced points along a stroke from the last point to here; the pointer reports places unevenly.
 * @param {{x: number, y: number} | null} last @param {number} x @param {number} y @param {number} spacing @param {number} label
 * @returns {Point[]}
 */
export function strokePoints(last, x, y, spacing, label) {
  if (!last) return [makePoint(x, y, label)];
  const length = Math.hypot(x - last.x, y - last.y);
  const count = Math.floor(length / spacing);
  return Array.from({ length: count }, (_, index) => {
    const share = ((index + 1) * spacing) / length;
    return makePoint(last.x + (x - last.x) * share, last.y + (y - last.y) * share, label);
  });
}

/** Whether the labels name two classes; any value between them asks for regression. @param {Point[]} points */
export function areClasses(points) {
  return points.every(({ label }) => Math.abs(label) === 1);
}
