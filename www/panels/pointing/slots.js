/**
 * @file The picture of sorting: the numbers as bars in input order on top, the places of the output below, and from
 * each place a line up to the number that it points at. In order, the bars below climb like stairs; the exact stairs
 * stand behind them as a thin grey line.
 */
import { textColor } from "../color.js";
import { chanceOf, countOf, percent, stepsOf, tokenAt } from "./answer.js";
import { answerStroke, arrowhead, disc, halo, isNamed, label, nameStride, stopMark, truthStroke } from "./marks.js";

/** @typedef {import("../color.js").Palette} Palette */
/** @typedef {import("./marks.js").View} View */
/** @typedef {import("./points.js").Point} Point */
/** @typedef {import("./points.js").Place} Place */

const CAPTION = 22;

/**
 * @param {Point[]} points @param {number} slots places of the output @param {number} width @param {number} height @param {boolean} compact
 * @returns {import("./plane.js").Layout}
 */
export function slotsLayout(points, slots, width, height, compact) {
  // One column more than numbers: on top it takes another number, below it is the stop's.
  const columns = Math.max(points.length, slots) + 1;
  const edge = compact ? 4 : 12;
  const column = (width - 2 * edge) / columns;
  const radius = compact ? Math.min(3, column * 0.36) : Math.min(10, Math.max(2.2, column * 0.4));
  const caption = compact ? 4 : CAPTION;
  const tall = (height - 2 * caption - 4 * radius) * 0.34;
  const middle = (/** @type {number} */ index) => edge + (index + 0.5) * column;
  const base = caption + tall;
  const floor = height - caption;
  const rows = { input: base + radius + 5, output: floor - tall - radius - 7 };
  const bar = Math.max(2, Math.min(26, column * 0.66));
  const geometry = { middle, column, bar, radius, base, floor, tall, rows, width, height, columns };
  return {
    places: points.map((_, index) => ({ left: middle(index), top: rows.input })),
    radius,
    target(pointer) {
      const index = Math.floor((pointer.left - edge) / column);
      if (index < 0 || index > points.length || pointer.top < 0 || pointer.top > rows.input + Math.max(radius, 8) + 4) return null;
      return index === points.length ? "add" : index;
    },
    pointAt: (place) => [(base - place.top) / tall],
    draw: (context, view, colors) => drawPicture(context, geometry, view, colors),
  };
}

/**
 * @typedef {object} Geometry
 * @property {(index: number) => number} middle of a column @property {number} column its width @property {number} columns
 * @property {number} bar width of a bar @property {number} tall height of a bar that stands for 1
 * @property {number} base on which the input's bars stand @property {number} floor on which the output's stand
 * @property {number} radius of the discs @property {{input: number, output: number}} rows their levels
 * @property {number} width @property {number} height of the picture
 */

/** @param {CanvasRenderingContext2D} context @param {Geometry} at @param {View} view @param {Palette} colors */
function drawPicture(context, at, view, colors) {
  const { payload, points, made, row } = view;
  const count = countOf(payload);
  if (!view.compact) drawFrame(context, at, view, colors);
  const shown = Math.min(made, stepsOf(payload));
  const value = (/** @type {number} */ token) => points[token]?.[0] ?? 0;
  const height = (/** @type {number} */ token) => Math.max(1.5, value(token) * at.tall);

  points.forEach((_, index) => {
    const chosen = view.selected === index || view.hovered === index;
    context.fillStyle = chosen ? colors.ink : colors.faint;
    context.globalAlpha = chosen ? 0.75 : colors.dark ? 0.5 : 0.42;
    fillBar(context, at.middle(index), at.base, height(index), at.bar);
  });
  context.globalAlpha = 1;
  drawTruth(context, at, payload.truth.filter((token) => points[token]).map(height), colors);
  drawBranches(context, at, view, colors);
  for (let index = 0; row !== null && index < Math.min(count, points.length); index++) {
    halo(context, { left: at.middle(index), top: at.rows.input }, at.radius, chanceOf(payload, row, index), 16, colors);
  }

  const tokens = payload.tokens.filter((token) => points[token]);
  const order = tokens.map((token, slot) => ({ token, slot, wrong: payload.wrong[slot] === 1 })).filter(({ slot }) => slot < shown);
  order.sort((one, other) => Number(one.wrong) - Number(other.wrong));
  for (const { token, slot, wrong } of order) {
    const share = Math.min(1, shown - slot);
    const current = view.stepping && slot === Math.ceil(shown) - 1;
    drawLink(context, at, slot, token, share, { wrong, current, many: count > 24 || view.compact }, colors);
    answerStroke(context, wrong, colors, 1.2);
    context.globalAlpha = share * (wrong ? 0.3 : 0.85);
    fillBar(context, at.middle(slot), at.floor, height(token) * share, at.bar);
    context.globalAlpha = share;
    if (wrong) context.strokeRect(at.middle(slot) - at.bar / 2 + 0.5, at.floor - height(token) * share, at.bar - 1, height(token) * share);
    context.globalAlpha = 1;
  }
  drawDiscs(context, at, view, tokens, Math.floor(shown + 1e-6), colors);
}

