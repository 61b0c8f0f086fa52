/**
 * @file Points of a plane in the visitor's hands: drag one, click it to flip its label; `,` and `.` choose one, the arrows
 * move it, Enter flips it. What was moved is shown at once and sent at most every so often; the text is `x,y,label;…`.
 */
import { html, nothing } from "lit";
import { hit } from "./pointing/points.js";

/** @typedef {[number, number, number]} Labelled  x, y, and −1 or 1 */
/** @typedef {{set?: (name: string, value: string) => void, values?: Record<string, string>}} Context */
/** @typedef {{left: number, top: number}} Spot */

/** Pixels a press may move and still be a click. */
const STILL = 4;
const REACH = { mouse: 13, touch: 26 };
const STRIDE = 0.02;
/** Milliseconds between two texts that are sent: what is made of one must have time to show itself. */
const PAUSE = 120;
/** An engine that has not answered for so long has refused the points. */
const PATIENCE = 2000;
const GRID = 1000;

/** @param {Labelled[]} points */
export const formatLabelled = (points) => points.map(([x, y, label]) => `${round(x)},${round(y)},${label > 0 ? 1 : -1}`).join(";");

/** @param {number} value */
const round = (value) => Math.round(value * GRID) / GRID;

/** @param {Labelled[]} one @param {Labelled[]} other */
const same = (one, other) =>
  one.length === other.length && one.every((point, index) => point.every((value, axis) => Math.abs(value - other[index][axis]) <= 0.6 / GRID));

export class PointsHold {
  /** @type {Labelled[]} */
  answered = [];
  /** What the engine has not answered yet. @type {Labelled[] | null} */
  wanted = null;
  wantedAt = 0;
  /** @type {number | null} */
  hovered = null;
  /** @type {number | null} */
  selected = null;
  /** @type {{pointer: number, index: number, from: Spot, start: Labelled, moved: boolean} | null} */
  drag = null;
  /** @type {string | undefined} */
  control = undefined;
  bounds = 1;
  /** @type {Context} */
  context = {};
  sentAt = -Infinity;
  timer = 0;

  /**
   * @param {import("./plot.js").Plot} plot
   * @param {{place: (point: number[]) => Spot, invert: (left: number, top: number) => [number, number], changed: () => void}} host
   */
  constructor(plot, host) {
    this.plot = plot;
    this.host = host;
    const { canvas } = plot;
    this.status = document.createElement("p");
    this.status.className = "visually-hidden";
    this.status.setAttribute("role", "status");
    plot.host.append(this.status);
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", (event) => this.up(event));
    canvas.addEventListener("pointercancel", () => (this.drag = null));
    canvas.addEventListener("pointerleave", () => this.hover(null));
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("blur", () => this.select(null));
    // Only a touch that meets a point keeps the page from scrolling.
    canvas.addEventListener("touchstart", (event) => this.touch(event), { passive: false });
  }

