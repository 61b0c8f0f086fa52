/** @file A switch: on or off. */
import { html } from "lit";
import { ControlElement } from "./base.js";

export class ToggleControl extends ControlElement {
  /** @param {Event} event */
  turned(event) {
    this.commit(/** @type {HTMLInputElement} */ (event.target).checked ? "1" : "0");
  }

  render() {
    const box = html`<input class="switch" type="checkbox" role="switch" id=${this.inputId} .checked=${this.value === "1"} @change=${this.turned} />`;
    return html`${this.head(box)}${this.foot()}`;
  }

  /** @param {string} value */
  textOf(value) {
    return value === "1" ? "on" : "off";
  }
}

customElements.define("petri-toggle", ToggleControl);
