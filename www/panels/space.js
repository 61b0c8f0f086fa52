/**
 * @file Points and arrows in three dimensions, drawn on the plane with a little perspective. The picture is turned by
 * dragging, by touch and with the arrow keys; what is far is smaller and paler. While a run goes on it sways, because depth is
 * seen best in motion, unless less motion is wanted or the visitor has taken it in hand. Colour and shape tell the group of
 * a point; angles are drawn between arrows that are to be compared.
 */
import { formatNumber, labelFont, linearTicks } from "./axes.js";
import { categoryColor, mix, pack, palette, parseColor, pixelToCss, textColor } from "./color.js";
import { drawEmpty, Plot } from "./plot.js";

/** @typedef {import("./color.js").Palette} Palette */
/** @typedef {[number, number, number]} Vector */
/** @typedef {{yaw: number, pitch: number}} View  in radians */
/** @typedef {{left: number, top: number, away: number, size: number}} Seen  pixels; distance from the middle and scale by perspective */
/** @typedef {{name: string, group: number, form: "solid" | "dashed", length: number}} Arrow  from the origin; its true length, in all dimensions */
/**
 * @typedef {object} SpacePayload
 * @property {Float32Array} points three numbers each @property {Float32Array} groups one number each @property {string[]} names of the groups
 * @property {Arrow[]} arrows @property {Float32Array} tips three numbers for each arrow
 * @property {Float32Array} arcs positions, two by two, of arrows whose angle is drawn
 * @property {string} point what a point is @property {string} solid what a solid arrow is @property {string} dashed
 * @property {number} dashedScale by which dashed arrows are drawn longer than they are @property {string} [note]
 */

/** Turned so that of three axes at right angles one goes up and two come forward. @type {View} */
const HOME = { yaw: -2.5, pitch: 0.46 };
/** Steepest view. */
const STEEPEST = 1.5;
/** Distance of the eye, in radii of the picture. */
const EYE = 4;
/** Share of the surplus room that goes with each payload: the picture widens at once and narrows slowly. */
const SHRINK = 0.04;
/** How far it sways to each side, in radians, and for how many seconds. */
const SWAY = 0.32;
const SWAY_SECONDS = 11;
/** Radians for each pixel of a drag, and for each press of a key. */
const DRAG = 0.009;
const PRESS = 0.12;
const RADIUS = 3.4;
/** Arrows shorter than this many pixels are a ring. */
const SHORT = 7;
/** Pixels from the pointer within which something is told. */
const REACH = 13;
/** Free pixels around the picture, for names. */
const MARGIN = 24;
const LEGEND_ROW = 19;
/** Narrower than this, the legend takes two rows. */
const NARROW = 420;

const lessMotion = matchMedia("(prefers-reduced-motion: reduce)");

