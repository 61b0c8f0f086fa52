/** @file A stacked area: parts of a whole over steps, each named inside its own layer where it is thick enough. */
import { axisName, drawAxes, formatCount, formatNumber, labelFont, makeScale } from "./axes.js";
import { inkOn, palette, roleColor } from "./color.js";
import { drawEmpty, Plot } from "./plot.js";

/** @typedef {import("./axes.js").Axis} Axis */
/** @typedef {{x: Partial<Axis>, y: Partial<Axis>, at: Float32Array, layers: {name: string, role: string, y: Float32Array}[]}} AreaPayload */

/** A layer thinner than this, in pixels, has its name outside. */
const NAME_HEIGHT = 17;

/** @param {HTMLElement} element @param {{title: string}} info */
function create(element, info) {
  /** @type {AreaPayload | null} */
  let payload = null;
  /** @type {{step?: number}} */
  let context = {};
  /** @type {import("./axes.js").Scale | null} */
  let scale = null;
  const plot = new Plot(element, {
    label: info.title,
    height: () => 240,
    draw: (surface) => {
      const colors = palette();
      if (!payload || payload.at.length === 0) return drawEmpty(surface, "no reading yet", colors);
      scale = draw(surface, payload, context.step, colors);
    },
    read: ({ left }) => {
      if (!payload || !scale) return null;
      const index = indexAt(payload.at, scale.invert(left));
      const colors = palette();
      const rows = [...payload.layers].reverse().map((layer) => ({ name: layer.name, value: formatNumber(layer.y[index]), color: roleColor(layer.role, colors) }));
      const total = payload.layers.reduce((sum, layer) => sum + layer.y[index], 0);
      return { title: `step ${formatCount(payload.at[index])}`, rows: [...rows, { name: "together", value: formatNumber(total) }] };
    },
    summary: () => {
      if (!payload || payload.at.length === 0) return `${info.title}: nothing to show yet.`;
      const index = indexAt(payload.at, context.step ?? Infinity);
      return `${info.title}: ${payload.layers.map((layer) => `${layer.name} ${formatNumber(layer.y[index])}`).join(", ")}.`;
    },
  });
  return {
    /** @param {AreaPayload} next @param {{step?: number}} [nextContext] */
    update(next, nextContext = {}) {
      payload = next;
      context = nextContext;
      plot.ask();
    },
    resize: () => plot.ask(),
    destroy: () => plot.destroy(),
  };
}

/** @type {import("./index.js").Panel} */
export const panel = { kind: "area", create };

/** Index of the last reading at or before `at`. @param {Float32Array} steps @param {number} at */
function indexAt(steps, at) {
  let index = steps.findIndex((step) => step > at);
  if (index < 0) index = steps.length;
  return Math.max(0, index - 1);
}

/**
 * @param {import("./surface.js").Surface} surface @param {AreaPayload} payload @param {number | undefined} step
 * @param {import("./color.js").Palette} colors
 */
function draw({ context, width, height }, payload, step, colors) {
  const box = { left: 38, right: width - 44, top: 26, bottom: height - 26 };
  const count = payload.at.length;
  const sums = [new Float32Array(count)];
  for (const layer of payload.layers) sums.push(sums[sums.length - 1].map((sum, index) => sum + layer.y[index]));
  const most = Math.max(...sums[sums.length - 1]);
  const x = makeScale({ scale: payload.x.scale, min: payload.x.min ?? payload.at[0], max: payload.x.max ?? payload.at[count - 1] }, box.left, box.right);
  const y = makeScale({ min: 0, max: payload.y.max ?? most * 1.16 }, box.bottom, box.top);
  drawAxes(context, { x, y, box, colors, xName: payload.x.unit || "", yName: axisName(payload.y) });
  payload.layers.forEach((layer, index) => {
    context.beginPath();
    for (let at = 0; at < count; at++) context.lineTo(x.at(payload.at[at]), y.at(sums[index + 1][at]));
    for (let at = count - 1; at >= 0; at--) context.lineTo(x.at(payload.at[at]), y.at(sums[index][at]));
    context.closePath();
    context.globalAlpha = 0.82;
    context.fillStyle = roleColor(layer.role, colors);
    context.fill();
    context.globalAlpha = 1;
  });
  payload.layers.forEach((layer, index) => nameLayer(context, layer, index, sums, payload.at, x, y, colors));
  if (step !== undefined) {
    const cursor = Math.round(x.at(Math.max(step, x.min))) + 0.5;
    context.strokeStyle = colors.ink;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(cursor, box.top);
    context.lineTo(cursor, box.bottom);
    context.stroke();
  }
  return x;
}

/**
 * The name goes where the layer is thickest and has room for it on both sides.
 * @param {CanvasRenderingContext2D} context @param {{name: string, role: string}} layer @param {number} index @param {Float32Array[]} sums
 * @param {Float32Array} steps @param {import("./axes.js").Scale} x @param {import("./axes.js").Scale} y @param {import("./color.js").Palette} colors
 */
function nameLayer(context, layer, index, sums, steps, x, y, colors) {
  context.font = labelFont(colors, { weight: 600 });
  context.textBaseline = "middle";
  context.textAlign = "center";
  const half = context.measureText(layer.name).width / 2 + 6;
  const [first, last] = [x.at(steps[0]), x.at(steps[steps.length - 1])];
  // The room at a place is what is free over the whole width of the name.
  let best = { room: 0, left: 0, level: 0 };
  for (let left = first + half; left <= last - half; left += 6) {
    let [top, bottom] = [-Infinity, Infinity];
    for (let at = 0; at < steps.length; at++) {
      if (Math.abs(x.at(steps[at]) - left) > half) continue;
      top = Math.max(top, y.at(sums[index + 1][at]));
      bottom = Math.min(bottom, y.at(sums[index][at]));
    }
    if (Number.isFinite(top) && bottom - top > best.room) best = { room: bottom - top, left, level: (top + bottom) / 2 };
  }
  const color = roleColor(layer.role, colors);
  if (best.room >= NAME_HEIGHT) {
    context.fillStyle = inkOn(color);
    context.fillText(layer.name, best.left, best.level);
    return;
  }
  // The top layer may have its name above itself, where it is highest.
  if (index !== sums.length - 2) return;
  const thickness = (/** @type {number} */ at) => sums[index + 1][at] - sums[index][at];
  let peak = 0;
  for (let at = 1; at < steps.length; at++) if (thickness(at) > thickness(peak)) peak = at;
  if (y.at(sums[index][peak]) - y.at(sums[index + 1][peak]) < 4) return;
  context.fillStyle = color;
  context.fillText(layer.name, Math.max(first + half, Math.min(last - half, x.at(steps[peak]))), y.at(sums[index + 1][peak]) - 9);
}
