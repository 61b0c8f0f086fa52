/**
 * @file A matrix as coloured cells, with a colour bar that says what the colours mean. Cells are square, or fill the panel
 * where rows and columns are different things.
 */
import { formatCount, formatNumber, formatTick, labelFont, logTicks } from "./axes.js";
import { divergingTable, inkOn, palette, pixelToCss, Raster, sequentialTable } from "./color.js";
import { drawEmpty, Plot } from "./plot.js";

/**
 * @typedef {object} HeatmapPayload
 * @property {number} rows @property {number} columns @property {Float32Array} values row-major, first row at the top
 * @property {"diverging" | "sequential" | "log"} scale @property {number | null} limit largest magnitude shown
 * @property {number} [least] smallest value shown on a logarithmic scale
 * @property {string} rowLabel @property {string} columnLabel @property {Record<string, string> | string[]} [rowNames] empty: none @property {string} unit
 * @property {string[]} [columnNames] as far as there is room
 * @property {Float32Array} [rowValues] what rows stand for that have no name
 * @property {boolean} [numbers] the values stand in the cells, where there is room
 * @property {boolean} [fills] cells fill the panel @property {number} [row] a row and @property {number} [column] a column to point out
 * @property {string} [note]
 */

/** Pixels for the names of rows on the left, and for the colour bar with its numbers on the right. */
const LEFT = 30;
const BAR = 76;
/** Pixels below the cells, and more for the names of columns. */
const BOTTOM = 24;
const COLUMN_NAMES = 16;
/** Least height of the cells together, and largest of a row of cells that fill the panel. */
const MIN_HEIGHT = 160;
const MOST_ROW = 34;
/** Least cell, in pixels, in which a number is written. */
const NUMBER_CELL = 38;

/** @param {HTMLElement} element @param {{title: string}} info */
function create(element, info) {
  /** @type {HeatmapPayload | null} */
  let payload = null;
  const cells = new Raster();
  const bar = new Raster();
  /** @type {{left: number, top: number, across: number, down: number} | null} */
  let place = null;
  const plot = new Plot(element, {
    label: info.title,
    height: (width) => Math.max(MIN_HEIGHT, Math.min(payload?.fills ? Math.min(payload.rows * MOST_ROW, 250) : 300, width - LEFT - BAR)) + bottomOf(payload),
    draw: (surface) => {
      const colors = palette();
      if (!payload) return drawEmpty(surface, "no reading yet", colors);
      place = draw(surface, payload, cells, bar, colors);
    },
    read: ({ left, top }) => {
      if (!payload || !place) return null;
      const [column, row] = [Math.floor((left - place.left) / place.across), Math.floor((top - place.top) / place.down)];
      if (row < 0 || column < 0 || row >= payload.rows || column >= payload.columns) return null;
      const title = titleOf(payload, row, column);
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
      plot.fit();
      plot.note(next.note);
      plot.ask();
    },
    resize: () => plot.ask(),
    destroy: () => plot.destroy(),
  };
}

/** @type {import("./index.js").Panel} */
export const panel = { kind: "heatmap", create };

/** @param {HeatmapPayload | null} payload */
const bottomOf = (payload) => BOTTOM + (payload?.columnNames ? COLUMN_NAMES : 0);

/** @param {HeatmapPayload} payload @param {number} row @param {number} column */
function titleOf({ rowNames, rowValues, columnNames, rowLabel, columnLabel, fills }, row, column) {
  const names = /** @type {Record<string, string>} */ (rowNames ?? {});
  const name = names[row] || (rowValues ? formatNumber(rowValues[row]) : String(row + 1));
  // A square matrix has the same things along both axes.
  if (!columnNames && fills) return `${rowLabel} ${name}, column ${formatCount(column + 1)}`;
  if (!columnNames) return `${name} × ${names[column] || String(column + 1)}`;
  return `${rowLabel} ${name}, ${columnLabel} ${columnNames[column]}`;
}

/**
 * @param {import("./surface.js").Surface} surface @param {HeatmapPayload} payload @param {Raster} cells @param {Raster} bar
 * @param {import("./color.js").Palette} colors
 */
function draw({ context, width, height }, payload, cells, bar, colors) {
  const { rows, columns, values } = payload;
  const diverging = payload.scale === "diverging";
  const log = payload.scale === "log";
  let limit = payload.limit ?? 0;
  if (!limit) for (const value of values) limit = Math.max(limit, Math.abs(value));
  limit = limit || 1;
  const low = diverging ? -limit : log ? (payload.least ?? limit / 1e3) : 0;
  const table = diverging ? divergingTable(colors) : sequentialTable();
  const [room, space] = [width - LEFT - BAR, height - bottomOf(payload)];
  const cell = Math.min(room / columns, space / rows);
  const [across, down] = payload.fills ? [room / columns, space / rows] : [cell, cell];
  const [left, top] = [LEFT, 4];
  // What is not known yet has no logarithm, and stays bare.
  if (log) cells.paint(values.map((value) => (value > 0 ? Math.log(value) : NaN)), rows, columns, table, Math.log(low), Math.log(limit));
  else cells.paint(values, rows, columns, table, low, limit);
  context.imageSmoothingEnabled = false;
  const [right, bottom] = [left + across * columns, top + down * rows];
  context.drawImage(cells.canvas, left, top, right - left, bottom - top);
  context.strokeStyle = colors.line;
  context.lineWidth = 1;
  context.strokeRect(left - 0.5, top - 0.5, right - left + 1, bottom - top + 1);
  context.font = labelFont(colors);
  context.fillStyle = colors.soft;
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const [row, name] of Object.entries(payload.rowNames ?? {})) context.fillText(name, left - 8, Math.max(top + 5, top + (Number(row) + 0.5) * down));
  context.textBaseline = "alphabetic";
  context.textAlign = "center";
  let free = -Infinity;
  (payload.columnNames ?? []).forEach((name, column) => {
    const [middle, half] = [left + (column + 0.5) * across, context.measureText(name).width / 2];
    // The column that is pointed out keeps its name.
    const taken = payload.column !== undefined && column < payload.column ? left + (payload.column + 0.5) * across - half - 4 : Infinity;
    if (middle - half < free || middle + half + 4 > taken) return;
    context.fillText(name, middle, bottom + 16);
    free = middle + half + 4;
  });
  context.textAlign = "left";
  context.fillStyle = colors.faint;
  context.fillText(payload.columnLabel, left, bottom + 16 + (payload.columnNames ? COLUMN_NAMES : 0));
  if (payload.numbers && Math.min(across, down) >= NUMBER_CELL) {
    const entry = (/** @type {number} */ value) => Math.round(Math.max(0, Math.min(1, (value - low) / (limit - low))) * (table.length - 1));
    drawNumbers(context, payload, (value) => pixelToCss(table[entry(value)]), { left, top, across, down }, colors);
  }
  drawMarks(context, payload, { left, top, across, down }, colors);
  drawBar(context, bar, table, { left: right + 18, top, height: bottom - top, low, limit, log, clipped: values.some((value) => Math.abs(value) > limit) }, colors);
  return { left, top, across, down };
}

