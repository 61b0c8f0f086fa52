/**
 * @file The network as a diagram: every unit is a button that shows what the unit computes over the plane, every weight
 * a curve. Structure is edited here and handed back as a new `Network`; numbers come with the engine's frames.
 * Geometry: diagram_layout.js; curves: weight_lines.js; the controls above a layer: layer_head.js.
 */
import { html, nothing, render } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { onThemeChange, palette, Raster } from "../panels/color.js";
import { layOut, weightAt } from "./diagram_layout.js";
import { layerHead } from "./layer_head.js";
import { FEATURES, toggleFeature } from "./network_text.js";
import { columnCounts, featureField, inputName, inputRows, matches, NetworkView, unitName } from "./network_view.js";
import { fieldColors } from "./plane.js";
import { oncePerFrame, watchWidth } from "../panels/surface.js";
import { drawWeights } from "./weight_lines.js";
import { WeightEditor, weightText } from "./weight_editor.js";

/** @typedef {import("./network_text.js").Network} Network */
/** @typedef {import("./network_view.js").NetworkPayload} NetworkPayload */
/** @typedef {import("./network_view.js").Unit} Unit */
/** @typedef {import("./network_view.js").Weight} Weight */
/** @typedef {import("./plane.js").Field} Field */
/** @typedef {import("./weight_editor.js").Entry} Entry */

/**
 * @typedef {object} DiagramEvents
 * @property {(network: Network, label: string) => void} onNetwork the structure was edited
 * @property {(unit: Unit | null) => void} onInspect a unit asks for the main plane, or gives it back
 * @property {(entry: Entry, value: number, before: number) => void} onEdit a number was changed by hand
 * @property {(count: number) => void} onLeftOut so many of the weakest weights are not drawn
 */

/** Milliseconds per frame for repainting pictures; very large networks take turns. */
const PICTURE_TIME = 3;
/** Lines that take longer than this to draw are drawn less often, in milliseconds. */
const LINE_TIME = 3;
/** Smaller units have no room for the mark of their bias. */
const BIAS_MARK_FROM = 24;

export class Diagram {
  /** @param {DiagramEvents} events */
  constructor(events) {
    this.events = events;
    this.element = document.createElement("div");
    this.element.className = "diagram";
    this.stage = document.createElement("div");
    this.stage.className = "diagram-stage";
    this.lines = document.createElement("canvas");
    this.lines.setAttribute("aria-hidden", "true");
    this.units = document.createElement("div");
    this.tip = document.createElement("div");
    this.tip.className = "diagram-tip";
    this.tip.hidden = true;
    this.editor = new WeightEditor(events.onEdit);
    this.stage.append(this.lines, this.units, this.tip, this.editor.element);
    this.element.append(this.stage);
    /** @type {Network} */
    this.network = { features: ["x", "y"], hidden: [] };
    this.width = 0;
    this.height = 460;
    this.layout = layOut(columnCounts(this.network), 600, this.height);
    /** @type {NetworkView | null} */
    this.view = null;
    /** @type {Map<string, {raster: Raster, bias: HTMLElement}>} */
    this.pictures = new Map();
    this.turn = 0;
    /** No lines before this time, unless the pointer asks for them. */
    this.linesDue = 0;
    /** @type {Weight | null} */
    this.marked = null;
    /** @type {Unit | null} */
    this.inspected = null;
    /** The one unit that Tab reaches; arrows move on from it. @type {Unit} */
    this.tabStop = { column: 0, unit: 0 };
    this.hiddenParts = new Set();
    this.leftOut = 0;
    this.frame = oncePerFrame(() => this.paint());
    this.stops = [
      onThemeChange(() => {
        this.paintFeatures();
        this.frame.ask();
      }),
      watchWidth(this.element, (width) => this.resize(width)),
    ];
    this.editor.onClose = () => {
      this.mark(null);
      this.inspect(null);
    };
    this.stage.addEventListener("pointermove", (event) => this.hover(event));
    this.stage.addEventListener("pointerleave", () => this.leave());
    this.lines.addEventListener("click", (event) => this.clickLine(event));
    this.units.addEventListener("keydown", (event) => this.key(event));
    this.renderStructure();
  }

