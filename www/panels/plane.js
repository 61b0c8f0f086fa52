/**
 * @file A function of the plane as colour, its border, lines through the plane, and labelled points, perhaps with boxes
 * around them. If the payload names a control, the points are the visitor's: drag one, click it to flip its label. Points
 * with label 1 are blue discs, those with −1 vermilion squares. plane_points.js holds the points while they move.
 */
import { render } from "lit";
import { Refiner } from "../playground/refine.js";
import { formatNumber } from "./axes.js";
import { divergingTable, palette, Raster } from "./color.js";
import { pointsTemplate, PointsHold } from "./plane_points.js";
import { drawEmpty, Plot } from "./plot.js";

/** @typedef {import("./color.js").Palette} Palette */
/**
 * @typedef {object} PlanePayload
 * @property {number} reach the square goes from −reach to reach both ways
 * @property {number} side cells along an edge @property {Float32Array} field side × side values, first row at the top
 * @property {number} limit value of the full colour
 * @property {{weights: Float32Array, strengths: Float32Array}} lines a x + b y + c = 0, three numbers a line; strength −1…1, 0 for one that only might be
 * @property {Float32Array} points x, y of each @property {Float32Array} labels −1 or 1
 * @property {number} [box] half-width of the boxes @property {Float32Array} [marked] 1 for a box that stands out
 * @property {string} [edit] the control that takes the points @property {number} [bounds] points stay within ±bounds
 * @property {string} [note]
 */
/** @typedef {{left: number, top: number, size: number}} Square  where the plane is drawn */

const RADIUS = 5.5;

/** @param {HTMLElement} element @param {{title: string, compact?: boolean, height?: number}} info */
function create(element, info) {
  /** @type {PlanePayload | null} */
  let payload = null;
  /** @type {Square | null} */
  let square = null;
  const compact = info.compact === true || info.height !== undefined;
  const refiner = new Refiner();
  const cells = new Raster();
  const plot = new Plot(element, {
    label: info.title,
    height: (width) => info.height ?? Math.min(width, 340),
    draw: ({ context, width, height }) => {
      const colors = palette();
      if (!payload) return drawEmpty({ context, width, height }, "no reading yet", colors);
      const size = Math.min(width, height) - 2;
      square = { left: compact ? (width - size) / 2 : 1, top: 1, size };
      drawField(context, payload, square, refiner, cells, colors);
      drawLines(context, payload, square, colors);
      drawPoints(context, payload, square, hold, colors, compact);
    },
    read: ({ left, top }) => {
      if (!payload || !square || compact || hold.dragging) return null;
      const index = hold.hovered;
      if (index !== null) {
        const [x, y, label] = hold.shown[index];
        const rows = [{ name: "x, y", value: `${formatNumber(x, 2)}, ${formatNumber(y, 2)}` }, { name: "label", value: label > 0 ? "+1" : "−1" }];
        return { title: `point ${index + 1}`, rows: [...rows, { name: "output there", value: formatNumber(valueAt(payload, x, y), 2) }] };
      }
      const [x, y] = invert(payload, square, left, top);
      if (Math.max(Math.abs(x), Math.abs(y)) > payload.reach) return null;
      return { title: `${formatNumber(x, 2)}, ${formatNumber(y, 2)}`, rows: [{ name: "output", value: formatNumber(valueAt(payload, x, y), 2) }] };
    },
    summary: () => (payload ? summary(info.title, payload) : `${info.title}: nothing to show yet.`),
  });
  const tools = document.createElement("div");
  tools.className = "plane-tools";
  const hold = new PointsHold(plot, {
    place: (point) => (payload && square ? place(payload, square, point[0], point[1]) : { left: NaN, top: NaN }),
    invert: (left, top) => (payload && square ? invert(payload, square, left, top) : [0, 0]),
    changed: () => {
      plot.ask();
      tell();
    },
  });
  const tell = () => !compact && render(pointsTemplate(hold), tools);
  if (!compact) plot.host.append(tools);
  return {
    /** @param {PlanePayload} next @param {import("./plane_points.js").Context} [context] */
    update(next, context = {}) {
      payload = next;
      hold.observe(next, compact ? {} : context);
      plot.note(compact ? undefined : next.note);
      tell();
      plot.ask();
    },
    resize: () => plot.ask(),
    destroy() {
      hold.destroy();
      plot.destroy();
    },
  };
}

