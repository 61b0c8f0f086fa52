/**
 * @file Many thin columns in a given order, such as a spectrum, each filled by a share: the filled part of the scale is
 * bright, what is empty is dark.
 */
import { axisName, bounds, drawAxes, formatNumber, labelFont, makeScale } from "./axes.js";
import { palette, pixelToCss, sequentialTable } from "./color.js";
import { drawEmpty, Plot } from "./plot.js";

/** @typedef {import("./axes.js").Axis} Axis */
/** @typedef {import("./color.js").Palette} Palette */
/**
 * @typedef {object} ColumnsPayload
 * @property {Float32Array} values @property {Float32Array} shares 0…1 @property {string} shareLabel
 * @property {{label: string}} x @property {Partial<Axis>} y @property {string} [note] @property {string} [empty] why there is nothing
 */

/** @param {HTMLElement} element @param {{title: string}} info */
function create(element, info) {
  /** @type {ColumnsPayload | null} */
  let payload = null;
  /** @type {import("./axes.js").Box | null} */
  let box = null;
  /** @param {import("./plot.js").Point} point */
  const indexAt = ({ left }) => {
    const count = payload?.values.length ?? 0;
    return box && left >= box.left && left < box.right ? Math.floor(((left - box.left) / (box.right - box.left)) * count) : -1;
  };
  const plot = new Plot(element, {
    label: info.title,
    height: () => 290,
    draw: (surface) => {
      const colors = palette();
      box = null;
      if (!payload || payload.values.length === 0) return drawEmpty(surface, payload?.empty ?? "no reading yet", colors);
      box = draw(surface, payload, plot.pointer ? indexAt(plot.pointer) : -1, colors);
    },
    read: (point) => {
      const index = indexAt(point);
      if (!payload || index < 0) return null;
      const rows = [
        { name: payload.y.label ?? "value", value: formatNumber(payload.values[index]) },
        { name: payload.shareLabel, value: `${formatNumber(100 * payload.shares[index])} %` },
      ];
      return { title: `${index + 1} of ${payload.values.length}`, rows };
    },
    summary: () => {
      if (!payload || payload.values.length === 0) return `${info.title}: ${payload?.empty ?? "nothing to show yet"}.`;
      const span = bounds([payload.values]);
      return `${info.title}: ${payload.values.length} columns, ${axisName(payload.y)} from ${formatNumber(span.min)} to ${formatNumber(span.max)}. ${payload.note ?? ""}`;
    },
  });
  return {
    /** @param {ColumnsPayload} next */
    update(next) {
      payload = next;
      plot.note(next.note);
      plot.ask();
    },
    resize: () => plot.ask(),
    destroy: () => plot.destroy(),
  };
}

/** @type {import("./index.js").Panel} */
export const panel = { kind: "columns", create };

/**
 * @param {import("./surface.js").Surface} surface @param {ColumnsPayload} payload @param {number} pointed @param {Palette} colors
 */
function draw({ context, width, height }, payload, pointed, colors) {
  const { values, shares } = payload;
  const box = { left: 42, right: width - 14, top: 30, bottom: height - 42 };
  const span = bounds([values]);
  // The least column must be seen too.
  const low = payload.y.scale === "log" ? span.min / 1.6 : Math.min(0, span.min);
  const y = makeScale({ scale: payload.y.scale, min: payload.y.min ?? low, max: payload.y.max ?? span.max * 1.2 }, box.bottom, box.top);
  const x = makeScale({ min: 0, max: values.length }, box.left, box.right);
  drawAxes(context, { x, y, box, colors, yName: axisName(payload.y) });
  context.font = labelFont(colors);
  context.fillStyle = colors.faint;
  context.textAlign = "left";
  context.textBaseline = "alphabetic";
  context.fillText(payload.x.label, box.left, box.bottom + 35);
  const table = sequentialTable();
  const thick = (box.right - box.left) / values.length;
  const gap = thick > 4 ? 1 : 0;
  for (let index = 0; index < values.length; index++) {
    const level = y.at(values[index]);
    context.fillStyle = pixelToCss(table[Math.round(Math.min(1, Math.max(0, shares[index])) * (table.length - 1))]);
    // Neighbours without a gap overlap a little, or the paper would shine through between them.
    context.fillRect(x.at(index), level, thick - gap + (gap ? 0 : 0.4), box.bottom - level);
  }
  context.strokeStyle = colors.soft;
  context.lineWidth = 1;
  context.beginPath();
  for (let index = 0; index < values.length; index++) {
    const level = y.at(values[index]);
    context.lineTo(x.at(index), level);
    context.lineTo(x.at(index + 1), level);
  }
  context.stroke();
  if (pointed >= 0) {
    context.strokeStyle = colors.ink;
    context.strokeRect(x.at(pointed) - 0.5, y.at(values[pointed]) - 0.5, Math.max(2, thick), box.bottom - y.at(values[pointed]) + 0.5);
  }
  drawKey(context, payload.shareLabel, width, table, colors);
  return box;
}

/** The scale of shares. @param {CanvasRenderingContext2D} context @param {string} label @param {number} right @param {Uint32Array} table @param {Palette} colors */
function drawKey(context, label, right, table, colors) {
  const [length, level] = [56, 4];
  context.font = labelFont(colors);
  context.textBaseline = "middle";
  context.textAlign = "right";
  context.fillStyle = colors.faint;
  context.fillText("100 %", right, level + 5);
  const end = right - context.measureText("100 %").width - 6;
  for (let at = 0; at < length; at++) {
    context.fillStyle = pixelToCss(table[Math.round((at / (length - 1)) * (table.length - 1))]);
    context.fillRect(end - length + at, level, 1.5, 9);
  }
  context.fillStyle = colors.faint;
  context.fillText(`${label}  0`, end - length - 6, level + 5);
}
