/**
 * @file Curves over steps or another axis, with their names beside them, bands, level lines, and a cursor at the present
 * step. As a timeline the plot is a slider: dragging, or the arrow keys, take the whole experiment to that step. What lies
 * beyond the step shown stays visible but faint, because it is the future of this picture.
 */
import { axisName, bounds, drawAxes, formatCount, formatNumber, labelFont, makeScale } from "./axes.js";
import { palette, roleColor, textColor } from "./color.js";
import { drawEmpty, Plot } from "./plot.js";

/** @typedef {import("./axes.js").Scale} Scale */
/** @typedef {import("./axes.js").Axis} Axis */
/** @typedef {import("./axes.js").Box} Box */
/** @typedef {import("./color.js").Palette} Palette */
/**
 * @typedef {{name: string, role: string, thin?: boolean, dashed?: boolean, dots?: "alone" | "joined" | null, filled?: boolean, nameAt?: number, x: Float32Array, y: Float32Array}} Series
 * one without a name is only drawn; what lies below one that is `filled` is tinted; `dots` stand at its readings, alone or joined by the line; its name stands beside the reading `nameAt`, or the last
 */
/**
 * @typedef {{y?: number, x?: number, label: string, role?: string, below?: string}} Rule
 * a level or a place on the axis; a level with a role is drawn in its colour, and with `below`, perhaps empty, the room below it is shut
 */
/** @typedef {Rule & {y: number}} Level */
/**
 * @typedef {object} LinePayload
 * @property {Partial<Axis>} x @property {Partial<Axis>} y
 * @property {Series[]} series
 * @property {{from: number, to: number, label: string}[]} bands
 * @property {Rule[]} rules
 * @property {boolean} [timeline] dragging seeks; false: the axis does not count steps
 * @property {string} [note] a sentence below
 */
/** @typedef {{step?: number, furthest?: number, onSeek?: (step: number) => void, compact?: boolean}} Context */

/** Distance of two names, one below the other, in pixels. */
const NAME_HEIGHT = 13.5;
/** Milliseconds between two seeks while dragging. */
const SEEK_PAUSE = 60;

