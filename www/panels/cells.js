/** @file What panels made of cells share: the place of the grid, the cell under the pointer, names of both sides. */
import { labelFont } from "./axes.js";

/** @typedef {import("./color.js").Palette} Palette */
/** @typedef {{left: number, top: number, width: number, height: number, cell: number}} Field */

/**
 * Square cells as large as fit. @param {{width: number, height: number}} size @param {number} rows @param {number} columns
 * @param {{left: number, right: number, top: number, bottom: number}} margin @returns {Field}
 */
export function fieldOf(size, rows, columns, margin) {
  const cell = Math.min((size.width - margin.left - margin.right) / columns, (size.height - margin.top - margin.bottom) / rows);
  return { left: margin.left, top: margin.top, width: cell * columns, height: cell * rows, cell };
}

/** @param {Field} field @param {{x: number, y: number} | null} pointer @returns {{row: number, column: number} | null} */
export function cellAt(field, pointer) {
  if (!pointer) return null;
  const { left, top, width, height, cell } = field;
  if (pointer.x < left || pointer.y < top || pointer.x >= left + width || pointer.y >= top + height) return null;
  return { row: Math.floor((pointer.y - top) / cell), column: Math.floor((pointer.x - left) / cell) };
}

/**
 * @param {CanvasRenderingContext2D} context @param {Field} field @param {Palette} colors
 * @param {{rowLabel?: string, columnLabel?: string, rowNames?: Record<string, string>}} names
 */
export function drawSides(context, field, colors, { rowLabel = "", columnLabel = "", rowNames = {} }) {
  context.font = labelFont(colors);
  context.fillStyle = colors.faint;
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const [row, name] of Object.entries(rowNames)) {
    context.fillText(name, field.left - 7, field.top + (Number(row) + 0.5) * field.cell);
  }
  context.textAlign = "left";
  context.textBaseline = "alphabetic";
  context.fillText(columnLabel, field.left, field.top + field.height + 17);
  if (rowLabel) {
    context.save();
    context.translate(field.left - (Object.keys(rowNames).length > 0 ? 22 : 9), field.top + field.height);
    context.rotate(-Math.PI / 2);
    context.fillText(rowLabel, 0, 0);
    context.restore();
  }
}

/** Follows the pointer over an element. @param {HTMLElement} element @param {(at: {x: number, y: number} | null) => void} tell @returns {() => void} stops */
export function followPointer(element, tell) {
  /** @param {PointerEvent} event */
  const moved = (event) => {
    const { left, top } = element.getBoundingClientRect();
    tell(event.type === "pointerleave" ? null : { x: event.clientX - left, y: event.clientY - top });
  };
  element.addEventListener("pointermove", moved);
  element.addEventListener("pointerleave", moved);
  return () => {
    element.removeEventListener("pointermove", moved);
    element.removeEventListener("pointerleave", moved);
  };
}