/** @param {HTMLElement} element @param {{title: string, compact?: boolean, height?: number}} info */
function create(element, info) {
  // A card of the gallery gives a height; there the picture stands alone.
  const compact = info.compact === true || info.height !== undefined;
  /** @type {SpacePayload | null} */
  let payload = null;
  let home = { ...HOME };
  let reach = 0;
  let swayed = 0;
  let updated = 0;
  /** Whether the visitor has chosen the view; from then on it does not turn by itself. */
  let chosen = false;
  let held = false;
  /** @type {Scene | null} */
  let scene = null;
  const view = () => ({ yaw: home.yaw + SWAY * Math.sin((swayed / SWAY_SECONDS) * 2 * Math.PI), pitch: home.pitch });

  const plot = new Plot(element, {
    label: info.title,
    height: (width) => info.height ?? (compact ? Math.min(220, width * 0.7) : Math.max(320, Math.min(430, width * 0.6))),
    draw: (surface) => {
      const colors = palette();
      scene = null;
      if (!payload || payload.arrows.length === 0) return drawEmpty(surface, "no reading yet", colors);
      scene = layout(surface, payload, view(), reach, compact);
      drawScene(surface, scene, payload, colors, compact);
      const found = held ? null : nearest(scene, plot.pointer);
      if (found && !compact) ring(surface.context, found.at, colors);
    },
    read: (pointer) => (compact || held || !payload || !scene ? null : read(payload, nearest(scene, pointer))),
    summary: () => (payload ? `${info.title}: ${summary(payload)}` : `${info.title}: nothing to show yet.`),
  });
  const { canvas } = plot;

  /** @param {number} yaw @param {number} pitch */
  const turn = (yaw, pitch) => {
    const now = view();
    chosen = true;
    swayed = 0;
    home = { yaw: now.yaw + yaw, pitch: Math.max(-STEEPEST, Math.min(STEEPEST, now.pitch + pitch)) };
    plot.ask();
  };
  const reset = () => {
    home = { ...HOME };
    chosen = false;
    swayed = 0;
    plot.ask();
  };
  if (!compact) {
    canvas.classList.add("turns");
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "application");
    canvas.setAttribute("aria-label", `${info.title}. The arrow keys turn the picture, Home turns it back.`);
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      canvas.setPointerCapture(event.pointerId);
      held = true;
    });
    canvas.addEventListener("pointermove", (event) => {
      if (held && canvas.hasPointerCapture(event.pointerId)) turn(event.movementX * DRAG, event.movementY * DRAG);
    });
    canvas.addEventListener("lostpointercapture", () => {
      held = false;
      plot.ask();
    });
    canvas.addEventListener("dblclick", reset);
    canvas.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: [-PRESS, 0], ArrowRight: [PRESS, 0], ArrowUp: [0, -PRESS], ArrowDown: [0, PRESS] }[event.key];
      if (by) turn(by[0], by[1]);
      else if (event.key === "Home") reset();
      else return;
      event.preventDefault();
    });
  }

  return {
    /** @param {SpacePayload} next @param {{state?: string}} [context] */
    update(next, context = {}) {
      payload = next;
      const needed = extent(next);
      reach = needed > reach ? needed : reach + (needed - reach) * SHRINK;
      const now = performance.now();
      const runs = context.state === undefined || context.state === "running";
      // A long pause is no turn.
      if (runs && !chosen && !held && !lessMotion.matches) swayed += Math.min(100, now - updated) / 1000;
      updated = now;
      plot.note(compact ? undefined : next.note);
      plot.ask();
    },
    resize: () => plot.ask(),
    destroy: () => plot.destroy(),
  };
}

/** @type {import("./index.js").Panel} */
export const panel = { kind: "space", create };

/** Largest distance of anything from the origin. @param {SpacePayload} payload */
function extent({ points, tips }) {
  let most = 1e-6;
  for (const places of [points, tips]) {
    for (let at = 0; at < places.length; at += 3) most = Math.max(most, Math.hypot(places[at], places[at + 1], places[at + 2]));
  }
  return most;
}

/** The tip of an arrow. @param {SpacePayload} payload @param {number} arrow @returns {Vector} */
const tipOf = ({ tips }, arrow) => [tips[3 * arrow], tips[3 * arrow + 1], tips[3 * arrow + 2]];

/** Arrows whose angle is drawn. @param {SpacePayload} payload @returns {[number, number][]} */
const pairs = ({ arcs }) => Array.from({ length: arcs.length / 2 }, (_, pair) => [arcs[2 * pair], arcs[2 * pair + 1]]);

/** The name of an arrow by itself. @param {SpacePayload} payload @param {Arrow} arrow */
const fullName = (payload, { name, form }) => `${form === "solid" ? payload.solid : payload.dashed} ${name}`;

/**
 * A place as it is seen: to the right, up, and away from the eye. The third axis goes up at a pitch of 0.
 * @param {ArrayLike<number>} place @param {View} view @param {number} [from] index of the first coordinate @returns {Vector}
 */
export function turned(place, { yaw, pitch }, from = 0) {
  const [x, y, z] = [place[from], place[from + 1], place[from + 2]];
  const right = x * Math.cos(yaw) - y * Math.sin(yaw);
  const behind = x * Math.sin(yaw) + y * Math.cos(yaw);
  return [right, z * Math.cos(pitch) + behind * Math.sin(pitch), behind * Math.cos(pitch) - z * Math.sin(pitch)];
}

/** Angle between two arrows in degrees. @param {Vector} one @param {Vector} other */
export function angleBetween(one, other) {
  const product = one[0] * other[0] + one[1] * other[1] + one[2] * other[2];
  const cosine = product / (Math.hypot(...one) * Math.hypot(...other));
  return (Math.acos(Math.max(-1, Math.min(1, cosine))) * 180) / Math.PI;
}

/**
 * Places at equal angles on the way from the direction of one arrow to that of another. Opposite arrows have no such way.
 * @param {Vector} one @param {Vector} other @param {number} radius @param {number} parts @returns {Vector[]}
 */
