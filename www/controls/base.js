/**
 * @file What all controls share: an element with a control's description and its value as text, which announces a new
 * value as a `control-change` event that bubbles. A control that rebuilds the experiment waits until the visitor has
 * paused for a moment; one that only retunes it is heard at once. Elements live in the light DOM: www/style dresses
 * them, and the playground uses the same.
 */
import { html, LitElement, nothing } from "lit";
import { formatNumber } from "../panels/axes.js";
import { checkValue, sameValue } from "../state.js";

/** @typedef {import("../protocol.d.ts").Control} Control */
/** @typedef {{name: string, value: string}} ControlChange  detail of `control-change` */

export const REBUILD_DELAY = 150;

/** @type {Control} */
const NONE = {
  name: "",
  label: "",
  symbol: "",
  kind: "text",
  scale: "linear",
  min: 0,
  max: 1,
  step: 0,
  default: "",
  unit: "",
  help: "",
  effect: "retune",
  options: [],
  when: null,
};

/** A setting as somebody would write it: 0.25 and not 0.250, because it is exact. @param {number} value */
function numberText(value) {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e7)) return formatNumber(value);
  return value.toLocaleString("en", { maximumFractionDigits: 6 }).replace("-", "−");
}

export class ControlElement extends LitElement {
  static properties = {
    control: { attribute: false },
    value: { attribute: false },
    back: { attribute: false },
    wrong: { state: true },
  };

  constructor() {
    super();
    /** @type {Control} */
    this.control = NONE;
    this.value = "";
    /** What the button beside the help does: nothing, take back the last change, or go to the default. @type {"" | "undo"} */
    this.back = "";
    /** Why the last input was refused. */
    this.wrong = "";
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  createRenderRoot() {
    this.classList.add("control");
    return this;
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.timer);
  }

  get changed() {
    return !sameValue(this.control, this.value, this.control.default);
  }

  /** Takes a value if it is one, and announces it. @param {string} text @param {boolean} [pausing] wait for a pause first */
  commit(text, pausing = false) {
    const checked = checkValue(this.control, text);
    if (!("text" in checked)) {
      this.wrong = `${checked.message}; ${checked.fix}`;
      return false;
    }
    this.wrong = "";
    const same = sameValue(this.control, checked.text, this.value);
    this.value = checked.text;
    clearTimeout(this.timer);
    if (pausing && this.control.effect === "rebuild") this.timer = setTimeout(() => this.announce(), REBUILD_DELAY);
    else if (!same || pausing) this.announce();
    return true;
  }

  announce() {
    const detail = { name: this.control.name, value: this.value };
    this.dispatchEvent(new CustomEvent("control-change", { detail, bubbles: true, composed: true }));
  }

  toDefault() {
    this.commit(this.control.default);
  }

  /** @param {Map<string, unknown>} changes */
  willUpdate(changes) {
    if (changes.has("value")) this.wrong = "";
    this.classList.toggle("changed", this.changed);
  }

  /** @param {unknown} value what stands on the right of the label */
  head(value) {
    const { label, symbol } = this.control;
    const mark = this.changed ? html`<span class="unseen">, changed</span>` : nothing;
    const name = html`${label}${symbol ? html` <span class="symbol">${symbol}</span>` : nothing}${mark}`;
    return html`${this.presets()}<div class="control-head"><label class="control-label" for=${this.inputId}>${name}</label>${value}</div>`;
  }

  /** Words that set several controls at once. */
  presets() {
    const { name, presets } = this.control;
    if (!presets?.length) return nothing;
    const choose = (/** @type {string} */ value) => this.dispatchEvent(new CustomEvent("control-preset", { detail: { name, value }, bubbles: true, composed: true }));
    return html`<div class="control-presets">${presets.map(({ value, label }) => html`<button class="control-preset" type="button" @click=${() => choose(value)}>${label}</button>`)}</div>`;
  }

  foot() {
    const { help } = this.control;
    const back = this.back === "undo" ? this.undoButton() : this.changed ? this.defaultButton() : nothing;
    return html`
      ${this.wrong ? html`<div class="control-wrong" role="alert">${this.wrong}</div>` : nothing}
      ${help || back !== nothing ? html`<div class="control-foot"><span class="control-help" id=${`${this.inputId}-help`}>${help}</span>${back}</div>` : nothing}
    `;
  }

  undoButton() {
    const undo = () => this.dispatchEvent(new CustomEvent("control-undo", { bubbles: true, composed: true }));
    return html`<button class="control-back" type="button" @click=${undo}>undo</button>`;
  }

  defaultButton() {
    const title = `back to ${this.textOf(this.control.default)}`;
    return html`<button class="control-back" type="button" title=${title} aria-label=${`${this.control.label}: ${title}`} @click=${() => this.toDefault()}>default</button>`;
  }

  /** A value as it is shown. @param {string} value */
  textOf(value) {
    const { kind, unit, options } = this.control;
    if (kind === "choice") return options.find((option) => option.value === value)?.label ?? value;
    if (kind === "slider" || kind === "integer") return numberText(Number(value)) + (unit ? ` ${unit}` : "");
    return value;
  }

  get inputId() {
    return `control-${this.control.name}`;
  }
}
