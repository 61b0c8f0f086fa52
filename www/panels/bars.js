/**
 * @file Horizontal bars to compare a few numbers. A role has a colour and a texture; the exact answer, where one is among
 * the bars, also stands as a line across all of them, and a bar may have a mark of its own where it should end. An axis that does not begin at nought says so, and its bars are cut.
 */
import { axisName, formatNumber, formatTick, labelFont, linearTicks, makeScale } from "./axes.js";
import { palette, roleColor } from "./color.js";
import { drawEmpty, Plot } from "./plot.js";

/** @typedef {import("./axes.js").Scale} Scale */
/** @typedef {import("./color.js").Palette} Palette */
/** @typedef {"pointer" | "truth" | "baseline" | "chance" | `category-${number}`} Role */
/** @typedef {{name: string, value: number | null, role: Role, mark?: number | null}} Bar */
/** @typedef {{bars: Bar[], label: string, unit: string, from: number | null, to?: number, note?: string, mark?: string}} BarsPayload  the axis reaches `to`, or further; `mark` is what the marks mean */

/** Pixels of a bar, from one row to the next, and more where names stand above their bars. */
const THICK = 15;
const ROW = 32;
const ABOVE = 18;
const TOP = 6;
const BOTTOM = 40;
/** Longest share of the width for names at the left; longer ones stand above their bars. */
const NAME_SHARE = 0.34;

/** @param {HTMLElement} element @param {{title: string}} info */
function create(element, info) {
  /** @type {BarsPayload | null} */
  let payload = null;
  const plot = new Plot(element, {
    label: info.title,
    height: (width) => TOP + BOTTOM + (payload?.bars.length ?? 4) * rowHeight(payload, width),
    draw: (surface) => {
      const colors = palette();
      if (!payload || payload.bars.length === 0) return drawEmpty(surface, "no reading yet", colors);
      draw(surface, payload, colors);
    },
    read: ({ top }) => {
      if (!payload) return null;
      const bar = payload.bars[Math.floor((top - TOP) / rowHeight(payload, plot.width))];
      return bar ? read(bar, payload) : null;
    },
    summary: () => {
      if (!payload) return `${info.title}: nothing to show yet.`;
      const texts = valueTexts(payload.bars.map(({ value }) => value));
      const told = payload.bars.map(({ name }, index) => `${name} ${texts[index]}`);
      return `${axisName(payload)}: ${told.join(", ")}.`;
    },
  });
  return {
    /** @param {BarsPayload} next */
    update(next) {
      payload = next;
      plot.fit();
      plot.note(next.note);
      plot.ask();
    },
    resize: () => plot.ask(),
    destroy: () => plot.destroy(),
  };
}

/** @type {import("./index.js").Panel} */
export const panel = { kind: "bars", create };

/**
 * Round bounds of the axis. It begins at `from`, or at nought, or lower where a value is lower: no bar is hidden.
 * @param {(number | null)[]} values @param {number | null} from
 */
export function barBounds(values, from) {
  const known = values.filter((value) => value !== null && Number.isFinite(value)).map(Number);
  const low = Math.min(from ?? 0, ...known);
  const high = Math.max(low, from ?? 0, ...known);
  if (high === low) return { min: low, max: low + 1 };
  // Ticks over twice the span: their distance gives round ends.
  const ticks = linearTicks(low, high, 4);
  const step = ticks.length > 1 ? ticks[1] - ticks[0] : high - low;
  const down = low === (from ?? 0) ? low : Math.floor(low / step + 1e-9) * step;
  return { min: Number(down.toPrecision(12)), max: Number((Math.ceil(high / step - 1e-9) * step).toPrecision(12)) };
}

/** Names stand above their bars where the longest would take too much of the width. @param {BarsPayload | null} payload @param {number} width */
function namesAbove(payload, width) {
  const longest = Math.max(0, ...(payload?.bars ?? []).map(({ name }) => name.length));
  return longest * 6.6 + 12 > Math.min(220, width * NAME_SHARE);
}

/** @param {BarsPayload | null} payload @param {number} width */
const rowHeight = (payload, width) => ROW + (namesAbove(payload, width) ? ABOVE - 5 : 0);

/** Numbers with equally many decimals, three digits for the largest, so that they line up. @param {(number | null)[]} values @returns {string[]} */
export function valueTexts(values) {
  const known = values.filter((value) => value !== null && Number.isFinite(value)).map(Number);
  const largest = Math.max(0, ...known.map(Math.abs));
  const fixed = largest < 1000 && largest >= 0.001 && !known.every(Number.isInteger);
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(largest || 1)));
  return values.map((value) => {
    if (value === null || Number.isNaN(value)) return "not yet";
    return fixed && Number.isFinite(value) ? `${value < 0 ? "−" : ""}${Math.abs(value).toFixed(decimals)}` : formatNumber(value);
  });
}