  /** @param {number} width */
  resize(width) {
    if (width === 0 || Math.abs(width - this.width) < 1) return;
    this.width = width;
    this.renderStructure();
  }

  /** @param {Network} network @param {number} [height] room for the units */
  setNetwork(network, height = this.height) {
    const order = FEATURES.map(({ name }) => name);
    const features = [...network.features].sort((one, other) => order.indexOf(one) - order.indexOf(other));
    this.network = { ...network, features };
    this.height = height;
    this.editor.close();
    this.inspect(null);
    if (this.view && !matches(this.view.payload, this.network)) this.view = null;
    const counts = columnCounts(this.network);
    if (this.tabStop.column >= counts.length || this.tabStop.unit >= counts[this.tabStop.column]) this.tabStop = { column: 0, unit: 0 };
    this.renderStructure();
  }

  /** @param {NetworkPayload} payload @param {Field | null} output */
  show(payload, output) {
    if (!matches(payload, this.network)) return;
    this.view = new NetworkView(payload, this.network, output);
    this.frame.ask();
  }

  /** The field of a unit for the main plane. @param {Unit} unit @returns {Field | null} */
  field(unit) {
    if (unit.column === 0) return featureField(FEATURES[unit.unit].name);
    return this.view?.field(unit) ?? null;
  }

  renderStructure() {
    const { network } = this;
    const counts = columnCounts(network);
    this.layout = layOut(counts, this.width || 600, this.height);
    const { columns, width, height } = this.layout;
    this.stage.style.width = `${width}px`;
    this.stage.style.height = `${height}px`;
    this.lines.style.width = `${width}px`;
    this.lines.style.height = `${height}px`;
    const change = (/** @type {Network} */ next, /** @type {string} */ label) => this.events.onNetwork(next, label);
    const units = columns.flatMap((_, column) => Array.from({ length: counts[column] }, (_, unit) => ({ column, unit })));
    render(
      html`${columns.map((column, index) => layerHead(network, index, column, this.layout, change))}
        <div role="group" aria-label="Units of the network. Arrow keys move between them, Enter changes the one in focus.">
          ${repeat(units, ({ column, unit }) => `${column}/${unit}`, (unit) => this.unitButton(unit))}
        </div>`,
      this.units,
    );
    const alive = new Set(units.map(({ column, unit }) => `${column}/${unit}`));
    for (const key of this.pictures.keys()) if (!alive.has(key)) this.pictures.delete(key);
    this.paintFeatures();
    this.linesDue = 0;
    this.frame.ask();
  }

  /** @param {Unit} place */
  unitButton(place) {
    const { column, unit } = place;
    const { centre, size, top, pitch } = this.layout.columns[column];
    const { raster, bias } = this.picture(place);
    const isFeature = column === 0;
    const on = !isFeature || this.network.features.includes(FEATURES[unit].name);
    const name = unitName(this.network, place);
    const label = isFeature ? `feature ${FEATURES[unit].spoken}` : `${name}; opens its bias and weights`;
    const stop = this.tabStop.column === column && this.tabStop.unit === unit;
    bias.hidden = isFeature || size < BIAS_MARK_FROM;
    return html`<button type="button" class="unit ${isFeature ? "feature" : ""} ${on ? "" : "off"}" data-column=${column} data-unit=${unit}
        .style=${`left:${centre - size / 2}px;top:${top + unit * pitch}px;width:${size}px;height:${size}px`}
        tabindex=${stop ? 0 : -1} aria-label=${label} aria-pressed=${isFeature ? String(on) : nothing}
        @click=${() => this.activate(place)} @focus=${() => this.focusUnit(place)} @blur=${() => this.inspect(null)}>
        ${raster.canvas}${bias}
      </button>
      ${isFeature
        ? html`<span class="feature-name ${on ? "" : "off"}" aria-hidden="true" .style=${`right:${this.layout.width - centre + size / 2 + 8}px;top:${top + unit * pitch + size / 2}px`}>${FEATURES[unit].label}</span>`
        : nothing}`;
  }

