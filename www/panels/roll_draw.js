/** @file The drawing of a piano roll: what is played, how it arrives, what that does, and which class has the votes. */
import { formatNumber, labelFont, linearTicks } from "./axes.js";
import { textColor } from "./color.js";

/** @typedef {import("./color.js").Palette} Palette */
/** @typedef {import("./roll_layout.js").RollLayout} RollLayout */
/** @typedef {import("./roll_layout.js").Note} Note */
/** @typedef {import("./roll.js").RollPayload} RollPayload */
/** @typedef {{notes: Note[], hovered: Note | null, cursor: Note | null, bare: boolean}} Hand what the visitor has in hand */

/** Least share of a row that a weak arrival takes. */
const THIN = 0.25;

/** @param {CanvasRenderingContext2D} context @param {RollPayload} payload @param {RollLayout} layout @param {Hand} hand @param {Palette} colors */
export function drawRoll(context, payload, layout, hand, colors) {
  const { left, cell, played, arriving, row } = layout;
  const { rows, steps, columns } = payload;
  drawRows(context, layout, played, rows, steps, colors);
  drawRows(context, layout, arriving, rows, columns, colors);
  // What comes after the last step is not heard.
  const end = left + steps * cell;
  const bottom = hand.bare ? arriving + rows * row : layout.curve + layout.curveHeight;
  context.fillStyle = colors.line;
  context.globalAlpha = 0.45;
  context.fillRect(end, arriving, layout.right - end, rows * row);
  context.globalAlpha = 1;
  drawArrivals(context, payload, layout, colors);
  context.fillStyle = colors.ink;
  for (const note of hand.notes) {
    context.beginPath();
    context.roundRect(left + note.at * cell + 0.5, played + note.row * row + 1.5, Math.max(3, cell - 1), row - 3, 2);
    context.fill();
  }
  context.strokeStyle = colors.accent;
  context.lineWidth = 2;
  for (const note of [hand.hovered, hand.cursor]) {
    if (note) context.strokeRect(left + note.at * cell - 0.5, played + note.row * row + 0.5, cell + 1, row - 1);
  }
  if (hand.bare) return;
  drawHeads(context, payload, layout, colors);
  drawCurve(context, payload, layout, colors);
  drawTicks(context, layout, columns, bottom, colors);
  drawVotes(context, payload, layout, colors);
}

/** Hairlines between the rows. @param {CanvasRenderingContext2D} context @param {RollLayout} layout @param {number} top @param {number} rows @param {number} columns @param {Palette} colors */
function drawRows(context, { left, cell, row }, top, rows, columns, colors) {
  context.strokeStyle = colors.line;
  context.lineWidth = 1;
  context.beginPath();
  for (let line = 0; line <= rows; line++) {
    const level = Math.round(top + line * row) + 0.5;
    context.moveTo(left, level);
    context.lineTo(left + columns * cell, level);
  }
  context.stroke();
}

/** Blue where a spike excites, an empty vermilion box where it inhibits; the higher, the stronger. @param {CanvasRenderingContext2D} context @param {RollPayload} payload @param {RollLayout} layout @param {Palette} colors */
function drawArrivals(context, { arrivals, steps }, { left, cell, row, arriving }, colors) {
  const { at, row: rows, weight } = arrivals;
  const most = weight.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);
  context.lineWidth = 1.5;
  at.forEach((step, index) => {
    const share = THIN + (1 - THIN) * (Math.abs(weight[index]) / most);
    const height = (row - 2) * share;
    const [x, y] = [left + step * cell + 0.5, arriving + (rows[index] + 0.5) * row - height / 2];
    context.globalAlpha = step < steps ? 1 : 0.4;
    if (weight[index] > 0) {
      context.fillStyle = colors.positive;
      context.fillRect(x, y, Math.max(3, cell - 1), height);
    } else {
      context.strokeStyle = colors.negative;
      context.strokeRect(x + 0.75, y + 0.75, Math.max(2, cell - 2.5), Math.max(1, height - 1.5));
    }
  });
  context.globalAlpha = 1;
}

/** Names of lanes and rows. @param {CanvasRenderingContext2D} context @param {RollPayload} payload @param {RollLayout} layout @param {Palette} colors */
function drawHeads(context, { names, keys, steps }, { left, right, row, cell, played, arriving, curve }, colors) {
  context.textBaseline = "alphabetic";
  context.textAlign = "left";
  [played, arriving, curve].forEach((top, lane) => {
    context.font = labelFont(colors, { weight: 600 });
    context.fillStyle = colors.soft;
    context.fillText(names[lane], left, top - 7);
  });
  context.font = labelFont(colors, { size: 10.5 });
  context.fillStyle = colors.faint;
  context.textBaseline = "middle";
  const end = left + steps * cell;
  if (right - end > 60) {
    context.textAlign = "center";
    context.fillText("too late", (end + right) / 2, arriving - 9);
  }
  context.textAlign = "right";
  for (const top of [played, arriving]) keys.forEach((key, at) => context.fillText(key, left - 7, top + (at + 0.5) * row + 0.5));
}

