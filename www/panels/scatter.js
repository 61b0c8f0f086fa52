/**
 * @file Points of a plane, such as hidden states on two principal axes, with one scale for both axes: distances and
 * shapes mean what they seem to mean. Two quantities that have nothing to do with each other have logarithmic scales of
 * their own instead. Hue tells an angle, and so does a short hand at each point; a value has the sequential scale.
 */
import { bounds, drawAxes, drawUprights, formatNumber, labelFont, makeScale } from "./axes.js";
import { angleColor, cyclicTable, mix, pack, palette, parseColor, pixelToCss, Raster, sequentialTable, TABLE_SIZE, textColor } from "./color.js";
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
 * @property {"log" | "semilog"} [scales] a logarithmic scale for each axis, or for x alone
 * @property {boolean} [glyphs] the labels stand in the place of the points
 * @property {Field | null} [field] a quantity of the whole plane, behind the points
 * @property {{x: Float32Array, y: Float32Array, from?: string} | null} [path] a way through the plane and what its beginning is called; without that, how the last point came to be where it is
 * @property {number | null} [marked] a point with a ring
 */
/**
 * @typedef {object} Field
 * @property {number} columns @property {number} rows @property {Float32Array} values row-major, first row at the top
 * @property {[number, number]} x @property {[number, number]} y what it covers @property {string} label
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
  const raster = new Raster();
  const plot = new Plot(element, {
    label: info.title,
    height: (width) => Math.min(380, width * 0.86 + 44),
    draw: (surface) => {
      const colors = palette();
      scales = null;
      if (!payload || !limits || payload.x.length === 0) return drawEmpty(surface, "no reading yet", colors);
      const drawn = draw(surface, payload, limits, kept, raster, colors);
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
      const path = next.path ?? { x: next.x, y: next.y };
      if (next.x.length > 0) limits = calmLimits(limits, { x: bounds([next.x, path.x]), y: bounds([next.y, path.y]) });
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
 * @param {Raster} raster @param {Palette} colors
 */
function draw({ context, width, height }, payload, limits, kept, raster, colors) {
  const { field, path, marked } = payload;
  const legend = payload.angle || payload.value || field;
  const box = { left: 40, right: width - 2, top: legend ? 52 : 30, bottom: height - 40 };
  const { x, y } = payload.scales ? logScales(limits, box, payload.scales === "semilog") : equalScales(limits, box, MARGIN);
  if (field) drawField(context, field, raster, { x, y, box }, colors);
  drawUprights(context, x, box, colors);
  drawAxes(context, { x, y, box, colors, xName: payload.xLabel, yName: "" });
  context.font = labelFont(colors);
  context.fillStyle = colors.faint;
  context.textAlign = "left";
  context.textBaseline = "alphabetic";
  context.fillText(payload.yLabel, 0, box.top - 13);
  const colorOf = coloring(payload, colors);
  // The ends of the sequential scale come near the paper of one theme or the other; a rim keeps the point.
  const rim = field ? colors.card : payload.value && !payload.angle ? colors.soft : null;
  const points = Array.from(payload.x, (value, index) => ({ x: x.at(value), y: y.at(payload.y[index]) }));
  if (payload.glyphs) {
    drawGlyphs(context, payload, points, colors);
    if (marked !== null && marked !== undefined && points[marked]) ring(context, points[marked].x, points[marked].y, colors);
    if (path) drawPath(context, path, { x, y }, colors);
    if (field) drawFieldBar(context, field, width, colors);
    return { scales: { x, y }, sides: [] };
  }
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
  context.fillStyle = field ? colors.ink : colors.soft;
  rectangles.forEach((rectangle, index) => {
    if (!rectangle) return;
    const [left, top] = [(rectangle.left + rectangle.right) / 2, (rectangle.top + rectangle.bottom) / 2 + 0.5];
    context.strokeText(names[index], left, top);
    context.fillText(names[index], left, top);
  });
  if (marked !== null && marked !== undefined && points[marked]) ring(context, points[marked].x, points[marked].y, colors);
  if (path) drawPath(context, path, { x, y }, colors);
  if (payload.angle) drawWheel(context, width, colors);
  else if (payload.value) drawBar(context, width, colors);
  else if (field) drawFieldBar(context, field, width, colors);
  return { scales: { x, y }, sides };
}

/**
 * Logarithmic scales with some room around the outermost points. @param {Limits} limits @param {Box} box
 * @param {boolean} [plain] whether y is not logarithmic @returns {{x: Scale, y: Scale}}
 */
export function logScales(limits, box, plain = false) {
  const room = (/** @type {Span} */ { min, max }) => ({ scale: /** @type {const} */ ("log"), min: min / (max / min) ** 0.08 / 1.1, max: max * (max / min) ** 0.08 * 1.1 });
  const margin = 0.06 * (limits.y.max - limits.y.min);
  const upwards = plain ? { min: limits.y.min - margin, max: limits.y.max + margin } : room(limits.y);
  return { x: makeScale(room(limits.x), box.left, box.right), y: makeScale(upwards, box.bottom, box.top) };
}

