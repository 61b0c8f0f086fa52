/**
 * @file Scales, ticks, number formats, and the drawing of axes on a canvas. Pure functions: a scale is made anew
 * for every drawing, because bounds and sizes change with the data.
 */

/** @typedef {import("./color.js").Palette} Palette */
/** @typedef {{label?: string, unit?: string, scale?: "log" | "linear", min: number, max: number}} Axis */
/** @typedef {{left: number, right: number, top: number, bottom: number}} Box  edges of the plot in CSS pixels */

/**
 * @typedef {object} Scale
 * @property {(value: number) => number} at position in pixels
 * @property {(position: number) => number} invert value at a position, clamped to the bounds
 * @property {(count: number) => number[]} ticks about `count` round values, ascending
 * @property {boolean} log
 * @property {number} min
 * @property {number} max
 */

/**
 * @param {Axis} axis @param {number} from pixel of the minimum @param {number} to pixel of the maximum
 * @returns {Scale}
 */
export function makeScale(axis, from, to) {
  const log = axis.scale === "log";
  // A logarithm needs a positive lower bound; steps start at 0 and are then shown at 1.
  const min = log ? (axis.min > 0 ? axis.min : axis.max > 1 ? 1 : axis.max / 1000 || 1e-9) : axis.min;
  const max = axis.max > min ? axis.max : log ? min * 10 : min + 1;
  const forward = log ? Math.log : (/** @type {number} */ value) => value;
  const low = forward(min);
  const gain = (to - from) / (forward(max) - low);
  return {
    log,
    min,
    max,
    at: (value) => from + (forward(log && value < min ? min : value) - low) * gain,
    invert: (position) => {
      const inner = low + (position - from) / gain;
      return Math.min(max, Math.max(min, log ? Math.exp(inner) : inner));
    },
    ticks: (count) => (log ? logTicks(min, max, count) : linearTicks(min, max, count)),
  };
}

/** Round values 1, 2, 5 × 10ⁿ apart. @param {number} min @param {number} max @param {number} count @returns {number[]} */
export function linearTicks(min, max, count) {
  const rough = (max - min) / Math.max(1, count);
  if (!(rough > 0) || !Number.isFinite(rough)) return [min];
  const power = 10 ** Math.floor(Math.log10(rough));
  const ratio = rough / power;
  const step = (ratio > 5 ? 10 : ratio > 2 ? 5 : ratio > 1 ? 2 : 1) * power;
  const ticks = [];
  for (let index = Math.ceil(min / step - 1e-9); index * step <= max + step * 1e-9; index++) {
    // Multiplying the index, not adding steps, keeps 0.3 from becoming 0.30000000000000004.
    ticks.push(Number((index * step).toPrecision(12)));
  }
  return ticks;
}

/** Powers of ten, thinned or filled with 2 and 5 to come near `count`. @param {number} min @param {number} max @param {number} count @returns {number[]} */
export function logTicks(min, max, count) {
  const first = Math.ceil(Math.log10(min) - 1e-9);
  const last = Math.floor(Math.log10(max) + 1e-9);
  const decades = last - first + 1;
  const ticks = [];
  if (decades <= 2) {
    for (let power = first - 1; power <= last; power++) {
      for (const digit of [1, 2, 5]) {
        const value = Number((digit * 10 ** power).toPrecision(12));
        if (value >= min * (1 - 1e-9) && value <= max * (1 + 1e-9)) ticks.push(value);
      }
    }
    return ticks;
  }
  const stride = Math.max(1, Math.ceil(decades / Math.max(2, count)));
  for (let power = first; power <= last; power += stride) ticks.push(Number((10 ** power).toPrecision(12)));
  return ticks;
}

/**
 * Smallest bounds that hold all finite values, with `margin` (share of the span) on both sides.
 * @param {Iterable<ArrayLike<number>>} arrays @param {number} [margin] @returns {{min: number, max: number}}
 */
export function bounds(arrays, margin = 0) {
  let min = Infinity;
  let max = -Infinity;
  for (const values of arrays) {
    for (let index = 0; index < values.length; index++) {
      const value = values[index];
      if (value < min) min = value;
      if (value > max && value < Infinity) max = value;
    }
  }
  if (!(min <= max)) return { min: 0, max: 1 };
  const pad = (max - min || Math.abs(max) || 1) * margin;
  return { min: min - pad, max: max + pad };
}

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** Short text of a tick: 0.5, 1k, 10M, 10⁻⁴. @param {number} value */
export function formatTick(value) {
  const size = Math.abs(value);
  if (size === 0) return "0";
  const sign = value < 0 ? "−" : "";
  if (size >= 1e9 || size < 1e-3) {
    const power = Math.floor(Math.log10(size) + 1e-9);
    const digit = Number((size / 10 ** power).toPrecision(2));
    const raised = (power < 0 ? "⁻" : "") + [...String(Math.abs(power))].map((char) => SUPERSCRIPTS[Number(char)]).join("");
    return `${sign}${digit === 1 ? "" : `${digit}·`}10${raised}`;
  }
  if (size >= 1e6) return `${sign}${trim(size / 1e6)}M`;
  if (size >= 1e3) return `${sign}${trim(size / 1e3)}k`;
  return sign + trim(size);
}

