/**
 * @file A small grey picture that the visitor draws, pixel by pixel, with pointer, finger or keys, kept as text in a
 * control: one hexadecimal digit a pixel, row by row. Beside it stands what came of it.
 */
import { formatNumber, labelFont } from "./axes.js";
import { greyTable, palette, pixelToCss, Raster, TABLE_SIZE } from "./color.js";
import { Plot } from "./plot.js";

/** @typedef {import("./color.js").Palette} Palette */
/**
 * @typedef {object} SketchPayload
 * @property {number} height @property {number} width pixels
 * @property {string} control whose text it is @property {string} text empty: nothing is drawn
 * @property {string} [start] what a drawing can start from @property {string} [startName]
 * @property {{name: string, values: Float32Array}[]} pictures what came of it, 0…1
 * @property {string} [note]
 */
/** @typedef {{set?: (name: string, value: string) => void}} Context */

const MOST = 15;
/** What a touch of the brush adds to the pixel in its middle, and to those beside it. */
const STROKE = 11;
const BESIDE = 4;
/** Largest side of the drawing, of a picture beside it, and the distance between them. */
const SIDE = 208;
const RESULT = 84;
const GAP = 22;
const KEYS = "The arrow keys move, space draws, Delete wipes, Control Z takes back.";

class Sketch {
  /** @type {SketchPayload | null} */
  payload = null;
  /** @type {Context} */
  context = {};
  /** Levels that are shown: at once what the hand does, before the experiment has answered. @type {number[]} */
  levels = [];
  /** Texts before each stroke. @type {string[]} */
  undone = [];
  sent = "";
  erasing = false;
  /** @type {number | null} */
  drawing = null;
  /** @type {number | null} the pixel at which the last piece of the stroke ended */
  last = null;
  cursor = 0;
  raster = new Raster();

