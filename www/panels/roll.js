/**
 * @file A piano roll that the visitor plays with pointer, finger or keys: notes in rows over time, how they arrive after
 * delays, the curve that this gives, and the votes of the classes. The notes are kept as text in a control: the steps of each
 * row in base 36, rows apart by hyphens. roll_layout.js says where everything stands, roll_draw.js draws.
 */
import { formatNumber } from "./axes.js";
import { palette } from "./color.js";
import { drawEmpty, Plot } from "./plot.js";
import { drawRoll } from "./roll_draw.js";
import { cellAt, notesToText, rollLayout } from "./roll_layout.js";

/** @typedef {import("./roll_layout.js").Note} Note */
/**
 * @typedef {object} RollPayload
 * @property {number} rows @property {number} steps that can be played @property {number} columns steps that are shown
 * @property {string[]} keys names of the rows @property {string[]} names of the three lanes
 * @property {string} control whose text the notes are @property {string} text
 * @property {{row: Float32Array, at: Float32Array}} notes what is played
 * @property {{row: Float32Array, at: Float32Array, from: Float32Array, weight: Float32Array}} arrivals
 * @property {{values: Float32Array, threshold: number, fired: Float32Array}} curve one value per step; other than 0 where it fired
 * @property {{title: string, names: string[], values: Float32Array, heard: number, played: number | null}} votes
 * @property {{name: string, text: string}[]} presets what can be played by a button @property {string} presetsName
 * @property {{control: string, at: number, count: number, text: string} | null} choice of what stands in the lower lanes, from 0
 * @property {string} note
 */
/** @typedef {{set?: (name: string, value: string) => void, values?: Record<string, string>}} Context */

const KEYS = "The arrow keys move, space adds or takes away a note, with Shift the arrow keys take a note along, Control Z takes back.";

class Roll {
  /** @type {RollPayload | null} */
  payload = null;
  /** @type {Context} */
  context = {};
  /** What is played: at once what the hand does, before the experiment has answered. @type {Note[]} */
  notes = [];
  /** Texts before each change. @type {string[]} */
  undone = [];
  /** @type {{pointer: number, note: Note, moved: boolean, isNew: boolean, before: string} | null} */
  drag = null;
  /** @type {Note} */
  cursor = { row: 0, at: 0 };