export function arc(one, other, radius, parts) {
  const angle = (angleBetween(one, other) * Math.PI) / 180;
  const sine = Math.sin(angle);
  if (sine < 1e-3) return [];
  const [a, b] = [one, other].map((vector) => vector.map((value) => value / Math.hypot(...vector)));
  return Array.from({ length: parts + 1 }, (_, part) => {
    const [left, gone] = [Math.sin((1 - part / parts) * angle) / sine, Math.sin((part / parts) * angle) / sine];
    return /** @type {Vector} */ (a.map((value, axis) => radius * (value * left + b[axis] * gone)));
  });
}

/**
 * @typedef {object} Scene
 * @property {Seen} origin @property {Seen[]} points @property {Seen[]} tips
 * @property {(place: Vector) => Seen} see @property {number} unit pixels for a length of 1 @property {number} reach
 */

/**
 * Where everything is seen. @param {import("./surface.js").Surface} surface @param {SpacePayload} payload @param {View} view
 * @param {number} reach @param {boolean} compact @returns {Scene}
 */
function layout({ width, height }, payload, view, reach, compact) {
  const top = compact ? 0 : width < NARROW ? 2 * LEGEND_ROW : LEGEND_ROW;
  const unit = (Math.min(width, height - top) / 2 - (compact ? 14 : MARGIN)) / reach;
  const [middle, level] = [width / 2, top + (height - top) / 2];
  const see = (/** @type {ArrayLike<number>} */ place, from = 0) => {
    const [right, up, away] = turned(place, view, from);
    const size = EYE / (EYE + away / reach);
    return { left: middle + right * unit * size, top: level - up * unit * size, away: away / reach, size };
  };
  const points = Array.from({ length: payload.points.length / 3 }, (_, index) => see(payload.points, 3 * index));
  return { origin: see([0, 0, 0]), points, tips: payload.arrows.map((_, index) => see(tipOf(payload, index))), see, unit, reach };
}

/** A colour that fades into the paper with the distance. @param {string} color @param {number} away −1…1 @param {Palette} colors */
function toned(color, away, colors) {
  const share = Math.max(0, Math.min(1, 0.8 - 0.3 * away));
  return pixelToCss(pack(mix(parseColor(colors.paper), parseColor(color), share)));
}

/** @param {import("./surface.js").Surface} surface @param {Scene} scene @param {SpacePayload} payload @param {Palette} colors @param {boolean} compact */
function drawScene({ context, width }, scene, payload, colors, compact) {
  drawSpheres(context, scene, colors, compact);
  /** @type {{away: number, draw: () => void}[]} */
  const things = scene.points.map((at, index) => ({
    away: at.away,
    draw: () => drawPoint(context, at, payload.groups[index], toned(categoryColor(payload.groups[index], colors), at.away, colors)),
  }));
  const drawTo = (/** @type {number} */ index) => drawArrow(context, scene.origin, scene.tips[index], payload.arrows[index], colors, compact);
  const indices = payload.arrows.map((_, index) => index);
  const dashed = indices.filter((index) => payload.arrows[index].form === "dashed");
  for (const index of indices) if (!dashed.includes(index)) things.push({ away: scene.tips[index].away / 2, draw: () => drawTo(index) });
  things.sort((one, other) => other.away - one.away);
  for (const { draw } of things) draw();
  // On top of everything: a dashed arrow lies along a solid one, and would not be seen below it.
  dashed.forEach(drawTo);
  const arcs = pairs(payload).map(([one, other]) => [tipOf(payload, one), tipOf(payload, other)]);
  const labels = arcs.map(([one, other]) => drawArc(context, scene, one, other, colors));
  context.font = labelFont(colors, { size: compact ? 11 : 12 });
  arcs.forEach(([one, other], index) => {
    const at = labels[index];
    if (at) haloed(context, `${angleBetween(one, other).toFixed(1)}°`, at.left, at.top, colors.ink, colors);
  });
  drawNames(context, scene, payload, colors);
  if (!compact) drawLegend(context, payload, width, colors);
}

/** Spheres of round radii around the origin, as the measure of lengths. @param {CanvasRenderingContext2D} context @param {Scene} scene @param {Palette} colors @param {boolean} compact */
function drawSpheres(context, { origin, unit, reach }, colors, compact) {
  const radii = linearTicks(0, reach, 2).filter((radius) => radius > 0);
  context.strokeStyle = colors.line;
  context.lineWidth = 1;
  context.font = labelFont(colors);
  for (const radius of radii) {
    context.beginPath();
    context.arc(origin.left, origin.top, radius * unit, 0, 2 * Math.PI);
    context.stroke();
    if (compact) continue;
    const side = (radius * unit) / Math.SQRT2;
    haloed(context, formatNumber(radius, 2), origin.left + side, origin.top + side, colors.faint, colors);
  }
}

