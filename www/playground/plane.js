/**
 * @file The output plane: what the network (or one unit that is lent the plane) answers at every place, with the data
 * points on top and a read-out under the pointer or under a cross moved by the arrow keys. drawing_tool.js adds
 * brushes to it when the data set is the visitor's own.
 */
import { divergingTable, onThemeChange, palette, pixelToCss, Raster } from "../panels/color.js";
import { formatNumber, formatTick } from "../panels/axes.js";
import { drawMarks } from "./marks.js";
import { Refiner, SQUASH_REACH, squashTable } from "./refine.js";
import { EXTENT } from "./shapes.js";
import { oncePerFrame, prepare, watchWidth } from "../panels/surface.js";

/** @typedef {import("./marks.js").Points} Points */
/** @typedef {{values: ArrayLike<number>, offset: number, side: number, limit: number, squashed?: boolean}} Field  row 0 is y = +6; squashed: a tanh of something */
/**
 * @typedef {object} PlaneView
 * @property {Field | null} field
 * @property {Points | null} train
 * @property {Points | null} test null when hidden
 * @property {boolean} discrete only the sign is coloured
 */

const LEFT = 22;
const BOTTOM = 20;
const EDGE = 1;
/** One press of an arrow key, in units of the plane. */
const STRIDE = 0.25;

export class Plane {
  /** @param {(place: {x: number, y: number, value: number | null} | null) => void} onRead */
  constructor(onRead) {
    this.onRead = onRead;
    this.canvas = document.createElement("canvas");
    this.canvas.className = "plane-canvas";
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "img");
    /** @type {PlaneView} */
    this.view = { field: null, train: null, test: null, discrete: false };
    /** @type {{x: number, y: number} | null} */
    this.cross = null;
    /** Radius of the eraser around the cross, in units of the plane; 0 draws a cross alone. */
    this.ring = 0;
    this.raster = new Raster();
    this.refiner = new Refiner();
    this.width = 0;
    this.frame = oncePerFrame(() => this.draw());
    this.stops = [onThemeChange(() => this.frame.ask()), watchWidth(this.canvas, (width) => this.resize(width))];
    this.canvas.addEventListener("pointermove", (event) => this.point(this.placeOf(event)));
    this.canvas.addEventListener("pointerleave", () => this.point(null));
    this.canvas.addEventListener("blur", () => this.point(null));
    this.canvas.addEventListener("keydown", (event) => this.key(event));
  }

  /** @param {Partial<PlaneView>} change */
  show(change) {
    Object.assign(this.view, change);
    this.frame.ask();
    if (this.cross) this.read();
  }

  /** @param {number} width */
  resize(width) {
    if (width === this.width || width === 0) return;
    this.width = width;
    this.frame.ask();
  }

  get side() {
    return this.width - LEFT - EDGE;
  }

  /** Place in the plane under a pointer, clamped to it. @param {MouseEvent} event */
  placeOf(event) {
    const box = this.canvas.getBoundingClientRect();
    const clamp = (/** @type {number} */ value) => Math.max(-EXTENT, Math.min(EXTENT, value));
    return {
      x: clamp(((event.clientX - box.left - LEFT) / this.side) * 2 * EXTENT - EXTENT),
      y: clamp(EXTENT - ((event.clientY - box.top - EDGE) / this.side) * 2 * EXTENT),
    };
  }

  /** @param {{x: number, y: number} | null} place */
  point(place) {
    this.cross = place;
    this.frame.ask();
    this.read();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!move) return;
    event.preventDefault();
    const stride = event.shiftKey ? 4 * STRIDE : STRIDE;
    const clamp = (/** @type {number} */ value) => Math.max(-EXTENT, Math.min(EXTENT, value));
    const from = this.cross ?? { x: 0, y: 0 };
    this.point({ x: clamp(from.x + move[0] * stride), y: clamp(from.y + move[1] * stride) });
  }

  read() {
    if (!this.cross) return this.onRead(null);
    this.onRead({ ...this.cross, value: this.valueAt(this.cross.x, this.cross.y) });
  }

  /** @param {number} x @param {number} y @returns {number | null} */
  valueAt(x, y) {
    const { field } = this.view;
    if (!field) return null;
    const cell = (/** @type {number} */ share) => Math.max(0, Math.min(field.side - 1, Math.floor(share * field.side)));
    const column = cell((x + EXTENT) / (2 * EXTENT));
    const row = cell((EXTENT - y) / (2 * EXTENT));
    return field.values[field.offset + row * field.side + column];
  }

  draw() {
    if (this.width < 40) return;
    const colors = palette();
    const { side } = this;
    const { context } = prepare(this.canvas, this.width, side + EDGE + BOTTOM);
    const { field, train, test, discrete } = this.view;
    const atX = (/** @type {number} */ x) => LEFT + ((x + EXTENT) / (2 * EXTENT)) * side;
    const atY = (/** @type {number} */ y) => EDGE + ((EXTENT - y) / (2 * EXTENT)) * side;
    context.save();
    context.beginPath();
    context.roundRect(LEFT, EDGE, side, side, 7);
    context.clip();
    context.fillStyle = colors.card;
    context.fillRect(LEFT, EDGE, side, side);
    if (field) {
      const squashed = field.squashed ?? false;
      const fine = this.refiner.refine(field, squashed);
      const table = discrete ? twoColors() : squashed ? themeTables().squashed : fieldColors();
      const limit = squashed ? SQUASH_REACH : field.limit;
      this.raster.paint(fine.values, fine.side, fine.side, table, -limit, limit);
      context.imageSmoothingQuality = "high";
      context.drawImage(this.raster.canvas, LEFT, EDGE, side, side);
    }
    const radius = side < 260 ? 2.8 : 3.4;
    if (test) drawMarks(context, test, { atX, atY, radius: radius * 0.86, colors, hollow: true });
    if (train) drawMarks(context, train, { atX, atY, radius, colors, hollow: false });
    if (this.cross) {
      context.strokeStyle = colors.ink;
      context.globalAlpha = 0.55;
      context.lineWidth = 1;
      const [left, top] = [Math.round(atX(this.cross.x)) + 0.5, Math.round(atY(this.cross.y)) + 0.5];
      context.beginPath();
      if (this.ring > 0) {
        context.arc(left, top, (this.ring / (2 * EXTENT)) * side, 0, 2 * Math.PI);
      } else {
        context.moveTo(left, EDGE);
        context.lineTo(left, EDGE + side);
        context.moveTo(LEFT, top);
        context.lineTo(LEFT + side, top);
      }
      context.stroke();
    }
    context.restore();
    context.strokeStyle = colors.line;
    context.lineWidth = 1;
    context.beginPath();
    context.roundRect(LEFT + 0.5, EDGE + 0.5, side - 1, side - 1, 7);
    context.stroke();
    context.fillStyle = colors.faint;
    context.font = `11px ${colors.font}`;
    for (const value of [-EXTENT, -EXTENT / 2, 0, EXTENT / 2, EXTENT]) {
      const end = Math.abs(value) === EXTENT;
      context.textAlign = end ? (value < 0 ? "left" : "right") : "center";
      context.textBaseline = "alphabetic";
      context.fillText(value === EXTENT ? `x ${formatTick(value)}` : formatTick(value), atX(value), EDGE + side + 15);
      context.textAlign = "right";
      context.textBaseline = end ? (value < 0 ? "bottom" : "top") : "middle";
      context.fillText(value === EXTENT ? `y ${formatTick(value)}` : formatTick(value), LEFT - 5, atY(value));
    }
  }

  destroy() {
    this.frame.cancel();
    for (const stop of this.stops) stop();
  }
}