/** @param {CanvasRenderingContext2D} context @param {Geometry} at @param {View} view @param {Palette} colors */
function drawFrame(context, at, { points, editable }, colors) {
  context.beginPath();
  context.roundRect(0.5, 0.5, at.width - 1, at.height - 1, 8);
  context.fillStyle = colors.card;
  context.fill();
  context.strokeStyle = colors.line;
  context.lineWidth = 1;
  context.stroke();
  context.font = `400 11px ${colors.font}`;
  context.fillStyle = colors.faint;
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillText("input, in any order", 12, 12);
  context.fillText("output: each place points up at a number", 12, at.height - 10);
  if (!editable) return;
  const left = at.middle(points.length);
  context.setLineDash([3, 3]);
  context.strokeStyle = colors.faint;
  if (at.bar >= 8) context.strokeRect(left - at.bar / 2, at.base - at.tall * 0.5, at.bar, at.tall * 0.5);
  context.setLineDash([]);
  context.textAlign = "center";
  context.font = `500 14px ${colors.font}`;
  context.fillText("+", left, at.bar >= 8 ? at.base - at.tall * 0.25 : at.base - 8);
}

/**
 * @param {CanvasRenderingContext2D} context @param {number} middle @param {number} base @param {number} height
 * @param {number} width
 */
function fillBar(context, middle, base, height, width) {
  context.beginPath();
  const round = Math.min(3, width / 3, height);
  context.roundRect(middle - width / 2, base - height, width, height, [round, round, 0, 0]);
  context.fill();
}

/**
 * The stairs as they should be.
 * @param {CanvasRenderingContext2D} context @param {Geometry} at @param {number[]} heights @param {Palette} colors
 */
function drawTruth(context, at, heights, colors) {
  context.save();
  truthStroke(context, colors);
  context.beginPath();
  heights.forEach((height, slot) => {
    context.lineTo(at.middle(slot) - at.column / 2, at.floor - height);
    context.lineTo(at.middle(slot) + at.column / 2, at.floor - height);
  });
  context.stroke();
  context.restore();
}

/**
 * From a place of the output up to a number.
 * @param {CanvasRenderingContext2D} context @param {Geometry} at @param {number} slot @param {number} token
 */
function tracePath(context, at, slot, token) {
  const [from, to] = [at.rows.output - at.radius - 1, at.rows.input + at.radius + 2];
  const bend = (from - to) * 0.45;
  context.beginPath();
  context.moveTo(at.middle(slot), from);
  context.bezierCurveTo(at.middle(slot), from - bend, at.middle(token), to + bend, at.middle(token), to);
}

/**
 * @param {CanvasRenderingContext2D} context @param {Geometry} at @param {number} slot @param {number} token @param {number} share
 * @param {{wrong: boolean, current: boolean, many: boolean}} how @param {Palette} colors
 */
