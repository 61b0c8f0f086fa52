/**
 * @file Paths of things that move in a plane while a run goes on, each with its place at the step shown. A path grows from
 * faint to full with time; what lies beyond the step shown stays as a shadow. Colour tells which thing it is, and so does
 * the mark in its place; the shape of that place tells companions, such as networks of other seeds, apart. The ground below
 * may be a function of the plane, in bands of equal ratio.
 */
import { axisName, drawAxes, drawUprights, formatCount, formatNumber, labelFont, makeScale } from "./axes.js";
import { greyTable, inkOn, mix, pack, palette, parseColor, pixelToCss, Raster, roleColor, TABLE_SIZE, textColor } from "./color.js";
import { drawEmpty, Plot } from "./plot.js";

/** @typedef {import("./axes.js").Scale} Scale */
/** @typedef {import("./axes.js").Axis} Axis */
/** @typedef {import("./axes.js").Box} Box */
/** @typedef {import("./color.js").Palette} Palette */
/**
 * @typedef {object} Trail
 * @property {string} name @property {string} mark one character in its place @property {string} role
 * @property {number} companion 0-based @property {Float32Array} x @property {Float32Array} y @property {Float32Array} at steps
 */
/**
 * @typedef {object} TrailsPayload
 * @property {Axis} x @property {Axis} y @property {Trail[]} trails
 * @property {string} [companions] what a companion is, in one word, where there are several @property {string} time what a step is, in one word
 * @property {{x: Float32Array, y: Float32Array, label: string} | null} curve
 * @property {Field} [field]
 * @property {{y: number, label: string, side?: "left"}[]} rules their labels stand in the middle, or at a side
 * @property {boolean} [legend] false where another panel beside it has the same @property {string} [empty] words while there is no trail
 * @property {string} [note] a sentence below
 */
/**
 * @typedef {object} Field a function of the plane, over the whole of it
 * @property {number} rows @property {number} columns @property {Float32Array} values row-major, first row at the top
 * @property {number} low @property {number} high values of the lightest and of the darkest band @property {string} name
 * @typedef {{raster: Raster, bands: Float32Array}} Ground kept from one drawing to the next
 */
/** @typedef {{trail: Trail, points: {left: number, top: number}[], here: number}} Laid  in pixels; `here` is the last point at or before the step shown */

/** Parts of a path that are drawn in one colour each. */
const SHADES = 12;
/** Strength of a path where it begins, and of what is still to come. */
const FIRST = 0.22;
const FUTURE = 0.16;
/** Radius of a place, and pixels from the pointer within which one is told. */
const RADIUS = 7.5;
const REACH = 26;
/** Strength of the other things while one is pointed at. */
const ASIDE = 0.2;
/** Bands of a field, and the share of ink in the darkest. */
const BANDS = 12;
const DARKEST = 0.42;

/** @param {HTMLElement} element @param {{title: string, wide?: boolean, compact?: boolean, height?: number}} info */
function create(element, info) {
  /** @type {TrailsPayload | null} */
  let payload = null;
  /** @type {number | undefined} */
  let step;
  /** @type {Laid[]} */
  let laid = [];
  /** @type {Ground} */
  const ground = { raster: new Raster(), bands: new Float32Array(0) };
  const compact = Boolean(info.compact);
  const plot = new Plot(element, {
    label: info.title,
    height: (width) => info.height ?? (compact ? Math.min(150, width * 0.5) : info.wide ? Math.max(300, Math.min(440, width * 0.6)) : 226),
    draw: (surface) => {
      const colors = palette();
      laid = [];
      if (!payload) return drawEmpty(surface, "no reading yet", colors);
      laid = draw(surface, payload, step, plot.pointer, compact, ground, colors);
    },
    read: (pointer) => {
      const found = compact ? null : nearest(laid, pointer);
      return payload && found ? read(payload, found) : null;
    },
    summary: () => `${info.title}: ${payload ? summary(payload, step) : "nothing to show yet."}`,
  });
  return {
    /** @param {TrailsPayload} next @param {{step?: number}} [context] */
    update(next, context = {}) {
      payload = next;
      step = context.step;
      if (!compact) plot.note(next.note);
      plot.ask();
    },
    resize: () => plot.ask(),
    destroy: () => plot.destroy(),
  };
}

/** @type {import("./index.js").Panel} */
export const panel = { kind: "trails", create };