/** @param {HTMLElement} element @param {{title: string, wide?: boolean, compact?: boolean, height?: number}} info */
function create(element, info) {
  /** @type {LinePayload | null} */
  let payload = null;
  /** @type {Context} */
  let context = {};
  /** @type {{x: Scale, y: Scale, box: Box} | null} */
  let scales = null;
  let sentAt = 0;
  let timer = 0;

  const plot = new Plot(element, {
    label: info.title,
    height: (width) => info.height ?? (info.compact ? Math.min(150, width * 0.5) : info.wide ? Math.max(210, Math.min(300, width * 0.42)) : Math.max(226, Math.min(300, width * 0.8))),
    draw: (surface) => {
      const colors = palette();
      scales = payload && draw(surface, payload, context, colors, Boolean(info.compact));
      if (!scales) drawEmpty(surface, "no reading yet", colors);
      if (scales && plot.pointer && !info.compact) hairline(surface.context, plot.pointer.left, scales.box, colors);
    },
    read: ({ left }) => (info.compact || !payload || !scales ? null : read(payload, scales, left)),
    summary: () => (payload ? summary(payload, context.step) : `${info.title}: nothing to show yet.`),
  });
  const { canvas } = plot;

  const furthest = () => context.furthest ?? Math.max(0, ...(payload?.series ?? []).map(({ x }) => x[x.length - 1] ?? 0));

  /** Sends the last place asked for, not every one on the way. @param {number} step */
  const go = (step) => {
    const target = Math.max(0, Math.min(furthest(), Math.round(step)));
    context = { ...context, step: target };
    plot.ask();
    clearTimeout(timer);
    const send = () => {
      sentAt = performance.now();
      context.onSeek?.(target);
    };
    const wait = sentAt + SEEK_PAUSE - performance.now();
    if (wait <= 0) send();
    else timer = window.setTimeout(send, wait);
  };
  /** @param {PointerEvent} event */
  const travel = (event) => {
    const step = scales?.x.invert(plot.place(event).left) ?? 0;
    go(scales?.x.log && step <= scales.x.min ? 0 : step);
  };
  const isTimeline = () => Boolean(payload?.timeline && context.onSeek && !info.compact);
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !isTimeline()) return;
    canvas.setPointerCapture(event.pointerId);
    travel(event);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (canvas.hasPointerCapture(event.pointerId)) travel(event);
  });
  canvas.addEventListener("keydown", (event) => {
    if (!isTimeline()) return;
    const step = context.step ?? 0;
    // On a logarithmic axis a key press moves by a share of the step, as the eye does.
    const stride = Math.max(1, Math.round(scales?.x.log ? step / 25 : furthest() / 100));
    const by = { ArrowLeft: -stride, ArrowDown: -stride, ArrowRight: stride, ArrowUp: stride, PageDown: -10 * stride, PageUp: 10 * stride }[event.key];
    if (by) go(step + by);
    else if (event.key === "Home") go(0);
    else if (event.key === "End") go(furthest());
    else return;
    event.preventDefault();
  });

  const describe = () => {
    const timeline = isTimeline();
    canvas.classList.toggle("timeline", timeline);
    canvas.setAttribute("role", timeline ? "slider" : "img");
    if (!timeline) return;
    canvas.tabIndex = 0;
    canvas.setAttribute("aria-label", `${info.title}: the step shown`);
    canvas.setAttribute("aria-valuemin", "0");
    canvas.setAttribute("aria-valuemax", String(furthest()));
    canvas.setAttribute("aria-valuenow", String(context.step ?? 0));
    canvas.setAttribute("aria-valuetext", `step ${formatCount(context.step ?? 0)}`);
  };

  return {
    /** @param {LinePayload} next @param {Context} [nextContext] */
    update(next, nextContext = {}) {
      payload = next;
      // On an axis that does not count steps there is no present one.
      context = next.timeline === false ? {} : nextContext;
      describe();
      if (!info.compact) plot.note(next.note);
      plot.ask();
    },
    resize: () => plot.ask(),
    destroy() {
      clearTimeout(timer);
      plot.destroy();
    },
  };
}

/** @type {import("./index.js").Panel} */
export const panel = { kind: "line", create };

/**
 * @param {import("./surface.js").Surface} surface @param {LinePayload} payload @param {Context} at @param {Palette} colors
 * @param {boolean} compact @returns {{x: Scale, y: Scale, box: Box} | null}
 */
function draw({ context, width, height }, payload, at, colors, compact) {
  const series = payload.series.filter(({ y }) => y.length > 0);
  if (series.length === 0) return null;
  const names = compact ? [] : placeable(series);
  const narrow = width < 460;
  const levels = levelsOf(payload);
  const room = compact ? 6 : narrow ? 12 : marginFor(context, names.filter(({ nameAt }) => nameAt === undefined), levels, colors, width);
  context.font = labelFont(colors);
  const xName = payload.x.unit || payload.x.label || "";
  // In a narrow margin there is no place for the name beside the last value, so it stands below.
  const below = !compact && context.measureText(xName).width + 24 > room ? 40 : 26;
  const box = { left: compact ? 2 : 40, right: width - room, top: compact ? 6 : 26, bottom: height - (compact ? 6 : below) };
  const { x, y } = scalesFor(payload, series, box);
  if (!compact) {
    for (const band of payload.bands ?? []) drawBand(context, band, x, box, colors);
    drawAxes(context, { x, y, box, colors, xName, yName: axisName(payload.y) });
  } else {
    for (const band of payload.bands ?? []) drawBand(context, { ...band, label: "" }, x, box, colors);
  }
  for (const rule of levels) drawRule(context, compact ? { ...rule, below: rule.below && "" } : rule, y, box, colors);
  for (const { x: place, label } of payload.rules ?? []) if (place !== undefined) drawPlace(context, x.at(place), compact ? "" : label, box, colors);
  const cursor = at.step === undefined ? width : x.at(Math.max(at.step, x.min));
  context.save();
  context.beginPath();
  context.rect(box.left - 5, box.top - 3, box.right - box.left + 10, box.bottom - box.top + 6);
  context.clip();
  context.lineJoin = "round";
  for (const [from, to, share] of [[0, cursor, 1], [cursor, width, 0.35]]) {
    context.save();
    context.beginPath();
    context.rect(from, 0, Math.max(0, to - from), height);
    context.clip();
    for (const line of [...series].sort((one, other) => Number(other.thin ?? false) - Number(one.thin ?? false))) {
      context.globalAlpha = share * (line.thin ? (line.role === "other" ? 0.4 : 0.55) : 1);
      if (line.filled) drawFill(context, line, x, y, roleColor(line.role, colors), box.bottom);
      if (line.dots !== "alone") drawLine(context, line, x, y, roleColor(line.role, colors), compact);
      if (line.dots) drawDots(context, line, x, y, roleColor(line.role, colors), colors, compact);
    }
    context.restore();
  }
  context.restore();
  if (!compact) {
    drawNames(context, names, levels, { x, y, box, colors, narrow });
    if (at.step !== undefined) drawCursor(context, at.step, cursor, box, colors);
  }
  return { x, y, box };
}

