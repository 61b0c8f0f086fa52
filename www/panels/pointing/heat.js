/**
 * @file The pointer's distribution: a row for each output step, a column for each element and one for the stop; the cell
 * that was pointed at is framed. One hue from card to blue instead of the general scale: almost all cells are near zero,
 * and blue is the network's colour in the picture beside it.
 */
import { labelFont } from "../axes.js";
import { inkOn, mix, pack, palette, parseColor, pixelToCss, Raster, TABLE_SIZE, textColor } from "../color.js";
import { Plot } from "../plot.js";
import { chanceOf, countOf, elementName, percent, stepsOf, STOP, tokenAt } from "./answer.js";
import { isNamed, nameStride } from "./marks.js";

/** @typedef {import("../color.js").Palette} Palette */
/** @typedef {import("./answer.js").PointingPayload} PointingPayload */
/** @typedef {{payload: PointingPayload | null, made: number, row: number | null, column: number | null, stepping: boolean}} HeatView */

const LEFT = 26;
const TOP = 44;
const LARGEST_CELL = 30;

/** @typedef {{left: number, top: number, width: number, height: number, columnEvery: number, rowEvery: number}} Cells  of one cell, and how many share a name */

/**
 * Cells are as square as the room allows; few rows of many columns are taller. With many only some are named.
 * @param {number} rows @param {number} columns @param {number} width @param {number} height of the canvas @returns {Cells}
 */
export function cellLayout(rows, columns, width, height) {
  const cell = Math.min((width - LEFT - 1) / columns, 2 * LARGEST_CELL);
  const tall = Math.min(Math.max(cell, 14), LARGEST_CELL, (height - TOP - 2) / Math.max(1, rows));
  return { left: LEFT, top: TOP, width: cell, height: tall, columnEvery: nameStride(19, cell), rowEvery: nameStride(15, tall) };
}

/** @type {{palette: Palette, table: Uint32Array} | null} */
let kept = null;

/** The scale from nothing to certainty. @param {Palette} colors */
function shades(colors) {
  if (kept?.palette !== colors) {
    const [none, all] = [parseColor(colors.card), parseColor(colors.positive)];
    // The exponent lifts a few per cent above the card, where hesitation shows.
    const table = Uint32Array.from({ length: TABLE_SIZE }, (_, index) => pack(mix(none, all, (index / (TABLE_SIZE - 1)) ** 0.7)));
    kept = { palette: colors, table };
  }
  return kept.table;
}

export class Heat {
  raster = new Raster();
  bar = new Raster();
  /** @type {Cells | null} */
  cells = null;

  /**
   * @param {HTMLElement} host @param {() => HeatView} view
   * @param {{hover: (row: number | null, column: number | null) => void, choose: (row: number) => void}} on
   */
  constructor(host, view, on) {
    this.view = view;
    this.plot = new Plot(host, {
      label: "Where the pointer rests at each output step",
      height: (width) => TOP + Math.min(250, Math.max(160, width - LEFT)) + 2,
      draw: (surface) => this.draw(surface),
      read: (place) => this.read(place),
      summary: () => this.summary(),
    });
    const { canvas } = this.plot;
    canvas.addEventListener("pointermove", (event) => {
      const cell = this.cellAt(this.plot.place(event));
      on.hover(cell?.row ?? null, cell?.column ?? null);
    });
    canvas.addEventListener("pointerleave", () => on.hover(null, null));
    canvas.addEventListener("click", (event) => {
      const cell = this.cellAt(this.plot.place(/** @type {PointerEvent} */ (event)));
      if (cell) on.choose(cell.row);
    });
  }

  /** @param {import("../plot.js").Point} place */
  cellAt({ left, top }) {
    const { payload } = this.view();
    if (!this.cells || !payload) return null;
    const [row, column] = [Math.floor((top - this.cells.top) / this.cells.height), Math.floor((left - this.cells.left) / this.cells.width)];
    const inside = row >= 0 && row < stepsOf(payload) && column >= -1 && column <= countOf(payload);
    return inside ? { row, column: Math.max(0, column) } : null;
  }

