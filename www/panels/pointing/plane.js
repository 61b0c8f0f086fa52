/**
 * @file The picture of hull, tour and triangulation: points in the unit square, the exact answer under them as a thin
 * grey line, the network's over it. With a row given, the pointer's distribution stands around the points as halos.
 */
import { textColor } from "../color.js";
import { chanceOf, countOf, partsOf, percent, stepsOf, tokenAt } from "./answer.js";
import { answerStroke, arrow, disc, halo, label, stopMark, truthStroke } from "./marks.js";
import { hit } from "./points.js";

/** @typedef {import("../color.js").Palette} Palette */
/** @typedef {import("./marks.js").View} View */
/** @typedef {import("./points.js").Place} Place */
/** @typedef {import("./points.js").Point} Point */
/**
 * Where things are in a picture, and what a place means.
 * @typedef {object} Layout
 * @property {Place[]} places of the elements @property {number} radius of their discs
 * @property {(pointer: Place, reach: number) => number | "add" | null} target
 * @property {(place: Place) => Point} pointAt
 * @property {(context: CanvasRenderingContext2D, view: View, colors: Palette) => void} draw
 */

/** @param {number} count */
export const discRadius = (count) => (count <= 12 ? 10 : count <= 24 ? 9 : count <= 36 ? 8 : 7.2);

/** @param {Point[]} points @param {number} width @param {number} height @param {boolean} compact @returns {Layout} */
export function planeLayout(points, width, height, compact) {
  const side = Math.min(width, height);
  const [left, top] = [(width - side) / 2, (height - side) / 2];
  const radius = compact ? Math.min(6, discRadius(points.length) * 0.6) : discRadius(points.length);
  const pad = compact ? 12 : radius + 12;
  const span = side - 2 * pad;
  return {
    places: points.map(([x, y]) => ({ left: left + pad + x * span, top: top + pad + (1 - y) * span })),
    radius,
    target(pointer, reach) {
      const found = hit(this.places, pointer, Math.max(radius + 3, reach));
      const inside = pointer.left >= left && pointer.left <= left + side && pointer.top >= top && pointer.top <= top + side;
      return found ?? (inside ? "add" : null);
    },
    pointAt: (place) => [(place.left - left - pad) / span, 1 - (place.top - top - pad) / span],
    draw(context, view, colors) {
      if (!view.compact) drawFrame(context, left, top, side, colors);
      drawPicture(context, this, view, { left, top, right: left + side, bottom: top + side }, colors);
    },
  };
}

/**
 * @param {CanvasRenderingContext2D} context @param {number} left @param {number} top @param {number} side
 * @param {Palette} colors
 */
function drawFrame(context, left, top, side, colors) {
  context.beginPath();
  context.roundRect(left + 0.5, top + 0.5, side - 1, side - 1, 8);
  context.fillStyle = colors.card;
  context.fill();
  context.strokeStyle = colors.line;
  context.lineWidth = 1;
  context.stroke();
}

/** @typedef {{left: number, top: number, right: number, bottom: number}} Box */

/**
 * @param {CanvasRenderingContext2D} context @param {Layout} layout @param {View} view @param {Box} box
 * @param {Palette} colors
 */
function drawPicture(context, { places, radius }, view, box, colors) {
  const { payload, made, row } = view;
  const count = countOf(payload);
  const triangles = payload.task === "delaunay";
  const gap = radius + 1.5;
  // A removed point may leave the payload one step behind: what it points at is then not there.
  const there = (/** @type {{corners: number[]}} */ part) => part.corners.every((corner) => places[corner]);
  const shown = Math.min(made, stepsOf(payload) + 1);
  const parts = partsOf(payload.task, payload.tokens, payload.wrong, payload.wrong.length >= payload.tokens.length)
    .filter(there)
    .filter((part) => part.step - 1 < shown)
    .sort((one, other) => Number(one.wrong) - Number(other.wrong));

  drawTruth(context, places, partsOf(payload.task, payload.truth, [], true).filter(there), colors);
  drawBranches(context, places, view, gap, colors);
  if (row !== null) {
    context.save();
    context.beginPath();
    context.roundRect(box.left + 1, box.top + 1, box.right - box.left - 2, box.bottom - box.top - 2, 7);
    context.clip();
    places.slice(0, count).forEach((place, index) => halo(context, place, radius, chanceOf(payload, row, index), 24, colors));
    context.restore();
  }
  context.save();
  for (const part of parts) {
    if (triangles) drawTriangle(context, places, part, shown - part.step + 1, parts.length, colors);
    else {
      // The edge that the present step drew is the one to look at.
      const current = view.stepping && part.step === Math.round(shown);
      answerStroke(context, part.wrong, colors, current ? 3 : count > 24 || view.compact ? 1.8 : 2.2);
      const share = Math.min(1, shown - part.step + 1);
      const [from, to] = part.corners;
      const head = current ? "end" : view.compact ? "none" : "middle";
      arrow(context, places[from], places[to], { gap, share, head, size: current ? 6 : count > 24 ? 3.6 : 4.8 });
    }
  }
  if (triangles && shown <= payload.tokens.length) drawOpenTriangle(context, places, view, shown, gap, colors);
  context.restore();

  drawDiscs(context, places, radius, view, payload.tokens.slice(0, Math.floor(shown + 1e-6)), colors);
  if (row !== null) drawShares(context, places, radius, payload, row, box, colors);
}

/**
 * The exact answer.
 * @param {CanvasRenderingContext2D} context @param {Place[]} places @param {import("./answer.js").Part[]} parts
 * @param {Palette} colors
 */
