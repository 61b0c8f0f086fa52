/**
 * @file Data points on a canvas. The class or sign is told by colour and by shape (disc, diamond), train and test by
 * filling: train points are solid, test points hollow. Points of one look share a path, so a thousand cost little.
 */
import { diamond } from "./shapes.js";
import { divergingTable, pixelToCss } from "../panels/color.js";

/** @typedef {import("../panels/color.js").Palette} Palette */
/** @typedef {{x: ArrayLike<number>, y: ArrayLike<number>, label: ArrayLike<number>}} Points */

/** Shades for regression; for classes only the two outermost occur. */
const SHADES = 17;

/** @type {{palette: Palette, shades: string[]} | null} */
let shadesOf = null;

/** @param {Palette} palette */
function shadeColors(palette) {
  if (shadesOf?.palette === palette) return shadesOf.shades;
  const table = divergingTable(palette);
  const shades = Array.from({ length: SHADES }, (_, index) => pixelToCss(table[Math.round((index / (SHADES - 1)) * 255)]));
  // The ends are the pure colours: points must stand out from a plane of nearly the same blue.
  shades[0] = palette.negative;
  shades[SHADES - 1] = palette.positive;
  shadesOf = { palette, shades };
  return shades;
}

/**
 * @param {CanvasRenderingContext2D} context @param {Points} points
 * @param {{atX: (x: number) => number, atY: (y: number) => number, radius: number, colors: Palette, plain?: boolean,
 *   hollow: boolean | ((index: number) => boolean)}} look  plain: on paper, where no outline is needed
 */
export function drawMarks(context, { x, y, label }, { atX, atY, radius, colors, hollow, plain = false }) {
  /** @type {Path2D[]} */
  const paths = Array.from({ length: SHADES * 2 });
  for (let index = 0; index < x.length; index++) {
    const value = Math.max(-1, Math.min(1, label[index]));
    const shade = Math.round(((value + 1) / 2) * (SHADES - 1));
    const open = typeof hollow === "boolean" ? hollow : hollow(index);
    const path = (paths[shade * 2 + (open ? 1 : 0)] ??= new Path2D());
    const [left, top] = [atX(x[index]), atY(y[index])];
    if (value >= 0) {
      path.moveTo(left + radius, top);
      path.arc(left, top, radius, 0, 2 * Math.PI);
    } else {
      diamond(path, left, top, radius * 1.3);
    }
  }
  const shades = shadeColors(colors);
  context.lineJoin = "round";
  for (let index = 0; index < paths.length; index++) {
    const path = paths[index];
    if (!path) continue;
    const color = shades[Math.floor(index / 2)];
    const open = index % 2 === 1;
    if (plain) {
      context.globalAlpha = open ? 0.75 : 0.9;
      context.fillStyle = context.strokeStyle = color;
      context.lineWidth = 1.1;
      if (open) context.stroke(path);
      else context.fill(path);
    } else {
      context.fillStyle = open ? colors.card : color;
      context.strokeStyle = open ? color : colors.card;
      context.lineWidth = open ? radius * 0.62 : 1.1;
      context.fill(path);
      context.stroke(path);
    }
  }
  context.globalAlpha = 1;
}
