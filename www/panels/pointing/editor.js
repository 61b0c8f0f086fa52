/**
 * @file Pointer and keys over the picture: drag a point, press an empty place to add one, press one twice to remove it;
 * `,` and `.` choose a point, arrows move it. On a touch screen only a touch that meets a point keeps the page from scrolling.
 */
import { addPoint, freePlace, MAX_POINTS, MIN_POINTS, movePoint, removePoint } from "./points.js";

/** @typedef {import("./plane.js").Layout} Layout */
/** @typedef {import("./points.js").Place} Place */
/** @typedef {import("./points.js").Point} Point */

/** Pixels a press may move and still be a press; milliseconds between two presses that belong together. */
const STILL = 4;
const TWICE = 380;
const REACH = { mouse: 13, touch: 26 };
const STRIDE = 0.01;

export class Editor {
  /** @type {number | null} */
  selected = null;
  /** @type {number | null} */
  hovered = null;
  /** @type {{pointer: number, index: number, from: Place, start: Point, moved: boolean} | null} */
  drag = null;
  /** @type {{pointer: number, from: Place} | null} a press on an empty place */
  press = null;
  last = { index: -1, time: -Infinity };

  /**
   * @param {import("../plot.js").Plot} plot @param {import("./edits.js").Edits} edits
   * @param {{layout: () => Layout | null, changed: () => void, announce: (text: string) => void}} host
   */
  constructor(plot, edits, host) {
    this.plot = plot;
    this.edits = edits;
    this.host = host;
    const { canvas } = plot;
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", (event) => this.up(event));
    canvas.addEventListener("pointercancel", () => this.cancel());
    canvas.addEventListener("pointerleave", () => this.hover(null));
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("blur", () => {
      canvas.classList.remove("by-pointer");
      this.select(null);
    });
    canvas.addEventListener("touchstart", (event) => this.touch(event), { passive: false });
  }

  /** @param {TouchEvent} event */
  touch(event) {
    const box = this.plot.canvas.getBoundingClientRect();
    const [{ clientX, clientY }] = event.touches;
    const target = this.host.layout()?.target({ left: clientX - box.left, top: clientY - box.top }, REACH.touch);
    if (this.edits.editable && event.touches.length === 1 && typeof target === "number") event.preventDefault();
  }

  /** @param {PointerEvent} event */
  target(event) {
    return this.host.layout()?.target(this.plot.place(event), event.pointerType === "touch" ? REACH.touch : REACH.mouse) ?? null;
  }

  /** @param {PointerEvent} event */
  down(event) {
    if (event.button !== 0 || !this.edits.editable || this.drag) return;
    const [target, from] = [this.target(event), this.plot.place(event)];
    // A browser may take a focus that a script gives for one of the keyboard, and mark it.
    this.plot.canvas.classList.add("by-pointer");
    this.plot.canvas.focus({ preventScroll: true });
    if (typeof target === "number") {
      const start = this.edits.latest[target];
      if (!start) return;
      this.plot.canvas.setPointerCapture(event.pointerId);
      this.drag = { pointer: event.pointerId, index: target, from, start, moved: false };
      this.select(target);
    } else if (target === "add") this.press = { pointer: event.pointerId, from };
  }

  /** @param {PointerEvent} event */
  move(event) {
    const { drag } = this;
    if (drag?.pointer !== event.pointerId) {
      const target = event.pointerType === "touch" ? null : this.target(event);
      this.plot.canvas.style.cursor = !this.edits.editable ? "" : typeof target === "number" ? "grab" : target === "add" ? "copy" : "";
      return this.hover(typeof target === "number" ? target : null);
    }
    const [to, layout] = [this.plot.place(event), this.host.layout()];
    if (!layout || (!drag.moved && Math.hypot(to.left - drag.from.left, to.top - drag.from.top) < STILL)) return;
    if (!drag.moved) this.edits.begin();
    drag.moved = this.edits.dragging = true;
    this.plot.canvas.style.cursor = "grabbing";
    // The point keeps its distance to the pointer: it does not jump when it is taken at its rim.
    const [origin, here] = [layout.pointAt(drag.from), layout.pointAt(to)];
    this.edits.show(movePoint(this.edits.latest, drag.index, drag.start.map((value, axis) => value + here[axis] - origin[axis])));
  }

