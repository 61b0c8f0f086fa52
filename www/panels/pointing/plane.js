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
      drawPicture(context, this, view, { right: left + side, bottom: top + side }, colors);
    },
  };
}

/** @param {CanvasRenderingContext2D} context @param {number} left @param {number} top @param {number} side @param {Palette} colors */
function drawFrame(context, left, top, side, colors) {
  context.beginPath();
  context.roundRect(left + 0.5, top + 0.5, side - 1, side - 1, 8);
  context.fillStyle = colors.card;
  context.fill();
  context.strokeStyle = colors.line;
  context.lineWidth = 1;
  context.stroke();
}

/** @param {CanvasRenderingContext2D} context @param {Layout} layout @param {View} view @param {{right: number, bottom: number}} corner @param {Palette} colors */
function drawPicture(context, { places, radius }, view, corner, colors) {
  const { payload, made, row } = view;
  const count = countOf(payload);
  const triangles = payload.task === "delaunay";
  const gap = radius + 1.5;
  // A removed point may leave the payload one step behind: what it points at is then not there.
  const there = (/** @type {{corners: number[]}} */ part) => part.corners.every((corner) => places[corner]);
  const truth = partsOf(payload.task, payload.truth, [], true).filter(there);
  const shown = Math.min(made, stepsOf(payload) + 1);
  const parts = partsOf(payload.task, payload.tokens, payload.wrong, payload.wrong.length >= payload.tokens.length)
    .filter(there)
    .filter((part) => part.step - 1 < shown)
    .sort((one, other) => Number(one.wrong) - Number(other.wrong));

  context.save();
  truthStroke(context, colors);
  context.beginPath();
  for (const { corners } of truth) {
    context.moveTo(places[corners[0]].left, places[corners[0]].top);
    for (const corner of corners.slice(1)) context.lineTo(places[corner].left, places[corner].top);
    if (triangles) context.closePath();
  }
  context.stroke();
  context.restore();

  drawBranches(context, places, view, gap, colors);
  if (row !== null) places.slice(0, count).forEach((place, index) => halo(context, place, radius, chanceOf(payload, row, index), 24, colors));

  context.save();
  for (const part of parts) {
    if (triangles) drawTriangle(context, places, part, shown - part.step + 1, parts.length, colors);
    else {
      // The edge that the present step drew is the one to look at.
      const current = view.stepping && part.step === Math.round(shown);
      answerStroke(context, part.wrong, colors, current ? 3 : count > 24 || view.compact ? 1.8 : 2.2);
      const share = Math.min(1, shown - part.step + 1);
      const [from, to] = part.corners;
      arrow(context, places[from], places[to], { gap, share, head: current ? "end" : view.compact ? "none" : "middle", size: current ? 6 : count > 24 ? 3.6 : 4.8 });
    }
  }
  if (triangles && shown <= payload.tokens.length) drawOpenTriangle(context, places, view, shown, gap, colors);
  context.restore();

  const reached = payload.tokens.slice(0, Math.floor(shown + 1e-6));
  const used = new Set(reached);
  places.forEach((place, index) => {
    const first = !triangles && !view.compact && reached[0] === index;
    const options = { radius, used: used.has(index), first, selected: view.selected === index, hovered: view.hovered === index, colors };
    disc(context, place, view.compact ? "" : String(index + 1), options);
  });
  // The one under the hand belongs on top of its neighbours.
  for (const index of [view.hovered, view.selected]) {
    if (index !== null && places[index]) disc(context, places[index], String(index + 1), { radius, used: used.has(index), first: !triangles && reached[0] === index, selected: view.selected === index, hovered: view.hovered === index, colors });
  }
  if (row !== null) {
    const color = textColor(colors.positive, colors);
    places.slice(0, count).forEach((place, index) => {
      const share = chanceOf(payload, row, index);
      if (share < 0.03 && tokenAt(payload, row) !== index) return;
      const above = place.top > 34;
      label(context, percent(share), { left: Math.max(18, Math.min(corner.right - 18, place.left)), top: place.top + (above ? -radius - 9 : radius + 10) }, color, colors);
    });
    stopMark(context, { left: corner.right - 22, top: corner.bottom - 19 }, chanceOf(payload, row, count), tokenAt(payload, row) >= count, colors);
  }
}

/** What the beam keeps besides, faint. @param {CanvasRenderingContext2D} context @param {Place[]} places @param {View} view @param {number} gap @param {Palette} colors */
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
    } else path.slice(1).forEach((token, at) => arrow(context, places[path[at]], places[token], { gap, head: at === path.length - 2 ? "end" : "none", size: 4 }));
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
  const area = Math.abs((spots[1].left - spots[0].left) * (spots[2].top - spots[0].top) - (spots[2].left - spots[0].left) * (spots[1].top - spots[0].top)) / 2;
  if (area > 900 && count <= 40) {
    const middle = { left: spots.reduce((sum, { left }) => sum + left, 0) / 3, top: spots.reduce((sum, { top }) => sum + top, 0) / 3 };
    label(context, String(step / 3), middle, textColor(wrong ? colors.negative : colors.positive, colors), colors);
  }
  context.globalAlpha = 1;
}

/** Corners of a triangle that is not complete. @param {CanvasRenderingContext2D} context @param {Place[]} places @param {View} view @param {number} shown @param {number} gap @param {Palette} colors */
function drawOpenTriangle(context, places, { payload, stepping }, shown, gap, colors) {
  const done = Math.floor(shown + 1e-6);
  const open = payload.tokens.slice(done - (done % 3), done).filter((token) => places[token]);
  answerStroke(context, false, colors, 3);
  open.slice(1).forEach((token, at) => arrow(context, places[open[at]], places[token], { gap, head: stepping ? "end" : "none", size: 6 }));
}