/** @param {import("./surface.js").Surface} surface @param {BarsPayload} payload @param {Palette} colors */
function draw({ context, width, height }, payload, colors) {
  const above = namesAbove(payload, width);
  context.font = labelFont(colors, { size: 12.5 });
  const names = above ? 0 : Math.max(...payload.bars.map(({ name }) => context.measureText(name).width)) + 12;
  const texts = valueTexts(payload.bars.map(({ value }) => value));
  context.font = labelFont(colors, { size: 12.5, weight: 600 });
  const numbers = Math.max(...texts.map((text) => context.measureText(text).width)) + 12;
  const box = { left: Math.ceil(names) + (above ? 1 : 0), right: width - Math.ceil(numbers), top: TOP, bottom: height - BOTTOM };
  const span = barBounds([...payload.bars.flatMap(({ value, mark }) => [value, mark ?? null]), payload.to ?? null], payload.from);
  const x = makeScale(span, box.left, box.right);
  drawValues(context, x, box, payload, colors);
  const row = rowHeight(payload, width);
  const middleOf = (/** @type {number} */ index) => TOP + (index + 0.5) * row + (above ? ABOVE / 2 - 1 : 0);
  payload.bars.forEach((bar, index) => {
    const middle = middleOf(index);
    const strong = bar.role === "pointer" && bar.value !== null;
    // Names above their bars stand on the hairlines.
    context.strokeStyle = colors.paper;
    context.lineJoin = "round";
    context.lineWidth = 4;
    context.font = labelFont(colors, { size: 12.5, weight: strong ? 600 : 400 });
    context.textBaseline = "middle";
    context.textAlign = "left";
    context.fillStyle = strong ? colors.ink : colors.soft;
    const level = above ? middle - ABOVE + 1 : middle;
    context.strokeText(bar.name, 0, level);
    context.fillText(bar.name, 0, level);
    context.textAlign = "right";
    if (bar.value === null) context.fillStyle = colors.faint;
    context.fillText(texts[index], width, middle);
    drawBar(context, bar, x, middle, colors);
    if (typeof bar.mark === "number") drawMark(context, Math.round(x.at(bar.mark)) + 0.5, middle, THICK / 2 + 4, colors);
  });
  if (payload.mark && payload.bars.some(({ mark }) => typeof mark === "number")) drawMarkName(context, payload.mark, width, box.bottom + 35, colors);
  const reach = above ? THICK / 2 + 2 : row / 2;
  drawTruth(context, payload.bars, x, payload.bars.map((_, index) => ({ top: middleOf(index) - reach, bottom: middleOf(index) + reach })), colors);
}

/**
 * Hairlines at round values, the values below, and the name of the axis.
 * @param {CanvasRenderingContext2D} context @param {Scale} x @param {import("./axes.js").Box} box @param {BarsPayload} payload @param {Palette} colors
 */
function drawValues(context, x, box, payload, colors) {
  context.lineWidth = 1;
  context.font = labelFont(colors);
  context.textAlign = "center";
  context.textBaseline = "alphabetic";
  // Before the first reading the axis has no values to show.
  const known = payload.bars.some(({ value }) => value !== null && Number.isFinite(value));
  for (const value of known ? x.ticks(Math.max(2, Math.min(6, (box.right - box.left) / 62))) : []) {
    const left = Math.round(x.at(value)) + 0.5;
    context.strokeStyle = colors.line;
    context.beginPath();
    context.moveTo(left, box.top);
    context.lineTo(left, box.bottom + 3);
    context.stroke();
    context.fillStyle = colors.faint;
    const half = context.measureText(formatTick(value)).width / 2;
    context.fillText(formatTick(value), Math.max(half, left), box.bottom + 18);
  }
  context.textAlign = "left";
  const name = axisName(payload);
  const start = known && x.min > 0 ? `axis starts at ${formatTick(x.min)}, not at 0` : "";
  const left = context.measureText(`${name} · ${start}`).width > box.right - box.left ? 0 : box.left;
  context.fillStyle = colors.faint;
  context.fillText(name, left, box.bottom + 35);
  if (!start) return;
  const shift = context.measureText(`${name} · `).width;
  context.fillStyle = colors.soft;
  context.fillText(`${name ? "· " : ""}${start}`, left + (name ? shift - context.measureText("· ").width : 0), box.bottom + 35);
}

/** @param {CanvasRenderingContext2D} context @param {Bar} bar @param {Scale} x @param {number} middle @param {Palette} colors */
function drawBar(context, { value, role }, x, middle, colors) {
  const zero = x.at(Math.max(x.min, Math.min(x.max, 0)));
  const base = Math.round(zero);
  const top = Math.round(middle - THICK / 2);
  if (value === null || !Number.isFinite(value)) {
    context.strokeStyle = colors.line;
    context.lineWidth = 1;
    context.setLineDash([3, 3]);
    context.beginPath();
    context.moveTo(base, Math.round(middle) + 0.5);
    context.lineTo(x.at(x.max), Math.round(middle) + 0.5);
    context.stroke();
    context.setLineDash([]);
    return;
  }
  const end = x.at(value);
  const [left, length] = [Math.min(base, end), Math.max(1, Math.abs(end - base))];
  texture(context, role, { left, top, width: length, height: THICK }, colors);
  if (x.min > 0 && length > 22) cut(context, base + 9, top, colors);
}

