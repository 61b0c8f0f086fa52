/**
 * @file What every drawn panel has: a canvas that follows its box, theme and payload, a read-out that follows the
 * pointer, and a text equivalent. A panel gives a function that draws and one that tells what lies under the pointer.
 */
import { onThemeChange } from "./color.js";
import { oncePerFrame, prepare, watchWidth } from "./surface.js";

/** Seconds between two versions of the text equivalent: a screen reader must be able to keep up. */
const SUMMARY_PAUSE = 4;

/** @typedef {{left: number, top: number}} Point  in CSS pixels from the corner of the canvas */
/** @typedef {{name: string, value: string, color?: string}} Row */

export class Plot {
  /**
   * @param {HTMLElement} element host
   * @param {{label: string, height: (width: number) => number, draw: (surface: import("./surface.js").Surface) => void,
   *   read?: (point: Point) => {title: string, rows: Row[]} | null, summary: () => string}} options
   */
  constructor(element, options) {
    this.options = options;
    this.host = document.createElement("div");
    this.host.className = "plot";
    this.canvas = document.createElement("canvas");
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", options.label);
    this.tip = document.createElement("div");
    this.tip.className = "plot-tip";
    this.tip.hidden = true;
    this.text = document.createElement("p");
    this.text.className = "visually-hidden";
    this.host.append(this.canvas, this.tip, this.text);
    element.append(this.host);
    this.width = 0;
    this.height = 0;
    /** @type {HTMLElement | null} */
    this.notice = null;
    this.summaryTime = -Infinity;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.summaryTimer = undefined;
    /** @type {Point | null} */
    this.pointer = null;
    this.frame = oncePerFrame(() => this.draw());
    this.stops = [
      onThemeChange(() => this.frame.ask()),
      watchWidth(this.host, (width) => {
        this.width = width;
        this.fit();
        this.frame.ask();
      }),
    ];
    this.canvas.addEventListener("pointermove", (event) => this.point(this.place(event)));
    // A finger does not hover: what it touched stays told until it touches something else or scrolls.
    this.canvas.addEventListener("pointerdown", (event) => this.point(this.place(event)));
    this.canvas.addEventListener("pointerleave", (event) => event.pointerType !== "touch" && this.point(null));
    this.canvas.addEventListener("pointercancel", () => this.point(null));
    const elsewhere = (/** @type {PointerEvent} */ event) => this.pointer && event.target !== this.canvas && this.point(null);
    document.addEventListener("pointerdown", elsewhere);
    this.stops.push(() => document.removeEventListener("pointerdown", elsewhere));
  }

  /** Takes the height anew: panels whose height depends on their payload ask for it after each one. */
  fit() {
    if (this.width === 0) return;
    const height = Math.round(this.options.height(this.width));
    if (height === this.height) return;
    this.height = height;
    this.canvas.style.height = `${height}px`;
    this.frame.ask();
  }

  /** A sentence below the drawing, or none. @param {string | undefined} text */
  note(text) {
    if (!text && !this.notice) return;
    if (!this.notice) {
      this.notice = document.createElement("p");
      this.notice.className = "plot-note";
      this.host.append(this.notice);
    }
    this.notice.hidden = !text;
    if (this.notice.textContent !== text) this.notice.textContent = text ?? "";
  }

  /** @param {PointerEvent} event @returns {Point} */
  place(event) {
    const box = this.canvas.getBoundingClientRect();
    return { left: event.clientX - box.left, top: event.clientY - box.top };
  }

  /** @param {Point | null} pointer */
  point(pointer) {
    this.pointer = pointer;
    this.frame.ask();
  }

  /** Draws again before the next picture of the page. */
  ask() {
    this.frame.ask();
  }

  draw() {
    if (this.width < 40) return;
    this.options.draw(prepare(this.canvas, this.width, this.height));
    this.showTip();
    const wait = this.summaryTime + SUMMARY_PAUSE * 1000 - performance.now();
    clearTimeout(this.summaryTimer);
    if (wait <= 0) this.tell();
    // The last state must be told too, even when nothing is drawn any more.
    else this.summaryTimer = setTimeout(() => this.tell(), wait);
  }

  tell() {
    this.summaryTime = performance.now();
    this.text.textContent = this.options.summary();
  }

  showTip() {
    const told = this.pointer && this.options.read?.(this.pointer);
    this.tip.hidden = !told;
    if (!told || !this.pointer) return;
    const heading = document.createElement("b");
    heading.textContent = told.title;
    const rows = told.rows.map(({ name, value, color }) => {
      const row = document.createElement("span");
      const label = document.createElement("i");
      label.textContent = name;
      if (color) label.style.color = color;
      row.append(label, value);
      return row;
    });
    this.tip.replaceChildren(heading, ...rows);
    const right = this.pointer.left > this.width / 2;
    this.tip.style.left = right ? "" : `${this.pointer.left + 14}px`;
    this.tip.style.right = right ? `${this.width - this.pointer.left + 14}px` : "";
    this.tip.style.top = `${Math.max(0, Math.min(this.height - this.tip.offsetHeight, this.pointer.top - 10))}px`;
  }

  destroy() {
    clearTimeout(this.summaryTimer);
    this.frame.cancel();
    for (const stop of this.stops) stop();
    this.host.remove();
  }
}

/**
 * Words in the middle of an empty panel.
 * @param {import("./surface.js").Surface} surface @param {string} words @param {import("./color.js").Palette} colors
 */
export function drawEmpty({ context, width, height }, words, colors) {
  context.font = `400 13px ${colors.font}`;
  context.fillStyle = colors.faint;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(words, width / 2, height / 2);
}
