/** @file The words around an unrolled pointer network: what the two rows are, and what the lines mean. */
import { labelFont } from "./axes.js";
import { START, stateColor } from "./unrolled_arrows.js";

/** @typedef {import("./color.js").Palette} Palette */
/** @typedef {import("./unrolled_layout.js").Layout} Layout */

/** Pixels below the decoder for its caption, and of one line of the key. */
export const FOOT = 30;
export const KEY_LINE = 19;

/** @param {CanvasRenderingContext2D} context @param {Layout} layout @param {Palette} colors */
export function drawCaptions(context, { left, bottom }, colors) {
  context.font = labelFont(colors);
  context.textAlign = "left";
  context.textBaseline = "alphabetic";
  context.fillStyle = colors.faint;
  context.fillText("encoder: reads the inputs one by one", left, 11);
  context.fillText("decoder: each cell points at one and bears its number", left, bottom + 19);
}

/** @typedef {{text: string, sample: "pointer" | "share" | "feed" | "state" | "start"}} Key */
/** @type {Key[]} */
const KEYS = [
  { text: "points at", sample: "pointer" },
  { text: "also likely", sample: "share" },
  { text: "state", sample: "state" },
  { text: "its input, fed to the next cell", sample: "feed" },
  { text: "start", sample: "start" },
];
const SAMPLE = 22;
const KEY_SPACE = 16;

/** Lines that the key takes at a width. @param {number} width */
export const keyLines = (width) => (width < 510 ? 2 : 1);

/** @param {CanvasRenderingContext2D} context @param {Layout} layout @param {number} width @param {Palette} colors */
export function drawKey(context, layout, width, colors) {
  context.font = labelFont(colors);
  context.textAlign = "left";
  context.textBaseline = "middle";
  const sizes = KEYS.map(({ text }) => SAMPLE + 6 + context.measureText(text).width);
  const whole = sizes.reduce((sum, size) => sum + size + KEY_SPACE, -KEY_SPACE);
  const edge = layout.left + whole <= width ? layout.left : 0;
  let left = edge;
  let level = layout.bottom + FOOT + KEY_LINE / 2;
  KEYS.forEach(({ text, sample }, index) => {
    if (left > edge && left + sizes[index] > width) {
      left = edge;
      level += KEY_LINE;
    }
    drawSample(context, sample, left, level, colors);
    context.fillStyle = colors.faint;
    context.textAlign = "left";
    context.font = labelFont(colors);
    context.fillText(text, left + SAMPLE + 6, level + 0.5);
    left += sizes[index] + KEY_SPACE;
  });
}

/** @param {CanvasRenderingContext2D} context @param {Key["sample"]} sample @param {number} left @param {number} level @param {Palette} colors */
function drawSample(context, sample, left, level, colors) {
  if (sample === "start") {
    context.font = labelFont(colors, { size: 13, weight: 600 });
    context.fillStyle = colors.soft;
    context.textAlign = "right";
    context.fillText(START, left + SAMPLE, level + 0.5);
    return;
  }
  const style = {
    pointer: { color: colors.positive, width: 2, alpha: 1 },
    share: { color: colors.positive, width: 1.5, alpha: 0.4 },
    feed: { color: colors.faint, width: 1, alpha: 1 },
    state: { color: stateColor(colors), width: 1.5, alpha: 1 },
  }[sample];
  context.strokeStyle = style.color;
  context.lineWidth = style.width;
  context.globalAlpha = style.alpha;
  context.beginPath();
  context.moveTo(left, level);
  context.lineTo(left + SAMPLE, level);
  context.stroke();
  context.globalAlpha = 1;
}
