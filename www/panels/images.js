/**
 * @file Small pictures, grey or of signed values: a table with named rows and columns, or a row that flows over lines.
 * Pixels may be unknown (hatched) or wrong (outlined), a picture may have a caption, a bar for its share, a ring, and a
 * contour on top; a column or a picture can be chosen by pointer or keys. images_layout.js says where everything stands.
 */
import { formatNumber, labelFont } from "./axes.js";
import { divergingTable, greyTable, lightTable, palette, Raster } from "./color.js";
import { levelLine } from "./level_line.js";
import { CAPTION, layOut, pictureAt, SHARE } from "./images_layout.js";
import { drawEmpty, Plot } from "./plot.js";

/** @typedef {import("./color.js").Palette} Palette */
/** @typedef {import("./images_layout.js").Layout} Layout */
/**
 * @typedef {object} ImagesPayload
 * @property {number} count pictures, in reading order
 * @property {number} columns of a table; 0: as many as fit, line by line
 * @property {number} height @property {number} width pixels of a picture
 * @property {Float32Array} values count × height × width; NaN: unknown, a picture of nothing else is absent
 * @property {number} low value of the paper @property {number} high value of the ink
 * @property {"light" | "diverging"} [scale] not ink: brightness, from dark to light in either theme; signed values, from low = −high
 * @property {number[]} [blocks] rows of a table that begin a block, apart from the one before
 * @property {{values: Float32Array, level: number} | null} [contour] a picture whose line of this level lies on all of them
 * @property {Float32Array | null} [wrong] of the same length: pixels other than 0 are outlined
 * @property {string[]} [rowNames] @property {string[]} [columnNames] of a table
 * @property {string[]} [captions] one per picture
 * @property {Float32Array | null} [shares] one per picture, 0…1, shown as bars below them @property {string} [shareName]
 * @property {number[]} [ringed] pictures with a ring around them @property {string} [ringName]
 * @property {{after: number, label: string} | null} [rule] a line behind so many pictures that flow
 * @property {{control: string, at: number, by: "column" | "picture", first?: number} | null} [choice] what the visitor chooses, what is chosen, and the control's value for the first
 * @property {{control: string, at: number, count: number, name: string} | null} [pages] of what there is more of
 * @property {string} [note]
 */
/** @typedef {{set?: (name: string, value: string) => void}} Context */

const SCALES = { light: lightTable, diverging: divergingTable };