/** @param {CanvasRenderingContext2D} context @param {Seen} at @param {number} group @param {string} color */
function drawPoint(context, at, group, color) {
  context.fillStyle = color;
  shape(context, group, at.left, at.top, RADIUS * at.size);
  context.fill();
}

/** The outline of a group's mark: circle, square, triangle, diamond, and again. @param {CanvasRenderingContext2D} context @param {number} group @param {number} left @param {number} top @param {number} radius */
function shape(context, group, left, top, radius) {
  const kind = group % 4;
  context.beginPath();
  if (kind === 0) {
    context.arc(left, top, radius, 0, 2 * Math.PI);
    return;
  }
  const corners = kind === 2 ? 3 : 4;
  const turn = kind === 1 ? Math.PI / 4 : -Math.PI / 2;
  for (let corner = 0; corner < corners; corner++) {
    const angle = turn + (corner / corners) * 2 * Math.PI;
    // Corners reach out a little, so that all shapes have about the same area.
    context.lineTo(left + 1.25 * radius * Math.cos(angle), top + 1.25 * radius * Math.sin(angle));
  }
  context.closePath();
}

/** @param {CanvasRenderingContext2D} context @param {Seen} origin @param {Seen} tip @param {Arrow} arrow @param {Palette} colors @param {boolean} compact */
function drawArrow(context, origin, tip, { form, group }, colors, compact) {
  const solid = form === "solid";
  const color = toned(solid ? categoryColor(group, colors) : colors.ink, tip.away / 2, colors);
  const [across, down] = [tip.left - origin.left, tip.top - origin.top];
  const length = Math.hypot(across, down);
  context.strokeStyle = context.fillStyle = color;
  context.lineWidth = (solid ? (compact ? 2.6 : 3.4) : 1.3) * tip.size;
  if (length < SHORT) {
    if (!solid) return;
    context.lineWidth = 2;
    context.beginPath();
    context.arc(tip.left, tip.top, 5.5, 0, 2 * Math.PI);
    context.stroke();
    return;
  }
  const [x, y] = [across / length, down / length];
  const head = Math.min(length, (solid ? 12 : 9) * tip.size);
  const half = (solid ? 5.2 : 3.6) * tip.size;
  const [backX, backY] = [tip.left - x * head, tip.top - y * head];
  context.setLineDash(solid ? [] : [4, 3]);
  context.beginPath();
  context.moveTo(origin.left, origin.top);
  context.lineTo(solid ? backX : tip.left, solid ? backY : tip.top);
  context.stroke();
  context.setLineDash([]);
  context.beginPath();
  context.moveTo(backX - y * half, backY + x * half);
  context.lineTo(tip.left, tip.top);
  context.lineTo(backX + y * half, backY - x * half);
  if (solid) context.fill();
  else context.stroke();
}

/** The angle between two arrows as a bow near the origin; where its number stands. @param {CanvasRenderingContext2D} context @param {Scene} scene @param {Vector} one @param {Vector} other @param {Palette} colors */
function drawArc(context, { see }, one, other, colors) {
  const radius = 0.42 * Math.min(Math.hypot(...one), Math.hypot(...other));
  const places = arc(one, other, radius, 24);
  if (places.length === 0) return null;
  context.strokeStyle = colors.soft;
  context.lineWidth = 1;
  context.beginPath();
  for (const place of places) {
    const { left, top } = see(place);
    context.lineTo(left, top);
  }
  context.stroke();
  const middle = places[(places.length - 1) / 2];
  return see(/** @type {Vector} */ (middle.map((value) => 1.32 * value)));
}

/** Names of the solid arrows beyond their tips. @param {CanvasRenderingContext2D} context @param {Scene} scene @param {SpacePayload} payload @param {Palette} colors */
function drawNames(context, { origin, tips }, { arrows }, colors) {
  context.font = labelFont(colors, { size: 13, weight: 600 });
  arrows.forEach(({ name, group, form }, index) => {
    if (form !== "solid") return;
    const [across, down] = [tips[index].left - origin.left, tips[index].top - origin.top];
    const length = Math.hypot(across, down);
    // A ring has no direction; its name stands beside it.
    const [x, y] = length < SHORT ? [0.8, -0.6] : [across / length, down / length];
    const color = textColor(categoryColor(group, colors), colors);
    haloed(context, name, tips[index].left + 14 * x, tips[index].top + 14 * y, color, colors);
  });
}

