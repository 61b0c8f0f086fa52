/**
 * @file One diagram of boxes and arrows with two sets of names, drawn twice: what two fields call the same thing. The box
 * under the pointer, or chosen by keys, is marked in both and shows the other's name.
 */
import { labelFont } from "./axes.js";
import { palette } from "./color.js";
import { drawEmpty, Plot } from "./plot.js";

/** @typedef {import("./color.js").Palette} Palette */
/**
 * @typedef {object} Part
 * @property {[string, string]} names @property {[string, string]} told what it is, in words
 * @property {number} column @property {number} row @property {"data" | "step"} kind @property {number[]} from parts that it takes
 */
/** @typedef {{titles: [string, string], formulas: [string, string], parts: Part[]}} TwinsPayload */
/** @typedef {{left: number, top: number}} Corner */

const TITLE = 50;
const BOX = 34;
const DOWN = 14;
/** From this width on both diagrams' boxes stand in their columns; below, one under the other. */
const ROOMY = 520;

/** @param {HTMLElement} element @param {{title: string}} info */
function create(element, info) {
  /** @type {TwinsPayload | null} */
  let payload = null;
  let focus = -1;
  /** @param {number} width */
  const layoutFor = (width) => layOut(payload?.parts ?? [], width);
  const plot = new Plot(element, {
    label: info.title,
    height: (width) => layoutFor(width).bottom,
    draw: (surface) => {
      const colors = palette();
      if (!payload) return drawEmpty(surface, "nothing to show yet", colors);
      const layout = layoutFor(surface.width);
      for (const which of /** @type {(0 | 1)[]} */ ([0, 1])) draw(surface.context, payload, layout, which, hovered(), colors);
    },
    read: (point) => {
      const at = partAt(layoutFor(plot.width), point);
      const part = at && payload?.parts[at.part];
      if (!payload || !part) return null;
      const rows = payload.titles.map((title, which) => ({ name: `${title}: ${part.names[which]}`, value: part.told[which] }));
      return { title: part.names[0] === part.names[1] ? part.names[0] : `${part.names[0]} = ${part.names[1]}`, rows };
    },
    summary: () => {
      if (!payload) return `${info.title}: nothing to show yet.`;
      const told = payload.parts.map(({ names }) => names.join(" is "));
      return `${payload.titles[0]}, ${payload.formulas[0]}, beside ${payload.titles[1]}, ${payload.formulas[1]}: ${told.join("; ")}.`;
    },
  });
  const hovered = () => (plot.pointer ? (partAt(layoutFor(plot.width), plot.pointer)?.part ?? -1) : focus);
  const { canvas } = plot;
  canvas.tabIndex = 0;
  canvas.setAttribute("aria-label", `${info.title}; the arrow keys go from box to box`);
  canvas.addEventListener("keydown", (event) => {
    const count = payload?.parts.length ?? 0;
    const by = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    if (!count || (!by && event.key !== "Escape")) return;
    event.preventDefault();
    focus = by ? (Math.max(focus, by < 0 ? 0 : -1) + by + count) % count : -1;
    const corner = layoutFor(plot.width).corners[0][focus];
    plot.point(corner ? { left: corner.left + 4, top: corner.top + 4 } : null);
  });
  canvas.addEventListener("blur", () => {
    focus = -1;
    plot.point(null);
  });
  return {
    /** @param {TwinsPayload} next */
    update(next) {
      payload = next;
      plot.fit();
      plot.ask();
    },
    resize: () => plot.ask(),
    destroy: () => plot.destroy(),
  };
}

/** @type {import("./index.js").Panel} */
export const panel = { kind: "twins", create };

/**
 * Corners of the boxes of both diagrams, one below the other. On a narrow screen columns become lines.
 * @param {Part[]} parts @param {number} width
 */
function layOut(parts, width) {
  const narrow = width < ROOMY;
  const columns = Math.max(1, ...parts.map((part) => (narrow ? part.row : part.column) + 1));
  const rows = Math.max(1, ...parts.map((part) => (narrow ? part.column : part.row) + 1));
  const between = narrow ? 12 : 24;
  const wide = Math.min(128, (width - 2 - (columns - 1) * between) / columns);
  const line = BOX + (narrow ? 20 : DOWN);
  const high = TITLE + rows * line;
  const corners = [0, 1].map((which) =>
    parts.map(({ column, row }) => ({
      left: 1 + (narrow ? row : column) * (wide + between),
      top: which * (high + 12) + TITLE + (narrow ? column : row) * line,
    })),
  );
  return { corners, wide, narrow, tops: [0, high + 12], bottom: 2 * high + 14 };
}