/** The rules that are levels. @param {LinePayload} payload @returns {Level[]} */
function levelsOf(payload) {
  return (payload.rules ?? []).flatMap(({ y, ...rule }) => (y === undefined ? [] : [{ ...rule, y }]));
}

/** @param {LinePayload} payload @param {Series[]} series @param {Box} box */
function scalesFor(payload, series, box) {
  const log = payload.x.scale === "log";
  const xSpan = bounds(series.map((line) => line.x));
  const x = makeScale({ scale: payload.x.scale, min: payload.x.min ?? (log ? Math.max(1, xSpan.min) : xSpan.min), max: payload.x.max ?? Math.max(xSpan.max, log ? 10 : 1) }, box.left, box.right);
  const logY = payload.y.scale === "log";
  const ySpan = bounds(series.map((line) => line.y));
  const low = payload.y.min ?? (logY ? ySpan.min : ySpan.min - 0.05 * (ySpan.max - ySpan.min));
  const high = payload.y.max ?? (logY ? ySpan.max : ySpan.max + 0.06 * (ySpan.max - low));
  const y = makeScale({ scale: payload.y.scale, min: low, max: high > low ? high : low + 1 }, box.bottom, box.top);
  return { x, y };
}

/** Curves that get a name, and dots that say where; of the companions with the role of others only one. @param {Series[]} all */
function placeable(all) {
  const series = all.filter((line) => line.name && (line.dots !== "alone" || line.nameAt !== undefined));
  const others = series.filter((line) => line.role === "other");
  if (others.length <= 2) return series;
  return series.filter((line) => line.role !== "other" || line === others[0]).map((line) => (line === others[0] ? { ...line, name: "other seeds" } : line));
}

/** @param {CanvasRenderingContext2D} context @param {Series[]} names @param {{label: string}[]} rules @param {Palette} colors @param {number} width */
function marginFor(context, names, rules, colors, width) {
  context.font = labelFont(colors, { weight: 600 });
  const widest = Math.max(0, ...names.map(({ name }) => context.measureText(name).width), ...rules.map(({ label }) => context.measureText(label).width));
  return Math.min(width * 0.3, widest + 18);
}

/** @param {CanvasRenderingContext2D} context @param {{from: number, to: number, label: string}} band @param {Scale} x @param {Box} box @param {Palette} colors */
function drawBand(context, { from, to, label }, x, box, colors) {
  const [left, right] = [x.at(from), x.at(to)];
  context.fillStyle = colors.accentSoft;
  context.fillRect(left, box.top, Math.max(1, right - left), box.bottom - box.top);
  if (!label) return;
  context.font = labelFont(colors);
  context.fillStyle = colors.accent;
  context.textBaseline = "alphabetic";
  context.textAlign = "center";
  const half = context.measureText(label).width / 2;
  context.fillText(label, Math.max(box.left + half, Math.min(box.right - half, (left + right) / 2)), box.top + 14);
}