/**
 * The row and the column that are pointed out: lines that can be seen on any colour.
 * @param {CanvasRenderingContext2D} context @param {HeatmapPayload} payload @param {{left: number, top: number, across: number, down: number}} place
 * @param {import("./color.js").Palette} colors
 */
function drawMarks(context, { row, column, rows, columns }, { left, top, across, down }, colors) {
  const [right, bottom] = [left + across * columns, top + down * rows];
  const stroke = (/** @type {number[]} */ dash, /** @type {() => void} */ path) => {
    for (const [color, width] of /** @type {[string, number][]} */ ([[colors.paper, 3], [colors.ink, 1.2]])) {
      context.setLineDash(dash);
      context.strokeStyle = color;
      context.lineWidth = width;
      context.beginPath();
      path();
      context.stroke();
    }
    context.setLineDash([]);
  };
  if (column !== undefined) {
    stroke([], () => {
      for (const at of [left + column * across, left + (column + 1) * across]) {
        context.moveTo(at, bottom);
        context.lineTo(at, bottom + 5);
      }
    });
  }
  if (row !== undefined) {
    const level = Math.max(top + 1, Math.min(bottom - 1, top + (row + 0.5) * down));
    stroke([], () => {
      context.moveTo(left - 4, level);
      context.lineTo(right + 4, level);
    });
  }
}

/**
 * The values themselves; a dash where there is none.
 * @param {CanvasRenderingContext2D} context @param {HeatmapPayload} payload @param {(value: number) => string} colorOf
 * @param {{left: number, top: number, across: number, down: number}} place @param {import("./color.js").Palette} colors
 */
function drawNumbers(context, { values, columns }, colorOf, { left, top, across, down }, colors) {
  context.save();
  context.textBaseline = "middle";
  context.textAlign = "center";
  values.forEach((value, index) => {
    const known = Number.isFinite(value);
    context.fillStyle = known ? inkOn(colorOf(value)) : colors.faint;
    const text = known ? value.toFixed(2).replace(/^-0\.00$/, "0.00").replace("-", "−") : "–";
    context.fillText(text, left + ((index % columns) + 0.5) * across, top + (Math.floor(index / columns) + 0.5) * down);
  });
  context.restore();
}

/**
 * @param {CanvasRenderingContext2D} context @param {Raster} bar @param {Uint32Array} table
 * @param {{left: number, top: number, height: number, low: number, limit: number, log: boolean, clipped: boolean}} place @param {import("./color.js").Palette} colors
 */
function drawBar(context, bar, table, { left, top, height, low, limit, log, clipped }, colors) {
  const levels = Float32Array.from({ length: 64 }, (_, index) => limit - ((limit - low) * index) / 63);
  bar.paint(levels, 64, 1, table, low, limit);
  context.drawImage(bar.canvas, left, top, 9, height);
  context.strokeStyle = colors.line;
  context.strokeRect(left - 0.5, top - 0.5, 10, height + 1);
  context.fillStyle = colors.faint;
  context.textBaseline = "middle";
  if (log) {
    for (const value of logTicks(low, limit, 4)) {
      const level = top + 6 + (Math.log(limit / value) / Math.log(limit / low)) * (height - 12);
      context.fillText(`${value === limit && clipped ? "≥ " : ""}${formatTick(value)}`, left + 15, level);
    }
    return;
  }
  const sign = low < 0 ? "+" : "";
  const marks = low < 0 ? [limit, 0, low] : [limit, limit / 2, 0];
  for (const value of marks) {
    const level = top + 6 + ((limit - value) / (limit - low)) * (height - 12);
    const beyond = value !== 0 && Math.abs(value) === limit && clipped;
    context.fillText(`${beyond ? (value > 0 ? "≥ " : "≤ ") : value > 0 ? sign : ""}${formatNumber(value, 2)}`, left + 15, level);
  }
}