/** @param {HTMLElement} element @param {{title: string, compact?: boolean, height?: number}} info */
function create(element, info) {
  /** @type {ImagesPayload | null} */
  let payload = null;
  /** @type {Context} */
  let context = {};
  const raster = new Raster();
  const bare = Boolean(info.compact || info.height);
  /** @param {number} width @returns {Layout | null} */
  const layoutFor = (width) => payload && layOut(payload, width, info.height ?? 0, bare);
  const plot = new Plot(element, {
    label: info.title,
    height: (width) => info.height ?? layoutFor(width)?.bottom ?? 180,
    draw: (surface) => {
      const colors = palette();
      const layout = layoutFor(surface.width);
      if (!payload || !layout || payload.count === 0) return drawEmpty(surface, "nothing to show yet", colors);
      draw(surface.context, payload, layout, raster, colors);
    },
    read: (point) => {
      const layout = layoutFor(plot.width);
      const at = layout && !bare ? pictureAt(layout, point.left, point.top) : null;
      return payload && at ? read(payload, at.index, at.row, at.column) : null;
    },
    summary: () => `${info.title}: ${payload ? summary(payload) : "nothing to show yet."}`,
  });
  const { canvas } = plot;
  const pager = bare ? null : new Pager(plot.host, (name, value) => context.set?.(name, value));

  /** @param {number} at */
  const choose = (at) => {
    const choice = payload?.choice;
    if (!payload || !choice) return;
    const count = choice.by === "column" ? payload.columns : payload.count;
    const next = Math.max(0, Math.min(count - 1, at));
    if (next === choice.at) return;
    context.set?.(choice.control, String(next + (choice.first ?? 0)));
    // Shown at once: the next press must count from here, however long the answer takes.
    payload = { ...payload, choice: { ...choice, at: next } };
    plot.ask();
  };
  canvas.addEventListener("click", (event) => {
    const box = canvas.getBoundingClientRect();
    const layout = layoutFor(plot.width);
    const found = layout && pictureAt(layout, event.clientX - box.left, event.clientY - box.top);
    if (found) choose(payload?.choice?.by === "column" ? found.gridColumn : found.index);
  });
  canvas.addEventListener("keydown", (event) => {
    const choice = payload?.choice;
    if (!payload || !choice) return;
    const line = choice.by === "column" ? 0 : (layoutFor(plot.width)?.columns ?? 1);
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -line, ArrowDown: line, Home: -Infinity, End: Infinity }[event.key];
    if (!by) return;
    event.preventDefault();
    choose(choice.at + by);
  });
  return {
    /** @param {ImagesPayload} next @param {Context} [nextContext] */
    update(next, nextContext = {}) {
      payload = next;
      context = nextContext;
      const choosable = Boolean(next.choice && context.set && !bare);
      canvas.style.cursor = choosable ? "pointer" : "";
      if (choosable) {
        canvas.tabIndex = 0;
        canvas.setAttribute("role", "application");
        canvas.setAttribute("aria-label", `${info.title}; the arrow keys choose a ${next.choice?.by}`);
      }
      plot.fit();
      if (!bare) plot.note(next.note);
      pager?.show(next.pages ?? null);
      plot.ask();
    },
    resize: () => plot.ask(),
    destroy: () => plot.destroy(),
  };
}

/** @type {import("./index.js").Panel} */
export const panel = { kind: "images", create };

/** Two buttons that turn pages. */
class Pager {
  /** @param {HTMLElement} host @param {(name: string, value: string) => void} set */
  constructor(host, set) {
    /** @type {NonNullable<ImagesPayload["pages"]> | null} */
    this.pages = null;
    this.host = document.createElement("div");
    this.host.className = "images-pages";
    this.host.hidden = true;
    this.text = document.createElement("span");
    const button = (/** @type {string} */ sign, /** @type {number} */ by) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button";
      button.textContent = sign;
      button.addEventListener("click", () => {
        if (!this.pages) return;
        const { at, count, control } = this.pages;
        const next = (at + by + count) % count;
        set(control, String(next));
        this.show({ ...this.pages, at: next });
      });
      return button;
    };
    this.back = button("‹", -1);
    this.on = button("›", 1);
    this.host.append(this.back, this.text, this.on);
    host.append(this.host);
  }

  /** @param {ImagesPayload["pages"]} pages */
  show(pages) {
    this.pages = pages ?? null;
    this.host.hidden = !pages;
    if (!pages) return;
    this.back.setAttribute("aria-label", `previous ${pages.name}`);
    this.on.setAttribute("aria-label", `next ${pages.name}`);
    const text = `${pages.name} ${pages.at + 1} of ${pages.count}`;
    if (this.text.textContent !== text) this.text.textContent = text;
  }
}

/**
 * @param {CanvasRenderingContext2D} context @param {ImagesPayload} payload @param {Layout} layout @param {Raster} raster @param {Palette} colors
 */