  /** @param {Unit} place */
  picture({ column, unit }) {
    const key = `${column}/${unit}`;
    let picture = this.pictures.get(key);
    if (!picture) {
      const bias = document.createElement("i");
      bias.className = "bias-mark";
      picture = { raster: new Raster(), bias };
      this.pictures.set(key, picture);
    }
    return picture;
  }

  paintFeatures() {
    for (const [unit, { name }] of FEATURES.entries()) {
      const { values, side, limit } = featureField(name);
      this.picture({ column: 0, unit }).raster.paint(values, side, side, fieldColors(), -limit, limit);
    }
  }

  paint() {
    const { view, layout, network } = this;
    const began = performance.now();
    if (began >= this.linesDue) {
      const weights = view?.payload.weights ?? [];
      const leftOut = drawWeights(this.lines, layout, { weights, inputs: inputRows(network), marked: this.marked, focus: this.inspected }, palette());
      if (leftOut !== this.leftOut) this.events.onLeftOut((this.leftOut = leftOut));
      const took = performance.now() - began;
      this.linesDue = took > LINE_TIME ? began + 40 * took : 0;
    }
    if (!view) return;
    const places = layout.columns.flatMap(({ units }, column) =>
      column === 0 ? [] : Array.from({ length: units }, (_, unit) => ({ column, unit })),
    );
    const colors = fieldColors();
    const start = performance.now();
    let count = 0;
    for (; count < places.length && (count % 8 || performance.now() - start < PICTURE_TIME); count++) {
      const place = places[(this.turn + count) % places.length];
      const { raster, bias } = this.picture(place);
      const { values, offset, side, limit } = view.field(place);
      raster.paint(values, side, side, colors, -limit, limit, offset);
      if (!bias.hidden) {
        const value = view.bias(place);
        bias.className = value < 0 ? "bias-mark negative" : "bias-mark positive";
        bias.style.opacity = String(Math.min(1, Math.abs(value) * 0.9).toFixed(2));
      }
    }
    this.turn = places.length ? (this.turn + count) % places.length : 0;
    this.editor.refresh();
  }

  /** @param {PointerEvent} event */
  hover(event) {
    if (event.pointerType === "touch" && event.buttons) return;
    const target = /** @type {HTMLElement} */ (event.target);
    const button = /** @type {HTMLElement | null} */ (target.closest(".unit"));
    if (button) {
      const place = { column: Number(button.dataset.column), unit: Number(button.dataset.unit) };
      this.mark(null);
      this.inspect(place);
      const bias = place.column > 0 && this.view ? ` · bias ${weightText(this.view.bias(place))}` : "";
      const hint = place.column > 0 ? "" : this.network.features.includes(FEATURES[place.unit].name) ? " · click to leave it out" : " · click to feed it in";
      this.say(unitName(this.network, place) + bias + hint, event);
      return;
    }
    if (!this.editor.open) this.inspect(null);
    const weight = target === this.lines ? this.weightUnder(event) : null;
    if (!this.editor.open) this.mark(weight);
    if (weight && this.view) {
      const to = unitName(this.network, { column: weight.layer + 1, unit: weight.unit });
      this.say(`${inputName(this.network, weight)} → ${to} · weight ${weightText(this.view.weight(weight))} · click to change`, event);
    } else {
      this.tip.hidden = true;
    }
  }

  leave() {
    this.tip.hidden = true;
    if (this.editor.open) return;
    this.mark(null);
    this.inspect(null);
  }

  /** @param {MouseEvent} event */
  weightUnder(event) {
    const box = this.stage.getBoundingClientRect();
    return weightAt(this.layout, inputRows(this.network), event.clientX - box.left, event.clientY - box.top);
  }

  /** @param {string} text @param {MouseEvent} event */
  say(text, event) {
    const box = this.stage.getBoundingClientRect();
    const visible = this.element.getBoundingClientRect();
    this.tip.textContent = text;
    this.tip.hidden = false;
    const width = this.tip.offsetWidth;
    const left = Math.min(event.clientX - box.left + 12, visible.right - box.left - width - 4);
    this.tip.style.transform = `translate(${Math.max(visible.left - box.left, left)}px, ${event.clientY - box.top + 18}px)`;
  }