/** Where a bar should end. @param {CanvasRenderingContext2D} context @param {number} left @param {number} middle @param {number} half @param {Palette} colors */
function drawMark(context, left, middle, half, colors) {
  for (const [color, thick] of /** @type {[string, number][]} */ ([[colors.paper, 5], [colors.ink, 2]])) {
    context.strokeStyle = color;
    context.lineWidth = thick;
    context.beginPath();
    context.moveTo(left, middle - half);
    context.lineTo(left, middle + half);
    context.stroke();
  }
}

/** What the marks mean, at the right of the axis's name. @param {CanvasRenderingContext2D} context @param {string} name @param {number} right @param {number} level @param {Palette} colors */
function drawMarkName(context, name, right, level, colors) {
  context.font = labelFont(colors);
  context.textAlign = "right";
  context.textBaseline = "alphabetic";
  context.fillStyle = colors.soft;
  context.fillText(name, right, level);
  drawMark(context, Math.round(right - context.measureText(name).width - 8) + 0.5, level - 4, 5, colors);
}

/**
 * Fills a bar in the colour and the texture of its role. @param {CanvasRenderingContext2D} context @param {Role} role
 * @param {{left: number, top: number, width: number, height: number}} place @param {Palette} colors
 */
function texture(context, role, { left, top, width, height }, colors) {
  const plain = role === "pointer" || role.startsWith("category-");
  /** @type {Record<string, string>} */
  const own = { pointer: colors.positive, truth: colors.ink, baseline: colors.categories[4], chance: colors.categories[6] };
  const color = own[role] ?? roleColor(role, colors);
  context.save();
  context.beginPath();
  context.rect(left, top, width, height);
  context.fillStyle = context.strokeStyle = color;
  context.globalAlpha = plain ? 1 : role === "truth" ? 0.1 : 0.28;
  context.fill();
  context.globalAlpha = 1;
  context.clip();
  context.lineWidth = 1.5;
  if (role === "baseline") {
    context.beginPath();
    for (let at = left - height; at < left + width; at += 6) {
      context.moveTo(at, top + height);
      context.lineTo(at + height, top);
    }
    context.stroke();
  } else if (role === "chance") {
    for (let row = 0; row < 3; row++) {
      for (let at = left + (row % 2 ? 5.5 : 3); at < left + width; at += 5) context.fillRect(at - 0.75, top + 2.75 + row * 4, 1.5, 1.5);
    }
  }
  if (!plain) {
    context.lineWidth = 2.5;
    context.strokeRect(left, top, width, height);
  }
  context.restore();
}

/**
 * The sign that a bar is cut short at its foot: two slanting strokes of paper.
 * @param {CanvasRenderingContext2D} context @param {number} left @param {number} top @param {Palette} colors
 */
function cut(context, left, top, colors) {
  context.strokeStyle = colors.paper;
  context.lineWidth = 2;
  context.beginPath();
  for (const shift of [0, 5]) {
    context.moveTo(left + shift - 3, top + THICK + 1);
    context.lineTo(left + shift + 3, top - 1);
  }
  context.stroke();
}

/**
 * The exact answer as a line through all rows. @param {CanvasRenderingContext2D} context @param {Bar[]} bars
 * @param {Scale} x @param {{top: number, bottom: number}[]} rows @param {Palette} colors
 */
function drawTruth(context, bars, x, rows, colors) {
  const truth = bars.find(({ role, value }) => role === "truth" && value !== null);
  if (!truth || bars.length < 2) return;
  const left = Math.round(x.at(Number(truth.value))) + 0.5;
  context.strokeStyle = colors.ink;
  context.lineWidth = 1;
  context.setLineDash([4, 3]);
  context.beginPath();
  for (const { top, bottom } of rows) {
    context.moveTo(left, top);
    context.lineTo(left, bottom);
  }
  context.stroke();
  context.setLineDash([]);
}

/** @param {Bar} bar @param {BarsPayload} payload */
function read(bar, payload) {
  const rows = [{ name: axisName(payload), value: valueTexts([bar.value])[0] }];
  if (typeof bar.mark === "number") rows.push({ name: payload.mark ?? "mark", value: valueTexts([bar.mark])[0] });
  const truth = payload.bars.find(({ role }) => role === "truth");
  if (truth && truth !== bar && truth.value && bar.value !== null) {
    const share = (bar.value / truth.value - 1) * 100;
    rows.push({ name: `against ${truth.name}`, value: `${share < 0 ? "−" : "+"}${Math.abs(share).toFixed(1)} %` });
  }
  return { title: bar.name, rows };
}