  /** @param {PointerEvent} event */
  up(event) {
    const { drag, press } = this;
    this.drag = this.press = null;
    this.edits.dragging = false;
    if (drag?.pointer === event.pointerId) {
      this.plot.canvas.style.cursor = "grab";
      if (drag.moved) return this.edits.commit(`move of point ${drag.index + 1}`);
      const twice = this.last.index === drag.index && performance.now() - this.last.time < TWICE;
      this.last = { index: twice ? -1 : drag.index, time: performance.now() };
      if (twice) this.remove(drag.index);
      return;
    }
    const to = this.plot.place(event);
    if (press?.pointer !== event.pointerId || Math.hypot(to.left - press.from.left, to.top - press.from.top) > 2 * STILL) return;
    const point = this.host.layout()?.pointAt(to);
    if (point) this.add(point);
  }

  /** The browser took the gesture for scrolling. */
  cancel() {
    if (this.drag?.moved) this.edits.commit(`move of point ${this.drag.index + 1}`);
    this.drag = this.press = null;
    this.edits.dragging = false;
  }

  /** @param {Point} point */
  add(point) {
    const before = this.edits.latest;
    const points = addPoint(before, point);
    if (points === before) return this.host.announce(`${MAX_POINTS} points are the most that fit.`);
    this.edits.edit(points, "new point");
    this.select(points.length - 1);
    this.host.announce(`point ${points.length} added`);
  }

  /** @param {number} index */
  remove(index) {
    const before = this.edits.latest;
    const points = removePoint(before, index);
    if (points === before) return this.host.announce(`${MIN_POINTS} points are the fewest.`);
    this.edits.edit(points, "removed point");
    this.select(Math.min(index, points.length - 1));
    this.host.announce(`point ${index + 1} removed, ${points.length} left`);
  }

  /** @param {number | null} index */
  select(index) {
    if (index === this.selected) return;
    this.selected = index;
    this.host.changed();
  }

  /** @param {number | null} index */
  hover(index) {
    if (index === this.hovered) return;
    this.hovered = index;
    this.host.changed();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (!this.edits.editable || event.ctrlKey || event.metaKey || event.altKey) return;
    const points = this.edits.latest;
    this.plot.canvas.classList.remove("by-pointer");
    const arrow = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    const choose = { ",": -1, PageUp: -1, ".": 1, PageDown: 1 }[event.key];
    if (choose) {
      const from = this.selected ?? (choose > 0 ? -1 : 0);
      this.select((from + choose + points.length) % points.length);
      this.tell();
    } else if (arrow) {
      const index = this.selected ?? 0;
      const stride = event.shiftKey ? 5 * STRIDE : STRIDE;
      // A number only goes up and down.
      const move = points[index].length === 1 ? [arrow[1] || arrow[0]] : arrow;
      this.select(index);
      const to = points[index].map((value, axis) => value + move[axis] * stride);
      this.edits.edit(movePoint(points, index, to), `move of point ${index + 1}`, `move ${index}`);
      this.tell();
    } else if (event.key === "Delete" || event.key === "Backspace") {
      if (this.selected === null) return;
      this.remove(this.selected);
    } else if (event.key === "Enter" || event.key === "a") this.add(freePlace(points));
    else if (event.key === "Escape" && this.selected !== null) this.select(null);
    else return;
    event.preventDefault();
  }

  tell() {
    const index = this.selected ?? 0;
    const point = this.edits.latest[index];
    if (point) this.host.announce(`point ${index + 1}: ${point.map((value) => value.toFixed(2)).join(", ")}`);
  }
}
