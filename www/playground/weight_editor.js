/**
 * @file The small editor beside a unit or a line of the diagram: numbers for the bias and the incoming weights, each
 * with a slider. It is also the way to every weight without a pointer. Training goes on from the value given.
 */
import { html, render } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { formatNumber } from "../panels/axes.js";

/** @typedef {{label: string, leaf: string, index: number, read: () => number}} Entry */

/** A slider covers ±this, or twice the value if that is more. */
const RANGE = 3;

export class WeightEditor {
  /** @param {(entry: Entry, value: number, before: number) => void} onEdit */
  constructor(onEdit) {
    this.onEdit = onEdit;
    this.element = document.createElement("div");
    this.element.className = "weight-editor";
    this.element.setAttribute("role", "dialog");
    this.element.hidden = true;
    /** @type {Entry[]} */
    this.entries = [];
    this.title = "";
    /** @type {HTMLElement | null} */
    this.opener = null;
    /** @type {() => void} */
    this.onClose = () => {};
    this.element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.close();
    });
  }

  get open() {
    return !this.element.hidden;
  }

  /**
   * @param {string} title @param {Entry[]} entries
   * @param {{left: number, top: number, right: number, width: number, height: number}} at anchor and room, in pixels of the stage
   * @param {HTMLElement | null} opener gets the focus back
   */
  show(title, entries, at, opener) {
    this.title = title;
    this.entries = entries;
    this.opener = opener;
    this.element.hidden = false;
    this.element.setAttribute("aria-label", title);
    this.draw();
    const { offsetWidth: width, offsetHeight: height } = this.element;
    const beside = at.right + 10 + width <= at.width ? at.right + 10 : Math.max(4, at.left - 10 - width);
    this.element.style.left = `${beside}px`;
    this.element.style.top = `${Math.max(4, Math.min(at.top - 20, at.height - height - 4))}px`;
    this.element.querySelector("input")?.focus({ preventScroll: true });
  }

  close() {
    if (!this.open) return;
    const inside = this.element.contains(document.activeElement);
    this.element.hidden = true;
    this.entries = [];
    this.onClose();
    if (inside) this.opener?.focus({ preventScroll: true });
  }

  /** New numbers have arrived. */
  refresh() {
    if (this.open) this.draw();
  }

  draw() {
    const row = (/** @type {Entry} */ entry) => {
      const value = entry.read();
      const reach = Math.max(RANGE, Math.ceil(Math.abs(value) * 2));
      const edit = (/** @type {Event} */ event) => {
        const input = /** @type {HTMLInputElement} */ (event.target);
        if (input.value.trim() !== "" && Number.isFinite(input.valueAsNumber)) this.onEdit(entry, input.valueAsNumber, entry.read());
      };
      // The field being typed in keeps its text while training moves the number.
      const typed = document.activeElement;
      const id = `${entry.leaf}/${entry.index}`;
      const busy = typed instanceof HTMLInputElement && typed.dataset.entry === id;
      const text = Number.isFinite(value) ? value.toFixed(3) : "";
      return html`<div class="weight-row">
        <span class="weight-name">${entry.label}</span>
        <input type="range" class=${value < 0 ? "negative" : "positive"} aria-label="${entry.label}, slider" data-entry=${id}
          min=${-reach} max=${reach} step="0.01" .value=${busy && typed.type === "range" ? typed.value : text} @input=${edit}>
        <input type="number" aria-label=${entry.label} data-entry=${id} step="0.1"
          .value=${busy && typed.type === "number" ? typed.value : text} @change=${edit}>
      </div>`;
    };
    render(
      html`<div class="weight-title"><strong>${this.title}</strong>
          <button type="button" class="plain" aria-label="Close the editor" @click=${() => this.close()}>×</button></div>
        <div class="weight-list">${repeat(this.entries, (entry) => `${entry.leaf}/${entry.index}`, row)}</div>
        <p>${this.entries.length > 1 ? "The bias and the weights coming in. " : ""}Training goes on from your values.</p>`,
      this.element,
    );
  }
}

/** @param {number} value */
export const weightText = (value) => formatNumber(value);