  /** @param {import("../plot.js").Point} place */
  read(place) {
    const { payload } = this.view();
    const cell = this.cellAt(place);
    if (!payload || !cell) return null;
    const count = countOf(payload);
    const name = (/** @type {number} */ token) => (token >= count ? `the stop ${STOP}` : `element ${token + 1}`);
    const rows = [{ name: name(cell.column), value: percent(chanceOf(payload, cell.row, cell.column)) }];
    const chosen = tokenAt(payload, cell.row);
    if (chosen !== cell.column) rows.push({ name: `points at ${elementName(chosen, count)}`, value: percent(chanceOf(payload, cell.row, chosen)) });
    return { title: `output step ${cell.row + 1}`, rows };
  }

  summary() {
    const { payload } = this.view();
    if (!payload) return "Pointer distribution: nothing to show yet.";
    const count = countOf(payload);
    const rows = Array.from({ length: stepsOf(payload) }, (_, row) => {
      const token = tokenAt(payload, row);
      return `${row + 1}: ${token >= count ? "stop" : token + 1}, ${percent(chanceOf(payload, row, token))}`;
    });
    return `Pointer distribution, one row per output step. ${rows.join("; ")}.`;
  }

  /** @param {import("../surface.js").Surface} surface */
  draw({ context, width, height }) {
    const colors = palette();
    const { payload, made, row, column, stepping } = this.view();
    if (!payload) return;
    const [rows, columns] = [stepsOf(payload), countOf(payload) + 1];
    const cells = cellLayout(rows, columns, width, height);
    this.cells = cells;
    drawHead(context, this.bar, width, colors);
    this.raster.paint(payload.rows, rows, columns, shades(colors), 0, 1);
    context.imageSmoothingEnabled = false;
    const shown = Math.max(0, Math.min(rows, Math.ceil(made - 1e-6)));
    const [right, edge] = [cells.left + columns * cells.width, cells.top + rows * cells.height];
    // Rows that are still to come stay pale while the answer is being drawn.
    const paint = (/** @type {number} */ from, /** @type {number} */ to, /** @type {number} */ alpha) => {
      if (to <= from) return;
      context.globalAlpha = alpha;
      const [top, tall] = [cells.top + from * cells.height, (to - from) * cells.height];
      context.drawImage(this.raster.canvas, 0, from, columns, to - from, cells.left, top, columns * cells.width, tall);
    };
    paint(0, shown, 1);
    paint(shown, rows, 0.14);
    context.globalAlpha = 1;
    drawGrid(context, cells, rows, columns, payload.task === "delaunay" ? 3 : 1, colors);
    drawNames(context, cells, rows, columns, { row, column }, colors);
    drawShares(context, cells, payload, shown, colors);
    context.lineWidth = cells.height < 7 ? 1 : 1.6;
    context.strokeStyle = colors.ink;
    for (let at = 0; at < shown && cells.height >= 3; at++) {
      const left = cells.left + tokenAt(payload, at) * cells.width;
      context.strokeRect(left + 0.5, cells.top + at * cells.height + 0.5, cells.width - 1, cells.height - 1);
    }
    context.strokeStyle = stepping ? colors.accent : colors.ink;
    context.lineWidth = cells.height < 8 ? 1 : 2;
    if (row !== null && row < rows) {
      context.strokeRect(cells.left - 1, cells.top + row * cells.height - 1, right - cells.left + 2, cells.height + 2);
    }
    context.strokeStyle = colors.ink;
    context.lineWidth = 1.4;
    if (column !== null && column < columns) {
      context.strokeRect(cells.left + column * cells.width - 1, cells.top - 1, cells.width + 2, edge - cells.top + 2);
    }
  }
}

/**
 * What the colours mean, and what stands along the two sides.
 * @param {CanvasRenderingContext2D} context @param {Raster} bar @param {number} width @param {Palette} colors
 */
function drawHead(context, bar, width, colors) {
  bar.paint(Float32Array.from({ length: 64 }, (_, index) => index / 63), 1, 64, shades(colors), 0, 1);
  context.font = labelFont(colors);
  context.textBaseline = "middle";
  context.fillStyle = colors.soft;
  context.textAlign = "left";
  context.fillText("output step ↓  points at →", 0, 8);
  context.fillStyle = colors.faint;
  context.textAlign = "right";
  context.fillText("100 %", width, 8);
  const end = width - context.measureText("100 %").width - 6;
  context.drawImage(bar.canvas, end - 34, 4, 34, 8);
  context.strokeStyle = colors.line;
  context.lineWidth = 1;
  context.strokeRect(end - 34.5, 3.5, 35, 9);
  context.fillText("0", end - 40, 8);
}