function drawLink(context, at, slot, token, share, { wrong, current, many }, colors) {
  context.save();
  answerStroke(context, wrong, colors, current ? 3 : many ? 1.2 : 1.9);
  if (share < 1) {
    // It grows from the place of the output towards the number.
    const reach = at.rows.output - at.radius - (at.rows.output - at.rows.input - 2 * at.radius) * share;
    context.beginPath();
    context.rect(0, reach, at.width, at.height);
    context.clip();
  }
  tracePath(context, at, slot, token);
  context.stroke();
  if (share === 1 && !many) arrowhead(context, { left: at.middle(token), top: at.rows.input + at.radius + 1 }, -Math.PI / 2, current ? 5.5 : 4);
  context.restore();
}

/**
 * What the beam keeps besides, faint.
 * @param {CanvasRenderingContext2D} context @param {Geometry} at @param {View} view @param {Palette} colors
 */
function drawBranches(context, at, { branches, points, payload }, colors) {
  context.save();
  context.strokeStyle = colors.positive;
  context.globalAlpha = 0.35;
  context.lineWidth = 1.3;
  context.setLineDash([2, 3]);
  for (const tokens of branches) {
    tokens.forEach((token, slot) => {
      if (token === payload.tokens[slot] || !points[token]) return;
      tracePath(context, at, slot, token);
      context.stroke();
    });
  }
  context.restore();
}

/**
 * @param {CanvasRenderingContext2D} context @param {Geometry} at @param {View} view @param {number[]} tokens
 * @param {number} done @param {Palette} colors
 */
function drawDiscs(context, at, view, tokens, done, colors) {
  const { payload, points, row } = view;
  const { radius } = at;
  const count = countOf(payload);
  const named = !view.compact && radius >= 5;
  const used = new Set(tokens.slice(0, done));
  const color = textColor(colors.positive, colors);
  points.forEach((_, index) => {
    const place = { left: at.middle(index), top: at.rows.input };
    const state = { used: used.has(index), selected: view.selected === index, hovered: view.hovered === index };
    disc(context, place, named ? String(index + 1) : "", { radius, first: false, ...state, colors });
  });
  for (let slot = 0; slot < Math.max(count, tokens.length); slot++) {
    const place = { left: at.middle(slot), top: at.rows.output };
    const token = slot < done ? tokens[slot] : undefined;
    const wrong = token !== undefined && payload.wrong[slot] === 1;
    if (token !== undefined && !wrong) {
      const state = { used: true, selected: false, hovered: view.hovered === token };
      disc(context, place, named ? String(token + 1) : "", { radius, first: false, ...state, colors });
      continue;
    }
    context.beginPath();
    context.arc(place.left, place.top, radius, 0, 2 * Math.PI);
    context.fillStyle = colors.card;
    context.strokeStyle = wrong ? colors.negative : colors.faint;
    context.lineWidth = wrong ? 1.6 : 1.25;
    context.setLineDash(wrong && named ? [3, 2] : []);
    context.fill();
    context.stroke();
    context.setLineDash([]);
    if (!wrong || !named) continue;
    context.font = `600 ${Math.min(11, radius * 1.12)}px ${colors.font}`;
    context.fillStyle = textColor(colors.negative, colors);
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(String(token + 1), place.left, place.top + 0.5);
  }
  if (!named && !view.compact) drawThinNames(context, at, points.length, colors);
  if (row === null) return;
  points.slice(0, count).forEach((_, index) => {
    const share = chanceOf(payload, row, index);
    const chosen = tokenAt(payload, row) === index;
    if ((share < 0.1 && !chosen) || (at.column < 24 && !chosen)) return;
    const top = at.base - Math.max(2, points[index][0] * at.tall) - 8;
    label(context, percent(share), { left: at.middle(index), top }, color, colors);
  });
  const stop = { left: Math.min(at.width - 20, at.middle(at.columns - 1)), top: at.rows.output };
  stopMark(context, stop, chanceOf(payload, row, count), tokenAt(payload, row) >= count, colors);
}

/**
 * Numbers of the elements where discs are too small to hold them.
 * @param {CanvasRenderingContext2D} context @param {Geometry} at @param {number} count @param {Palette} colors
 */
function drawThinNames(context, at, count, colors) {
  const stride = nameStride(24, at.column);
  for (let index = 0; index < count; index++) {
    if (!isNamed(index, stride)) continue;
    label(context, String(index + 1), { left: at.middle(index), top: at.rows.input + at.radius + 8 }, colors.faint, colors);
  }
}