  /** @param {HTMLElement} element @param {{title: string, compact?: boolean, height?: number}} info */
  constructor(element, info) {
    this.info = info;
    this.bare = Boolean(info.compact || info.height);
    this.plot = new Plot(element, {
      label: info.title,
      height: (width) => this.layout(width)?.bottom ?? 300,
      draw: (surface) => this.draw(surface),
      read: (point) => (this.bare || this.drag ? null : this.read(point)),
      summary: () => `${info.title}: ${this.payload ? this.payload.note : "nothing to show yet."}`,
    });
    this.bar = document.createElement("div");
    this.status = document.createElement("p");
    if (this.bare) return;
    const { canvas } = this.plot;
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "application");
    canvas.setAttribute("aria-label", `${info.title}. ${KEYS}`);
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", (event) => this.up(event));
    canvas.addEventListener("pointercancel", () => this.cancel());
    // A finger on a note moves it; elsewhere it scrolls the page.
    canvas.addEventListener("touchstart", (event) => this.touch(event), { passive: false });
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("focus", () => this.plot.ask());
    canvas.addEventListener("blur", () => this.plot.ask());
    this.status.className = "visually-hidden";
    this.status.setAttribute("role", "status");
    this.bar.className = "sketch-bar";
    this.undoButton = this.button("Undo", () => this.undo());
    /** @type {HTMLButtonElement[]} */
    this.presets = [];
    this.pages = document.createElement("div");
    this.pages.className = "images-pages";
    this.page = document.createElement("span");
    this.pages.append(this.button("‹", () => this.choose(-1), "the one before"), this.page, this.button("›", () => this.choose(1), "the next one"));
    canvas.after(this.bar, this.status);
  }

  /** @param {string} name @param {() => void} run @param {string} [label] */
  button(name, run, label) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button";
    button.textContent = name;
    if (label) button.setAttribute("aria-label", label);
    button.addEventListener("click", run);
    return button;
  }

  /** @param {RollPayload} payload @param {Context} [context] */
  update(payload, context = {}) {
    this.payload = payload;
    this.context = context;
    // What the hand has done meanwhile is newer than what comes back.
    if (!this.drag && payload.text === (context.values?.[payload.control] ?? payload.text)) this.take(payload);
    if (!this.bare) this.tell(payload);
    this.plot.fit();
    this.plot.ask();
  }

  /** @param {RollPayload} payload */
  take({ notes }) {
    this.notes = Array.from(notes.at, (at, index) => ({ row: notes.row[index], at }));
  }

  /** @param {RollPayload} payload */
  tell(payload) {
    this.plot.note(payload.note);
    if (this.presets?.length !== payload.presets.length) {
      const label = document.createElement("span");
      label.className = "roll-presets";
      label.textContent = payload.presetsName;
      this.presets = payload.presets.map(({ name, text }) => this.button(name, () => this.preset(text), `${payload.presetsName} ${name}`));
      this.bar.replaceChildren(label, ...this.presets, ...(this.undoButton ? [this.undoButton] : []), ...(this.pages ? [this.pages] : []));
    }
    payload.presets.forEach(({ text }, at) => this.presets?.[at].setAttribute("aria-pressed", String(text === this.asked)));
    if (this.undoButton) this.undoButton.disabled = this.undone.length === 0;
    if (this.pages) this.pages.hidden = !payload.choice;
    if (this.page && this.page.textContent !== payload.choice?.text) this.page.textContent = payload.choice?.text ?? "";
  }

  /** The text that was last asked for. */
  get asked() {
    return this.payload ? (this.context.values?.[this.payload.control] ?? this.payload.text) : "";
  }

  /** @param {number} width */
  layout(width) {
    return this.payload && rollLayout(width, this.payload, this.bare ? (this.info.height ?? 150) : 0);
  }

  /** @param {string} text */
  send(text) {
    if (this.payload && text !== this.asked) this.context.set?.(this.payload.control, text);
    this.plot.ask();
  }

  /** Remembers a text to go back to. @param {string} text */
  keep(text) {
    this.undone.push(text);
    if (this.undone.length > 100) this.undone.shift();
    if (this.undoButton) this.undoButton.disabled = false;
  }

  sendNotes() {
    if (this.payload) this.send(notesToText(this.notes, this.payload.rows));
  }

  /** @param {string} text */
  preset(text) {
    if (text === this.asked) return;
    this.keep(this.asked);
    this.send(text);
  }

  undo() {
    const before = this.undone.pop();
    if (before !== undefined) this.send(before);
    if (this.undoButton) this.undoButton.disabled = this.undone.length === 0;
  }

  /** @param {1 | -1} by */
  choose(by) {
    const choice = this.payload?.choice;
    if (!choice) return;
    const next = (choice.at + by + choice.count) % choice.count;
    this.context.set?.(choice.control, String(next));
    // The next press counts from here, however long the answer takes.
    choice.at = next;
  }

  /** @param {{left: number, top: number}} point */
  cell(point) {
    const layout = this.layout(this.plot.width);
    return layout && this.payload ? cellAt(layout, layout.played, point, this.payload.rows, this.payload.steps) : null;
  }

  /** The note at a cell, or for a finger the nearest beside it. @param {Note | null} cell @param {number} [reach] */
  noteAt(cell, reach = 0) {
    if (!cell) return undefined;
    const near = this.notes.filter((note) => note.row === cell.row && Math.abs(note.at - cell.at) <= reach);
    return near.sort((one, other) => Math.abs(one.at - cell.at) - Math.abs(other.at - cell.at))[0];
  }

  /** @param {TouchEvent} event */
  touch(event) {
    const box = this.plot.canvas.getBoundingClientRect();
    const [finger] = event.touches;
    const cell = this.cell({ left: finger.clientX - box.left, top: finger.clientY - box.top });
    if (event.touches.length === 1 && this.noteAt(cell, 1)) event.preventDefault();
  }

  /** @param {PointerEvent} event */
  down(event) {
    const cell = this.cell(this.plot.place(event));
    if (event.button !== 0 || !cell) return;
    this.plot.canvas.classList.add("by-pointer");
    const found = this.noteAt(cell, event.pointerType === "mouse" ? 0 : 1);
    const note = found ?? cell;
    this.drag = { pointer: event.pointerId, note, moved: false, isNew: !found, before: this.asked };
    this.cursor = { ...note };
    // A finger on an empty place may be about to scroll: it adds a note when it is lifted.
    if (event.pointerType === "mouse" || found) this.plot.canvas.setPointerCapture(event.pointerId);
    if (event.pointerType === "mouse" && !found) this.notes.push(note);
    this.plot.ask();
  }

  /** @param {PointerEvent} event */
  move(event) {
    const { drag, payload } = this;
    const layout = this.layout(this.plot.width);
    if (!drag || !payload || !layout || drag.pointer !== event.pointerId || !this.notes.includes(drag.note)) return;
    const { left, top } = this.plot.place(event);
    const inside = (/** @type {number} */ value, /** @type {number} */ count) => Math.max(0, Math.min(count - 1, Math.floor(value)));
    const to = { row: inside((top - layout.played) / layout.row, payload.rows), at: inside((left - layout.left) / layout.cell, payload.steps) };
    const other = this.noteAt(to);
    if ((to.row === drag.note.row && to.at === drag.note.at) || (other && other !== drag.note)) return;
    Object.assign(drag.note, to);
    this.cursor = { ...to };
    drag.moved = true;
    this.sendNotes();
  }

  /** @param {PointerEvent} event */
  up(event) {
    const { drag } = this;
    if (!drag || drag.pointer !== event.pointerId) return;
    this.drag = null;
    // A click on a note takes it away.
    if (!drag.moved && !drag.isNew) this.notes = this.notes.filter((note) => note !== drag.note);
    else if (drag.isNew && !this.notes.includes(drag.note)) this.notes.push(drag.note);
    this.keep(drag.before);
    this.sendNotes();
  }

  cancel() {
    if (this.drag?.isNew) this.notes = this.notes.filter((note) => note !== this.drag?.note);
    this.drag = null;
    this.plot.ask();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const { payload, cursor } = this;
    if (!payload || event.altKey) return;
    this.plot.canvas.classList.remove("by-pointer");
    const own = this.noteAt(cursor);
    if (event.ctrlKey || event.metaKey) {
      if (event.key !== "z") return;
      this.undo();
    } else if ([" ", "Enter", "Delete", "Backspace"].includes(event.key)) {
      const adds = !own && (event.key === " " || event.key === "Enter");
      if (own || adds) this.keep(this.asked);
      this.notes = own ? this.notes.filter((note) => note !== own) : adds ? [...this.notes, { ...cursor }] : this.notes;
      this.sendNotes();
    } else {
      const by = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
      if (!by) return;
      const to = { row: cursor.row + by[0], at: cursor.at + by[1] };
      const isInside = to.row >= 0 && to.at >= 0 && to.row < payload.rows && to.at < payload.steps;
      if (isInside && event.shiftKey && own && !this.noteAt(to)) {
        this.keep(this.asked);
        Object.assign(own, to);
        this.sendNotes();
      }
      if (isInside && (!event.shiftKey || !own || this.noteAt(to) === own)) this.cursor = to;
    }
    event.preventDefault();
    const here = this.noteAt(this.cursor) ? "a note" : "no note";
    this.status.textContent = `key ${payload.keys[this.cursor.row]}, step ${this.cursor.at}: ${here}`;
    this.plot.ask();
  }

  /** What is known of the point under the pointer. @param {{left: number, top: number}} point */
  read(point) {
    const { payload } = this;
    const layout = this.layout(this.plot.width);
    if (!payload || !layout) return null;
    const { rows, columns, keys, arrivals, curve } = payload;
    const cell = cellAt(layout, layout.arriving, point, rows, columns);
    if (cell) {
      const found = arrivals.at.findIndex((at, index) => at === cell.at && arrivals.row[index] === cell.row);
      if (found < 0) return null;
      const told = [
        { name: "left at", value: String(arrivals.from[found]) },
        { name: "delay", value: String(arrivals.at[found] - arrivals.from[found]) },
        { name: "weight", value: formatNumber(arrivals.weight[found]) },
      ];
      return { title: `key ${keys[cell.row]} arrives at ${cell.at}`, rows: told };
    }
    const step = Math.floor((point.left - layout.left) / layout.cell);
    if (point.top < layout.curve || point.top > layout.curve + layout.curveHeight || !(step >= 0 && step < curve.values.length)) return null;
    return { title: `step ${step}`, rows: [{ name: "potential", value: formatNumber(curve.values[step]) }, ...(curve.fired[step] ? [{ name: "fires", value: "" }] : [])] };
  }

  /** @param {import("./surface.js").Surface} surface */
  draw(surface) {
    const colors = palette();
    const { payload, plot, bare } = this;
    const layout = this.layout(surface.width);
    if (!payload || !layout) return drawEmpty(surface, "no reading yet", colors);
    const over = !bare && plot.pointer ? this.cell(plot.pointer) : null;
    const hasKeys = document.activeElement === plot.canvas && !plot.canvas.classList.contains("by-pointer");
    const hovered = this.drag ? this.drag.note : over;
    if (!bare) plot.canvas.style.cursor = this.noteAt(over) ? "grab" : over ? "copy" : "";
    drawRoll(surface.context, payload, layout, { notes: this.notes, hovered, cursor: hasKeys ? this.cursor : null, bare }, colors);
  }
}

/** @param {HTMLElement} element @param {{title: string, compact?: boolean, height?: number}} info */
function create(element, info) {
  const view = new Roll(element, info);
  return {
    /** @param {RollPayload} payload @param {Context} [context] */
    update: (payload, context) => view.update(payload, context),
    resize: () => view.plot.ask(),
    destroy: () => view.plot.destroy(),
  };
}

/** @type {import("./index.js").Panel} */
export const panel = { kind: "roll", create };