function draw(context, payload, layout, raster, colors) {
  const { size, cells, choice: chosen } = layout;
  const table = payload.scale ? SCALES[payload.scale](colors) : greyTable(colors);
  if (chosen) {
    context.fillStyle = colors.accentSoft;
    context.beginPath();
    context.roundRect(chosen.left, chosen.top, chosen.width, chosen.height, 7);
    context.fill();
  }
  context.imageSmoothingEnabled = false;
  context.font = labelFont(colors, { size: 11 });
  cells.forEach((cell, index) => {
    if (!cell) return;
    const { left, top } = cell;
    if (absent(payload, index)) {
      context.fillStyle = colors.faint;
      context.textAlign = "center";
      context.textBaseline = "middle";
      context.fillText("–", left + size / 2, top + size / 2);
      return;
    }
    picture(context, payload, index, { left, top, size }, raster, table, colors);
    caption(context, payload, index, { left, top, size }, layout.captioned, colors);
  });
  context.fillStyle = colors.soft;
  context.textBaseline = "middle";
  for (const { text, left, level, align } of layout.names) {
    context.textAlign = align;
    context.fillText(text, left, level);
  }
  if (layout.rule && payload.rule) drawRule(context, layout.rule, payload.rule.label, colors);
}

/** @param {ImagesPayload} payload @param {number} index */
function absent({ values, height, width }, index) {
  const pixels = height * width;
  for (let at = index * pixels; at < (index + 1) * pixels; at++) if (values[at] === values[at]) return false;
  return true;
}

/** @typedef {{left: number, top: number, size: number}} Place */

/**
 * @param {CanvasRenderingContext2D} context @param {ImagesPayload} payload @param {number} index @param {Place} place
 * @param {Raster} raster @param {Uint32Array} table @param {Palette} colors
 */
function picture(context, payload, index, { left, top, size }, raster, table, colors) {
  const { height, width, values, wrong, low, high } = payload;
  const first = index * height * width;
  raster.paint(values, height, width, table, low, high, first);
  context.drawImage(raster.canvas, left, top, size, size);
  const [dx, dy] = [size / width, size / height];
  context.strokeStyle = colors.faint;
  context.lineWidth = 0.8;
  context.beginPath();
  for (let at = 0; at < height * width; at++) {
    if (values[first + at] === values[first + at]) continue;
    const [x, y] = [left + (at % width) * dx, top + Math.floor(at / width) * dy];
    context.moveTo(x, y + dy);
    context.lineTo(x + dx, y);
  }
  context.stroke();
  if (payload.contour) drawContour(context, payload.contour, { left, top, size }, payload, colors);
  const ringed = payload.ringed?.includes(index);
  context.strokeStyle = ringed ? colors.accent : colors.line;
  context.lineWidth = ringed ? 2.5 : 1;
  const gap = ringed ? 1.5 : 0.5;
  context.strokeRect(left - gap, top - gap, size + 2 * gap, size + 2 * gap);
  if (!wrong) return;
  // The outline of all wrong pixels together: an edge where only one side is wrong.
  const isWrong = (/** @type {number} */ row, /** @type {number} */ column) =>
    row >= 0 && column >= 0 && row < height && column < width && wrong[first + row * width + column] !== 0;
  context.strokeStyle = colors.negative;
  context.lineWidth = 1.6;
  context.beginPath();
  for (let row = 0; row <= height; row++) {
    for (let column = 0; column <= width; column++) {
      const [x, y] = [left + column * dx, top + row * dy];
      if (isWrong(row, column) !== isWrong(row - 1, column)) {
        context.moveTo(x, y);
        context.lineTo(x + dx, y);
      }
      if (isWrong(row, column) !== isWrong(row, column - 1)) {
        context.moveTo(x, y);
        context.lineTo(x, y + dy);
      }
    }
  }
  context.stroke();
}

/** @param {CanvasRenderingContext2D} context @param {{values: Float32Array, level: number}} contour @param {Place} place @param {ImagesPayload} payload @param {Palette} colors */
function drawContour(context, { values, level }, { left, top, size }, { height, width }, colors) {
  context.strokeStyle = colors.ink;
  context.lineWidth = 1.2;
  context.beginPath();
  for (const [x, y, toX, toY] of levelLine(values, height, width, level)) {
    context.moveTo(left + (x / width) * size, top + (y / height) * size);
    context.lineTo(left + (toX / width) * size, top + (toY / height) * size);
  }
  context.stroke();
}

