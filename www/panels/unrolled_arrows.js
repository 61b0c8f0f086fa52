/**
 * @file The lines of an unrolled pointer network: where they leave and enter the cells, how they bend, and how strong each
 * kind is. unrolled.js says in which order they are drawn.
 */
import { labelFont } from "./axes.js";
import { mix, pack, parseColor, pixelToCss } from "./color.js";

/** @typedef {import("./color.js").Palette} Palette */
/** @typedef {import("./unrolled_layout.js").Layout} Layout */
/** @typedef {import("./unrolled_layout.js").Network} Network */
/** @typedef {{x: number, y: number}} Place */

/** The sign that starts the decoder, as in the paper. */
export const START = "⇒";

/** Places where arrows end and begin. @param {Layout} layout @param {number} at @returns {Place} */
export const outlet = (layout, at) => ({ x: layout.decoder[at] + Math.min(6, layout.decoderCell * 0.22), y: layout.decoderTop });
/** @param {Layout} layout @param {number} at @returns {Place} */
export const inlet = (layout, at) => ({ x: layout.decoder[at] - Math.min(6, layout.decoderCell * 0.22), y: layout.decoderTop });
/** @param {Layout} layout @param {number} slot @returns {Place} */
export const target = (layout, slot) => ({ x: layout.encoder[slot], y: layout.encoderTop + layout.cellHeight + 2 });
/** @param {Layout} layout @param {number} slot @returns {Place} */
export const source = (layout, slot) => ({ x: layout.encoder[slot] + Math.min(7, layout.encoderCell * 0.26), y: layout.encoderTop + layout.cellHeight });

/**
 * The curve of an arrow: upright at both ends, so that it leaves and meets the cells squarely.
 * @param {CanvasRenderingContext2D} context @param {Place} from @param {Place} to
 */
function curve(context, from, to) {
  const bend = (to.y - from.y) * 0.5;
  context.beginPath();
  context.moveTo(from.x, from.y);
  context.bezierCurveTo(from.x, from.y + bend, to.x, to.y - bend, to.x, to.y);
}

/** @param {CanvasRenderingContext2D} context @param {Place} tip @param {number} size @param {1 | -1} down */
function head(context, { x, y }, size, down) {
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x - size * 0.55, y - size * down);
  context.lineTo(x + size * 0.55, y - size * down);
  context.closePath();
  context.fill();
}

/**
 * The answer: strong arrows that run over all the rest. Those to one input belong together, so none cuts another there.
 * @param {CanvasRenderingContext2D} context @param {{from: Place, to: Place}[]} arrows that end in one place
 * @param {number} weight @param {Palette} colors
 */
export function drawPointers(context, arrows, weight, colors) {
  const bend = (/** @type {{from: Place, to: Place}} */ { from, to }) => curve(context, from, { x: to.x, y: to.y + 6 });
  context.strokeStyle = colors.paper;
  context.lineWidth = weight + 3;
  for (const arrow of arrows) {
    bend(arrow);
    context.stroke();
  }
  context.strokeStyle = context.fillStyle = colors.positive;
  context.lineWidth = weight;
  for (const arrow of arrows) {
    bend(arrow);
    context.stroke();
  }
  if (arrows.length > 0) head(context, arrows[0].to, 8, -1);
}

/**
 * What else was likely. @param {CanvasRenderingContext2D} context @param {Place} from @param {Place} to
 * @param {number} share @param {boolean} alone @param {Palette} colors
 */
export function drawShare(context, from, to, share, alone, colors) {
  curve(context, from, to);
  context.strokeStyle = colors.positive;
  context.globalAlpha = Math.min(1, (alone ? 0.3 : colors.dark ? 0.18 : 0.12) + 0.8 * share);
  context.lineWidth = 1 + 1.6 * share;
  context.stroke();
  context.globalAlpha = 1;
}