/** @param {CanvasRenderingContext2D} context @param {Level} rule @param {Scale} y @param {Box} box @param {Palette} colors */
function drawRule(context, { y: value, role, below }, y, box, colors) {
  const level = Math.round(y.at(value)) + 0.5;
  if (level < box.top || level > box.bottom) return;
  context.save();
  context.strokeStyle = role ? roleColor(role, colors) : colors.faint;
  if (below !== undefined) shut(context, below, level, box, context.strokeStyle, colors);
  context.lineWidth = role ? 2 : 1;
  if (!role) context.setLineDash([4, 4]);
  context.beginPath();
  context.moveTo(box.left, level);
  context.lineTo(box.right, level);
  context.stroke();
  context.restore();
}

/** A place on the axis, with its name. @param {CanvasRenderingContext2D} context @param {number} left @param {string} label @param {Box} box @param {Palette} colors */
function drawPlace(context, left, label, box, colors) {
  if (left < box.left || left > box.right) return;
  context.save();
  context.strokeStyle = colors.faint;
  context.lineWidth = 1;
  context.setLineDash([4, 4]);
  context.beginPath();
  context.moveTo(Math.round(left) + 0.5, box.top);
  context.lineTo(Math.round(left) + 0.5, box.bottom);
  context.stroke();
  context.font = labelFont(colors);
  context.fillStyle = colors.soft;
  context.textBaseline = "alphabetic";
  context.textAlign = "center";
  context.fillText(label, left, box.top - 6);
  context.restore();
}

/**
 * The room below a level as one in which nothing can be: hatched, with the reason.
 * @param {CanvasRenderingContext2D} context @param {string} words @param {number} level @param {Box} box @param {string} color
 * @param {Palette} colors
 */
function shut(context, words, level, { left, right, bottom }, color, colors) {
  context.save();
  context.beginPath();
  context.rect(left, level, right - left, bottom - level);
  context.clip();
  context.fillStyle = color;
  context.globalAlpha = 0.07;
  context.fillRect(left, level, right - left, bottom - level);
  context.globalAlpha = 0.22;
  context.lineWidth = 1;
  context.beginPath();
  for (let at = left - (bottom - level); at < right; at += 9) {
    context.moveTo(at, bottom);
    context.lineTo(at + bottom - level, level);
  }
  context.stroke();
  context.restore();
  if (!words || bottom - level < 16) return;
  context.font = labelFont(colors, { weight: 500 });
  context.textBaseline = "middle";
  context.textAlign = "center";
  const middle = Math.min(level + 14, (level + bottom) / 2 + 1);
  context.lineWidth = 4;
  context.strokeStyle = colors.paper;
  context.strokeText(words, (left + right) / 2, middle);
  context.fillStyle = textColor(color, colors);
  context.fillText(words, (left + right) / 2, middle);
  context.strokeStyle = color;
}

/** @param {CanvasRenderingContext2D} context @param {number} left @param {Box} box @param {Palette} colors */
function hairline(context, left, box, colors) {
  if (left < box.left || left > box.right) return;
  context.strokeStyle = colors.faint;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(Math.round(left) + 0.5, box.top);
  context.lineTo(Math.round(left) + 0.5, box.bottom);
  context.stroke();
}

/** @param {CanvasRenderingContext2D} context @param {number} step @param {number} left @param {Box} box @param {Palette} colors */
function drawCursor(context, step, left, box, colors) {
  if (left > box.right + 0.5) return;
  context.strokeStyle = context.fillStyle = colors.ink;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(Math.round(left) + 0.5, box.top);
  context.lineTo(Math.round(left) + 0.5, box.bottom);
  context.stroke();
  context.beginPath();
  context.arc(left, box.bottom, 4.5, 0, 2 * Math.PI);
  context.fill();
  context.font = labelFont(colors, { weight: 500 });
  context.textBaseline = "alphabetic";
  context.textAlign = "center";
  // Where there is no margin beside the box the number would be cut off.
  const [text, end] = [formatCount(step), context.canvas.width / context.getTransform().a];
  const half = context.measureText(text).width / 2;
  const middle = Math.min(left, end - half);
  // Near the left edge the axis has its name there.
  context.fillStyle = colors.paper;
  context.fillRect(middle - half - 4, box.top - 18, 2 * half + 8, 15);
  context.fillStyle = colors.ink;
  context.fillText(text, middle, box.top - 6);
}

