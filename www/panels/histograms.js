/**
 * @file A network as columns of units, each with the histogram of its values, joined by lines for the weights between them:
 * blue for positive, vermilion and dashed for negative, thick for large. All histograms of a column share one range.
 */
import { formatNumber, formatTick, labelFont } from "./axes.js";
import { palette, roleColor, textColor } from "./color.js";
import { drawEmpty, Plot } from "./plot.js";

/** @typedef {import("./color.js").Palette} Palette */
/** @typedef {{name: string, role: string, units: Float32Array[], range: [number, number]}} Column  units are shares by bin */
/**
 * @typedef {object} HistogramsPayload
 * @property {Column[]} columns @property {Float32Array[]} links weights [to, from] between neighbouring columns
 * @property {string} what the share is of @property {string} value what is binned @property {string} [note]
 */
/** @typedef {{column: number, unit: number, left: number, top: number, width: number, height: number}} Cell */

/** Pixels above the units for the names of columns, and below them for their ranges. */
const HEAD = 24;
const FOOT = 22;
/** Height of the tallest column, and share of a column's width for its histograms. */
const HEIGHT = 340;
const SHARE = 0.58;
/** A bar of at least this share of all values is as tall as its cell. */
const FULL = 0.5;
/** Thickest line of a weight, in pixels. */
const THICK = 2.6;

/** @param {HTMLElement} element @param {{title: string}} info */
function create(element, info) {
  /** @type {HistogramsPayload | null} */
  let payload = null;
  /** @type {Cell[]} */
  let cells = [];
  const plot = new Plot(element, {
    label: info.title,
    height: () => HEAD + HEIGHT + FOOT,
    draw: (surface) => {
      const colors = palette();
      cells = [];
      if (!payload || payload.columns.length === 0) return drawEmpty(surface, "no reading yet", colors);
      cells = layOut(payload, surface.width);
      draw(surface.context, payload, cells, under(cells, plot.pointer), colors);
    },
    read: (pointer) => {
      const cell = under(cells, pointer);
      return payload && cell ? read(payload, cell, pointer.left) : null;
    },
    summary: () => `${info.title}: ${payload ? summary(payload) : "nothing to show yet."}`,
  });
  return {
    /** @param {HistogramsPayload} next */
    update(next) {
      payload = next;
      plot.note(next.note);
      plot.ask();
    },
    resize: () => plot.ask(),
    destroy: () => plot.destroy(),
  };
}

/** @type {import("./index.js").Panel} */
export const panel = { kind: "histograms", create };

/**
 * Places of all units: columns evenly spread, the units of each about the middle. @param {HistogramsPayload} payload @param {number} width
 * @returns {Cell[]}
 */
export function layOut({ columns }, width) {
  const pitch = width / columns.length;
  const most = Math.max(...columns.map(({ units }) => units.length));
  const row = HEIGHT / Math.max(1, most);
  return columns.flatMap(({ units }, column) =>
    units.map((_, unit) => {
      const size = Math.min(row, 52);
      // Few units stand further apart than they need, so that lines between columns do not bunch up.
      const step = Math.min(HEIGHT / units.length, size * 1.5);
      const top = HEAD + HEIGHT / 2 + (unit - units.length / 2) * step + (step - size) / 2 + 3;
      return { column, unit, left: pitch * column + (pitch * (1 - SHARE)) / 2, top, width: pitch * SHARE, height: size - 6 };
    }),
  );
}

/**
 * @param {CanvasRenderingContext2D} context @param {HistogramsPayload} payload @param {Cell[]} cells @param {Cell | null} pointed
 * @param {Palette} colors
 */
function draw(context, payload, cells, pointed, colors) {
  payload.links.forEach((weights, index) => drawLinks(context, weights, columnOf(cells, index), columnOf(cells, index + 1), pointed, colors));
  for (const cell of cells) {
    const { role, units } = payload.columns[cell.column];
    drawCell(context, cell, units[cell.unit], roleColor(role, colors), cell === pointed, colors);
  }
  context.textBaseline = "alphabetic";
  payload.columns.forEach(({ name, role, range }, index) => {
    const [first] = columnOf(cells, index);
    if (!first) return;
    const middle = first.left + first.width / 2;
    context.font = labelFont(colors, { weight: 600 });
    context.textAlign = "center";
    context.fillStyle = textColor(roleColor(role, colors), colors);
    context.fillText(name, middle, 12);
    context.font = labelFont(colors, { size: 10.5 });
    context.fillStyle = colors.faint;
    const level = HEAD + HEIGHT + 14;
    context.textAlign = "left";
    context.fillText(formatTick(range[0]), first.left, level);
    context.textAlign = "right";
    context.fillText(formatTick(range[1]), first.left + first.width, level);
  });
}

