/** @file Where the pictures of an `images` panel and their names stand. Pure. */

/** Pixels of the bar of a share with its distance, and of a line of words. */
export const SHARE = 11;
export const CAPTION = 15;

const GAP = 9;
/** Largest and smallest side of a picture. */
const MOST = 74;
const LEAST = 26;
const MOST_FLOWING = 56;
const LEAST_FLOWING = 36;
/** From this width on the names of rows stand beside them. */
const ROOMY = 500;
const NAMES = 108;
/** Additional pixels above the first row of a block. */
const BLOCK = 14;

/** @typedef {import("./images.js").ImagesPayload} ImagesPayload */
/** @typedef {{text: string, left: number, level: number, align: "left" | "center" | "right"}} Name */
/**
 * @typedef {object} Layout
 * @property {number} size side of a picture @property {number} below pixels of bar and words below it @property {number} columns
 * @property {({left: number, top: number} | null)[]} cells one per picture; none for columns that do not fit
 * @property {Name[]} names of rows and columns
 * @property {{left: number, top: number, width: number, height: number} | null} choice what lies behind that which is chosen
 * @property {{left: number, top: number, bottom: number} | null} rule
 * @property {boolean} captioned whether there is room for captions
 * @property {number} bottom height of all
 * @property {number} width @property {number} height pixels of a picture
 */

/**
 * @param {ImagesPayload} payload @param {number} width @param {number} height room for bare pictures @param {boolean} bare pictures without words
 * @returns {Layout}
 */
export function layOut(payload, width, height, bare) {
  return payload.columns > 0 ? asTable(payload, width, height, bare) : flowing(payload, width, height, bare);
}

/** @param {ImagesPayload} payload @param {number} width @param {number} room @param {boolean} bare @returns {Layout} */
function asTable(payload, width, room, bare) {
  const { columns, count } = payload;
  const rows = Math.ceil(count / columns);
  const beside = !bare && width >= ROOMY && Boolean(payload.rowNames);
  const left = beside ? NAMES : 0;
  const gap = width < ROOMY ? 5 : GAP;
  // What would be too small to be seen is left out.
  const visible = bare ? columns : Math.max(1, Math.min(columns, Math.floor((width - left - 3) / (LEAST + gap))));
  const fit = (width - left - 3) / visible - gap;
  const blocks = payload.blocks ?? [];
  /** @param {number} row pixels above it for blocks */
  const apart = (row) => blocks.filter((first) => first <= row).length * (bare ? BLOCK / 2 : BLOCK);
  const most = bare && room ? (room - apart(rows)) / rows - gap : MOST;
  const size = Math.floor(Math.max(bare ? 4 : LEAST, Math.min(most, fit)));
  const captioned = !bare && Boolean(payload.captions);
  const [above, below] = [beside || bare || !payload.rowNames ? 0 : 18, (payload.shares ? SHARE : 0) + (captioned ? CAPTION : 0)];
  const line = above + size + below + gap;
  const named = !bare && payload.columnNames;
  const head = named ? 22 : bare ? Math.max(0, (room - rows * line - apart(rows) + gap) / 2) : 3;
  const from = bare ? Math.max(0, (width - columns * (size + gap) + gap) / 2) : left + 3;
  const topOf = (/** @type {number} */ row) => head + row * line + apart(row);
  const cells = Array.from({ length: count }, (_, index) => {
    const column = index % columns;
    return column < visible ? { left: from + column * (size + gap), top: topOf(Math.floor(index / columns)) + above } : null;
  });
  /** @type {Name[]} */
  const names = [];
  if (named) payload.columnNames?.slice(0, visible).forEach((text, column) => names.push({ text, left: from + column * (size + gap) + size / 2, level: 10, align: "center" }));
  if (!bare) {
    payload.rowNames?.forEach((text, row) => {
      const top = topOf(row);
      names.push(beside ? { text, left: left - 10, level: top + size / 2, align: "right" } : { text, left: from, level: top + above / 2, align: "left" });
    });
  }
  const bottom = Math.ceil(topOf(rows - 1) + line - gap + 4);
  const chosen = !bare && payload.choice ? payload.choice.at : -1;
  const cell = cells[chosen];
  const choice =
    !cell
      ? null
      : payload.choice?.by === "column"
        ? { left: from + chosen * (size + gap) - gap / 2, top: 0, width: size + gap, height: bottom }
        : behind(cell, size, below);
  return { size, below, columns, cells, names, choice, rule: null, captioned, bottom, width: payload.width, height: payload.height };
}

/** @param {{left: number, top: number}} cell @param {number} size @param {number} below */
const behind = ({ left, top }, size, below) => ({ left: left - 4, top: top - 4, width: size + 8, height: size + below + 8 });

/** @param {ImagesPayload} payload @param {number} width @param {number} room @param {boolean} bare @returns {Layout} */
function flowing(payload, width, room, bare) {
  const { count } = payload;
  const below = (payload.shares ? SHARE : 0) + (payload.captions && !bare ? CAPTION : 0);
  const least = bare ? 12 : LEAST_FLOWING;
  let columns = Math.max(1, Math.min(count, Math.floor((width - 6 + GAP) / (least + GAP))));
  // Even lines: no line is much shorter than the others.
  columns = Math.ceil(count / Math.ceil(count / columns));
  const side = Math.min(bare ? MOST : MOST_FLOWING, (width - 6 + GAP) / columns - GAP);
  const size = Math.floor(Math.max(4, bare && room ? Math.min(side, room / Math.ceil(count / columns) - below - GAP) : side));
  const head = payload.rule && !bare ? 18 : 4;
  const line = size + below + GAP;
  const cells = Array.from({ length: count }, (_, index) => ({
    left: 3 + (index % columns) * (size + GAP),
    top: head + Math.floor(index / columns) * line,
  }));
  const after = payload.rule?.after ?? 0;
  const before = cells[Math.min(after, count) - 1];
  const rule = before && !bare ? { left: before.left + size + GAP / 2, top: before.top - 4, bottom: before.top + size + below } : null;
  const chosen = !bare && payload.choice ? cells[payload.choice.at] : undefined;
  const bottom = Math.ceil(head + Math.ceil(count / columns) * line - GAP + 4);
  return { size, below, columns, cells, names: [], choice: chosen ? behind(chosen, size, below) : null, rule, captioned: !bare, bottom, width: payload.width, height: payload.height };
}

/**
 * The picture under a place, its pixel there (−1 beside it), and the column of the grid that the place belongs to.
 * @param {Layout} layout @param {number} left @param {number} top
 * @returns {{index: number, gridColumn: number, row: number, column: number} | null}
 */
export function pictureAt({ cells, size, below, columns, width, height }, left, top) {
  for (let index = 0; index < cells.length; index++) {
    const cell = cells[index];
    if (!cell) continue;
    const [x, y] = [left - cell.left, top - cell.top];
    if (x < -2 || y < -2 || x > size + 2 || y > size + below + 2) continue;
    const inside = x >= 0 && y >= 0 && x < size && y < size;
    const [column, row] = inside ? [Math.floor((x / size) * width), Math.floor((y / size) * height)] : [-1, -1];
    return { index, gridColumn: index % columns, row, column };
  }
  return null;
}