/** @param {CanvasRenderingContext2D} context @param {RollPayload} payload @param {RollLayout} layout @param {Palette} colors */
function drawCurve(context, { curve: { values, threshold, fired }, steps, columns }, { left, cell, curve: top, curveHeight }, colors) {
  let [low, high] = [0, threshold * 1.25];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  const level = (/** @type {number} */ value) => top + 2 + ((high - value) / (high - low)) * (curveHeight - 4);
  const middle = (/** @type {number} */ step) => left + (step + 0.5) * cell;
  context.lineWidth = 1;
  context.font = labelFont(colors, { size: 10.5 });
  context.textAlign = "right";
  context.textBaseline = "middle";
  /** @type {[number, number[], string][]} */
  const rules = [[0, [], colors.line], [threshold, [4, 4], colors.faint]];
  for (const [value, dash, color] of rules) {
    context.strokeStyle = color;
    context.setLineDash(dash);
    context.beginPath();
    context.moveTo(left, Math.round(level(value)) + 0.5);
    context.lineTo(left + (value ? steps : columns) * cell, Math.round(level(value)) + 0.5);
    context.stroke();
    context.fillStyle = colors.faint;
    context.fillText(formatNumber(value), left - 7, level(value));
  }
  context.setLineDash([]);
  if (high > 2 * threshold) context.fillText(formatNumber(high, 2), left - 7, level(high) + 4);
  context.strokeStyle = colors.ink;
  context.lineWidth = 1.6;
  context.lineJoin = "round";
  context.beginPath();
  values.forEach((value, step) => {
    context.lineTo(middle(step), level(value));
    // A spike takes it back to 0 at once.
    if (fired[step]) context.lineTo(middle(step), level(0));
  });
  context.stroke();
  context.fillStyle = colors.accent;
  values.forEach((value, step) => {
    if (!fired[step]) return;
    context.beginPath();
    context.arc(middle(step), level(value), 3.2, 0, 2 * Math.PI);
    context.fill();
  });
}

/** @param {CanvasRenderingContext2D} context @param {RollLayout} layout @param {number} columns @param {number} bottom @param {Palette} colors */
function drawTicks(context, { left, cell, right }, columns, bottom, colors) {
  context.font = labelFont(colors);
  context.fillStyle = colors.faint;
  context.textAlign = "center";
  context.textBaseline = "alphabetic";
  for (const step of linearTicks(0, columns - 1, 6)) context.fillText(String(step), left + (step + 0.5) * cell, bottom + 16);
  context.textAlign = "right";
  context.fillText("time step", right, bottom + 31);
}

/** Bars of the classes beside what is played. @param {CanvasRenderingContext2D} context @param {RollPayload} payload @param {RollLayout} layout @param {Palette} colors */
function drawVotes(context, { votes: { names, values, heard, played: own, title }, rows }, { votes: left, right, row, played }, colors) {
  const space = (rows * row) / names.length;
  const from = left + 16;
  const room = right - from - 34;
  const most = values.reduce((most, value) => Math.max(most, value), 1e-9);
  context.textBaseline = "alphabetic";
  context.textAlign = "left";
  context.font = labelFont(colors, { weight: 600 });
  context.fillStyle = colors.soft;
  context.fillText(title, left, played - 7);
  context.textBaseline = "middle";
  names.forEach((name, at) => {
    const level = played + (at + 0.5) * space;
    const wins = at === heard;
    context.font = labelFont(colors, { weight: wins ? 700 : 400 });
    context.fillStyle = wins ? textColor(colors.accent, colors) : colors.soft;
    context.textAlign = "left";
    context.fillText(name, left, level);
    if (at === own) {
      // The one that is played has a line below its name.
      context.fillRect(left, level + 6.5, context.measureText(name).width, 1.2);
    }
    context.fillStyle = wins ? colors.accent : colors.line;
    context.fillRect(from, level - space * 0.3, Math.max(1, (values[at] / most) * room), space * 0.6);
    context.fillStyle = wins ? textColor(colors.accent, colors) : colors.faint;
    context.textAlign = "right";
    context.fillText(values[at].toFixed(2), right, level);
  });
}
