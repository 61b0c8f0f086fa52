/**
 * @file Points of a plane, such as hidden states on two principal axes, with one scale for both axes: distances and
 * shapes mean what they seem to mean. Hue tells an angle, and so does a short hand at each point; a value has the
 * sequential scale.
 */
import { bounds, drawAxes, formatNumber, labelFont, makeScale } from "./axes.js";
import { angleColor, cyclicTable, palette, pixelToCss, sequentialTable } from "./color.js";
import { placeLabels } from "./labels.js";
import { drawEmpty, Plot } from "./plot.js";

/** @typedef {import("./axes.js").Scale} Scale */
/** @typedef {import("./axes.js").Box} Box */
/** @typedef {import("./color.js").Palette} Palette */
/** @typedef {{min: number, max: number}} Span */
/** @typedef {{x: Span, y: Span}} Limits */
/**
 * @typedef {object} ScatterPayload
 * @property {Float32Array} x @property {Float32Array} y
 * @property {Float32Array | null} angle radians @property {Float32Array | null} value 0…1
 * @property {(string | number)[]} labels @property {string} xLabel @property {string} yLabel @property {string} [note]
 */

const RADIUS = 4.5;
/** Length of the hand that shows the angle of a point, from its centre. */
const HAND = 9.5;
/** Free pixels around the outermost points, for their names. */
const MARGIN = 20;
/** Share of the surplus room that goes with each payload: the picture widens at once and narrows slowly. */
const SHRINK = 0.05;
/** Points that take less than this share of the picture are of another network. */
const OTHER = 0.3;
/** Pixels from the pointer within which a point is told. */
const REACH = 22;

/** @param {HTMLElement} element @param {{title: string}} info */
function create(element, info) {
  /** @type {ScatterPayload | null} */
  let payload = null;
  /** @type {Limits | null} */
  let limits = null;
  /** @type {number[]} sides of the names in the last drawing */
  let kept = [];
  /** @type {{x: Scale, y: Scale} | null} */
  let scales = null;
  const plot = new Plot(element, {
    label: info.title,
    height: (width) => Math.min(380, width * 0.86 + 44),
    draw: (surface) => {
      const colors = palette();
      scales = null;
      if (!payload || !limits || payload.x.length === 0) return drawEmpty(surface, "no reading yet", colors);
      const drawn = draw(surface, payload, limits, kept, colors);
      scales = drawn.scales;
      kept = drawn.sides;
      const found = nearestPoint(payload, scales, plot.pointer);
      if (found >= 0) ring(surface.context, scales.x.at(payload.x[found]), scales.y.at(payload.y[found]), colors);
    },
    read: (pointer) => {
      if (!payload || !scales) return null;
      const index = nearestPoint(payload, scales, pointer);
      return index < 0 ? null : read(payload, index);
    },
    summary: () => `${info.title}: ${payload ? summary(payload) : "nothing to show yet."}`,
  });
  return {
    /** @param {ScatterPayload} next */
    update(next) {
      payload = next;
      if (next.x.length > 0) limits = calmLimits(limits, { x: bounds([next.x]), y: bounds([next.y]) });
      plot.note(next.note);
      plot.ask();
    },
    resize: () => plot.ask(),
    destroy: () => plot.destroy(),
  };
}

/** @type {import("./index.js").Panel} */
export const panel = { kind: "scatter", create };

/**
 * Limits that widen at once and narrow slowly, but for another network with far smaller states also at once.
 * @param {Limits | null} before @param {Limits} needed @returns {Limits}
 */
export function calmLimits(before, needed) {
  const span = (/** @type {Limits} */ { x, y }) => Math.max(x.max - x.min, y.max - y.min);
  if (!before || span(needed) < span(before) * OTHER) return needed;
  const calm = (/** @type {Span} */ old, /** @type {Span} */ now) => ({
    min: Math.min(now.min, old.min + (now.min - old.min) * SHRINK),
    max: Math.max(now.max, old.max + (now.max - old.max) * SHRINK),
  });
  return { x: calm(before.x, needed.x), y: calm(before.y, needed.y) };
}

/**
 * Scales on which one unit is as long across as upwards. @param {Limits} limits @param {Box} box
 * @param {number} [margin] in pixels @returns {{x: Scale, y: Scale}}
 */
