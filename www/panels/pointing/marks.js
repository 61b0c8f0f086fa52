/**
 * @file The marks that both pictures share: numbered discs, arrows, halos, and the two ways in which a line says what
 * it is. The network is blue and solid, a mistake vermilion and dashed, the exact answer a thin grey line.
 */
import { inkOn, textColor } from "../color.js";
import { percent, STOP } from "./answer.js";

/** @typedef {import("../color.js").Palette} Palette */
/** @typedef {import("./points.js").Place} Place */
/** @typedef {CanvasRenderingContext2D} Context */

/**
 * What a picture is drawn from.
 * @typedef {object} View
 * @property {import("./answer.js").PointingPayload} payload
 * @property {import("./points.js").Point[]} points as the visitor has them, perhaps ahead of the payload
 * @property {number} made output steps shown, with the share of the one on its way; Infinity: the whole answer
 * @property {number | null} row output step, from 0, whose distribution is shown
 * @property {boolean} stepping the row is the step that the visitor stands at
 * @property {number | null} selected @property {number | null} hovered
 * @property {number[][]} branches partial answers that the beam keeps beside the answer
 * @property {boolean} editable @property {boolean} compact
 */

export const MISTAKE_DASH = [6, 4];

/** A round stride that leaves each name its room. @param {number} room @param {number} cell pixels from one to the next */
export function nameStride(room, cell) {
  const least = Math.ceil(room / cell - 1e-9);
  return [1, 2, 5, 10, 20, 50, 100, 200].find((stride) => stride >= least) ?? 500;
}

/** Whether a number, from 0, is named at that stride: 2, 4, 6 … or 1, 5, 10 … @param {number} index @param {number} stride */
export const isNamed = (index, stride) => (index + 1) % stride === 0 || (index === 0 && stride > 2);

/** @param {Context} context @param {boolean} wrong @param {Palette} colors @param {number} [width] */
export function answerStroke(context, wrong, colors, width = 2.2) {
  context.strokeStyle = context.fillStyle = wrong ? colors.negative : colors.positive;
  context.lineWidth = width;
  context.setLineDash(wrong ? MISTAKE_DASH : []);
  context.lineCap = wrong ? "butt" : "round";
  context.lineJoin = "round";
}

/** @param {Context} context @param {Palette} colors */
export function truthStroke(context, colors) {
  context.strokeStyle = colors.faint;
  context.globalAlpha = colors.dark ? 0.95 : 0.75;
  context.lineWidth = 1.25;
  context.lineJoin = "round";
  context.setLineDash([]);
}

/**
 * A line from disc to disc in the stroke that is set, with its head in the middle, where neither disc hides it, or at the end.
 * @param {Context} context @param {Place} from @param {Place} to
 * @param {{gap: number, share?: number, head?: "middle" | "end" | "none", size?: number}} options `share`: how much of it is drawn
 */
export function arrow(context, from, to, { gap, share = 1, head = "middle", size = 5 }) {
  const [across, down] = [to.left - from.left, to.top - from.top];
  const length = Math.hypot(across, down);
  if (length < 1) return loop(context, from, gap);
  const [x, y] = [across / length, down / length];
  // Discs that overlap leave no room for a line between them; then it runs between their centres.
  const inset = length > 2 * gap + 4 ? gap : 0;
  const span = (length - 2 * inset) * share;
  const at = (/** @type {number} */ along) => ({ left: from.left + x * (inset + along), top: from.top + y * (inset + along) });
  const end = at(head === "end" ? Math.max(0, span - size) : span);
  const start = at(0);
  context.beginPath();
  context.moveTo(start.left, start.top);
  context.lineTo(end.left, end.top);
  context.stroke();
  if (head === "none" || length - 2 * inset < 3 * size) return;
  const tip = head === "end" ? span : (length - 2 * inset) * 0.5 + size;
  if (tip <= span + 0.01) arrowhead(context, at(tip), Math.atan2(y, x), size);
}

/** An element that points at itself. @param {Context} context @param {Place} place @param {number} gap */
function loop(context, { left, top }, gap) {
  context.beginPath();
  context.arc(left, top, gap + 3.5, 0, 2 * Math.PI);
  context.stroke();
}