/** Index of the last of ascending `steps` at or before `step`, −1 for none. @param {ArrayLike<number>} steps @param {number | undefined} step */
export function reached(steps, step) {
  if (step === undefined) return steps.length - 1;
  let [low, high] = [0, steps.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps[middle] <= step) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/**
 * How strong each part of a path of `count` points is: even in the order of readings, which lie evenly on a logarithmic axis
 * of time. @param {number} count @param {number} shades @returns {{from: number, to: number, strength: number}[]}
 */
export function shadesOf(count, shades) {
  const parts = Math.min(shades, count - 1);
  const cut = (/** @type {number} */ part) => Math.round((part * (count - 1)) / parts);
  return Array.from({ length: Math.max(0, parts) }, (_, part) => ({
    from: cut(part),
    to: cut(part + 1),
    strength: FIRST + (1 - FIRST) * ((part + 1) / parts),
  }));
}

/**
 * @param {import("./surface.js").Surface} surface @param {TrailsPayload} payload @param {number | undefined} step
 * @param {{left: number, top: number} | null} pointer @param {boolean} compact @param {Ground} ground @param {Palette} colors
 * @returns {Laid[]}
 */
function draw({ context, width, height }, payload, step, pointer, compact, ground, colors) {
  const legend = compact || payload.legend === false ? 0 : legendHeight(context, payload, width, colors);
  const box = compact ? { left: 4, right: width - 6, top: 8, bottom: height - 6 } : { left: 38, right: width - 12, top: legend + 24, bottom: height - 40 };
  const [x, y] = [makeScale(payload.x, box.left, box.right), makeScale(payload.y, box.bottom, box.top)];
  if (payload.field) drawField(context, payload.field, ground, box, colors);
  if (!compact) {
    if (!payload.field) drawUprights(context, x, box, colors);
    drawAxes(context, { x, y, box, colors, yName: axisName(payload.y) });
    context.font = labelFont(colors);
    context.fillStyle = colors.faint;
    context.textAlign = "right";
    context.textBaseline = "alphabetic";
    context.fillText(axisName(payload.x), box.right, box.bottom + 34);
  }
  drawReferences(context, payload, { x, y, box }, compact, colors);
  const laid = payload.trails.map((trail) => {
    const points = Array.from(trail.x, (value, index) => ({ left: x.at(value), top: y.at(trail.y[index]) }));
    return { trail, points, here: reached(trail.at, step) };
  });
  const pointed = compact ? null : nearest(laid, pointer);
  const strengthOf = (/** @type {Trail} */ trail) => (pointed && pointed.laid.trail.name !== trail.name ? ASIDE : 1);
  context.lineJoin = context.lineCap = "round";
  for (const { trail, points, here } of laid) {
    drawPath(context, points, here, { color: roleColor(trail.role, colors), paper: colors.paper, strength: strengthOf(trail), width: compact ? 1 : 1.5 });
  }
  context.lineCap = "butt";
  // The first companion lies on top: it is the one that other panels show.
  for (const one of [...laid].sort((a, b) => b.trail.companion - a.trail.companion)) {
    const point = one.points[one.here];
    if (point) drawPlace(context, point, one.trail, { strength: strengthOf(one.trail), compact, colors });
  }
  if (pointed) {
    const point = pointed.laid.points[pointed.index];
    context.strokeStyle = colors.ink;
    context.lineWidth = 1.5;
    context.beginPath();
    context.arc(point.left, point.top, pointed.index === pointed.laid.here ? RADIUS + 3 : 4, 0, 2 * Math.PI);
    context.stroke();
  }
  if (legend) drawLegend(context, payload, width, colors);
  if (laid.every(({ points }) => points.length === 0)) drawEmpty({ context, width, height: height + legend }, payload.empty ?? "no reading yet", colors);
  return laid;
}

/**
 * The ground: darker bands are higher, and the border of two bands is a contour.
 * @param {CanvasRenderingContext2D} context @param {Field} field @param {Ground} ground @param {Box} box @param {Palette} colors
 */
function drawField(context, { rows, columns, values, low, high }, ground, box, colors) {
  if (ground.bands.length !== values.length) ground.bands = new Float32Array(values.length);
  const scale = BANDS / Math.log(high / low);
  values.forEach((value, index) => (ground.bands[index] = Math.max(0, Math.min(BANDS - 1, Math.floor(Math.log(value / low) * scale)))));
  ground.raster.paint(ground.bands, rows, columns, greyTable(colors).subarray(0, Math.round(DARKEST * TABLE_SIZE)), 0, BANDS - 1);
  context.drawImage(ground.raster.canvas, box.left, box.top, box.right - box.left, box.bottom - box.top);
}

/**
 * What the paths are to be compared with: a curve, and levels. @param {CanvasRenderingContext2D} context @param {TrailsPayload} payload
 * @param {{x: Scale, y: Scale, box: Box}} scales @param {boolean} compact @param {Palette} colors
 */
function drawReferences(context, payload, { x, y, box }, compact, colors) {
  context.font = labelFont(colors);
  context.textBaseline = "alphabetic";
  context.strokeStyle = colors.faint;
  context.fillStyle = colors.faint;
  for (const { y: value, label, side } of payload.rules) {
    const level = Math.round(y.at(value)) + 0.5;
    context.save();
    if (payload.field) context.strokeStyle = colors.ink;
    context.lineWidth = 1;
    context.setLineDash([4, 4]);
    context.beginPath();
    context.moveTo(box.left, level);
    context.lineTo(box.right, level);
    context.stroke();
    context.restore();
    // Things come to rest at the ends rather than in the middle, where nothing else is said.
    if (!compact) drawLabel(context, label, side ? box.left + 8 : (box.left + box.right) / 2, level - 6, side ?? "center", payload.field ? colors : null);
  }
  const { curve } = payload;
  if (!curve || curve.x.length < 2) return;
  context.lineWidth = compact ? 1.2 : 2;
  context.beginPath();
  curve.x.forEach((value, index) => context[index ? "lineTo" : "moveTo"](x.at(value), y.at(curve.y[index])));
  context.stroke();
  if (compact) return;
  // Where the curve is half as high as it gets it is steep, and there is room to its left.
  const half = curve.y.findIndex((value) => value >= curve.y[curve.y.length - 1] / 2);
  const place = { left: x.at(curve.x[half]), top: y.at(curve.y[half]) };
  context.save();
  context.translate(place.left, place.top);
  const next = Math.min(half + 1, curve.x.length - 1);
  const before = Math.max(0, half - 1);
  context.rotate(Math.atan2(y.at(curve.y[next]) - y.at(curve.y[before]), x.at(curve.x[next]) - x.at(curve.x[before])));
  context.textAlign = "center";
  context.fillText(curve.label, 0, -6);
  context.restore();
}

/**
 * Words at a level; on a ground with an edge of paper around them.
 * @param {CanvasRenderingContext2D} context @param {string} words @param {number} left @param {number} level
 * @param {CanvasTextAlign} align @param {Palette | null} onGround
 */
function drawLabel(context, words, left, level, align, onGround) {
  context.save();
  context.textAlign = align;
  if (onGround) {
    context.lineWidth = 3;
    context.lineJoin = "round";
    context.strokeStyle = onGround.paper;
    context.strokeText(words, left, level);
    context.fillStyle = onGround.ink;
  }
  context.fillText(words, left, level);
  context.restore();
}

/**
 * @param {CanvasRenderingContext2D} context @param {{left: number, top: number}[]} points @param {number} here
 * @param {{color: string, paper: string, strength: number, width: number}} style
 */
function drawPath(context, points, here, { color, paper, strength, width }) {
  context.lineWidth = width;
  const stroke = (/** @type {number} */ from, /** @type {number} */ to, /** @type {number} */ share) => {
    if (to <= from) return;
    // Mixed with the paper and not transparent, or paths that cross themselves would be darker there.
    context.strokeStyle = pixelToCss(pack(mix(parseColor(paper), parseColor(color), share * strength)));
    context.beginPath();
    for (let index = from; index <= to; index++) context[index === from ? "moveTo" : "lineTo"](points[index].left, points[index].top);
    context.stroke();
  };
  stroke(Math.max(0, here), points.length - 1, FUTURE);
  for (const { from, to, strength: share } of shadesOf(here + 1, SHADES)) stroke(from, to, share);
}

/**
 * Where a thing is now: a disc, a square or a diamond with its mark. @param {CanvasRenderingContext2D} context
 * @param {{left: number, top: number}} point @param {Trail} trail @param {{strength: number, compact: boolean, colors: Palette}} style
 */
function drawPlace(context, { left, top }, { mark, role, companion }, { strength, compact, colors }) {
  const color = roleColor(role, colors);
  const radius = compact ? 3 : RADIUS;
  context.globalAlpha = strength;
  context.fillStyle = color;
  context.strokeStyle = colors.paper;
  context.lineWidth = 1.5;
  outline(context, left, top, radius, companion);
  context.fill();
  context.stroke();
  if (!compact) {
    context.font = labelFont(colors, { size: 10, weight: 600 });
    context.fillStyle = inkOn(color);
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(mark, left, top + 0.5);
  }
  context.globalAlpha = 1;
}

/** @param {CanvasRenderingContext2D} context @param {number} left @param {number} top @param {number} radius @param {number} companion */
function outline(context, left, top, radius, companion) {
  context.beginPath();
  const shape = companion % 3;
  if (shape === 0) context.arc(left, top, radius, 0, 2 * Math.PI);
  else if (shape === 1) context.rect(left - radius * 0.86, top - radius * 0.86, radius * 1.72, radius * 1.72);
  else {
    context.moveTo(left, top - radius * 1.25);
    context.lineTo(left + radius * 1.25, top);
    context.lineTo(left, top + radius * 1.25);
    context.lineTo(left - radius * 1.25, top);
    context.closePath();
  }
}

/** Names of things with their colours, then the shapes of companions. @param {TrailsPayload} payload */
function entries(payload) {
  /** @type {{text: string, mark: string, role: string, companion: number, shape: boolean}[]} */
  const list = [];
  for (const { name, mark, role, companion } of payload.trails) {
    if (companion === 0) list.push({ text: name, mark, role, companion, shape: false });
  }
  const companions = [...new Set(payload.trails.map((trail) => trail.companion))];
  if (companions.length > 1) {
    for (const companion of companions) list.push({ text: `${payload.companions} ${companion + 1}`, mark: "", role: "", companion, shape: true });
  }
  return list;
}

/** Lays the legend out in lines. @param {CanvasRenderingContext2D} context @param {TrailsPayload} payload @param {number} width @param {Palette} colors */
function layLegend(context, payload, width, colors) {
  context.font = labelFont(colors);
  let [left, line] = [0, 0];
  return entries(payload).map((entry) => {
    const size = 20 + context.measureText(entry.text).width + 14;
    if (left > 0 && left + size - 14 > width) [left, line] = [0, line + 1];
    const place = { ...entry, left, line };
    left += size;
    return place;
  });
}

/** @param {CanvasRenderingContext2D} context @param {TrailsPayload} payload @param {number} width @param {Palette} colors */
function legendHeight(context, payload, width, colors) {
  const last = layLegend(context, payload, width, colors).at(-1);
  return last ? (last.line + 1) * 20 : 0;
}

/** @param {CanvasRenderingContext2D} context @param {TrailsPayload} payload @param {number} width @param {Palette} colors */
function drawLegend(context, payload, width, colors) {
  for (const { text, mark, role, companion, shape, left, line } of layLegend(context, payload, width, colors)) {
    const level = line * 20 + 9;
    if (shape) {
      context.strokeStyle = colors.soft;
      context.lineWidth = 1.5;
      outline(context, left + 8, level, 5, companion);
      context.stroke();
    } else drawPlace(context, { left: left + 8, top: level }, /** @type {Trail} */ ({ mark, role, companion }), { strength: 1, compact: false, colors });
    context.font = labelFont(colors);
    context.textAlign = "left";
    context.textBaseline = "middle";
    context.fillStyle = shape ? colors.soft : textColor(roleColor(role, colors), colors);
    context.fillText(text, left + 20, level + 0.5);
  }
}

/**
 * The place, or else the point of a past path, that is nearest to the pointer.
 * @param {Laid[]} all @param {{left: number, top: number} | null} pointer @returns {{laid: Laid, index: number} | null}
 */
function nearest(all, pointer) {
  if (!pointer) return null;
  /** @type {{laid: Laid, index: number} | null} */
  let found = null;
  let least = REACH;
  for (const laid of all) {
    for (let index = 0; index <= laid.here && index < laid.points.length; index++) {
      const { left, top } = laid.points[index];
      // A place is as large as a few points.
      const distance = Math.hypot(left - pointer.left, top - pointer.top) - (index === laid.here ? RADIUS : 0);
      if (distance < least) [found, least] = [{ laid, index }, distance];
    }
  }
  return found;
}

/** A thing in words. @param {Trail} trail @param {TrailsPayload} payload */
const nameOf = ({ name, companion }, { companions }) => (companions ? `${name}, ${companions} ${companion + 1}` : name);

/** @param {TrailsPayload} payload @param {{laid: Laid, index: number}} found */
function read(payload, { laid: { trail }, index }) {
  const color = roleColor(trail.role);
  return {
    title: `${nameOf(trail, payload)}, ${payload.time} ${formatCount(trail.at[index])}`,
    rows: [
      { name: payload.x.label ?? "x", value: `${formatNumber(trail.x[index])} ${payload.x.unit ?? ""}`, color },
      { name: payload.y.label ?? "y", value: `${formatNumber(trail.y[index])} ${payload.y.unit ?? ""}`, color },
    ],
  };
}

/** @param {TrailsPayload} payload @param {number | undefined} step */
function summary(payload, step) {
  const told = payload.trails.flatMap((trail) => {
    const here = reached(trail.at, step);
    return here < 0 ? [] : [`${nameOf(trail, payload)} at ${formatNumber(trail.x[here])}, ${formatNumber(trail.y[here])}`];
  });
  const axes = `${axisName(payload.x)} against ${axisName(payload.y)}`;
  return told.length ? `${axes}. ${told.join("; ")}.` : `${axes}. Nothing to show yet.`;
}