/** Paper is low, so that points stand out where it matters. @param {Palette} colors */
function fieldTable(colors) {
  const low = parseColor(colors.card);
  const high = mix(low, parseColor(colors.categories[4]), 0.75);
  return Uint32Array.from({ length: TABLE_SIZE }, (_, entry) => pack(mix(low, high, entry / (TABLE_SIZE - 1))));
}

/**
 * @param {CanvasRenderingContext2D} context @param {Field} field @param {Raster} raster
 * @param {{x: Scale, y: Scale, box: Box}} place @param {Palette} colors
 */
function drawField(context, field, raster, { x, y, box }, colors) {
  const { min, max } = bounds([field.values]);
  raster.paint(field.values, field.rows, field.columns, fieldTable(colors), min, max);
  context.save();
  context.beginPath();
  context.rect(box.left, box.top, box.right - box.left, box.bottom - box.top);
  context.clip();
  context.imageSmoothingEnabled = true;
  // A scale cuts what lies beyond its ends, and the field does; so it is placed by the length of a unit.
  const unit = (box.right - box.left) / (x.max - x.min);
  const [left, top] = [box.left + (field.x[0] - x.min) * unit, box.bottom - (field.y[1] - y.min) * unit];
  context.drawImage(raster.canvas, left, top, (field.x[1] - field.x[0]) * unit, (field.y[1] - field.y[0]) * unit);
  context.restore();
}

/** The legend of the field. @param {CanvasRenderingContext2D} context @param {Field} field @param {number} width @param {Palette} colors */
function drawFieldBar(context, field, width, colors) {
  const { min, max } = bounds([field.values]);
  const table = fieldTable(colors);
  const high = formatNumber(max, 2);
  context.font = labelFont(colors);
  const [length, right] = [64, width - 8 - context.measureText(high).width];
  for (let at = 0; at < length; at++) {
    context.fillStyle = pixelToCss(table[Math.round((at / (length - 1)) * (table.length - 1))]);
    context.fillRect(right - length + at, 14, 1.5, 8);
  }
  context.strokeStyle = colors.line;
  context.strokeRect(right - length - 0.5, 13.5, length + 1.5, 9);
  legendText(context, high, width - 2, 18, colors);
  legendText(context, `${field.label}   ${formatNumber(min, 2)}`, right - length - 6, 18, colors);
}

/** A way with an arrow at its end. @param {CanvasRenderingContext2D} context @param {NonNullable<ScatterPayload["path"]>} path @param {{x: Scale, y: Scale}} scales @param {Palette} colors */
function drawPath(context, path, { x, y }, colors) {
  const places = Array.from(path.x, (value, index) => [x.at(value), y.at(path.y[index])]);
  if (places.length < 2) return;
  context.strokeStyle = context.fillStyle = colors.negative;
  context.lineWidth = 2;
  context.lineJoin = "round";
  context.beginPath();
  places.forEach(([left, top], index) => (index ? context.lineTo(left, top) : context.moveTo(left, top)));
  context.stroke();
  for (const [left, top] of places.slice(1, -1)) {
    context.beginPath();
    context.arc(left, top, 2.5, 0, 2 * Math.PI);
    context.fill();
  }
  const [first, end] = [places[0], places[places.length - 1]];
  // Later steps may be too short to show a direction.
  const before = places.findLast(([left, top]) => Math.hypot(left - end[0], top - end[1]) > 4);
  if (before) {
    const angle = Math.atan2(end[1] - before[1], end[0] - before[0]);
    context.beginPath();
    context.moveTo(end[0], end[1]);
    for (const turn of [2.65, -2.65]) context.lineTo(end[0] + 10 * Math.cos(angle + turn), end[1] + 10 * Math.sin(angle + turn));
    context.fill();
  }
  if (!path.from) return;
  context.beginPath();
  context.rect(first[0] - 4, first[1] - 4, 8, 8);
  context.fillStyle = colors.card;
  context.fill();
  context.stroke();
  context.font = labelFont(colors, { weight: 600 });
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineWidth = 3;
  context.strokeStyle = colors.card;
  const level = first[1] + (before && end[1] > first[1] ? -14 : 15);
  context.strokeText(path.from, first[0], level);
  context.fillStyle = textColor(colors.negative, colors);
  context.fillText(path.from, first[0], level);
}

/** Labels in the place of points. @param {CanvasRenderingContext2D} context @param {ScatterPayload} payload @param {{x: number, y: number}[]} points @param {Palette} colors */
function drawGlyphs(context, { labels }, points, colors) {
  context.font = labelFont(colors, { size: 12, weight: 600 });
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineWidth = 2.5;
  context.lineJoin = "round";
  context.strokeStyle = colors.card;
  context.fillStyle = textColor(colors.positive, colors);
  points.forEach(({ x, y }, index) => {
    context.strokeText(String(labels[index]), x, y);
    context.fillText(String(labels[index]), x, y);
  });
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
function coloring({ angle, value, path, x }, colors) {
  if (angle) {
    const cycle = cyclicTable(colors.dark);
    return (index) => angleColor(cycle, angle[index]);
  }
  if (value) {
    const table = sequentialTable();
    return (index) => pixelToCss(table[Math.round(Math.min(1, Math.max(0, value[index])) * (table.length - 1))]);
  }
  // The point whose way is drawn has its colour.
  return (index) => (path?.x.length && !path.from && index === x.length - 1 ? colors.negative : colors.positive);
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
