/**
 * @file The loss curves, and through them the timeline: dragging (or the arrow keys) takes every part of the page back
 * to that step. The curves go on beyond the step shown; that part is faint, because it is the future of this picture.
 */
import { axisName, bounds, drawAxes, formatCount, formatNumber, labelFont, makeScale } from "../panels/axes.js";
import { onThemeChange, palette, roleColor } from "../panels/color.js";
import { oncePerFrame, prepare, watchWidth } from "./surface.js";

/** @typedef {import("../protocol.d.ts").LineSeries} LineSeries */
/** @typedef {{x: import("../protocol.d.ts").AxisInfo, y: import("../protocol.d.ts").AxisInfo, series: LineSeries[]}} LossPayload */

const HEIGHT = 138;
/** At most this many seeks a second while dragging. */
const SEEK_PAUSE = 60;

export class LossPanel {
  /** @param {(step: number) => void} onSeek */
  constructor(onSeek) {
    this.onSeek = onSeek;
    this.element = document.createElement("figure");
    this.element.innerHTML = `<figcaption class="pg-head"><h3>Loss</h3><span class="pg-hint">drag to travel in time</span></figcaption>`;
    this.hint = /** @type {HTMLElement} */ (this.element.querySelector(".pg-hint"));
    this.canvas = document.createElement("canvas");
    this.canvas.className = "loss-canvas";
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "slider");
    this.canvas.setAttribute("aria-label", "Time: the step shown");
    this.canvas.setAttribute("aria-valuemin", "0");
    this.element.append(this.canvas);
    /** @type {LossPayload | null} */
    this.payload = null;
    this.step = 0;
    this.furthest = 0;
    this.width = 0;
    this.sentAt = 0;
    this.timer = 0;
    /** @type {import("../panels/axes.js").Scale | null} */
    this.scale = null;
    this.frame = oncePerFrame(() => this.draw());
    this.stops = [
      onThemeChange(() => this.frame.ask()),
      watchWidth(this.canvas, (width) => {
        this.width = width;
        this.frame.ask();
      }),
    ];
    this.canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || !this.scale) return;
      this.canvas.setPointerCapture(event.pointerId);
      this.travel(event);
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (this.canvas.hasPointerCapture(event.pointerId)) this.travel(event);
    });
    this.canvas.addEventListener("keydown", (event) => this.key(event));
  }

  /** @param {LossPayload} payload @param {number} step */
  show(payload, step) {
    this.payload = payload;
    this.step = step;
    this.furthest = step;
    for (const { x } of payload.series) if (x.length) this.furthest = Math.max(this.furthest, x[x.length - 1]);
    this.frame.ask();
  }

  /** @param {PointerEvent} event */
  travel(event) {
    const step = this.scale?.invert(event.clientX - this.canvas.getBoundingClientRect().left) ?? 0;
    this.go(step <= (this.scale?.min ?? 0) ? 0 : step);
  }

  /** Sends the last place asked for, not every one on the way. @param {number} step */
  go(step) {
    this.step = Math.max(0, Math.min(this.furthest, Math.round(step)));
    this.frame.ask();
    clearTimeout(this.timer);
    const wait = this.sentAt + SEEK_PAUSE - performance.now();
    const send = () => {
      this.sentAt = performance.now();
      this.onSeek(this.step);
    };
    if (wait <= 0) send();
    else this.timer = window.setTimeout(send, wait);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const stride = Math.max(1, Math.round(this.furthest / 100));
    const by = { ArrowLeft: -stride, ArrowDown: -stride, ArrowRight: stride, ArrowUp: stride, PageDown: -10 * stride, PageUp: 10 * stride }[event.key];
    if (by) this.go(this.step + by);
    else if (event.key === "Home") this.go(0);
    else if (event.key === "End") this.go(this.furthest);
    else return;
    event.preventDefault();
  }

  draw() {
    if (this.width < 60) return;
    const colors = palette();
    const { context } = prepare(this.canvas, this.width, HEIGHT);
    const box = { left: 40, right: this.width - 74, top: 18, bottom: HEIGHT - 24 };
    const { payload } = this;
    const series = payload?.series ?? [];
    const log = payload?.x.scale === "log";
    const last = Math.max(log ? 10 : 1, this.furthest);
    const x = makeScale({ scale: payload?.x.scale, min: payload?.x.min ?? (log ? 1 : 0), max: payload?.x.max ?? last }, box.left, box.right);
    const span = bounds(series.map((line) => line.y));
    const logY = payload?.y.scale === "log";
    const low = payload?.y.min ?? (logY ? span.min : 0);
    const y = makeScale({ scale: payload?.y.scale, min: low, max: payload?.y.max ?? (span.max > low ? span.max : low + 1) }, box.bottom, box.top);
    this.scale = x;
    drawAxes(context, { x, y, box, colors, xName: payload?.x.unit || payload?.x.label || "steps", yName: axisName(payload?.y) || "loss" });
    const cursor = x.at(this.step);
    context.save();
    context.beginPath();
    context.rect(box.left, box.top - 4, box.right - box.left + 2, box.bottom - box.top + 8);
    context.clip();
    context.lineJoin = "round";
    for (const [from, to, alpha] of [[0, cursor, 1], [cursor, this.width, 0.3]]) {
      context.save();
      context.beginPath();
      context.rect(from, 0, Math.max(0, to - from), HEIGHT);
      context.clip();
      context.globalAlpha = alpha;
      for (const line of series) drawLine(context, line, x, y, roleColor(line.role, colors));
      context.restore();
    }
    context.restore();
    this.drawNames(context, series, x, y, box, colors);
    if (!payload) return;
    context.strokeStyle = context.fillStyle = colors.ink;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(Math.round(cursor) + 0.5, box.top - 4);
    context.lineTo(Math.round(cursor) + 0.5, box.bottom);
    context.stroke();
    context.beginPath();
    context.arc(cursor, box.bottom, 4, 0, 2 * Math.PI);
    context.fill();
    const before = this.furthest > this.step;
    const hint = before ? `at step ${formatCount(this.step)} of ${formatCount(this.furthest)}; play goes on from here` : "drag to travel in time";
    if (this.hint.textContent !== hint) this.hint.textContent = hint;
    this.canvas.setAttribute("aria-valuemax", String(this.furthest));
    this.canvas.setAttribute("aria-valuenow", String(this.step));
    this.canvas.setAttribute("aria-valuetext", `step ${formatCount(this.step)}`);
  }

  /**
   * Names stand right of the curves' ends and keep clear of each other.
   * @param {CanvasRenderingContext2D} context @param {LineSeries[]} series @param {import("../panels/axes.js").Scale} x
   * @param {import("../panels/axes.js").Scale} y @param {import("../panels/axes.js").Box} box @param {import("../panels/color.js").Palette} colors
   */
  drawNames(context, series, x, y, box, colors) {
    const ends = series
      .filter((line) => line.y.length > 0 && Number.isFinite(line.y[line.y.length - 1]))
      .map((line) => {
        const value = line.y[line.y.length - 1];
        return { line, value, left: Math.min(box.right, x.at(line.x[line.x.length - 1])) + 8, level: Math.max(box.top, Math.min(box.bottom, y.at(value))) };
      })
      .sort((one, other) => one.level - other.level);
    for (let index = 1; index < ends.length; index++) ends[index].level = Math.max(ends[index].level, ends[index - 1].level + 13);
    const over = (ends[ends.length - 1]?.level ?? 0) - box.bottom;
    context.font = labelFont(colors, { weight: 600 });
    context.textAlign = "left";
    context.textBaseline = "middle";
    for (const { line, value, left, level } of ends) {
      context.fillStyle = roleColor(line.role, colors);
      context.fillText(`${line.name} ${value < 10 ? value.toFixed(value < 1 ? 3 : 2) : formatNumber(value)}`, left, level - Math.max(0, over));
    }
  }

  destroy() {
    clearTimeout(this.timer);
    this.frame.cancel();
    for (const stop of this.stops) stop();
  }
}

/**
 * At most a lowest and a highest value per pixel column: curves of many thousand reads stay cheap and keep their spikes.
 * @param {CanvasRenderingContext2D} context @param {LineSeries} line @param {import("../panels/axes.js").Scale} x
 * @param {import("../panels/axes.js").Scale} y @param {string} color
 */
function drawLine(context, line, x, y, color) {
  context.strokeStyle = color;
  context.lineWidth = line.thin ? 1 : 1.8;
  context.beginPath();
  let column = -1;
  let low = 0;
  let high = 0;
  let open = false;
  for (let index = 0; index < line.y.length; index++) {
    const value = line.y[index];
    if (!Number.isFinite(value)) {
      open = false;
      continue;
    }
    const left = x.at(line.x[index]);
    const top = y.at(value);
    if (!open) context.moveTo(left, top);
    else if (Math.floor(left) !== column) {
      if (high - low > 1) {
        context.lineTo(left, low);
        context.lineTo(left, high);
      }
      context.lineTo(left, top);
    } else {
      low = Math.min(low, top);
      high = Math.max(high, top);
      continue;
    }
    open = true;
    column = Math.floor(left);
    low = high = top;
  }
  context.stroke();
}