/**
 * The coordinates of what was pointed at, on their way into the next cell. @param {CanvasRenderingContext2D} context
 * @param {Place} from @param {Place} to @param {boolean} alone @param {Palette} colors
 */
export function drawFeed(context, from, to, alone, colors) {
  curve(context, from, { x: to.x, y: to.y - 4 });
  context.strokeStyle = context.fillStyle = colors.faint;
  context.globalAlpha = alone ? 1 : 0.6;
  context.lineWidth = 1;
  context.stroke();
  head(context, to, 5, 1);
  context.globalAlpha = 1;
}

/**
 * The sign that starts the decoder, instead of the coordinates that the others are fed.
 * @param {CanvasRenderingContext2D} context @param {Place} to @param {Palette} colors
 */
export function drawStart(context, to, colors) {
  context.font = labelFont(colors, { size: 13, weight: 600 });
  context.textAlign = "right";
  context.textBaseline = "alphabetic";
  context.strokeStyle = colors.paper;
  context.lineWidth = 3;
  context.strokeText(START, to.x + 3, to.y - 17);
  context.fillStyle = colors.soft;
  context.fillText(START, to.x + 3, to.y - 17);
  context.strokeStyle = context.fillStyle = colors.faint;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(to.x, to.y - 14);
  context.lineTo(to.x, to.y - 4);
  context.stroke();
  head(context, to, 5, 1);
}

/**
 * The states that go from cell to cell, and from the end of the encoder to the beginning of the decoder.
 * @param {CanvasRenderingContext2D} context @param {Network} network @param {Layout} layout @param {Palette} colors
 */
export function drawStates(context, { slots, steps }, layout, colors) {
  const { encoder, decoder, encoderCell, decoderCell, encoderTop, decoderTop, cellHeight } = layout;
  const [upper, lower] = [encoderTop + cellHeight / 2, decoderTop + cellHeight / 2];
  context.strokeStyle = context.fillStyle = stateColor(colors);
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(encoder[0], upper);
  // The last slot is the stop: no state passes through it.
  const last = encoder[slots.length - 2] ?? encoder[0];
  context.lineTo(last, upper);
  const turn = last + encoderCell / 2 + Math.min(12, Math.max(5, (encoder[slots.length - 1] - last - encoderCell) / 2));
  // Close to the cells the arrows are upright, and the line crosses them squarely.
  const middle = encoderTop + cellHeight + 30;
  const start = layout.left + 5;
  context.lineTo(turn - 6, upper);
  context.arcTo(turn, upper, turn, middle, 6);
  context.arcTo(turn, middle, start, middle, 10);
  context.arcTo(start, middle, start, lower, 10);
  context.arcTo(start, lower, decoder[0], lower, 6);
  context.lineTo(decoder[0], lower);
  for (let at = 1; at < steps.length; at++) context.lineTo(decoder[at], lower);
  context.stroke();
  for (let at = 1; at < slots.length - 1; at++) chainHead(context, encoder[at] - encoderCell / 2, upper, encoder[at] - encoder[at - 1] - encoderCell);
  chainHead(context, decoder[0] - decoderCell / 2, lower, 10);
  for (let at = 1; at < steps.length; at++) chainHead(context, decoder[at] - decoderCell / 2, lower, decoder[at] - decoder[at - 1] - decoderCell);
}

/**
 * The arrow head of a state that enters a cell, where there is room for one.
 * @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {number} room
 */
function chainHead(context, x, y, room) {
  if (room < 9) return;
  context.beginPath();
  context.moveTo(x - 1, y);
  context.lineTo(x - 6.5, y - 3.5);
  context.lineTo(x - 6.5, y + 3.5);
  context.closePath();
  context.fill();
}

/** Cells and the states between them: stronger than the hairlines of a plot, weaker than its text. @param {Palette} colors */
export const stateColor = (colors) => pixelToCss(pack(mix(parseColor(colors.line), parseColor(colors.faint), 0.38)));