/**
 * Names stand at the ends of their curves and keep clear of each other; where there is no margin for them, above the end.
 * @param {CanvasRenderingContext2D} context @param {Series[]} series @param {Level[]} rules
 * @param {{x: Scale, y: Scale, box: Box, colors: Palette, narrow: boolean}} options
 */
function drawNames(context, series, rules, { x, y, box, colors, narrow }) {
  const ends = series.map((line) => {
    const last = line.nameAt ?? line.y.findLastIndex(Number.isFinite);
    const end = Math.min(box.right, x.at(line.x[last]));
    // Near the margin the margin is the better place.
    const left = box.right - end < 60 ? box.right : end;
    return { text: line.name, left, level: y.at(line.y[last]), color: roleColor(line.role, colors), thin: line.thin ?? false, within: line.nameAt !== undefined };
  });
  const levels = rules.map(({ y: value, label, role }) => ({ text: label, left: box.right, level: y.at(value), color: role ? roleColor(role, colors) : colors.faint, thin: !role, within: false }));
  const labels = [...ends, ...levels].filter(({ text, level }) => text && Number.isFinite(level));
  for (const label of labels) label.level = Math.max(box.top + 4, Math.min(box.bottom - 4, label.level));
  const right = context.canvas.width / (window.devicePixelRatio || 1);
  context.textBaseline = "middle";
  context.textAlign = "left";
  const placed = labels.map((label) => {
    context.font = labelFont(colors, { weight: label.thin ? 400 : 600 });
    const size = context.measureText(label.text).width;
    const inside = (narrow && !label.within) || label.left + 8 + size > right;
    // A curve that has just begun has no room on its left either.
    const from = inside ? Math.max(box.left + 2, label.left - size - 2) : label.left + 8;
    return { ...label, from, to: from + size, level: inside ? label.level - 10 : label.level };
  });
  spread(placed, box);
  for (const { text, from, level, color, thin } of placed) {
    context.font = labelFont(colors, { weight: thin ? 400 : 600 });
    context.globalAlpha = thin ? 0.85 : 1;
    context.lineWidth = 3;
    context.strokeStyle = colors.paper;
    context.strokeText(text, from, level);
    context.fillStyle = textColor(color, colors);
    context.fillText(text, from, level);
  }
  context.globalAlpha = 1;
}

/**
 * Moves names that overlap apart: downwards from the top, then upwards from the bottom, as little as possible.
 * @param {{from: number, to: number, level: number}[]} labels @param {Box} box
 */
function spread(labels, box) {
  labels.sort((one, other) => one.level - other.level);
  const overlap = (/** @type {number} */ one, /** @type {number} */ other) => labels[one].from < labels[other].to && labels[other].from < labels[one].to;
  for (let at = 1; at < labels.length; at++) {
    for (let above = 0; above < at; above++) {
      if (overlap(at, above)) labels[at].level = Math.max(labels[at].level, labels[above].level + NAME_HEIGHT);
    }
  }
  for (let at = labels.length - 1; at >= 0; at--) {
    labels[at].level = Math.min(labels[at].level, box.bottom - 6);
    for (let below = at + 1; below < labels.length; below++) {
      if (overlap(at, below)) labels[at].level = Math.min(labels[at].level, labels[below].level - NAME_HEIGHT);
    }
  }
}

/**
 * At most a lowest and a highest value per pixel column: curves of many thousand readings stay cheap and keep their spikes.
 * @param {CanvasRenderingContext2D} context @param {Series} line @param {Scale} x @param {Scale} y @param {string} color @param {boolean} compact
 */
