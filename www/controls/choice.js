/** @file A choice: a row of segments while that fits, otherwise a list. */
import { html } from "lit";
import { ControlElement } from "./base.js";

/** Characters that fit beside each other in the narrow column of controls. */
const SEGMENT_CHARACTERS = 32;

export class ChoiceControl extends ControlElement {
  /** @param {Event} event */
  chosen(event) {
    this.commit(/** @type {HTMLInputElement | HTMLSelectElement} */ (event.target).value);
  }

  render() {
    const { label, name, options } = this.control;
    const characters = options.reduce((sum, option) => sum + option.label.length + 2, 0);
    if (options.length > 4 || characters > SEGMENT_CHARACTERS) {
      const list = options.map(({ value, label }) => html`<option value=${value} ?selected=${value === this.value}>${label}</option>`);
      return html`${this.head("")}<select id=${this.inputId} .value=${this.value} @change=${this.chosen}>${list}</select>${this.foot()}`;
    }
    const segments = options.map(
      ({ value, label }) => html`<label><input type="radio" name=${`${this.inputId}-group`} value=${value}
        .checked=${value === this.value} @change=${this.chosen} /><span>${label}</span></label>`,
    );
    return html`${this.head("")}<div class="segments" id=${this.inputId} role="radiogroup" aria-label=${label || name}>${segments}</div>${this.foot()}`;
  }
}

customElements.define("petri-choice", ChoiceControl);
