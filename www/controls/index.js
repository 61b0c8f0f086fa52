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

/** Controls of the column: not shown by a panel, not hidden by the link, not waiting for the value of another or for what that waits for. @param {Control[]} controls @param {Values} values @param {string[]} hide */
export function shownControls(controls, values, hide) {
  /** @param {Control | undefined} control @returns {boolean} */
  const awaited = (control) => !control?.when || (control.when.values.includes(values[control.when.name]) && awaited(controls.find(({ name }) => name === control.when?.name)));
  return controls.filter((control) => !control.panel && !hide.includes(control.name) && awaited(control));
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
    /** What each change was made with, and the values before it. @type {{name: string, from: Values}[]} */
    this.done = [];
    this.addEventListener("control-change", (event) => this.remember(/** @type {CustomEvent} */ (event).detail));
    this.addEventListener("control-preset", (event) => this.preset(/** @type {CustomEvent} */ (event).detail));
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
    if (last?.name !== name || Date.now() - this.changed > 1200) this.done.push({ name, from: { [name]: from } });
    this.changed = Date.now();
    if (this.done.length > UNDO_DEPTH) this.done.shift();
    this.values = { ...this.values, [name]: value };
  }

  changed = 0;

  undo() {
    const last = this.done.pop();
    if (last) this.turn(last.from);
  }

  /** Sets several controls at once, which is one change to be taken back. @param {{name: string, value: string}} preset */
  preset({ name, value }) {
    const differs = ([key, text] = ["", ""]) => {
      const control = this.controls.find((entry) => entry.name === key);
      return control && !sameValue(control, this.values[key] ?? control.default, text);
    };
    const wanted = [...new URLSearchParams(value)].filter(differs);
    if (wanted.length === 0) return;
    this.done.push({ name, from: Object.fromEntries(wanted.map(([key]) => [key, this.values[key]])) });
    // What follows is not part of it.
    this.changed = 0;
    this.turn(Object.fromEntries(wanted));
  }

  /** @param {Values} values */
  turn(values) {
    this.values = { ...this.values, ...values };
    for (const [name, value] of Object.entries(values)) {
      this.dispatchEvent(new CustomEvent("control-change", { detail: { name, value }, bubbles: true, composed: true }));
    }
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