export function equalScales(limits, box, margin = 0) {
  const [width, height] = [box.right - box.left, box.bottom - box.top];
  const spanX = limits.x.max - limits.x.min;
  const spanY = limits.y.max - limits.y.min;
  // Points in one place are still drawn, in the middle.
  const unit = Math.max(spanX / (width - 2 * margin), spanY / (height - 2 * margin)) || 2 / width;
  const [middleX, middleY] = [(limits.x.min + limits.x.max) / 2, (limits.y.min + limits.y.max) / 2];
  return {
    x: makeScale({ min: middleX - (unit * width) / 2, max: middleX + (unit * width) / 2 }, box.left, box.right),
    y: makeScale({ min: middleY - (unit * height) / 2, max: middleY + (unit * height) / 2 }, box.bottom, box.top),
  };
}

/**
 * @param {import("./surface.js").Surface} surface @param {ScatterPayload} payload @param {Limits} limits @param {number[]} kept
 * @param {Palette} colors
 */
function draw({ context, width, height }, payload, limits, kept, colors) {
  const legend = payload.angle || payload.value;
  const box = { left: 40, right: width - 2, top: legend ? 52 : 30, bottom: height - 40 };
  const { x, y } = equalScales(limits, box, MARGIN);
  context.strokeStyle = colors.line;
  context.lineWidth = 1;
  context.beginPath();
  for (const value of x.ticks(Math.max(2, (box.right - box.left) / 70))) {
    const left = Math.round(x.at(value)) + 0.5;
    context.moveTo(left, box.top);
    context.lineTo(left, box.bottom);
  }
  context.stroke();
  drawAxes(context, { x, y, box, colors, xName: payload.xLabel, yName: "" });
  context.font = labelFont(colors);
  context.fillStyle = colors.faint;
  context.textAlign = "left";
  context.textBaseline = "alphabetic";
  context.fillText(payload.yLabel, 0, box.top - 13);
  const colorOf = coloring(payload, colors);
  // The ends of the sequential scale come near the paper of one theme or the other; a rim keeps the point.
  const rim = payload.value && !payload.angle ? colors.soft : null;
  const points = Array.from(payload.x, (value, index) => ({ x: x.at(value), y: y.at(payload.y[index]) }));
  points.forEach((point, index) => drawPoint(context, point, payload.angle?.[index], colorOf(index), rim));
  context.font = labelFont(colors, { size: 11 });
  const names = points.map((_, index) => String(payload.labels?.[index] ?? ""));
  const widths = names.map((name) => context.measureText(name).width);
  const { sides, rectangles } = placeLabels(points, widths, { height: 12, radius: RADIUS + 1.5, box, kept, obstacles: hands(payload, points) });
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineWidth = 3;
  context.lineJoin = "round";
  context.strokeStyle = colors.paper;
  context.fillStyle = colors.soft;
  rectangles.forEach((rectangle, index) => {
    if (!rectangle) return;
    const [left, top] = [(rectangle.left + rectangle.right) / 2, (rectangle.top + rectangle.bottom) / 2 + 0.5];
    context.strokeText(names[index], left, top);
    context.fillText(names[index], left, top);
  });
  if (payload.angle) drawWheel(context, width, colors);
  else if (payload.value) drawBar(context, width, colors);
  return { scales: { x, y }, sides };
}

/** Where the hands of the points end: names must keep clear of them. @param {ScatterPayload} payload @param {{x: number, y: number}[]} points */
function hands({ angle }, points) {
  if (!angle) return [];
  return points.map((point, index) => {
    const [x, y] = [point.x + (HAND - 2) * Math.cos(angle[index]), point.y - (HAND - 2) * Math.sin(angle[index])];
    return { left: x - 3, top: y - 3, right: x + 3, bottom: y + 3 };
  });
}

/** Colour of a point by its index. @param {ScatterPayload} payload @param {Palette} colors @returns {(index: number) => string} */
function coloring({ angle, value }, colors) {
  if (angle) {
    const cycle = cyclicTable(colors.dark);
    return (index) => angleColor(cycle, angle[index]);
  }
  if (value) {
    const table = sequentialTable();
    return (index) => pixelToCss(table[Math.round(Math.min(1, Math.max(0, value[index])) * (table.length - 1))]);
  }
  return () => colors.positive;
}

/**
 * @param {CanvasRenderingContext2D} context @param {{x: number, y: number}} point @param {number | undefined} angle
 * @param {string} color @param {string | null} rim
 */
function drawPoint(context, { x, y }, angle, color, rim) {
  if (!Number.isFinite(x + y)) return;
  context.fillStyle = context.strokeStyle = color;
  if (angle !== undefined) {
    context.lineWidth = 2;
    context.lineCap = "round";
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(x + HAND * Math.cos(angle), y - HAND * Math.sin(angle));
    context.stroke();
    context.lineCap = "butt";
  }
  context.beginPath();
  context.arc(x, y, RADIUS, 0, 2 * Math.PI);
  context.fill();
  if (!rim) return;
  context.lineWidth = 1;
  context.strokeStyle = rim;
  context.stroke();
}

