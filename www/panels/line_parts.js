/** @file The stateless parts of the line panel: bounds, decimated curves, bands, rules, look-ups. */
import { bounds, labelFont } from "./axes.js";
import { categoryDash, textColor } from "./color.js";

/** @typedef {import("./axes.js").Box} Box */
/** @typedef {import("./axes.js").Scale} Scale */
/** @typedef {import("./color.js").Palette} Palette */
/** @typedef {import("../protocol.d.ts").LineSeries} LineSeries */
/** @typedef {import("./line.js").LinePayload} LinePayload */

/** What both axes have to hold. @param {LinePayload} payload @param {{furthest: number, steps: number | null}} context */
export function lineBounds(payload, { furthest, steps }) {
  const filled = payload.series.filter((series) => series.y.length > 0);
  const x = bounds(filled.map((series) => series.x));
  if (payload.timeline) x.max = Math.max(x.max, furthest, steps ?? 0);
  const log = payload.y.scale === "log";
  const rules = (payload.rules ?? []).map((rule) => rule.y);
  const y = bounds([...filled.map((series) => series.y), rules], log ? 0 : 0.05);
  // A loss or a share starts at 0: a plot that hides the zero makes small changes look large.
  if (!log && y.min > 0 && y.min < y.max * 0.5) y.min = 0;
  if (!log && y.min < 0 && Math.min(...filled.map((series) => least(series.y))) >= 0) y.min = 0;
  if (log) y.min = leastPositive(filled, y.max);
  return {
    x: { min: payload.x.min ?? x.min, max: payload.x.max ?? x.max },
    y: { min: payload.y.min ?? y.min, max: payload.y.max ?? y.max },
  };
}

/** @param {ArrayLike<number>} values */
function least(values) {
  let min = Infinity;
  for (let index = 0; index < values.length; index++) if (values[index] < min) min = values[index];
  return min;
}

/** @param {LineSeries[]} series @param {number} max */
function leastPositive(series, max) {
  let min = Infinity;
  for (const { y } of series) {
    for (let index = 0; index < y.length; index++) if (y[index] > 0 && y[index] < min) min = y[index];
  }
  return Math.max(min < Infinity ? min : 1e-3, max * 1e-9);
}

/** The second channel beside hue. @param {LineSeries} series @returns {number[]} */
export function seriesDash({ role }) {
  if (role.startsWith("category-")) return categoryDash(Number(role.slice(9)) || 0);
  return role === "other" ? [5, 3] : [];
}

/**
 * Strokes a curve, the part right of `ahead` paler. Several points in one pixel column become one line from their
 * least to their greatest value, so the cost follows the width and not the length of the run.
 * @param {CanvasRenderingContext2D} context @param {LineSeries} series @param {Scale} x @param {Scale} y @param {number} ahead @param {Box} box
 */
export function traceCurve(context, series, x, y, ahead, box) {
  const alpha = context.globalAlpha;
  const parts = ahead < box.right ? [[-Infinity, ahead, 1], [ahead, Infinity, 0.32]] : [[-Infinity, Infinity, 1]];
  for (const [from, to, share] of parts) {
    context.globalAlpha = alpha * share;
    context.beginPath();
    let open = false;
    let column = NaN;
    let low = 0;
    let high = 0;
    let lastX = 0;
    let lastY = 0;
    for (let index = 0; index < series.y.length; index++) {
      const value = series.y[index];
      const at = x.at(series.x[index]);
      if (value - value !== 0) {
        open = false;
        continue;
      }
      const level = y.at(value);
      if (at < from) {
        [lastX, lastY, open] = [at, level, false];
        context.moveTo(at, level);
        column = NaN;
        open = true;
        continue;
      }
      if (at > to && lastX > to) break;
      if (Math.round(at) === column) {
        if (level < low) low = level;
        if (level > high) high = level;
      } else {
        if (high > low && open) {
          context.lineTo(lastX, low);
          context.lineTo(lastX, high);
          context.lineTo(lastX, lastY);
        }
        if (open) context.lineTo(at, level);
        else context.moveTo(at, level);
        open = true;
        column = Math.round(at);
        low = high = level;
      }
      [lastX, lastY] = [at, level];
    }
    if (open) context.lineTo(lastX, lastY);
    context.stroke();
  }
  context.globalAlpha = alpha;
}

