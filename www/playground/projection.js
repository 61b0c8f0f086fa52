/**
 * @file The data as a hidden layer sees it: all points at their coordinates on the layer's two strongest principal
 * axes. The engine computes and aligns the axes; this only draws, with one scale for both axes so that distances mean
 * what they seem to mean.
 */
import { onThemeChange, palette } from "../panels/color.js";
import { drawMarks } from "./marks.js";
import { oncePerFrame, prepare, watchWidth } from "../panels/surface.js";

/**
 * @typedef {object} ScatterPayload
 * @property {{name: string, x: Float32Array, y: Float32Array, explained: number[]}[]} layers
 * @property {Float32Array} label
 * @property {Float32Array} test 1 for test points
 */

const HEIGHT = 0.62;
const FOOT = 20;

export class Projection {
  constructor() {
    this.canvas = document.createElement("canvas");
    this.canvas.className = "projection-canvas";
    this.canvas.setAttribute("role", "img");
    /** @type {ScatterPayload | null} */
    this.payload = null;
    /** Chosen layer; null follows the last one. @type {string | null} */
    this.chosen = null;
    this.showTest = true;
    this.reach = 0;
    this.width = 0;
    this.frame = oncePerFrame(() => this.draw());
    this.stops = [onThemeChange(() => this.frame.ask()), watchWidth(this.canvas, (width) => this.resize(width))];
  }

  /** @param {number} width */
  resize(width) {
    if (width === this.width || width === 0) return;
    this.width = width;
    this.frame.ask();
  }

  /** @param {ScatterPayload} payload */
  show(payload) {
    this.payload = payload;
    this.frame.ask();
  }

  /** @param {string | null} name */
  choose(name) {
    this.chosen = name;
    this.reach = 0;
    this.frame.ask();
  }

  get layer() {
    const layers = this.payload?.layers ?? [];
    return layers.find(({ name }) => name === this.chosen) ?? layers[layers.length - 1] ?? null;
  }

  draw() {
    const { payload, layer } = this;
    if (this.width < 40) return;
    const colors = palette();
    const plot = Math.round(this.width * HEIGHT);
    const { context } = prepare(this.canvas, this.width, plot + FOOT);
    context.strokeStyle = colors.line;
    context.lineWidth = 1;
    context.beginPath();
    const [middle, level] = [Math.round(this.width / 2) + 0.5, Math.round(plot / 2) + 0.5];
    context.moveTo(0, level);
    context.lineTo(this.width, level);
    context.moveTo(middle, 0);
    context.lineTo(middle, plot);
    context.stroke();
    if (!payload || !layer) return;
    let needed = 1e-6;
    for (let index = 0; index < layer.x.length; index++) {
      const side = Math.abs(layer.x[index]) / this.width;
      const up = Math.abs(layer.y[index]) / plot;
      const larger = side > up ? side : up;
      if (larger > needed && larger < Infinity) needed = larger;
    }
    // Widens at once, narrows only when much room is left: a scale that breathes hides the motion of the points.
    if (needed > this.reach || needed < this.reach * 0.6) this.reach = needed * 1.08;
    const gain = 0.47 / this.reach;
    drawMarks(context, { x: layer.x, y: layer.y, label: payload.label }, {
      atX: (x) => middle + x * gain,
      atY: (y) => level - y * gain,
      radius: 2.5,
      colors,
      plain: true,
      hollow: (index) => payload.test[index] === 1,
    });
    context.fillStyle = colors.faint;
    context.font = `11px ${colors.font}`;
    context.textAlign = "right";
    context.fillText(`axis 1 · ${percent(layer.explained[0])} of variance`, this.width, plot + 15);
    context.textAlign = "left";
    context.fillText(`axis 2 · ${percent(layer.explained[1])} ↑`, 0, plot + 15);
    this.canvas.setAttribute("aria-label", this.describe());
  }

  describe() {
    const { layer } = this;
    if (!layer) return "No hidden layer to show.";
    return `Data in ${layer.name} on two principal axes, which hold ${percent(layer.explained[0])} and ` +
      `${percent(layer.explained[1])} of the variance.`;
  }

  destroy() {
    this.frame.cancel();
    for (const stop of this.stops) stop();
  }
}

/** @param {number | undefined} share */
const percent = (share) => (Number.isFinite(share) ? `${Math.round(Number(share) * 100)} %` : "–");
