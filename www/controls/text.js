/** @file A text: heard after a pause or when the field is left. */
import { html } from "lit";
import { ControlElement } from "./base.js";

export class TextControl extends ControlElement {
  /** @param {Event} event */
  typed(event) {
    this.commit(/** @type {HTMLTextAreaElement} */ (event.target).value, true);
  }

  render() {
    return html`${this.head("")}<textarea class="control-text" id=${this.inputId} rows="2" spellcheck="false" .value=${this.value} @input=${this.typed}></textarea>${this.foot()}`;
  }

  /** @param {string} value */
  textOf(value) {
    return value === "" ? "empty" : value.length > 24 ? `${value.slice(0, 23)}…` : value;
  }
}

customElements.define("petri-text", TextControl);
