/**
 * @file Numbers: a slider on a linear or logarithmic scale whose value can also be typed (click it), and whose thumb
 * goes back to the default on a double click. `integer` is the same with whole steps.
 */
import { html, nothing } from "lit";
import { plainNumber } from "../state.js";
import { ControlElement } from "./base.js";

/** Stops of a slider whose control names no step. */
const STOPS = 240;

export class NumberControl extends ControlElement {
  static properties = { ...ControlElement.properties, editing: { state: true } };

  constructor() {
    super();
    this.editing = false;
  }

  /** @returns {boolean} a log scale that starts at 0 has its first stop there */
  get log() {
    return this.control.scale === "log" && this.control.max > 0;
  }

  /** Least positive value of the scale. */
  get floor() {
    const { min, max } = this.control;
    return min > 0 ? min : max / 1e6;
  }

  /** @param {number} value @returns {number} 0…1 */
  share(value) {
    const { min, max } = this.control;
    if (!this.log) return (value - min) / (max - min || 1);
    if (value <= 0) return 0;
    return Math.max(0, Math.log(value / this.floor) / Math.log(max / this.floor));
  }

  /** @param {number} share @returns {string} the value at a position of the thumb */
  valueAt(share) {
    const { min, max, step, kind } = this.control;
    if (share <= 0) return plainNumber(min);
    if (share >= 1) return plainNumber(max);
    const raw = this.log ? this.floor * (max / this.floor) ** share : min + share * (max - min);
    const grid = step || (kind === "integer" ? 1 : 0);
    const snapped = grid ? min + Math.round((raw - min) / grid) * grid : roundTo(raw, this.log ? raw : max - min);
    return plainNumber(Math.min(max, Math.max(min, snapped)));
  }

  get stops() {
    const { min, max, step, kind } = this.control;
    const grid = step || (kind === "integer" ? 1 : 0);
    return grid && !this.log ? Math.min(STOPS * 4, Math.round((max - min) / grid)) : STOPS;
  }

  /** @param {Event} event */
  dragged(event) {
    const input = /** @type {HTMLInputElement} */ (event.target);
    this.commit(this.valueAt(Number(input.value) / this.stops), true);
  }

  /** Arrow keys on a coarse logarithmic grid may stay on the same number; then go to the next one. @param {KeyboardEvent} event */
  pressed(event) {
    const direction = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 }[event.key];
    if (!direction) return;
    event.preventDefault();
    let stop = Math.round(this.share(Number(this.value)) * this.stops);
    let next = this.value;
    while (next === this.value && stop >= 0 && stop <= this.stops) next = this.valueAt((stop += direction) / this.stops);
    this.commit(next, true);
  }

  edit() {
    this.editing = true;
    void this.updateComplete.then(() => {
      const input = /** @type {HTMLInputElement | null} */ (this.querySelector(".control-edit"));
      input?.focus();
      input?.select();
    });
  }

  /** @param {KeyboardEvent} event */
  typed(event) {
    const input = /** @type {HTMLInputElement} */ (event.target);
    if (event.key === "Escape") {
      this.wrong = "";
      this.editing = false;
    } else if (event.key === "Enter" && this.commit(input.value)) this.editing = false;
    else return;
    // The focus moves to the button below while the key is still down; it must not press that button.
    event.preventDefault();
    void this.updateComplete.then(() => /** @type {HTMLElement | null} */ (this.querySelector("button.control-value, .control-edit"))?.focus());
  }

  /** @param {Event} event */
  left(event) {
    // Leaving the field with a wrong number keeps the old one; the message would otherwise stay without its cause.
    if (!this.commit(/** @type {HTMLInputElement} */ (event.target).value)) this.wrong = "";
    this.editing = false;
  }

  /** @param {Map<string, unknown>} changes */
  updated(changes) {
    super.updated(changes);
    const input = /** @type {HTMLInputElement | null} */ (this.querySelector("input[type=range]"));
    input?.style.setProperty("--part", `${100 * this.share(Number(this.value))}%`);
  }

  render() {
    const { label, unit, help } = this.control;
    const share = this.share(Number(this.value));
    const shown = this.textOf(this.value);
    const edit = html`<input class="control-edit" inputmode="decimal" autocomplete="off" aria-label=${`${label}, number`}
      .value=${this.value} aria-invalid=${this.wrong ? "true" : "false"} @keydown=${this.typed} @blur=${this.left} />`;
    const button = html`<button class="control-value" type="button" title="type a number" aria-label=${`${label}: ${shown}, type a number`}
      @click=${this.edit}>${shown.slice(0, unit ? -unit.length - 1 : undefined)}${unit ? html`<span class="control-unit">${unit}</span>` : nothing}</button>`;
    return html`
      ${this.head(this.editing ? edit : button)}
      <input type="range" id=${this.inputId} min="0" max=${this.stops} step="1" .value=${String(Math.round(share * this.stops))}
        aria-valuetext=${shown} aria-describedby=${help ? `${this.inputId}-help` : nothing}
        @input=${this.dragged} @keydown=${this.pressed} @dblclick=${this.toDefault} />
      ${this.foot()}
    `;
  }
}

/** Rounds to three significant digits of `scale`, so that a thumb never rests on 0.24973. @param {number} value @param {number} scale */
function roundTo(value, scale) {
  const unit = 10 ** (Math.floor(Math.log10(scale)) - 2);
  return Math.round(value / unit) * unit;
}

customElements.define("petri-number", NumberControl);