/**
 * The bar of a share and the words below a picture.
 * @param {CanvasRenderingContext2D} context @param {ImagesPayload} payload @param {number} index @param {Place} place
 * @param {boolean} captioned @param {Palette} colors
 */
function caption(context, { shares, captions }, index, { left, top, size }, captioned, colors) {
  let level = top + size;
  if (shares) {
    level += 4;
    context.fillStyle = colors.line;
    context.fillRect(left, level, size, SHARE - 4);
    context.fillStyle = colors.positive;
    const share = Math.max(0, Math.min(1, shares[index]));
    context.fillRect(left, level, share > 0.003 ? Math.max(1, share * size) : 0, SHARE - 4);
    level += SHARE - 4;
  }
  if (!captioned || !captions?.[index]) return;
  context.fillStyle = colors.soft;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(captions[index], left + size / 2, level + CAPTION / 2 + 1);
}

/** @param {CanvasRenderingContext2D} context @param {{left: number, top: number, bottom: number}} place @param {string} label @param {Palette} colors */
function drawRule(context, { left, top, bottom }, label, colors) {
  context.strokeStyle = colors.accent;
  context.lineWidth = 1.5;
  context.setLineDash([4, 3]);
  context.beginPath();
  context.moveTo(Math.round(left) + 0.5, top);
  context.lineTo(Math.round(left) + 0.5, bottom);
  context.stroke();
  context.setLineDash([]);
  context.font = labelFont(colors, { weight: 600, size: 11 });
  context.fillStyle = colors.accent;
  context.textBaseline = "middle";
  const right = left + context.measureText(label).width + 6 < context.canvas.width / context.getTransform().a;
  context.textAlign = right ? "left" : "right";
  context.fillText(label, left + (right ? 5 : -5), top - 7);
}

/** @param {ImagesPayload} payload @param {number} index @param {number} row @param {number} column */
function read(payload, index, row, column) {
  if (absent(payload, index)) return null;
  const { columns, height, width, values, wrong } = payload;
  const names = columns > 0 ? [payload.rowNames?.[Math.floor(index / columns)], payload.columnNames?.[index % columns]] : [];
  const title = [...names, payload.captions?.[index]].filter(Boolean).join(" · ") || `picture ${index + 1}`;
  /** @type {import("./plot.js").Row[]} */
  const rows = [];
  if (payload.shares) rows.push({ name: payload.shareName ?? "share", value: formatNumber(payload.shares[index]) });
  if (payload.ringName && payload.ringed?.includes(index)) rows.push({ name: payload.ringName, value: "" });
  if (row >= 0) {
    const at = index * height * width + row * width + column;
    const value = values[at];
    rows.push({ name: `pixel ${row + 1}, ${column + 1}`, value: value === value ? formatNumber(value, 2) : "hidden" });
    if (wrong?.[at]) rows.push({ name: "wrong", value: "", color: palette().negative });
  }
  return { title, rows };
}

/** @param {ImagesPayload} payload */
function summary(payload) {
  const { count, columns, rowNames, columnNames, captions, shares, note } = payload;
  const table = columns > 0 ? `, in ${rowNames?.join(", ") ?? "rows"} of ${columnNames?.join(", ") ?? `${columns} columns`}` : "";
  const pixels = payload.height * payload.width;
  const wrong = payload.wrong
    ? (rowNames ?? []).map((name, row) => {
        const from = row * columns * pixels;
        const sum = payload.wrong?.subarray(from, from + columns * pixels).reduce((total, cell) => total + (cell ? 1 : 0), 0);
        return `${name}: ${sum} wrong pixels`;
      })
    : [];
  const told = shares ? Array.from(shares.subarray(0, 12), (share, at) => `${captions?.[at] ?? at + 1}: ${formatNumber(share)}`) : [];
  return `${[`${count} pictures${table}`, ...wrong, ...told, note ?? ""].filter(Boolean).join("; ")}.`;
}