/** @param {Cell[]} cells @param {number} column */
const columnOf = (cells, column) => cells.filter((cell) => cell.column === column);

/**
 * @param {CanvasRenderingContext2D} context @param {Float32Array} weights @param {Cell[]} from @param {Cell[]} to
 * @param {Cell | null} pointed @param {Palette} colors
 */
function drawLinks(context, weights, from, to, pointed, colors) {
  let most = 1e-6;
  for (const weight of weights) most = Math.max(most, Math.abs(weight));
  from.forEach((source, row) => {
    to.forEach((target, column) => {
      const weight = weights[column * from.length + row];
      const size = Math.abs(weight) / most;
      // What is too thin to be seen only greys the picture.
      if (!(size > 0.04)) return;
      const near = pointed === source || pointed === target;
      context.globalAlpha = pointed ? (near ? 0.9 : 0.08) : 0.12 + 0.5 * size;
      context.strokeStyle = weight > 0 ? colors.positive : colors.negative;
      context.lineWidth = Math.max(0.5, THICK * size);
      context.setLineDash(weight > 0 ? [] : [5, 3]);
      context.beginPath();
      const [left, right] = [source.left + source.width + 2, target.left - 2];
      const [start, end] = [source.top + source.height / 2, target.top + target.height / 2];
      context.moveTo(left, start);
      context.bezierCurveTo((left + right) / 2, start, (left + right) / 2, end, right, end);
      context.stroke();
    });
  });
  context.setLineDash([]);
  context.globalAlpha = 1;
}

/**
 * @param {CanvasRenderingContext2D} context @param {Cell} cell @param {Float32Array} shares @param {string} color @param {boolean} pointed
 * @param {Palette} colors
 */
function drawCell(context, { left, top, width, height }, shares, color, pointed, colors) {
  context.fillStyle = colors.card;
  context.fillRect(left, top, width, height);
  context.fillStyle = color;
  const bar = width / shares.length;
  for (let bin = 0; bin < shares.length; bin++) {
    // By the root, so that bins with few inputs are seen beside those with nearly all of them.
    const size = Math.min(1, Math.sqrt(shares[bin] / FULL)) * (height - 1);
    if (size > 0) context.fillRect(left + bin * bar, top + height - size, Math.max(0.6, bar - (bar > 3 ? 0.6 : 0)), size);
  }
  context.strokeStyle = pointed ? colors.ink : colors.line;
  context.lineWidth = 1;
  context.strokeRect(Math.round(left) - 0.5, Math.round(top) - 0.5, Math.round(width) + 1, Math.round(height) + 1);
}

/** The cell under the pointer. @param {Cell[]} cells @param {{left: number, top: number} | null} pointer */
function under(cells, pointer) {
  if (!pointer) return null;
  const { left, top } = pointer;
  return cells.find((cell) => left >= cell.left && left < cell.left + cell.width && top >= cell.top - 3 && top < cell.top + cell.height + 3) ?? null;
}

/** @param {HistogramsPayload} payload @param {Cell} cell @param {number} left */
function read({ columns, what, value }, cell, left) {
  const { name, units, range } = columns[cell.column];
  const shares = units[cell.unit];
  const bin = Math.min(shares.length - 1, Math.max(0, Math.floor(((left - cell.left) / cell.width) * shares.length)));
  const edge = (/** @type {number} */ at) => formatNumber(range[0] + ((range[1] - range[0]) * at) / shares.length, 2);
  const percent = (/** @type {number} */ share) => `${(100 * share).toFixed(1)} %`;
  return {
    title: `${name}, unit ${cell.unit + 1}`,
    rows: [
      { name: `${value} ${edge(bin)} to ${edge(bin + 1)}`, value: `${percent(shares[bin])} of ${what}` },
      { name: "in the two end bins", value: percent(shares[0] + shares[shares.length - 1]) },
    ],
  };
}

/** @param {HistogramsPayload} payload */
function summary({ columns }) {
  const told = columns.map(({ name, units }) => {
    const ends = units.reduce((sum, shares) => sum + shares[0] + shares[shares.length - 1], 0) / Math.max(1, units.length);
    return `${name}, ${units.length} units: ${(100 * ends).toFixed(0)} % of the values in the two end bins`;
  });
  return `${told.join("; ")}.`;
}