/** @type {import("./index.js").Panel} */
export const panel = { kind: "plane", create };

/** @param {PlanePayload} payload @param {Square} square @param {number} x @param {number} y */
function place({ reach }, { left, top, size }, x, y) {
  return { left: left + ((x / reach + 1) / 2) * size, top: top + ((1 - y / reach) / 2) * size };
}

/** @param {PlanePayload} payload @param {Square} square @param {number} left @param {number} top @returns {[number, number]} */
function invert({ reach }, square, left, top) {
  return [(((left - square.left) / square.size) * 2 - 1) * reach, (1 - ((top - square.top) / square.size) * 2) * reach];
}

/** The value of the cell at a place. @param {PlanePayload} payload @param {number} x @param {number} y */
function valueAt({ reach, side, field }, x, y) {
  const cell = (/** @type {number} */ share) => Math.max(0, Math.min(side - 1, Math.floor(share * side)));
  return field[cell((1 - y / reach) / 2) * side + cell((x / reach + 1) / 2)];
}

/**
 * @param {CanvasRenderingContext2D} context @param {PlanePayload} payload @param {Square} square @param {Refiner} refiner
 * @param {Raster} cells @param {Palette} colors
 */
function drawField(context, payload, { left, top, size }, refiner, cells, colors) {
  const fine = refiner.refine({ values: payload.field, offset: 0, side: payload.side }, false);
  cells.paint(fine.values, fine.side, fine.side, divergingTable(colors), -payload.limit, payload.limit);
  context.save();
  context.globalAlpha = 0.5;
  context.imageSmoothingEnabled = true;
  context.drawImage(cells.canvas, left, top, size, size);
  context.restore();
  context.strokeStyle = colors.line;
  context.lineWidth = 1;
  context.strokeRect(left - 0.5, top - 0.5, size + 1, size + 1);
  drawBorder(context, fine.values, fine.side, { left, top, size }, colors);
}

/**
 * Where the function is 0, by marching squares. @param {CanvasRenderingContext2D} context @param {Float32Array} values
 * @param {number} side @param {Square} square @param {Palette} colors
 */
function drawBorder(context, values, side, { left, top, size }, colors) {
  const at = (/** @type {number} */ cell) => ((cell + 0.5) / side) * size;
  context.beginPath();
  for (let row = 0; row + 1 < side; row++) {
    for (let column = 0; column + 1 < side; column++) {
      const first = row * side + column;
      const [a, b, c, d] = [values[first], values[first + 1], values[first + side + 1], values[first + side]];
      const on = Number(a > 0) + Number(b > 0) + Number(c > 0) + Number(d > 0);
      if (on === 0 || on === 4) continue;
      /** @type {number[][]} */
      const ends = [];
      if (a > 0 !== b > 0) ends.push([column + a / (a - b), row]);
      if (b > 0 !== c > 0) ends.push([column + 1, row + b / (b - c)]);
      if (c > 0 !== d > 0) ends.push([column + 1 - c / (c - d), row + 1]);
      if (d > 0 !== a > 0) ends.push([column, row + 1 - d / (d - a)]);
      for (let end = 0; end + 1 < ends.length; end += 2) {
        context.moveTo(left + at(ends[end][0]), top + at(ends[end][1]));
        context.lineTo(left + at(ends[end + 1][0]), top + at(ends[end + 1][1]));
      }
    }
  }
  context.strokeStyle = colors.ink;
  context.lineWidth = 1.6;
  context.lineCap = "round";
  context.stroke();
  context.lineCap = "butt";
}