/** Tables are rebuilt only when the theme changes. @type {{palette: unknown, full: Uint32Array, squashed: Uint32Array, two: Uint32Array} | null} */
let tables = null;

function themeTables() {
  const colors = palette();
  if (tables?.palette !== colors) {
    const strong = divergingTable(colors);
    // Fields stay below the pure colours, which belong to the points on top of them.
    const full = strong.map((_, index) => strong[Math.round(127.5 + (index - 127.5) * 0.8)]);
    tables = { palette: colors, full, squashed: squashTable(full), two: Uint32Array.of(full[24], full[231]) };
  }
  return tables;
}

/** The diverging scale of the theme. */
export const fieldColors = () => themeTables().full;
/** Its two sides, for the sign alone. */
export const twoColors = () => themeTables().two;

/** The scale as a CSS gradient for the colour bar. @param {boolean} discrete */
export function scaleGradient(discrete) {
  if (discrete) {
    const [low, high] = [...twoColors()].map(pixelToCss);
    return `linear-gradient(90deg, ${low} 50%, ${high} 50%)`;
  }
  const full = fieldColors();
  const stops = Array.from({ length: 13 }, (_, index) => pixelToCss(full[Math.round((index / 12) * 255)]));
  return `linear-gradient(90deg, ${stops.join(", ")})`;
}

/**
 * The answer in words.
 * @param {{x: number, y: number, value: number | null}} place @param {{unit: boolean, task: string}} what
 */
export function describePlace({ x, y, value }, { unit, task }) {
  const where = `x ${fixed(x)}, y ${fixed(y)}`;
  if (value === null || !Number.isFinite(value)) return where;
  if (unit) return `${where}: activation ${formatNumber(value)}`;
  if (task === "regression") return `${where}: predicts ${formatNumber(value)}`;
  const chance = Math.round(((1 + Math.abs(value)) / 2) * 100);
  return `${where}: class ${value >= 0 ? "+" : "−"} with ${chance} %`;
}

/** @param {number} value */
const fixed = (value) => (value < 0 ? "−" : "") + Math.abs(value).toFixed(2);
