/**
 * @file Brushes for own points on the output plane: press or drag to draw or erase; with the keyboard, arrows move the
 * cross, Space places a point and Delete erases. A stroke is one edit, so one undo takes it back.
 */
import { addPoints, areClasses, erasePoints, MAX_POINTS, strokePoints } from "./points.js";

/** @typedef {import("./points.js").Point} Point */
/** @typedef {import("./plane.js").Plane} Plane */
/** @typedef {"plus" | "minus" | "value" | "erase"} Brush */

const SPACING = 0.42;
const ERASER = 0.55;

export class DrawingTool {
  /**
   * @param {Plane} plane
   * @param {(points: Point[], label: string) => void} commit called once per stroke with the new list
   * @param {(message: string) => void} announce
   */
  constructor(plane, commit, announce) {
    this.plane = plane;
    this.commit = commit;
    this.announce = announce;
    this.active = false;
    /** @type {Brush} */
    this.brush = "plus";
    this.value = 0.5;
    /** @type {Point[]} */
    this.points = [];
    /** @type {{pointer: number, last: {x: number, y: number} | null, before: Point[]} | null} */
    this.stroke = null;
    const { canvas } = plane;
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.drag(event));
    canvas.addEventListener("pointerup", (event) => this.release(event));
    canvas.addEventListener("pointercancel", () => this.abandon());
    canvas.addEventListener("keydown", (event) => this.key(event));
  }

  /** @param {boolean} active @param {Point[]} points */
  use(active, points) {
    this.active = active;
    if (!this.stroke) this.points = points;
    const { canvas } = this.plane;
    canvas.classList.toggle("drawing", active);
    canvas.setAttribute("role", active ? "application" : "img");
    this.plane.ring = active && this.brush === "erase" ? ERASER : 0;
    if (active) this.show();
  }

  /** @param {Brush} brush */
  choose(brush) {
    this.brush = brush;
    this.plane.ring = brush === "erase" ? ERASER : 0;
  }

  get label() {
    return this.brush === "plus" ? 1 : this.brush === "minus" ? -1 : this.value;
  }

  /** The points as arrays, as the plane draws them. */
  show() {
    const { points } = this;
    this.plane.show({
      train: { x: points.map(({ x }) => x), y: points.map(({ y }) => y), label: points.map(({ label }) => label) },
      test: null,
    });
  }

  /** @param {PointerEvent} event */
  press(event) {
    if (!this.active || event.button !== 0) return;
    event.preventDefault();
    this.plane.canvas.focus({ preventScroll: true });
    this.plane.canvas.setPointerCapture(event.pointerId);
    this.stroke = { pointer: event.pointerId, last: null, before: this.points };
    this.extend(this.plane.placeOf(event));
  }

  /** @param {PointerEvent} event */
  drag(event) {
    if (this.stroke?.pointer !== event.pointerId) return;
    // Fast strokes report several places per frame.
    for (const part of event.getCoalescedEvents?.() ?? [event]) this.extend(this.plane.placeOf(part));
  }

  /** @param {{x: number, y: number}} place */
  extend(place) {
    if (!this.stroke) return;
    if (this.brush === "erase") {
      this.points = erasePoints(this.points, place.x, place.y, ERASER);
    } else {
      const added = strokePoints(this.stroke.last, place.x, place.y, SPACING, this.label);
      if (added.length === 0) return;
      this.stroke.last = added[added.length - 1];
      this.points = addPoints(this.points, added);
    }
    this.show();
  }

  /** @param {PointerEvent} event */
  release(event) {
    if (this.stroke?.pointer !== event.pointerId) return;
    const { before } = this.stroke;
    this.stroke = null;
    this.finish(before);
  }

  abandon() {
    if (!this.stroke) return;
    this.points = this.stroke.before;
    this.stroke = null;
    this.show();
  }

  /** @param {Point[]} before */
  finish(before) {
    const change = this.points.length - before.length;
    if (change === 0) return;
    const count = Math.abs(change);
    const label = `${change > 0 ? "drew" : "erased"} ${count} ${count === 1 ? "point" : "points"}`;
    const full = this.points.length >= MAX_POINTS ? " The plane holds no more than that." : "";
    this.announce(`${label}; ${this.points.length} in all.${full}`);
    this.commit(this.points, label);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (!this.active) return;
    const place = this.plane.cross ?? { x: 0, y: 0 };
    const before = this.points;
    if (event.key === " " || event.key === "Enter") {
      if (this.brush === "erase") this.points = erasePoints(before, place.x, place.y, ERASER);
      else this.points = addPoints(before, strokePoints(null, place.x, place.y, SPACING, this.label));
    } else if (event.key === "Delete" || event.key === "Backspace") {
      this.points = erasePoints(before, place.x, place.y, ERASER);
    } else return;
    event.preventDefault();
    this.plane.point(place);
    this.show();
    this.finish(before);
  }

  get task() {
    return areClasses(this.points) ? "classification" : "regression";
  }
}