/** @param {Context} context @param {Place} tip @param {number} angle @param {number} size */
export function arrowhead(context, { left, top }, angle, size) {
  context.save();
  context.translate(left, top);
  context.rotate(angle);
  context.beginPath();
  context.moveTo(0, 0);
  context.lineTo(-2 * size, -size);
  context.lineTo(-1.5 * size, 0);
  context.lineTo(-2 * size, size);
  context.closePath();
  context.fill();
  context.restore();
}

/**
 * @param {Context} context @param {Place} place @param {string} name
 * @param {{radius: number, used: boolean, first: boolean, selected: boolean, hovered: boolean, colors: Palette}} options
 */
export function disc(context, { left, top }, name, { radius, used, first, selected, hovered, colors }) {
  context.setLineDash([]);
  context.beginPath();
  context.arc(left, top, radius, 0, 2 * Math.PI);
  context.fillStyle = used ? colors.positive : colors.card;
  context.fill();
  // A rim in the colour of the card keeps discs apart that lie over each other.
  context.lineWidth = used ? 1 : 1.25;
  context.strokeStyle = used ? colors.card : hovered ? colors.ink : colors.faint;
  context.stroke();
  if (first) ring(context, { left, top }, radius + 3.2, colors.positive, 1.5);
  if (selected || hovered) ring(context, { left, top }, radius + (first ? 6 : 3.6), selected ? colors.accent : colors.ink, selected ? 2.2 : 1.2);
  if (radius < 5) return;
  context.font = `600 ${Math.max(8.5, Math.min(11, radius * 1.12))}px ${colors.font}`;
  context.fillStyle = used ? inkOn(colors.positive) : colors.soft;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(name, left, top + 0.5);
}

/** @param {Context} context @param {Place} place @param {number} radius @param {string} color @param {number} width */
export function ring(context, { left, top }, radius, color, width) {
  context.beginPath();
  context.arc(left, top, radius, 0, 2 * Math.PI);
  context.strokeStyle = color;
  context.lineWidth = width;
  context.stroke();
}

/**
 * How much of the pointer rests on an element: area grows with the share.
 * @param {Context} context @param {Place} place @param {number} radius of the disc @param {number} share
 * @param {number} reach @param {Palette} colors
 */
export function halo(context, { left, top }, radius, share, reach, colors) {
  if (!(share > 0.003)) return;
  context.beginPath();
  context.arc(left, top, radius + reach * Math.sqrt(share), 0, 2 * Math.PI);
  context.globalAlpha = colors.dark ? 0.34 : 0.24;
  context.fillStyle = colors.positive;
  context.fill();
  context.globalAlpha = 1;
}

/**
 * Small text that stays legible over lines.
 * @param {Context} context @param {string} text @param {Place} place @param {string} color @param {Palette} colors
 */
export function label(context, text, { left, top }, color, colors) {
  context.setLineDash([]);
  context.font = `500 10.5px ${colors.font}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.lineWidth = 3;
  context.strokeStyle = colors.card;
  context.strokeText(text, left, top);
  context.fillStyle = color;
  context.fillText(text, left, top);
}

/**
 * The stop as a thing that can be pointed at.
 * @param {Context} context @param {Place} place its middle @param {number} share of the pointer @param {boolean} used
 * @param {Palette} colors
 */
export function stopMark(context, place, share, used, colors) {
  halo(context, place, 10, share, 14, colors);
  context.beginPath();
  context.roundRect(place.left - 12, place.top - 9, 24, 18, 9);
  context.fillStyle = used ? colors.positive : colors.card;
  context.fill();
  context.lineWidth = 1.25;
  context.strokeStyle = used ? colors.positive : colors.faint;
  context.setLineDash([]);
  context.stroke();
  context.font = `600 12px ${colors.font}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillStyle = used ? inkOn(colors.positive) : colors.soft;
  context.fillText(STOP, place.left, place.top + 0.5);
  if (share >= 0.03) label(context, percent(share), { left: place.left, top: place.top + (place.top < 40 ? 18 : -17) }, textColor(colors.positive, colors), colors);
}