/** @param {number} size */
const trim = (size) => String(Number(size.toPrecision(3)));

/**
 * A measured number for reading: three significant digits, thousands separated, a true minus sign, "–" for none.
 * @param {number | null | undefined} value @param {number} [digits] significant digits
 */
export function formatNumber(value, digits = 3) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  const sign = value < 0 ? "−" : "";
  if (size === 0) return "0";
  if (size >= 1e9 || size < 1e-4) return formatTick(Number(value.toPrecision(digits)));
  if (size >= 10 ** digits || Number.isInteger(value)) return sign + Math.round(size).toLocaleString("en");
  // Fixed places keep a running value from changing width at every frame.
  const places = Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
  return sign + size.toFixed(Math.min(places, digits + 1));
}

/** A step or another count: 3,020. @param {number} value */
export function formatCount(value) {
  return Math.round(value).toLocaleString("en");
}

/** The font of axis labels. @param {Palette} colors @param {{size?: number, weight?: number}} [options] */
export function labelFont(colors, { size = 11.5, weight = 400 } = {}) {
  return `${weight} ${size}px ${colors.font}`;
}

/** Vertical lines of the grid, at the values that stand on the axis. @param {CanvasRenderingContext2D} context @param {Scale} x @param {Box} box @param {import("./color.js").Palette} colors */
export function drawUprights(context, x, box, colors) {
  context.strokeStyle = colors.line;
  context.lineWidth = 1;
  context.beginPath();
  for (const value of x.ticks(Math.max(2, (box.right - box.left) / 70))) {
    const left = Math.round(x.at(value)) + 0.5;
    context.moveTo(left, box.top);
    context.lineTo(left, box.bottom);
  }
  context.stroke();
}

/**
 * Draws horizontal grid lines with their values, the values along x, and the names of both axes.
 * @param {CanvasRenderingContext2D} context
 * @param {{x: Scale, y: Scale, box: Box, colors: Palette, xName?: string, yName?: string, compact?: boolean}} options
 */
export function drawAxes(context, { x, y, box, colors, xName = "", yName = "", compact = false }) {
  context.save();
  context.lineWidth = 1;
  context.strokeStyle = colors.line;
  context.fillStyle = colors.faint;
  context.font = labelFont(colors);
  context.setLineDash([]);
  const rows = y.ticks(compact ? 2 : Math.max(2, Math.min(6, (box.bottom - box.top) / 62)));
  context.textAlign = "right";
  context.textBaseline = "middle";
  context.beginPath();
  for (const value of rows) {
    const level = Math.round(y.at(value)) + 0.5;
    context.moveTo(box.left, level);
    context.lineTo(box.right, level);
    if (!compact) context.fillText(formatTick(value), box.left - 8, level);
  }
  context.stroke();
  if (!compact) {
    context.textBaseline = "alphabetic";
    context.textAlign = "center";
    let free = -Infinity;
    let last = box.left;
    for (const value of x.ticks(Math.max(2, (box.right - box.left) / 70))) {
      const text = formatTick(value);
      const half = context.measureText(text).width / 2;
      const at = x.at(value);
      if (at - half < free) continue;
      context.fillText(text, at, box.bottom + 18);
      free = at + half + 10;
      last = at + half;
    }
    if (xName) {
      // The name follows the last value, as in "10k steps", unless it would be cut off on the right.
      const width = context.measureText(xName).width;
      const room = context.canvas.width / (window.devicePixelRatio || 1);
      const inline = last + 6 + width <= room;
      context.textAlign = inline ? "left" : "right";
      context.fillText(xName, inline ? last + 6 : box.right, box.bottom + (inline ? 18 : 32));
    }
    if (yName) {
      context.textAlign = "left";
      context.fillText(yName, 0, box.top - 8);
    }
  }
  context.restore();
}

/** Axis name with its unit in brackets. @param {{label?: string, unit?: string} | undefined} axis */
export function axisName(axis) {
  if (!axis?.label) return axis?.unit ?? "";
  return axis.unit && axis.unit !== axis.label ? `${axis.label} (${axis.unit})` : axis.label;
}
