/** @file The cells of an unrolled pointer network with what stands in and above them. unrolled.js draws the whole. */
import { labelFont } from "./axes.js";
import { inkOn } from "./color.js";
import { stateColor } from "./unrolled_arrows.js";

/** @typedef {import("./color.js").Palette} Palette */
/** @typedef {import("./unrolled_layout.js").Layout} Layout */
/** @typedef {import("./unrolled_layout.js").UnrolledPayload} UnrolledPayload */

/** The sign that ends an answer, as in the paper. */
export const STOP = "⇐";

/**
 * @param {CanvasRenderingContext2D} context @param {Layout} layout @param {import("./unrolled_layout.js").Slot} slot @param {number} at
 * @param {boolean} pointed @param {UnrolledPayload} payload @param {Palette} colors
 */
export function drawEncoderCell(context, layout, { kind, index }, at, pointed, payload, colors) {
  const { encoderCell: width, encoderTop: top, cellHeight: height } = layout;
  const middle = layout.encoder[at];
  box(context, middle, top, width, height);
  context.fillStyle = colors.card;
  context.fill();
  context.strokeStyle = pointed ? colors.positive : stateColor(colors);
  context.lineWidth = pointed ? 1.75 : 1.25;
  if (kind !== "input") context.setLineDash([3, 2.5]);
  context.stroke();
  context.setLineDash([]);
  const text = kind === "stop" ? STOP : kind === "more" ? "…" : String(payload.numbers[index]);
  cellText(context, text, middle, top + height / 2, width, pointed ? colors.ink : colors.soft, colors);
  if (kind !== "more") drawInput(context, kind === "stop" ? "stop" : payload.inputs[index], middle, layout, colors);
}

/** @param {CanvasRenderingContext2D} context @param {string} text @param {number} middle @param {Layout} layout @param {Palette} colors */
function drawInput(context, text, middle, { writing, encoderTop }, colors) {
  context.font = labelFont(colors, { size: 10.5 });
  context.fillStyle = colors.faint;
  const foot = encoderTop - 6;
  if (writing === "turned") {
    context.save();
    context.translate(middle, foot);
    context.rotate(-Math.PI / 2);
    context.textAlign = "left";
    context.textBaseline = "middle";
    context.fillText(text, 0, 0.5);
    context.restore();
    return;
  }
  context.textAlign = "center";
  context.textBaseline = "alphabetic";
  const lines = writing === "line" ? [text] : text.split(" ");
  lines.forEach((line, at) => context.fillText(line, middle, foot - (lines.length - 1 - at) * 12));
}

/**
 * @param {CanvasRenderingContext2D} context @param {Layout} layout @param {number} at @param {number} token
 * @param {number[]} numbers @param {boolean} strong @param {Palette} colors
 */
export function drawDecoderCell(context, { decoder, decoderCell: width, decoderTop: top, cellHeight: height }, at, token, numbers, strong, colors) {
  box(context, decoder[at], top, width, height);
  context.fillStyle = strong ? colors.positive : colors.card;
  context.fill();
  context.strokeStyle = strong ? colors.positive : colors.line;
  context.lineWidth = 1.25;
  context.stroke();
  const text = token < numbers.length ? String(numbers[token]) : STOP;
  cellText(context, text, decoder[at], top + height / 2, width, strong ? inkOn(colors.positive) : colors.faint, colors, 600);
}

/**
 * A network that was cut off at the limit of steps goes on. @param {CanvasRenderingContext2D} context
 * @param {Layout} layout @param {number} steps @param {Palette} colors
 */
export function drawUnfinished(context, { decoder, decoderCell, decoderTop, cellHeight }, steps, colors) {
  context.fillStyle = stateColor(colors);
  const left = decoder[steps - 1] + decoderCell / 2;
  for (const shift of [4, 8, 12]) {
    context.beginPath();
    context.arc(left + shift, decoderTop + cellHeight / 2, 1.2, 0, 2 * Math.PI);
    context.fill();
  }
}

/** @param {CanvasRenderingContext2D} context @param {number} middle @param {number} top @param {number} width @param {number} height */
function box(context, middle, top, width, height) {
  context.beginPath();
  context.roundRect(middle - width / 2, top, width, height, Math.min(6, width / 4));
}

/**
 * @param {CanvasRenderingContext2D} context @param {string} text @param {number} x @param {number} y
 * @param {number} width @param {string} color @param {Palette} colors @param {number} [weight]
 */
function cellText(context, text, x, y, width, color, colors, weight = 500) {
  const size = width >= 20 ? 12 : width >= 14 ? 10.5 : text.length > 1 ? 8.5 : 10;
  context.font = labelFont(colors, { size, weight });
  context.fillStyle = color;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(text, x, y + 0.5);
}
