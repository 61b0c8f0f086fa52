/** @file Many small curves side by side on one scale, each under its own name. */
import { formatNumber, labelFont } from "./axes.js";
import { palette } from "./color.js";
import { drawEmpty, Plot } from "./plot.js";

/** @typedef {{columns: number, x: {label: string, unit?: string}, y: {label: string}, split?: number, items: {name: string, y: Float32Array}[]}} MultiplesPayload */

/** Height of one small plot with its name, and the distance between two. */
const CELL = 74;
const GAP = 14;

/** @param {HTMLElement} element @param {{title: string}} info */
function create(element, info) {
  /** @type {MultiplesPayload | null} */
  let payload = null;
  /** @param {number} width */
  const columnsFor = (width) => Math.max(1, Math.min(payload?.columns ?? 3, Math.floor(width / 120)));
  const plot = new Plot(element, {
    label: info.title,
    height: (width) => Math.ceil((payload?.items.length ?? 12) / columnsFor(width)) * CELL + 18,
    draw: (surface) => {
      const colors = palette();
      if (!payload) return drawEmpty(surface, "no reading yet", colors);
      draw(surface, payload, columnsFor(surface.width), colors);
    },
    summary: () => (payload ? `${info.title}: ${payload.items.map((item) => item.name).join("; ")}.` : `${info.title}: nothing to show yet.`),
  });
  return {
    /** @param {MultiplesPayload} next */
    update(next) {
      payload = next;
      plot.ask();
    },
    resize: () => plot.ask(),
    destroy: () => plot.destroy(),
  };
}

/** @type {import("./index.js").Panel} */
export const panel = { kind: "multiples", create };

/**
 * @param {import("./surface.js").Surface} surface @param {MultiplesPayload} payload @param {number} columns
 * @param {import("./color.js").Palette} colors
 */
function draw({ context, width, height }, payload, columns, colors) {
  let limit = 0;
  for (const { y } of payload.items) for (const value of y) limit = Math.max(limit, Math.abs(value));
  limit = limit || 1;
  const size = (width - (columns - 1) * GAP) / columns;
  context.font = labelFont(colors, { size: 10.5 });
  payload.items.forEach(({ name, y }, index) => {
    const left = (index % columns) * (size + GAP);
    const top = Math.floor(index / columns) * CELL;
    context.fillStyle = colors.soft;
    context.textBaseline = "alphabetic";
    context.textAlign = "left";
    context.fillText(fit(context, name, size), left, top + 11);
    const [middle, half] = [top + 16 + (CELL - 26) / 2, (CELL - 26) / 2];
    context.strokeStyle = colors.line;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(left, Math.round(middle) + 0.5);
    context.lineTo(left + size, Math.round(middle) + 0.5);
    if (payload.split) {
      const at = Math.round(left + (size * payload.split) / y.length) + 0.5;
      context.moveTo(at, middle - half);
      context.lineTo(at, middle + half);
    }
    context.stroke();
    context.strokeStyle = colors.positive;
    context.lineWidth = 1.4;
    context.beginPath();
    y.forEach((value, at) => {
      // At the line between the two halves the curve starts anew.
      const move = at === 0 || at === payload.split;
      const [x, level] = [left + (size * (at + 0.5)) / y.length, middle - (value / limit) * half];
      if (move) context.moveTo(x, level);
      else context.lineTo(x, level);
    });
    context.stroke();
  });
  context.fillStyle = colors.faint;
  context.textAlign = "left";
  context.fillText(`${payload.x.label}${payload.x.unit ? ` (${payload.x.unit})` : ""}; ${payload.y.label} from ${formatNumber(-limit, 2)} to ${formatNumber(limit, 2)}`, 0, height - 4);
}

/** @param {CanvasRenderingContext2D} context @param {string} text @param {number} width */
function fit(context, text, width) {
  if (context.measureText(text).width <= width) return text;
  let short = text;
  while (short.length > 1 && context.measureText(`${short}…`).width > width) short = short.slice(0, -1);
  return `${short}…`;
}