function drawLine(context, line, x, y, color, compact) {
  context.strokeStyle = color;
  context.lineWidth = line.thin ? (line.role.startsWith("shade-") ? 1.5 : 1.1) : compact ? 1.8 : 2.2;
  context.setLineDash(line.dashed ? [5, 3] : []);
  context.beginPath();
  let column = NaN;
  let low = 0;
  let high = 0;
  let last = 0;
  let open = false;
  // What a pixel column held is drawn when the next one begins: its first level, its extremes, its last level.
  const finish = () => {
    if (high - low > 1) {
      context.lineTo(column, low);
      context.lineTo(column, high);
    }
    context.lineTo(column, last);
  };
  for (let index = 0; index < line.y.length; index++) {
    const left = x.at(line.x[index]);
    const top = y.at(line.y[index]);
    if (!Number.isFinite(top)) {
      if (open) finish();
      open = false;
      continue;
    }
    if (open && left - column < 1) {
      low = Math.min(low, top);
      high = Math.max(high, top);
    } else {
      if (open) finish();
      if (open) context.lineTo(left, top);
      else context.moveTo(left, top);
      open = true;
      column = left;
      low = high = top;
    }
    last = top;
  }
  if (open) finish();
  context.stroke();
  context.setLineDash([]);
}

/** @param {CanvasRenderingContext2D} context @param {Series} line @param {Scale} x @param {Scale} y @param {string} color @param {number} bottom */
function drawFill(context, line, x, y, color, bottom) {
  if (line.y.length === 0) return;
  context.save();
  context.fillStyle = color;
  context.globalAlpha *= 0.14;
  context.beginPath();
  context.moveTo(x.at(line.x[0]), bottom);
  line.y.forEach((value, index) => context.lineTo(x.at(line.x[index]), y.at(value)));
  context.lineTo(x.at(line.x[line.x.length - 1]), bottom);
  context.fill();
  context.restore();
}

/**
 * Single readings, with a rim of paper that lifts them off the curves.
 * @param {CanvasRenderingContext2D} context @param {Series} line @param {Scale} x @param {Scale} y @param {string} color
 * @param {Palette} colors @param {boolean} compact
 */
function drawDots(context, line, x, y, color, colors, compact) {
  context.fillStyle = color;
  context.strokeStyle = colors.paper;
  context.lineWidth = compact ? 0.5 : 1.5;
  for (let index = 0; index < line.y.length; index++) {
    const [left, top] = [x.at(line.x[index]), y.at(line.y[index])];
    if (!Number.isFinite(top)) continue;
    context.beginPath();
    context.arc(left, top, compact ? 1.8 : 3.6, 0, 2 * Math.PI);
    context.fill();
    context.stroke();
  }
}

/** The last reading of a curve at or before `at`. @param {Series} line @param {number} at */
function reading({ x, y }, at) {
  let [low, high] = [0, x.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (x[middle] <= at) low = middle + 1;
    else high = middle;
  }
  return low > 0 ? y[low - 1] : undefined;
}

/** @param {LinePayload} payload @param {{x: Scale, y: Scale, box: Box}} scales @param {number} left */
function read(payload, { x, box }, left) {
  if (left < box.left - 4 || left > box.right + 4) return null;
  const at = x.invert(left);
  const colors = palette();
  const rows = payload.series
    .filter((line) => line.role !== "other" && line.name !== "")
    .map((line) => ({ line, value: reading(line, at) }))
    .filter(({ value }) => value !== undefined)
    .map(({ line, value }) => ({ name: line.name, value: formatNumber(value), color: roleColor(line.role, colors) }));
  return rows.length === 0 ? null : { title: `${payload.x.label ?? "at"} ${formatNumber(at >= 10 ? Math.round(at) : at)}`, rows };
}

/** @param {LinePayload} payload @param {number | undefined} step */
function summary(payload, step) {
  const told = placeable(payload.series).map((line) => `${line.name} ${formatNumber(reading(line, step ?? Infinity))}`);
  return `${axisName(payload.y)}${step === undefined ? "" : ` at step ${formatCount(step)}`}: ${told.join(", ")}.`;
}