/** @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {Palette} colors */
function ring(context, x, y, colors) {
  context.lineWidth = 1.5;
  context.strokeStyle = colors.ink;
  context.beginPath();
  context.arc(x, y, RADIUS + 3, 0, 2 * Math.PI);
  context.stroke();
}

/** The legend of angles: each direction in its colour. @param {CanvasRenderingContext2D} context @param {number} width @param {Palette} colors */
function drawWheel(context, width, colors) {
  const cycle = cyclicTable(colors.dark);
  const [x, y, radius, parts] = [width - 18, 18, 13, 72];
  context.lineWidth = 6;
  for (let part = 0; part < parts; part++) {
    const angle = (part / parts) * 2 * Math.PI;
    context.strokeStyle = angleColor(cycle, angle);
    context.beginPath();
    // Neighbours overlap a little, or the paper would shine through between them.
    context.arc(x, y, radius, -angle - Math.PI / parts - 0.01, -angle + Math.PI / parts + 0.01);
    context.stroke();
  }
  legendText(context, "coloured by angle", x - 26, y, colors);
}

/** The legend of values. @param {CanvasRenderingContext2D} context @param {number} width @param {Palette} colors */
function drawBar(context, width, colors) {
  const table = sequentialTable();
  const [length, left, level] = [64, width - 80, 14];
  for (let at = 0; at < length; at++) {
    context.fillStyle = pixelToCss(table[Math.round((at / (length - 1)) * (table.length - 1))]);
    context.fillRect(left + at, level, 1.5, 8);
  }
  legendText(context, "1", width - 4, level + 4, colors);
  legendText(context, "coloured by value   0", left - 6, level + 4, colors);
}

/** @param {CanvasRenderingContext2D} context @param {string} text @param {number} right @param {number} level @param {Palette} colors */
function legendText(context, text, right, level, colors) {
  context.font = labelFont(colors);
  context.fillStyle = colors.faint;
  context.textAlign = "right";
  context.textBaseline = "middle";
  context.fillText(text, right, level);
}

/**
 * Index of the point under the pointer, −1 for none. @param {ScatterPayload} payload
 * @param {{x: Scale, y: Scale}} scales @param {{left: number, top: number} | null} pointer
 */
function nearestPoint(payload, scales, pointer) {
  if (!pointer) return -1;
  let [found, least] = [-1, REACH];
  for (let index = 0; index < payload.x.length; index++) {
    const distance = Math.hypot(scales.x.at(payload.x[index]) - pointer.left, scales.y.at(payload.y[index]) - pointer.top);
    if (distance < least) [found, least] = [index, distance];
  }
  return found;
}

/** @param {ScatterPayload} payload @param {number} index */
function read(payload, index) {
  /** @type {import("./plot.js").Row[]} */
  const rows = [
    { name: payload.xLabel || "x", value: formatNumber(payload.x[index]) },
    { name: payload.yLabel || "y", value: formatNumber(payload.y[index]) },
  ];
  const color = coloring(payload, palette())(index);
  if (payload.angle) rows.push({ name: "angle", value: degrees(payload.angle[index]), color });
  else if (payload.value) rows.push({ name: "value", value: formatNumber(payload.value[index]), color });
  return { title: String(payload.labels?.[index] ?? index + 1), rows };
}

/** @param {number} angle in radians */
const degrees = (angle) => `${String(Math.round((angle * 180) / Math.PI)).replace("-", "−")}°`;

/** @param {ScatterPayload} payload */
function summary(payload) {
  const { x, y, angle, value, labels } = payload;
  const count = x.length;
  const spans = [[payload.xLabel || "x", bounds([x])], [payload.yLabel || "y", bounds([y])]].map(
    ([name, span]) => `${name} from ${formatNumber(/** @type {Span} */ (span).min)} to ${formatNumber(/** @type {Span} */ (span).max)}`,
  );
  const told = Array.from(x.subarray(0, 12), (left, index) => {
    const hue = angle ? `, angle ${degrees(angle[index])}` : value ? `, value ${formatNumber(value[index])}` : "";
    return `${labels?.[index] ?? index + 1} at ${formatNumber(left)}, ${formatNumber(y[index])}${hue}`;
  });
  return `${count} points, ${spans.join(", ")}. ${told.join("; ")}${count > 12 ? "; and more" : ""}.`;
}
