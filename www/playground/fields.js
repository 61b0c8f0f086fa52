/**
 * @file One row per control, made from the engine's description of it: label, value to read and to type, slider or list,
 * a dot that marks a changed value and puts it back. Templates only; the page owns the values.
 */
import { html, nothing } from "lit";
import { checkValue, plainNumber, sameValue } from "../state.js";
import { formatNumber } from "../panels/axes.js";

/** @typedef {import("../protocol.d.ts").Control} Control */
/** @typedef {(name: string, text: string) => void} Change */

const STEPS = 1000;

/** Position of a value on its slider, 0…1000. @param {Control} control @param {number} value */
function toSlider({ scale, min, max }, value) {
  if (scale === "log") return Math.round((Math.log(value / min) / Math.log(max / min)) * STEPS);
  return Math.round(((value - min) / (max - min)) * STEPS);
}

/** Round value at a position: two digits on a logarithmic scale, whole steps otherwise. @param {Control} control @param {number} position */
function fromSlider({ scale, min, max, step, kind }, position) {
  const share = position / STEPS;
  if (scale === "log") {
    const value = Number((min * (max / min) ** share).toPrecision(2));
    return Math.min(max, Math.max(min, kind === "integer" ? Math.round(value) : value));
  }
  const fine = kind === "integer" ? Math.max(1, step) : step || (max - min) / 200;
  return Math.min(max, Number((min + Math.round((share * (max - min)) / fine) * fine).toPrecision(12)));
}

/** Text of a value for reading. @param {Control} control @param {string} text */
function shown({ kind }, text) {
  const number = Number(text);
  return kind === "integer" || Number.isInteger(number) ? plainNumber(number) : formatNumber(number).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
}

/** @param {Control} control @param {string} value @param {Change} change */
export function field(control, value, change) {
  const changed = !sameValue(control, value, control.default);
  const id = `pg-${control.name}`;
  const dot = html`<button type="button" class="changed-dot" ?hidden=${!changed} title="Back to the default, ${control.default}"
    aria-label="Put ${control.label} back to ${control.default}" @click=${() => change(control.name, control.default)}></button>`;
  if (control.kind === "choice") {
    return html`<div class="pg-field row">${dot}<label for=${id} title=${control.help}>${control.label}</label>
      <select id=${id} @change=${(/** @type {Event} */ event) => change(control.name, inputOf(event).value)}>
        ${control.options.map((option) => html`<option value=${option.value} .selected=${option.value === value}>${option.label}</option>`)}
      </select></div>`;
  }
  if (control.kind === "toggle") {
    return html`<div class="pg-field row">${dot}<label for=${id} title=${control.help}>${control.label}</label>
      <input id=${id} type="checkbox" .checked=${value === "1"} @change=${(/** @type {Event} */ event) => change(control.name, inputOf(event).checked ? "1" : "0")}></div>`;
  }
  const typed = (/** @type {Event} */ event) => {
    const input = inputOf(event);
    const checked = checkValue(control, input.value);
    input.setCustomValidity("text" in checked ? "" : `${input.value} ${checked.message}: ${checked.fix}.`);
    input.setAttribute("aria-invalid", String(!("text" in checked)));
    if ("text" in checked) change(control.name, checked.text);
    else input.reportValidity();
  };
  // Zero has no place on a logarithmic slider; such a range is drawn with a linear one.
  const usable = control.scale === "log" && control.min <= 0 ? { ...control, scale: /** @type {const} */ ("linear") } : control;
  const wide = control.kind === "slider" || control.max - control.min <= 2000;
  const unit = control.unit === "%" ? html`<span class="unit-name">%</span>` : nothing;
  return html`<div class="pg-field">${dot}
    <div class="row"><label for=${id} title=${control.help}>${control.label}</label>
      <span class="typed"><input id=${id} class="value" type="text" inputmode="decimal" autocomplete="off" spellcheck="false"
        .value=${shown(control, value)} title=${control.help} @change=${typed}
        @keydown=${(/** @type {KeyboardEvent} */ event) => event.key === "Enter" && typed(event)}>${unit}</span></div>
    ${wide
      ? html`<input class="slider" type="range" min="0" max=${STEPS} step="any" .value=${String(toSlider(usable, Number(value)))}
          .style=${`--at:${Math.max(0, Math.min(1, toSlider(usable, Number(value)) / STEPS))}`}
          aria-label=${control.label} aria-valuetext="${shown(control, value)} ${control.unit}"
          @keydown=${(/** @type {KeyboardEvent} */ event) => nudge(event, usable, value, change)}
          @input=${(/** @type {Event} */ event) => change(control.name, plainNumber(fromSlider(usable, Number(inputOf(event).value))))}>`
      : nothing}</div>`;
}

/** Arrow keys move by one meaningful step, which a slider of a thousand parts would not. @param {KeyboardEvent} event @param {Control} control @param {string} value @param {Change} change */
function nudge(event, control, value, change) {
  const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 }[event.key];
  if (!by) return;
  event.preventDefault();
  const at = toSlider(control, Number(value));
  const fine = control.scale === "log" ? 10 : Math.max(1, ((control.step || (control.max - control.min) / 100) / (control.max - control.min)) * STEPS);
  const next = fromSlider(control, Math.max(0, Math.min(STEPS, at + by * fine)));
  const moved = control.kind === "integer" && next === Number(value) ? next + Math.sign(by) : next;
  change(control.name, plainNumber(Math.max(control.min, Math.min(control.max, moved))));
}

/** @param {Event} event */
const inputOf = (event) => /** @type {HTMLInputElement} */ (event.target);