function drawTruth(context, places, parts, colors) {
  context.save();
  truthStroke(context, colors);
  context.beginPath();
  for (const { corners } of parts) {
    context.moveTo(places[corners[0]].left, places[corners[0]].top);
    for (const corner of corners.slice(1)) context.lineTo(places[corner].left, places[corner].top);
    if (corners.length === 3) context.closePath();
  }
  context.stroke();
  context.restore();
}

/**
 * The pointer's shares as numbers, where there is something to say.
 * @param {CanvasRenderingContext2D} context @param {Place[]} places @param {number} radius
 * @param {import("./answer.js").PointingPayload} payload @param {number} row @param {Box} box @param {Palette} colors
 */
function drawShares(context, places, radius, payload, row, box, colors) {
  const count = countOf(payload);
  const color = textColor(colors.positive, colors);
  places.slice(0, count).forEach((place, index) => {
    const share = chanceOf(payload, row, index);
    if (share < 0.03 && tokenAt(payload, row) !== index) return;
    const above = place.top > 34;
    const left = Math.max(18, Math.min(box.right - 18, place.left));
    label(context, percent(share), { left, top: place.top + (above ? -radius - 9 : radius + 10) }, color, colors);
  });
  stopMark(context, freeCorner(places, box), chanceOf(payload, row, count), tokenAt(payload, row) >= count, colors);
}

/**
 * Discs, those pointed at over the others, and the one under the hand on top.
 * @param {CanvasRenderingContext2D} context @param {Place[]} places @param {number} radius @param {View} view
 * @param {number[]} reached @param {Palette} colors
 */
function drawDiscs(context, places, radius, { payload, selected, hovered, compact }, reached, colors) {
  const used = new Set(reached);
  const rank = (/** @type {number} */ index) => (index === selected ? 3 : index === hovered ? 2 : used.has(index) ? 1 : 0);
  const order = [...places.keys()].sort((one, other) => rank(one) - rank(other));
  for (const index of order) {
    const first = payload.task !== "delaunay" && !compact && reached[0] === index;
    const state = { used: used.has(index), first, selected: selected === index, hovered: hovered === index };
    disc(context, places[index], compact ? "" : String(index + 1), { radius, ...state, colors });
  }
}

/**
 * The corner for the stop: the lower right one unless a point is there and another is freer.
 * @param {Place[]} places @param {Box} box
 */
function freeCorner(places, { left, top, right, bottom }) {
  const corners = [[right - 22, bottom - 18], [left + 22, bottom - 18], [right - 22, top + 18], [left + 22, top + 18]];
  const room = (/** @type {number[]} */ [x, y]) => Math.min(...places.map((place) => Math.hypot(place.left - x, place.top - y)), 34);
  const best = corners.reduce((one, other) => (room(other) > room(one) ? other : one));
  return { left: best[0], top: best[1] };
}

/**
 * What the beam keeps besides, faint.
 * @param {CanvasRenderingContext2D} context @param {Place[]} places @param {View} view @param {number} gap
 * @param {Palette} colors
 */
function drawBranches(context, places, view, gap, colors) {
  const { payload, branches } = view;
  context.save();
  for (const tokens of branches) {
    const path = tokens.filter((token) => places[token]);
    context.strokeStyle = context.fillStyle = colors.positive;
    context.globalAlpha = 0.3;
    context.lineWidth = 1.4;
    context.setLineDash([2, 3]);
    if (payload.task === "delaunay") {
      for (let at = 0; at < path.length; at += 3) {
        context.beginPath();
        path.slice(at, at + 3).forEach((token) => context.lineTo(places[token].left, places[token].top));
        if (at + 3 <= path.length) context.closePath();
        context.stroke();
      }
      continue;
    }
    path.slice(1).forEach((token, at) => {
      arrow(context, places[path[at]], places[token], { gap, head: at === path.length - 2 ? "end" : "none", size: 4 });
    });
  }
  context.restore();
}

/**
 * @param {CanvasRenderingContext2D} context @param {Place[]} places @param {import("./answer.js").Part} part @param {number} share
 * @param {number} count of triangles @param {Palette} colors
 */
function drawTriangle(context, places, { corners, wrong, step }, share, count, colors) {
  const spots = corners.map((corner) => places[corner]);
  answerStroke(context, wrong, colors, count > 24 ? 1.4 : 1.9);
  context.globalAlpha = Math.min(1, share);
  context.beginPath();
  spots.forEach(({ left, top }) => context.lineTo(left, top));
  context.closePath();
  context.save();
  context.globalAlpha *= wrong ? 0.1 : 0.09;
  context.fill();
  context.restore();
  context.stroke();
  const [first, second, third] = spots;
  const area = (second.left - first.left) * (third.top - first.top) - (third.left - first.left) * (second.top - first.top);
  if (Math.abs(area) > 1800 && count <= 40) {
    const middle = { left: (first.left + second.left + third.left) / 3, top: (first.top + second.top + third.top) / 3 };
    label(context, String(step / 3), middle, textColor(wrong ? colors.negative : colors.positive, colors), colors);
  }
  context.globalAlpha = 1;
}

/**
 * Corners of a triangle that is not complete.
 * @param {CanvasRenderingContext2D} context @param {Place[]} places @param {View} view @param {number} shown
 * @param {number} gap @param {Palette} colors
 */
function drawOpenTriangle(context, places, { payload, stepping }, shown, gap, colors) {
  const done = Math.floor(shown + 1e-6);
  const open = payload.tokens.slice(done - (done % 3), done).filter((token) => places[token]);
  answerStroke(context, false, colors, 3);
  open.slice(1).forEach((token, at) => arrow(context, places[open[at]], places[token], { gap, head: stepping ? "end" : "none", size: 6 }));
}