  /** @param {HTMLElement} element @param {{title: string}} info */
  constructor(element, info) {
    this.info = info;
    this.plot = new Plot(element, {
      label: info.title,
      height: (width) => this.layout(width).bottom,
      draw: (surface) => this.draw(surface.context, palette()),
      summary: () => `${info.title}: ${this.isEmpty ? "nothing is drawn" : `${this.levels.filter((level) => level > 0).length} pixels are drawn`}.`,
    });
    const { canvas } = this.plot;
    canvas.tabIndex = 0;
    canvas.style.cursor = "crosshair";
    canvas.setAttribute("role", "application");
    canvas.setAttribute("aria-label", `${info.title}. ${KEYS}`);
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => (this.drawing = null));
    // A finger beside the drawing scrolls the page.
    canvas.addEventListener("touchstart", (event) => this.touch(event), { passive: false });
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("focus", () => this.plot.ask());
    canvas.addEventListener("blur", () => this.plot.ask());
    this.status = document.createElement("p");
    this.status.className = "visually-hidden";
    this.status.setAttribute("role", "status");
    this.bar = document.createElement("div");
    this.bar.className = "sketch-bar";
    /** @type {Record<string, HTMLButtonElement>} */
    this.buttons = {};
    for (const [name, run] of /** @type {[string, () => void][]} */ ([
      ["Erase", () => this.erase()],
      ["Undo", () => this.undo()],
      ["Clear", () => this.begin(() => this.levels.fill(0))],
      ["Start", () => this.begin(() => this.read(this.payload?.start ?? ""))],
    ])) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button";
      button.textContent = name;
      button.addEventListener("click", run);
      this.buttons[name] = button;
      this.bar.append(button);
    }
    this.plot.canvas.after(this.bar, this.status);
  }

  /** @param {SketchPayload} payload @param {Context} [context] */
  update(payload, context = {}) {
    this.payload = payload;
    this.context = context;
    // What the hand has done meanwhile is newer than what comes back.
    if (this.drawing === null && (payload.text !== this.sent || this.levels.length !== payload.height * payload.width)) {
      this.read(payload.text);
      this.sent = payload.text;
    }
    this.buttons.Start.textContent = `Use ${payload.startName ?? "a picture"}`;
    this.buttons.Start.hidden = !payload.start;
    this.tellButtons();
    this.plot.fit();
    this.plot.note(payload.note);
    this.plot.ask();
  }

  get isEmpty() {
    return !this.levels.some((level) => level > 0);
  }

  get text() {
    return this.isEmpty ? "" : this.levels.map((level) => level.toString(16)).join("");
  }

  /** @param {string} text */
  read(text) {
    const count = (this.payload?.height ?? 0) * (this.payload?.width ?? 0);
    this.levels = Array.from({ length: count }, (_, at) => parseInt(text[at] ?? "0", 16) || 0);
  }

  /** A change that can be taken back. @param {() => void} change */
  begin(change) {
    this.undone.push(this.text);
    if (this.undone.length > 100) this.undone.shift();
    change();
    this.send();
  }

  send() {
    this.tellButtons();
    this.plot.ask();
    if (!this.payload || this.text === this.sent) return;
    this.sent = this.text;
    this.context.set?.(this.payload.control, this.sent);
  }

  undo() {
    const before = this.undone.pop();
    if (before === undefined) return;
    this.read(before);
    this.send();
  }

  erase() {
    this.erasing = !this.erasing;
    this.tellButtons();
  }

  tellButtons() {
    this.buttons.Erase.setAttribute("aria-pressed", String(this.erasing));
    this.buttons.Undo.disabled = this.undone.length === 0;
    this.buttons.Clear.disabled = this.isEmpty;
  }

  /** @param {number} width */
  layout(width) {
    const results = this.payload?.pictures.length ?? 0;
    const room = Math.max(120, Math.min(SIDE, width - (RESULT + GAP)));
    const side = Math.floor(room / 8) * 8;
    const size = Math.min(RESULT, (side - 40) / 2);
    return { side, size, left: side + GAP, results, bottom: side + 4 };
  }

  /** @param {TouchEvent} event */
  touch(event) {
    if (event.touches.length === 1 && this.pixel(event.touches[0]) !== null) event.preventDefault();
  }

  /** The pixel under an event, or null beside the drawing. @param {{clientX: number, clientY: number}} event */
  pixel(event) {
    const { payload } = this;
    const box = this.plot.canvas.getBoundingClientRect();
    const [left, top] = [event.clientX - box.left, event.clientY - box.top];
    const { side } = this.layout(this.plot.width);
    if (!payload || left < 0 || top < 0 || left >= side || top >= side) return null;
    return Math.floor((top / side) * payload.height) * payload.width + Math.floor((left / side) * payload.width);
  }

  /** @param {PointerEvent} event */
  down(event) {
    const at = this.pixel(event);
    if (event.button !== 0 || at === null) return;
    this.plot.canvas.setPointerCapture(event.pointerId);
    this.plot.canvas.classList.add("by-pointer");
    this.drawing = event.pointerId;
    this.last = null;
    this.begin(() => this.dab(at));
  }

  /** @param {PointerEvent} event */
  move(event) {
    if (this.drawing !== event.pointerId) return;
    for (const step of event.getCoalescedEvents?.() ?? [event]) {
      const at = this.pixel(step);
      if (at !== null && at !== this.last) this.dab(at);
    }
    this.send();
  }

  /** Ink on a pixel and a little on its neighbours, as of a soft pen. @param {number} at */
  dab(at) {
    const { payload, levels } = this;
    if (!payload) return;
    this.last = this.cursor = at;
    const [row, column] = [Math.floor(at / payload.width), at % payload.width];
    for (const [down, right] of [[0, 0], [-1, 0], [1, 0], [0, -1], [0, 1]]) {
      const [y, x] = [row + down, column + right];
      if (y < 0 || x < 0 || y >= payload.height || x >= payload.width) continue;
      const middle = down === 0 && right === 0;
      const index = y * payload.width + x;
      if (this.erasing) levels[index] = middle ? 0 : levels[index];
      else levels[index] = Math.min(MOST, Math.max(levels[index], middle ? levels[index] + STROKE : Math.min(BESIDE + levels[index], STROKE)));
    }
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const { payload, cursor } = this;
    if (!payload || event.altKey) return;
    this.plot.canvas.classList.remove("by-pointer");
    if (event.ctrlKey || event.metaKey) {
      if (event.key !== "z") return;
      this.undo();
    } else if (event.key === " " || event.key === "Enter") this.begin(() => this.dab(cursor));
    else if (event.key === "Delete" || event.key === "Backspace") this.begin(() => (this.levels[cursor] = 0));
    else {
      const { width } = payload;
      const by = { ArrowLeft: cursor % width ? -1 : 0, ArrowRight: (cursor + 1) % width ? 1 : 0, ArrowUp: -width, ArrowDown: width }[event.key];
      if (by === undefined) return;
      const next = cursor + by;
      if (next >= 0 && next < this.levels.length) this.cursor = next;
    }
    event.preventDefault();
    const level = this.levels[this.cursor];
    this.status.textContent = `row ${Math.floor(this.cursor / payload.width) + 1}, column ${(this.cursor % payload.width) + 1}: ${formatNumber(level)} of ${MOST}`;
    this.plot.ask();
  }

  /** @param {CanvasRenderingContext2D} context @param {Palette} colors */
  draw(context, colors) {
    const { payload, plot } = this;
    if (!payload) return;
    const { side, size, left, results } = this.layout(plot.width);
    const { height, width } = payload;
    const table = greyTable(colors);
    const cell = side / width;
    this.levels.forEach((level, at) => {
      context.fillStyle = pixelToCss(table[Math.round((level / MOST) * (TABLE_SIZE - 1))]);
      context.fillRect((at % width) * cell, Math.floor(at / width) * cell, cell, cell);
    });
    context.strokeStyle = colors.line;
    context.lineWidth = 1;
    context.beginPath();
    for (let line = 0; line <= width; line++) {
      const place = Math.min(side - 0.5, Math.round(line * cell) + 0.5);
      context.moveTo(place, 0);
      context.lineTo(place, (side * height) / width);
      context.moveTo(0, place);
      context.lineTo(side, place);
    }
    context.stroke();
    if (this.isEmpty) {
      context.font = labelFont(colors, { size: 13 });
      context.fillStyle = colors.faint;
      context.textAlign = "center";
      context.textBaseline = "middle";
      context.lineWidth = 5;
      context.lineJoin = "round";
      context.strokeStyle = colors.card;
      context.strokeText("draw here", side / 2, side / 2);
      context.fillText("draw here", side / 2, side / 2);
    }
    if (document.activeElement === plot.canvas && !plot.canvas.classList.contains("by-pointer")) {
      context.strokeStyle = colors.accent;
      context.lineWidth = 2.5;
      context.strokeRect((this.cursor % width) * cell + 1, Math.floor(this.cursor / width) * cell + 1, cell - 2, cell - 2);
    }
    context.font = labelFont(colors);
    context.textAlign = "left";
    context.textBaseline = "alphabetic";
    for (let at = 0; at < 2; at++) {
      const top = 15 + at * (size + 28);
      const picture = payload.pictures[at];
      if (!picture && (at > 0 || results > 0)) continue;
      context.fillStyle = colors.soft;
      context.fillText(picture?.name ?? "what it recalls", left, top - 5);
      if (picture) {
        this.raster.paint(picture.values, height, width, table, 0, 1);
        context.imageSmoothingEnabled = false;
        context.drawImage(this.raster.canvas, left, top, size, size);
      }
      context.strokeStyle = colors.line;
      context.lineWidth = 1;
      context.setLineDash(picture ? [] : [3, 3]);
      context.strokeRect(left - 0.5, top - 0.5, size + 1, size + 1);
      context.setLineDash([]);
    }
  }
}

/** @param {HTMLElement} element @param {{title: string}} info */
function create(element, info) {
  const view = new Sketch(element, info);
  return {
    /** @param {SketchPayload} payload @param {Context} [context] */
    update: (payload, context) => view.update(payload, context),
    resize: () => view.plot.ask(),
    destroy: () => view.plot.destroy(),
  };
}

/** @type {import("./index.js").Panel} */
export const panel = { kind: "sketch", create };
