/**
 * @file Controls by kind, and the column of them with undo. To add a kind: an element in a file beside this one, and
 * a line in `KINDS`.
 */
import { html, LitElement } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { sameValue } from "../state.js";
import "./choice.js";
import "./number.js";
import "./text.js";
import "./toggle.js";

/** @typedef {import("../protocol.d.ts").Control} Control */
/** @typedef {import("../protocol.d.ts").Values} Values */
/** @typedef {(control: Control, value: string, back: "" | "undo") => unknown} Show */

/** @type {Show} */
const number = (control, value, back) => html`<petri-number .control=${control} .value=${value} .back=${back}></petri-number>`;

/** @type {Record<Control["kind"], Show>} */
const KINDS = {
  slider: number,
  integer: number,
  choice: (control, value, back) => html`<petri-choice .control=${control} .value=${value} .back=${back}></petri-choice>`,
  toggle: (control, value, back) => html`<petri-toggle .control=${control} .value=${value} .back=${back}></petri-toggle>`,
  text: (control, value, back) => html`<petri-text .control=${control} .value=${value} .back=${back}></petri-text>`,
};

/** One control as a template. @param {Control} control @param {string} value @param {"" | "undo"} [back] */
export function controlTemplate(control, value, back = "") {
  return KINDS[control.kind](control, value, back);
}

/** Controls of the column: not shown by a panel, not hidden by the link, not waiting for another's value. @param {Control[]} controls @param {Values} values @param {string[]} hide */
export function shownControls(controls, values, hide) {
  return controls.filter(({ name, when, panel }) => !panel && !hide.includes(name) && (!when || when.values.includes(values[when.name])));
}

/** Changes that can be taken back. */
const UNDO_DEPTH = 100;

/**
 * A column of controls. `control-change` events of its controls pass through it; taking back is such an event too.
 * Ctrl+Z works while the focus is inside, and leaves text fields their own undo.
 */
export class Controls extends LitElement {
  static properties = { controls: { attribute: false }, values: { attribute: false }, hide: { attribute: false } };

  constructor() {
    super();
    /** @type {Control[]} */
    this.controls = [];
    /** @type {Values} */
    this.values = {};
    /** @type {string[]} */
    this.hide = [];
    /** @type {{name: string, from: string}[]} */
    this.done = [];
    this.addEventListener("control-change", (event) => this.remember(/** @type {CustomEvent} */ (event).detail));
    this.addEventListener("control-undo", () => this.undo());
    this.addEventListener("keydown", (event) => {
      const text = event.target instanceof HTMLTextAreaElement || (event.target instanceof HTMLElement && event.target.matches(".control-edit"));
      if (!(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey || event.key !== "z" || text || !this.done.length) return;
      event.preventDefault();
      this.undo();
    });
  }

  createRenderRoot() {
    return this;
  }

  /** @param {{name: string, value: string}} change */
  remember({ name, value }) {
    const control = this.controls.find((entry) => entry.name === name);
    const from = this.values[name];
    if (!control || from === undefined || sameValue(control, from, value)) return;
    const last = this.done[this.done.length - 1];
    // One drag is one change, however many values it went through.
    if (last?.name !== name || Date.now() - this.changed > 1200) this.done.push({ name, from });
    this.changed = Date.now();
    if (this.done.length > UNDO_DEPTH) this.done.shift();
    this.values = { ...this.values, [name]: value };
  }

  changed = 0;

  undo() {
    const last = this.done.pop();
    if (!last) return;
    this.values = { ...this.values, [last.name]: last.from };
    const detail = { name: last.name, value: last.from };
    this.dispatchEvent(new CustomEvent("control-change", { detail, bubbles: true, composed: true }));
  }

  /** Moves the focus to a control. @param {string} name */
  point(name) {
    /** @type {HTMLElement | null} */ (this.querySelector(`#control-${CSS.escape(name)}`))?.focus();
  }

  render() {
    const last = this.done[this.done.length - 1]?.name;
    const shown = shownControls(this.controls, this.values, this.hide);
    return repeat(
      shown,
      (control) => control.name,
      (control) => controlTemplate(control, this.values[control.name] ?? control.default, control.name === last ? "undo" : ""),
    );
  }
}

customElements.define("petri-controls", Controls);