/** The level of a curve at every pixel column of the plot; NaN where it has none. @param {LineSeries} series @param {Scale} x @param {Scale} y @param {Box} box */
export function rasterise(series, x, y, box) {
  const levels = new Float32Array(Math.max(1, Math.ceil(box.right - box.left) + 1)).fill(NaN);
  let before = -1;
  let beforeLevel = 0;
  for (let index = 0; index < series.y.length; index++) {
    const column = Math.round(x.at(series.x[index]) - box.left);
    const level = y.at(series.y[index]);
    if (column < 0 || column >= levels.length || Number.isNaN(level)) continue;
    levels[column] = level;
    for (let between = before + 1; before >= 0 && between < column; between++) {
      levels[between] = beforeLevel + ((level - beforeLevel) * (between - before)) / (column - before);
    }
    [before, beforeLevel] = [column, level];
  }
  return levels;
}

/** Index of the value of an ascending array that is nearest; −1 if it is empty. @param {ArrayLike<number>} values @param {number} value */
export function nearestIndex(values, value) {
  let low = 0;
  let high = values.length - 1;
  if (high < 0) return -1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (values[middle] < value) low = middle;
    else high = middle;
  }
  return Math.abs(values[high] - value) < Math.abs(values[low] - value) ? high : low;
}

/**
 * @param {CanvasRenderingContext2D} context @param {{from: number, to: number, label: string}[]} bands
 * @param {{x: Scale, box: Box, colors: Palette, compact: boolean}} options @returns {Box[]} where the labels stand
 */
export function drawBands(context, bands, { x, box, colors, compact }) {
  /** @type {Box[]} */
  const taken = [];
  for (const band of bands) {
    const left = Math.max(box.left, x.at(band.from));
    const right = Math.min(box.right, x.at(band.to));
    if (!(right > left)) continue;
    context.fillStyle = colors.accentSoft;
    context.fillRect(left, box.top, right - left, box.bottom - box.top);
    if (compact || !band.label) continue;
    context.font = labelFont(colors, { size: 12, weight: 500 });
    context.fillStyle = colors.accent;
    context.textAlign = "center";
    context.textBaseline = "alphabetic";
    const half = context.measureText(band.label).width / 2;
    const middle = Math.min(box.right - half, Math.max(box.left + half, (left + right) / 2));
    context.fillText(band.label, middle, box.top - 6);
    taken.push({ left: middle - half, right: middle + half, top: box.top - 18, bottom: box.top });
  }
  return taken;
}

/**
 * @param {CanvasRenderingContext2D} context @param {{y: number, label: string}[]} rules
 * @param {{y: Scale, box: Box, colors: Palette, inside: boolean, compact: boolean}} options @returns {Box[]}
 */
export function drawRules(context, rules, { y, box, colors, inside, compact }) {
  /** @type {Box[]} */
  const taken = [];
  for (const rule of rules) {
    const level = Math.round(y.at(rule.y)) + 0.5;
    context.strokeStyle = colors.faint;
    context.setLineDash([4, 4]);
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(box.left, level);
    context.lineTo(box.right, level);
    context.stroke();
    context.setLineDash([]);
    if (compact) continue;
    context.font = labelFont(colors);
    context.fillStyle = textColor(colors.faint, colors);
    context.textAlign = "left";
    context.textBaseline = "middle";
    const at = inside ? box.left + 4 : box.right + 8;
    const height = inside ? level - 8 : level;
    context.fillText(rule.label, at, height);
    const width = context.measureText(rule.label).width;
    taken.push({ left: at, right: at + width, top: height - 7, bottom: height + 7 });
  }
  return taken;
}