/** @param {ReturnType<typeof layOut>} layout @param {Corner} point */
function partAt({ corners, wide }, { left, top }) {
  for (const which of [0, 1]) {
    const part = corners[which].findIndex((corner) => left >= corner.left && left <= corner.left + wide && top >= corner.top && top <= corner.top + BOX);
    if (part >= 0) return { which, part };
  }
  return null;
}

/**
 * @param {CanvasRenderingContext2D} context @param {TwinsPayload} payload @param {ReturnType<typeof layOut>} layout @param {0 | 1} which
 * @param {number} hovered @param {Palette} colors
 */
function draw(context, payload, layout, which, hovered, colors) {
  const { corners, wide, narrow, tops } = layout;
  context.textAlign = "left";
  context.textBaseline = "alphabetic";
  context.font = labelFont(colors, { size: 13, weight: 600 });
  context.fillStyle = colors.ink;
  context.fillText(payload.titles[which], 0, tops[which] + 16);
  const shift = narrow ? 0 : context.measureText(payload.titles[which]).width + 14;
  context.font = labelFont(colors, { size: 13 });
  context.fillStyle = colors.soft;
  context.fillText(payload.formulas[which], shift, tops[which] + (narrow ? 34 : 16));
  context.lineWidth = 1.3;
  payload.parts.forEach(({ from }, at) => {
    for (const source of from) {
      const strong = hovered === at || hovered === source;
      context.strokeStyle = context.fillStyle = strong ? colors.accent : colors.faint;
      arrow(context, corners[which][source], corners[which][at], wide, narrow);
    }
  });
  payload.parts.forEach(({ names, kind }, at) => {
    const { left, top } = corners[which][at];
    const on = hovered === at;
    context.beginPath();
    context.roundRect(left, top, wide, BOX, kind === "data" ? 4 : BOX / 2);
    context.fillStyle = on ? colors.accentSoft : colors.card;
    context.fill();
    context.lineWidth = on ? 2 : 1.2;
    context.strokeStyle = on ? colors.accent : kind === "data" ? colors.soft : colors.line;
    context.stroke();
    context.font = labelFont(colors, { size: 12.5, weight: kind === "data" ? 500 : 400 });
    context.fillStyle = on ? colors.accent : colors.ink;
    context.textAlign = "center";
    context.textBaseline = "middle";
    // The names swap: each diagram speaks the other's language for a moment.
    context.fillText(names[on ? 1 - which : which], left + wide / 2, top + BOX / 2 + 0.5, wide - 10);
  });
}

/** @param {CanvasRenderingContext2D} context @param {Corner} from @param {Corner} to @param {number} wide @param {boolean} narrow */
function arrow(context, from, to, wide, narrow) {
  const start = narrow ? { x: from.left + wide / 2, y: from.top + BOX } : { x: from.left + wide, y: from.top + BOX / 2 };
  const end = narrow ? { x: to.left + wide / 2, y: to.top } : { x: to.left, y: to.top + BOX / 2 };
  // Straight on its own line, and turned just before the box that it goes to.
  context.beginPath();
  context.moveTo(start.x, start.y);
  if (narrow) {
    context.lineTo(start.x, end.y - 11);
    context.lineTo(end.x, end.y - 11);
    context.lineTo(end.x, end.y - 5);
  } else {
    context.lineTo(end.x - 14, start.y);
    context.lineTo(end.x - 14, end.y);
    context.lineTo(end.x - 5, end.y);
  }
  context.stroke();
  context.beginPath();
  const [down, side] = narrow ? [1, 0] : [0, 1];
  context.moveTo(end.x, end.y);
  context.lineTo(end.x - 7 * side - 3.5 * down, end.y - 7 * down - 3.5 * side);
  context.lineTo(end.x - 7 * side + 3.5 * down, end.y - 7 * down + 3.5 * side);
  context.fill();
}