/** Centred words that stand out from what is behind them. @param {CanvasRenderingContext2D} context @param {string} text @param {number} left @param {number} top @param {string} color @param {Palette} colors */
function haloed(context, text, left, top, color, colors) {
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.lineWidth = 3.5;
  context.strokeStyle = colors.paper;
  context.strokeText(text, left, top);
  context.fillStyle = color;
  context.fillText(text, left, top);
}

/** @param {CanvasRenderingContext2D} context @param {SpacePayload} payload @param {number} width @param {Palette} colors */
function drawLegend(context, payload, width, colors) {
  context.font = labelFont(colors);
  context.textAlign = "left";
  context.textBaseline = "middle";
  let [left, level] = [0, 9];
  payload.names.forEach((_, group) => {
    context.fillStyle = categoryColor(group, colors);
    shape(context, group, left + 5, level, RADIUS);
    context.fill();
    left += 12;
  });
  const words = (/** @type {string} */ text) => {
    context.fillStyle = colors.soft;
    context.fillText(text, left + 4, level);
    left += context.measureText(text).width + 20;
  };
  words(payload.point);
  for (const [text, solid] of /** @type {[string, boolean][]} */ ([[payload.solid, true], [`${payload.dashed} × ${formatNumber(payload.dashedScale, 2)}`, false]])) {
    if (solid && width < NARROW) [left, level] = [0, level + LEGEND_ROW];
    context.strokeStyle = context.fillStyle = solid ? colors.soft : colors.ink;
    context.lineWidth = solid ? 3 : 1.3;
    context.setLineDash(solid ? [] : [4, 3]);
    context.beginPath();
    context.moveTo(left, level);
    context.lineTo(left + 20, level);
    context.stroke();
    context.setLineDash([]);
    context.beginPath();
    context.moveTo(left + 17, level - 4);
    context.lineTo(left + 24, level);
    context.lineTo(left + 17, level + 4);
    if (solid) context.fill();
    else context.stroke();
    left += 26;
    words(text);
  }
}

/** @param {CanvasRenderingContext2D} context @param {Seen} at @param {Palette} colors */
function ring(context, at, colors) {
  context.lineWidth = 1.5;
  context.strokeStyle = colors.ink;
  context.beginPath();
  context.arc(at.left, at.top, RADIUS + 4, 0, 2 * Math.PI);
  context.stroke();
}

/** What is nearest to the pointer; of things in one place an arrow. @param {Scene} scene @param {{left: number, top: number} | null} pointer */
function nearest({ points, tips }, pointer) {
  if (!pointer) return null;
  /** @type {{at: Seen, arrow: number, point: number} | null} */
  let found = null;
  let least = REACH;
  const look = (/** @type {Seen} */ at, /** @type {number} */ arrow, /** @type {number} */ point, advantage = 0) => {
    const distance = Math.hypot(at.left - pointer.left, at.top - pointer.top) - advantage;
    if (distance < least) [found, least] = [{ at, arrow, point }, distance];
  };
  tips.forEach((at, index) => look(at, index, -1, 4));
  points.forEach((at, index) => look(at, -1, index));
  return /** @type {{at: Seen, arrow: number, point: number} | null} */ (found);
}

/** @param {SpacePayload} payload @param {{arrow: number, point: number} | null} found */
function read(payload, found) {
  if (!found) return null;
  const { arrows, points, groups, names } = payload;
  if (found.arrow >= 0) {
    const { group, length } = arrows[found.arrow];
    return { title: fullName(payload, arrows[found.arrow]), rows: [{ name: "length", value: formatNumber(length), color: categoryColor(group) }] };
  }
  const group = groups[found.point];
  const place = Array.from(points.subarray(3 * found.point, 3 * found.point + 3), (value) => formatNumber(value));
  return { title: `${payload.point} of ${names[group]}`, rows: [{ name: "in these dimensions", value: place.join(", "), color: categoryColor(group) }] };
}

/** @param {SpacePayload} payload */
function summary(payload) {
  const { points, arrows, names, note } = payload;
  const told = arrows.map((arrow) => `${fullName(payload, arrow)} of length ${formatNumber(arrow.length)}`);
  const angles = pairs(payload).map(([one, other]) => `${angleBetween(tipOf(payload, one), tipOf(payload, other)).toFixed(1)}° between ${arrows[one].name} and ${arrows[other].name}`);
  return [`${points.length / 3} points in ${names.length} groups`, ...told, ...angles].join("; ") + `. ${note ?? ""}`;
}