/**
 * @param {CanvasRenderingContext2D} context @param {Cells} cells @param {number} rows @param {number} columns
 * @param {number} group rows that belong together @param {Palette} colors
 */
function drawGrid(context, cells, rows, columns, group, colors) {
  const [right, bottom] = [cells.left + columns * cells.width, cells.top + rows * cells.height];
  context.strokeStyle = colors.line;
  context.lineWidth = 1;
  context.beginPath();
  const across = (/** @type {number} */ row) => line(context, cells.left, cells.top + row * cells.height, right, cells.top + row * cells.height);
  const down = (/** @type {number} */ column) => line(context, cells.left + column * cells.width, cells.top, cells.left + column * cells.width, bottom);
  if (cells.height >= 12) for (let row = 1; row < rows; row++) across(row);
  if (cells.width >= 12) for (let column = 1; column < columns - 1; column++) down(column);
  context.stroke();
  if (group > 1 && cells.height * group >= 6) {
    context.strokeStyle = colors.faint;
    context.globalAlpha = 0.6;
    context.beginPath();
    for (let row = group; row < rows; row += group) across(row);
    context.stroke();
    context.globalAlpha = 1;
    context.strokeStyle = colors.line;
  }
  context.strokeRect(cells.left - 0.5, cells.top - 0.5, right - cells.left + 1, bottom - cells.top + 1);
  // The stop is no element: a stronger line sets it apart.
  context.strokeStyle = colors.faint;
  context.beginPath();
  down(columns - 1);
  context.stroke();
}

/** @param {CanvasRenderingContext2D} context @param {number} x1 @param {number} y1 @param {number} x2 @param {number} y2 */
function line(context, x1, y1, x2, y2) {
  context.moveTo(x1, y1);
  context.lineTo(x2, y2);
}

/**
 * @param {CanvasRenderingContext2D} context @param {Cells} cells @param {number} rows @param {number} columns
 * @param {{row: number | null, column: number | null}} at @param {Palette} colors
 */
function drawNames(context, cells, rows, columns, at, colors) {
  context.textBaseline = "middle";
  const write = (/** @type {string} */ text, /** @type {number} */ left, /** @type {number} */ top, /** @type {boolean} */ strong) => {
    context.font = labelFont(colors, { size: 10.5, weight: strong ? 600 : 400 });
    context.fillStyle = strong ? colors.ink : colors.faint;
    context.fillText(text, left, top);
  };
  context.textAlign = "center";
  const level = cells.top - 11;
  for (let column = 0; column < columns - 1; column++) {
    const own = column === at.column;
    // The stop's sign and the name under the pointer need their room.
    const near = at.column !== null && !own && Math.abs(column - at.column) * cells.width < 19;
    const crowded = near || (columns - 1 - column) * cells.width < 15;
    if (own || (isNamed(column, cells.columnEvery) && !crowded)) write(String(column + 1), cells.left + (column + 0.5) * cells.width, level, own);
  }
  write(STOP, cells.left + (columns - 0.5) * cells.width, level, at.column === columns - 1);
  context.textAlign = "right";
  for (let row = 0; row < rows; row++) {
    const own = row === at.row;
    const crowded = at.row !== null && !own && Math.abs(row - at.row) * cells.height < 13;
    if (own || (isNamed(row, cells.rowEvery) && !crowded)) write(String(row + 1), cells.left - 7, cells.top + (row + 0.5) * cells.height, own);
  }
}

/**
 * Numbers in the cells where they fit.
 * @param {CanvasRenderingContext2D} context @param {Cells} cells @param {PointingPayload} payload @param {number} shown
 * @param {Palette} colors
 */
function drawShares(context, cells, payload, shown, colors) {
  if (cells.width < 20 || cells.height < 15) return;
  const table = shades(colors);
  context.font = labelFont(colors, { size: cells.width < 23 ? 9 : 10, weight: 500 });
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (let row = 0; row < shown; row++) {
    for (let column = 0; column <= countOf(payload); column++) {
      const share = chanceOf(payload, row, column);
      if (share < 0.045) continue;
      const background = table[Math.round(Math.min(1, share) * (TABLE_SIZE - 1))];
      context.fillStyle = share < 0.35 ? textColor(colors.positive, colors) : inkOn(pixelToCss(background));
      context.fillText(String(Math.round(share * 100)), cells.left + (column + 0.5) * cells.width, cells.top + (row + 0.5) * cells.height + 0.5);
    }
  }
}