/**
 * Lines that might be used are faint; those in use are as thick as they are strong, and broken where they take away.
 * @param {CanvasRenderingContext2D} context @param {PlanePayload} payload @param {Square} square @param {Palette} colors
 */
function drawLines(context, payload, square, colors) {
  const { weights, strengths } = payload.lines;
  const { left, top, size } = square;
  context.save();
  context.beginPath();
  context.rect(left, top, size, size);
  context.clip();
  for (let line = 0; line < strengths.length; line++) {
    const [a, b, c] = weights.subarray(3 * line, 3 * line + 3);
    const length = Math.hypot(a, b);
    if (length < 1e-9 || Math.abs(c) > 3 * payload.reach * length) continue;
    const [x, y] = [(-a * c) / length ** 2, (-b * c) / length ** 2];
    const [along, up] = [(-b / length) * 3 * payload.reach, (a / length) * 3 * payload.reach];
    const strength = strengths[line];
    context.beginPath();
    for (const way of [-1, 1]) {
      const end = place(payload, square, x + way * along, y + way * up);
      context.lineTo(end.left, end.top);
    }
    context.globalAlpha = strength === 0 ? 0.13 : 0.9;
    context.strokeStyle = strength === 0 ? colors.soft : strength > 0 ? colors.positive : colors.negative;
    context.lineWidth = strength === 0 ? 1 : 0.8 + 2.8 * Math.abs(strength);
    context.setLineDash(strength < 0 ? [7, 4] : []);
    context.stroke();
  }
  context.restore();
}

/**
 * @param {CanvasRenderingContext2D} context @param {PlanePayload} payload @param {Square} square @param {PointsHold} hold
 * @param {Palette} colors @param {boolean} compact
 */
function drawPoints(context, payload, square, hold, colors, compact) {
  const half = ((payload.box ?? 0) / payload.reach / 2) * square.size;
  const spots = hold.shown.map(([x, y]) => place(payload, square, x, y));
  if (half > 0) {
    spots.forEach(({ left, top }, index) => {
      const marked = (payload.marked?.[index] ?? 0) > 0;
      context.fillStyle = context.strokeStyle = marked ? colors.negative : colors.soft;
      context.lineWidth = marked ? 2 : 0.8;
      context.globalAlpha = marked ? 0.14 : 0;
      context.fillRect(left - half, top - half, 2 * half, 2 * half);
      context.globalAlpha = marked ? 1 : 0.7;
      context.strokeRect(left - half, top - half, 2 * half, 2 * half);
    });
    context.globalAlpha = 1;
  }
  const radius = compact || half > 0 ? 3.8 : RADIUS;
  spots.forEach(({ left, top }, index) => {
    const positive = hold.shown[index][2] > 0;
    context.beginPath();
    if (positive) context.arc(left, top, radius, 0, 2 * Math.PI);
    else context.rect(left - radius * 0.9, top - radius * 0.9, radius * 1.8, radius * 1.8);
    context.fillStyle = positive ? colors.positive : colors.negative;
    context.fill();
    context.strokeStyle = colors.card;
    context.lineWidth = 1.5;
    context.stroke();
    if (index !== hold.selected && index !== hold.hovered) return;
    context.beginPath();
    context.arc(left, top, radius + 4.5, 0, 2 * Math.PI);
    context.strokeStyle = colors.ink;
    context.lineWidth = index === hold.selected ? 2 : 1;
    context.stroke();
  });
}

/** @param {string} title @param {PlanePayload} payload */
function summary(title, { labels, lines, field, marked, note }) {
  const positive = labels.filter((label) => label > 0).length;
  const inUse = lines.strengths.filter((strength) => strength !== 0).length;
  const share = Math.round((100 * field.filter((value) => value > 0).length) / Math.max(1, field.length));
  const cut = marked ? ` ${marked.filter((mark) => mark > 0).length} boxes are cut.` : "";
  return `${title}: ${labels.length} points, ${positive} of them labelled 1; the function is positive on ${share} percent of the plane; ${inUse} lines in use.${cut} ${note ?? ""}`;
}
