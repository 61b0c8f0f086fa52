/**
 * @file The weights as curves on one canvas below the units: width by size, colour by sign. Lines of like width are
 * stroked together, because a hundred strokes cost more than a hundred curves.
 */
import { gapBetween, unitMiddle } from "./diagram_layout.js";

/** @typedef {import("./diagram_layout.js").Layout} Layout */
/** @typedef {import("../panels/color.js").Palette} Palette */

/** More lines than this are a grey haze and slow; each gap gets its share, and the strongest are drawn. */
const MOST_LINES = 1600;
const MOST_PER_GAP = 700;
const BUCKETS = 9;

/** Sizes of weights at which a line is as wide as it gets. */
const WIDEST_AT = 3;

/**
 * @param {HTMLCanvasElement} canvas @param {Layout} layout
 * @param {object} network
 * @param {Float32Array[]} network.weights per gap, inputs × units, row-major
 * @param {number[][]} network.inputs per gap, row in the column before of each input
 * @param {{layer: number, input: number, unit: number} | null} network.marked
 * @param {{column: number, unit: number} | null} network.focus lines of this unit stand out, the others fade
 * @param {Palette} colors
 * @returns {number} lines left out
 */
export function drawWeights(canvas, layout, { weights, inputs, marked, focus }, colors) {
  const ratio = Math.min(2, window.devicePixelRatio || 1);
  const [width, height] = [Math.round(layout.width * ratio), Math.round(layout.height * ratio)];
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, layout.width, layout.height);
  context.lineCap = "butt";
  let left = 0;
  const most = Math.min(MOST_PER_GAP, Math.floor(MOST_LINES / Math.max(1, weights.length)));
  for (let layer = 0; layer < weights.length; layer++) {
    const before = layout.columns[layer];
    const after = layout.columns[layer + 1];
    const values = weights[layer];
    const rows = inputs[layer];
    if (values.length !== rows.length * after.units) continue;
    const { from, to } = gapBetween(before, after);
    const middle = (from + to) / 2;
    const least = leastShown(values, most);
    // Dense layers get thinner lines, or they would be one solid block.
    const widest = Math.max(1.6, 5 - Math.log2(Math.max(1, values.length / 40)) * 0.8);
    const touches = focus && (focus.column === layer || focus.column === layer + 1);
    /** @type {Path2D[]} */
    const paths = Array.from({ length: 2 * BUCKETS });
    /** @type {Path2D[]} */
    const lifted = Array.from({ length: 2 * BUCKETS });
    for (let input = 0; input < rows.length; input++) {
      const start = unitMiddle(before, rows[input]);
      for (let unit = 0; unit < after.units; unit++) {
        const value = values[input * after.units + unit];
        const size = Math.abs(value);
        if (!(size >= least)) {
          left++;
          continue;
        }
        const own = touches && (focus.column === layer ? focus.unit === rows[input] : focus.unit === unit);
        const bucket = Math.min(BUCKETS - 1, Math.floor((Math.min(size, WIDEST_AT) / WIDEST_AT) * BUCKETS));
        const group = own ? lifted : paths;
        const path = (group[bucket * 2 + (value < 0 ? 1 : 0)] ??= new Path2D());
        const end = unitMiddle(after, unit);
        path.moveTo(from, start);
        path.bezierCurveTo(middle, start, middle, end, to, end);
      }
    }
    strokeBuckets(context, paths, widest, focus ? 0.32 : 1, colors);
    strokeBuckets(context, lifted, widest, 1.25, colors);
    if (marked?.layer === layer && marked.input < rows.length && marked.unit < after.units) {
      const [start, end] = [unitMiddle(before, rows[marked.input]), unitMiddle(after, marked.unit)];
      context.beginPath();
      context.moveTo(from, start);
      context.bezierCurveTo(middle, start, middle, end, to, end);
      context.globalAlpha = 1;
      context.strokeStyle = colors.ink;
      context.lineWidth = 2;
      context.stroke();
    }
  }
  context.globalAlpha = 1;
  return left;
}

/** @param {CanvasRenderingContext2D} context @param {Path2D[]} paths @param {number} widest @param {number} strength @param {Palette} colors */
function strokeBuckets(context, paths, widest, strength, colors) {
  for (let index = 0; index < paths.length; index++) {
    const path = paths[index];
    if (!path) continue;
    const share = (Math.floor(index / 2) + 0.5) / BUCKETS;
    context.lineWidth = 0.35 + share * widest;
    context.globalAlpha = Math.min(1, Math.min(0.88, 0.2 + share * 1.1) * strength);
    context.strokeStyle = index % 2 ? colors.negative : colors.positive;
    context.stroke(path);
  }
}

/**
 * Size from which at most about `most` weights are left, 0 when all fit. Counted in bins: sorting thousands of
 * numbers per frame would cost more than drawing them.
 * @param {Float32Array} values @param {number} most
 */
function leastShown(values, most) {
  if (values.length <= most) return 0;
  let largest = 0;
  for (let index = 0; index < values.length; index++) {
    const size = Math.abs(values[index]);
    if (size > largest && size < Infinity) largest = size;
  }
  bins.fill(0);
  const gain = (bins.length - 1) / (largest || 1);
  for (let index = 0; index < values.length; index++) bins[Math.floor(Math.min(largest, Math.abs(values[index])) * gain)]++;
  let count = 0;
  let bin = bins.length;
  while (bin > 0 && count + bins[bin - 1] <= most) count += bins[--bin];
  return bin / gain;
}

const bins = new Uint32Array(512);