  /** @param {Weight | null} weight */
  mark(weight) {
    const same = this.marked?.layer === weight?.layer && this.marked?.input === weight?.input && this.marked?.unit === weight?.unit;
    if (same) return;
    this.marked = weight;
    this.linesDue = 0;
    this.lines.style.cursor = weight ? "pointer" : "";
    this.frame.ask();
  }

  /** @param {Unit | null} unit */
  inspect(unit) {
    if (this.inspected?.column === unit?.column && this.inspected?.unit === unit?.unit) return;
    this.inspected = unit;
    this.linesDue = 0;
    this.frame.ask();
    this.events.onInspect(unit);
  }

  /** @param {Unit} place */
  focusUnit(place) {
    if (this.tabStop.column !== place.column || this.tabStop.unit !== place.unit) {
      this.button(this.tabStop)?.setAttribute("tabindex", "-1");
      this.tabStop = place;
      this.button(place)?.setAttribute("tabindex", "0");
    }
    this.inspect(place);
  }

  /** @param {Unit} place @returns {HTMLElement | null} */
  button({ column, unit }) {
    return this.units.querySelector(`[data-column="${column}"][data-unit="${unit}"]`);
  }

  /** A feature is switched, any other unit opens its numbers. @param {Unit} place */
  activate(place) {
    const { column, unit } = place;
    if (column === 0) {
      const { name, label } = FEATURES[unit];
      const next = toggleFeature(this.network, name);
      if (next === this.network) return;
      this.events.onNetwork(next, next.features.includes(name) ? `fed in ${label}` : `left out ${label}`);
      return;
    }
    const { view } = this;
    if (!view) return;
    const layer = column - 1;
    const inputs = view.rows[layer].map((_, input) => this.entry({ layer, input, unit }));
    const bias = { label: "bias", ...view.biasPlace(place), read: () => this.view?.bias(place) ?? NaN };
    const { centre, size, top, pitch } = this.layout.columns[column];
    this.tip.hidden = true;
    this.openEditor(unitName(this.network, place), [bias, ...inputs], centre - size / 2, centre + size / 2, top + unit * pitch, this.button(place));
    this.inspect(place);
  }

  /** @param {Weight} weight @returns {Entry} */
  entry(weight) {
    const label = weight.layer === 0 ? `from ${inputName(this.network, weight)}` : `from unit ${weight.input + 1}`;
    const place = this.view?.weightPlace(weight) ?? { leaf: "", index: 0 };
    return { label, ...place, read: () => this.view?.weight(weight) ?? NaN };
  }

  /** @param {MouseEvent} event */
  clickLine(event) {
    const weight = this.weightUnder(event);
    if (!weight || !this.view) return this.editor.close();
    const box = this.stage.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    this.editor.close();
    this.mark(weight);
    this.tip.hidden = true;
    const to = unitName(this.network, { column: weight.layer + 1, unit: weight.unit });
    this.openEditor(`Weight to ${to}`, [this.entry(weight)], x, x, y, null);
  }

  /** @param {string} title @param {Entry[]} entries @param {number} left @param {number} right @param {number} top @param {HTMLElement | null} opener */
  openEditor(title, entries, left, right, top, opener) {
    this.editor.show(title, entries, { left, right, top, width: this.layout.width, height: this.layout.height }, opener);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const move = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
    if (!move || !target.classList.contains("unit")) return;
    event.preventDefault();
    const { columns } = this.layout;
    const column = Math.max(0, Math.min(columns.length - 1, this.tabStop.column + move[0]));
    // Sideways, the nearest unit at the same height: columns differ in length.
    const share = (this.tabStop.unit + 0.5) / columns[this.tabStop.column].units;
    const unit = move[0] ? Math.floor(share * columns[column].units) : this.tabStop.unit + move[1];
    const place = { column, unit: Math.max(0, Math.min(columns[column].units - 1, unit)) };
    this.button(place)?.focus();
  }

  destroy() {
    this.frame.cancel();
    for (const stop of this.stops) stop();
  }
}
