/** @file A matrix as coloured cells, with a colour bar that says what the colours mean. */
import { formatNumber, labelFont } from "./axes.js";
import { divergingTable, palette, Raster, sequentialTable } from "./color.js";
import { drawEmpty, Plot } from "./plot.js";

/**
 * @typedef {object} HeatmapPayload
 * @property {number} rows @property {number} columns @property {Float32Array} values row-major, first row at the top
 * @property {"diverging" | "sequential"} scale @property {number | null} limit largest magnitude shown
 * @property {string} rowLabel @property {string} columnLabel @property {Record<string, string>} [rowNames] @property {string} unit
 */

/** Pixels for the names of rows on the left, and for the colour bar with its numbers on the right. */
const LEFT = 30;
const BAR = 76;

/** @param {HTMLElement} element @param {{title: string}} info */
function create(element, info) {
  /** @type {HeatmapPayload | null} */
  let payload = null;
  const cells = new Raster();
  const bar = new Raster();
  /** @type {{left: number, top: number, cell: number} | null} */
  let place = null;
  const plot = new Plot(element, {
    label: info.title,
    height: (width) => Math.max(160, Math.min(300, width - LEFT - BAR)) + 24,
    draw: (surface) => {
      const colors = palette();
      if (!payload) return drawEmpty(surface, "no reading yet", colors);
      place = draw(surface, payload, cells, bar, colors);
    },
    read: ({ left, top }) => {
      if (!payload || !place) return null;
      const [column, row] = [Math.floor((left - place.left) / place.cell), Math.floor((top - place.top) / place.cell)];
      if (row < 0 || column < 0 || row >= payload.rows || column >= payload.columns) return null;
      const title = `${rowName(payload, row)} × ${rowName(payload, column)}`;
      return { title, rows: [{ name: payload.unit, value: formatNumber(payload.values[row * payload.columns + column]) }] };
    },
    summary: () => {
      if (!payload) return `${info.title}: nothing to show yet.`;
      const { values, columns } = payload;
      let largest = 0;
      for (let index = 1; index < values.length; index++) if (Math.abs(values[index]) > Math.abs(values[largest])) largest = index;
      return `${info.title}: ${payload.rows} rows, ${columns} columns; the largest value, ${formatNumber(values[largest])}, is in row ${Math.floor(largest / columns) + 1}, column ${(largest % columns) + 1}.`;
    },
  });
  return {
    /** @param {HeatmapPayload} next */
    update(next) {
      payload = next;
      plot.ask();
    },
    resize: () => plot.ask(),
    destroy: () => plot.destroy(),
  };
}

/** @type {import("./index.js").Panel} */
export const panel = { kind: "heatmap", create };

/** @param {HeatmapPayload} payload @param {number} index */
const rowName = (payload, index) => payload.rowNames?.[index] ?? String(index + 1);

/**
 * @param {import("./surface.js").Surface} surface @param {HeatmapPayload} payload @param {Raster} cells @param {Raster} bar
 * @param {import("./color.js").Palette} colors
 */
function draw({ context, width, height }, payload, cells, bar, colors) {
  const { rows, columns, values } = payload;
  const diverging = payload.scale === "diverging";
  let limit = payload.limit ?? 0;
  if (!limit) for (const value of values) limit = Math.max(limit, Math.abs(value));
  limit = limit || 1;
  const low = diverging ? -limit : 0;
  const table = diverging ? divergingTable(colors) : sequentialTable();
  const cell = Math.min((width - LEFT - BAR) / columns, (height - 24) / rows);
  const [left, top] = [LEFT, 4];
  cells.paint(values, rows, columns, table, low, limit);
  context.imageSmoothingEnabled = false;
  context.drawImage(cells.canvas, left, top, cell * columns, cell * rows);
  context.strokeStyle = colors.line;
  context.lineWidth = 1;
  context.strokeRect(left - 0.5, top - 0.5, cell * columns + 1, cell * rows + 1);
  context.font = labelFont(colors);
  context.fillStyle = colors.soft;
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const [row, name] of Object.entries(payload.rowNames ?? {})) context.fillText(name, left - 8, top + (Number(row) + 0.5) * cell);
  context.textAlign = "left";
  context.textBaseline = "alphabetic";
  context.fillStyle = colors.faint;
  context.fillText(payload.columnLabel, left, top + cell * rows + 16);
  drawBar(context, bar, table, { left: left + cell * columns + 18, top, height: cell * rows, low, limit, clipped: values.some((value) => Math.abs(value) > limit) }, colors);
  return { left, top, cell };
}

/**
 * @param {CanvasRenderingContext2D} context @param {Raster} bar @param {Uint32Array} table
 * @param {{left: number, top: number, height: number, low: number, limit: number, clipped: boolean}} place @param {import("./color.js").Palette} colors
 */
function drawBar(context, bar, table, { left, top, height, low, limit, clipped }, colors) {
  const levels = Float32Array.from({ length: 64 }, (_, index) => limit - ((limit - low) * index) / 63);
  bar.paint(levels, 64, 1, table, low, limit);
  context.drawImage(bar.canvas, left, top, 9, height);
  context.strokeStyle = colors.line;
  context.strokeRect(left - 0.5, top - 0.5, 10, height + 1);
  context.fillStyle = colors.faint;
  context.textBaseline = "middle";
  const sign = low < 0 ? "+" : "";
  const marks = low < 0 ? [limit, 0, low] : [limit, limit / 2, 0];
  for (const value of marks) {
    const level = top + 6 + ((limit - value) / (limit - low)) * (height - 12);
    const beyond = value !== 0 && Math.abs(value) === limit && clipped;
    context.fillText(`${beyond ? (value > 0 ? "≥ " : "≤ ") : value > 0 ? sign : ""}${formatNumber(value, 2)}`, left + 15, level);
  }
}
