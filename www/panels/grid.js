/** @file A table of categories as coloured cells; wrong ones are dark and crossed, so that hue is not the only channel. */
import { labelFont } from "./axes.js";
import { palette, pixelToCss, sequentialTable } from "./color.js";
import { drawEmpty, Plot } from "./plot.js";

/** @typedef {{rows: number, columns: number, values: Float32Array, wrong: Float32Array | null, categories: number, rowLabel: string, columnLabel: string}} GridPayload */

/** Pixels for the names of the axes. */
const MARGIN = 26;

/** @param {HTMLElement} element @param {{title: string}} info */
function create(element, info) {
  /** @type {GridPayload | null} */
  let payload = null;
  /** @param {number} width @param {number} height */
  const cellOf = (width, height) => Math.min((width - MARGIN) / (payload?.columns ?? 1), (height - MARGIN) / (payload?.rows ?? 1));
  const plot = new Plot(element, {
    label: info.title,
    height: (width) => Math.max(180, Math.min(330, width)),
    draw: (surface) => {
      const colors = palette();
      if (!payload) return drawEmpty(surface, "no reading yet", colors);
      draw(surface, payload, cellOf(surface.width, surface.height), colors);
    },
    read: ({ left, top }) => {
      if (!payload) return null;
      const cell = cellOf(plot.width, plot.height);
      const [column, row] = [Math.floor((left - MARGIN) / cell), Math.floor((top - MARGIN) / cell)];
      if (row < 0 || column < 0 || row >= payload.rows || column >= payload.columns) return null;
      const at = row * payload.columns + column;
      const verdict = payload.wrong ? [{ name: payload.wrong[at] ? "✕ wrong" : "✓ right", value: "" }] : [];
      return { title: `${payload.rowLabel} = ${row}, ${payload.columnLabel} = ${column}`, rows: [{ name: "answer", value: String(payload.values[at]) }, ...verdict] };
    },
    summary: () => {
      if (!payload) return `${info.title}: nothing to show yet.`;
      const wrong = payload.wrong?.reduce((sum, cell) => sum + cell, 0) ?? 0;
      return `${info.title}: ${payload.rows * payload.columns - wrong} of ${payload.rows * payload.columns} cells are right.`;
    },
  });
  return {
    /** @param {GridPayload} next */
    update(next) {
      payload = next;
      plot.ask();
    },
    resize: () => plot.ask(),
    destroy: () => plot.destroy(),
  };
}

/** @type {import("./index.js").Panel} */
export const panel = { kind: "grid", create };

/** @param {import("./surface.js").Surface} surface @param {GridPayload} payload @param {number} cell @param {import("./color.js").Palette} colors */
function draw({ context }, payload, cell, colors) {
  const table = sequentialTable();
  context.lineWidth = 1;
  for (let row = 0; row < payload.rows; row++) {
    for (let column = 0; column < payload.columns; column++) {
      const at = row * payload.columns + column;
      const [left, top] = [MARGIN + column * cell, MARGIN + row * cell];
      const wrong = payload.wrong?.[at];
      const share = payload.values[at] / Math.max(1, payload.categories - 1);
      context.fillStyle = wrong ? (colors.dark ? "#33363a" : "#4a4843") : pixelToCss(table[Math.round(share * (table.length - 1))]);
      context.fillRect(left, top, cell - 0.6, cell - 0.6);
      if (!wrong || cell < 7) continue;
      context.strokeStyle = colors.dark ? "#6f6b64" : "#8b867d";
      context.beginPath();
      context.moveTo(left + cell * 0.28, top + cell * 0.28);
      context.lineTo(left + cell * 0.68, top + cell * 0.68);
      context.moveTo(left + cell * 0.68, top + cell * 0.28);
      context.lineTo(left + cell * 0.28, top + cell * 0.68);
      context.stroke();
    }
  }
  context.font = labelFont(colors);
  context.fillStyle = colors.faint;
  context.textBaseline = "middle";
  context.textAlign = "left";
  context.fillText(`${payload.columnLabel} → 0 … ${payload.columns - 1}`, MARGIN, MARGIN / 2);
  context.save();
  context.translate(MARGIN / 2, MARGIN);
  context.rotate(-Math.PI / 2);
  context.textAlign = "right";
  context.fillText(`0 … ${payload.rows - 1} ← ${payload.rowLabel}`, 0, 0);
  context.restore();
}