  /** @param {import("./plane.js").PlanePayload} payload @param {Context} context */
  observe({ points, labels, edit, bounds = 1 }, context) {
    this.context = context;
    this.bounds = bounds;
    this.answered = Array.from(labels, (label, index) => [points[2 * index], points[2 * index + 1], label]);
    const late = performance.now() - this.wantedAt > PATIENCE;
    if (this.wanted && !this.drag && (late || same(this.wanted, this.answered))) this.wanted = null;
    if (this.control === edit) return;
    this.control = edit;
    const { canvas } = this.plot;
    if (!this.editable) return;
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "application");
    canvas.setAttribute("aria-label", `${this.plot.options.label}. Comma and full stop choose a point, the arrow keys move it, Enter flips its label.`);
  }

  get editable() {
    return Boolean(this.control && this.context.set);
  }

  /** Points as they are drawn. */
  get shown() {
    return this.wanted ?? this.answered;
  }

  get dragging() {
    return this.drag?.moved === true;
  }

  /** Whether the points are the visitor's own. */
  get own() {
    return this.editable && (this.wanted !== null || Boolean(this.context.values?.[this.control ?? ""]));
  }

  /** Gives the points up for those of the seed. */
  reset() {
    clearTimeout(this.timer);
    this.wanted = null;
    this.context.set?.(this.control ?? "", "");
    this.host.changed();
  }

  /** @param {Spot} at @param {number} reach */
  target(at, reach) {
    return this.editable ? hit(this.shown.map((point) => this.host.place(point)), at, reach) : null;
  }

  /** @param {TouchEvent} event */
  touch(event) {
    const box = this.plot.canvas.getBoundingClientRect();
    const [{ clientX, clientY }] = event.touches;
    const meets = this.target({ left: clientX - box.left, top: clientY - box.top }, REACH.touch) !== null;
    if (event.touches.length === 1 && meets) event.preventDefault();
  }

  /** @param {PointerEvent} event */
  down(event) {
    if (event.button !== 0 || this.drag) return;
    const from = this.plot.place(event);
    const index = this.target(from, event.pointerType === "touch" ? REACH.touch : REACH.mouse);
    if (index === null) return;
    this.plot.canvas.focus({ preventScroll: true });
    this.plot.canvas.setPointerCapture(event.pointerId);
    this.drag = { pointer: event.pointerId, index, from, start: this.shown[index], moved: false };
  }

  /** @param {PointerEvent} event */
  move(event) {
    const { drag } = this;
    const to = this.plot.place(event);
    if (drag?.pointer !== event.pointerId) {
      const index = event.pointerType === "touch" ? null : this.target(to, REACH.mouse);
      this.plot.canvas.style.cursor = index === null ? "" : "grab";
      return this.hover(index);
    }
    if (!drag.moved && Math.hypot(to.left - drag.from.left, to.top - drag.from.top) < STILL) return;
    drag.moved = true;
    this.plot.canvas.style.cursor = "grabbing";
    // The point keeps its distance to the pointer: it does not jump when it is taken at its rim.
    const [origin, here] = [this.host.invert(drag.from.left, drag.from.top), this.host.invert(to.left, to.top)];
    this.put(drag.index, [drag.start[0] + here[0] - origin[0], drag.start[1] + here[1] - origin[1], drag.start[2]]);
  }

  /** @param {PointerEvent} event */
  up(event) {
    const { drag } = this;
    if (drag?.pointer !== event.pointerId) return;
    this.drag = null;
    this.plot.canvas.style.cursor = "grab";
    if (!drag.moved) this.flip(drag.index);
    this.host.changed();
  }

  /** @param {number} index */
  flip(index) {
    const [x, y, label] = this.shown[index];
    this.put(index, [x, y, -label]);
    this.status.textContent = `point ${index + 1} is now labelled ${label > 0 ? "−1" : "1"}`;
  }

  /** @param {number} index @param {Labelled} point */
  put(index, [x, y, label]) {
    const held = (/** @type {number} */ value) => round(Math.max(-this.bounds, Math.min(this.bounds, value)));
    this.wanted = this.shown.map((point, at) => (at === index ? [held(x), held(y), label] : point));
    this.wantedAt = performance.now();
    clearTimeout(this.timer);
    const send = () => {
      this.sentAt = performance.now();
      if (this.wanted) this.context.set?.(this.control ?? "", formatLabelled(this.wanted));
    };
    const wait = this.sentAt + PAUSE - performance.now();
    if (wait <= 0) send();
    else this.timer = window.setTimeout(send, wait);
    this.host.changed();
  }

  /** @param {number | null} index */
  hover(index) {
    if (index === this.hovered) return;
    this.hovered = index;
    this.host.changed();
  }

  /** @param {number | null} index */
  select(index) {
    if (index === this.selected) return;
    this.selected = index;
    this.host.changed();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (!this.editable || event.ctrlKey || event.metaKey || event.altKey) return;
    const points = this.shown;
    const arrow = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    const choose = { ",": -1, ".": 1 }[event.key];
    const index = this.selected ?? 0;
    if (choose) {
      this.select(this.selected === null ? (choose > 0 ? 0 : points.length - 1) : (index + choose + points.length) % points.length);
      const [x, y, label] = points[this.selected ?? 0];
      this.status.textContent = `point ${(this.selected ?? 0) + 1}, ${label > 0 ? "1" : "−1"}, at ${round(x)}, ${round(y)}`;
    } else if (arrow) {
      const stride = event.shiftKey ? 5 * STRIDE : STRIDE;
      this.select(index);
      const [x, y, label] = points[index];
      this.put(index, [x + arrow[0] * stride, y + arrow[1] * stride, label]);
    } else if (event.key === "Enter" || event.key === " ") {
      this.select(index);
      this.flip(index);
    } else return;
    event.preventDefault();
  }

  destroy() {
    clearTimeout(this.timer);
  }
}

/** What stands below the plane: how to move points, and the way back. @param {PointsHold} hold */
export function pointsTemplate(hold) {
  if (!hold.own) return nothing;
  return html`<button class="text-button" type="button" @click=${() => hold.reset()}>Back to the points of the seed</button>`;
}
