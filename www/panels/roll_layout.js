/** @file Where everything of a piano roll stands, and its notes as text. Pure functions. */

/** @typedef {{row: number, at: number}} Note */
/**
 * @typedef {object} RollLayout
 * @property {number} left @property {number} right edges of all lanes @property {number} cell width of a step
 * @property {number} row height of a row
 * @property {number} played @property {number} arriving @property {number} curve top edges of the lanes
 * @property {number} curveHeight @property {number} votes left edge of the votes @property {number} bottom
 */

/** Pixels for the names of rows, above a lane, between lanes, below the last one. */
const LEFT = 26;
const HEAD = 22;
const BELOW = 34;
const ROW = 14;
const CURVE = 76;
/** Steps that stay free between what is played and the votes. */
const FREE = 2;

/**
 * @param {number} width @param {{rows: number, steps: number, columns: number}} size `steps` that can be played, of all `columns`
 * @param {number} [height] of a card, which has no words
 * @returns {RollLayout}
 */
export function rollLayout(width, { rows, steps, columns }, height = 0) {
  const bare = height > 0;
  const [left, right] = bare ? [2, width - 2] : [LEFT, width - 6];
  const cell = (right - left) / columns;
  const row = bare ? (height - 10) / (2 * rows) : ROW;
  const head = bare ? 0 : HEAD;
  const played = head;
  const arriving = played + rows * row + (bare ? 10 : HEAD + 4);
  const curve = arriving + rows * row + (bare ? 0 : HEAD + 4);
  const bottom = bare ? height : curve + CURVE + BELOW;
  return { left, right, cell, row, played, arriving, curve, curveHeight: CURVE, votes: left + (steps + FREE) * cell, bottom };
}

/** The row and step at a point of the lane that begins at `top`, or null beside it. @param {RollLayout} layout @param {number} top @param {{left: number, top: number}} point @param {number} rows @param {number} steps @returns {Note | null} */
export function cellAt({ left, cell, row }, top, point, rows, steps) {
  const note = { row: Math.floor((point.top - top) / row), at: Math.floor((point.left - left) / cell) };
  return note.row < 0 || note.row >= rows || note.at < 0 || note.at >= steps ? null : note;
}

/** Notes as text: the steps of each row in base 36, rows apart by hyphens. @param {Note[]} notes @param {number} rows */
export function notesToText(notes, rows) {
  const steps = (/** @type {number} */ row) => notes.filter((note) => note.row === row).map(({ at }) => at).sort((one, other) => one - other);
  return Array.from({ length: rows }, (_, row) => steps(row).map((at) => at.toString(36)).join("")).join("-");
}
