/** @file "Find a lab": a field that lists what matches while one types; arrows choose, Enter opens. */
import { html, LitElement, nothing } from "lit";
import { icons } from "./icons.js";

/** @typedef {import("./protocol.d.ts").Lab} Lab */

const SHOWN = 8;

/**
 * Labs in which every word of the query occurs, those whose title has it first.
 * @param {Lab[]} labs @param {string} query @returns {Lab[]}
 */
export function matchLabs(labs, query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  /** @param {Lab} lab */
  const text = ({ title, slug, promise, theme, tags, paper }) =>
    `${title} ${slug} ${theme} ${tags.join(" ")} ${promise} ${paper.title} ${paper.authors} ${paper.year}`.toLowerCase();
  const found = labs.filter((lab) => words.every((word) => text(lab).includes(word)));
  /** @param {Lab} lab */
  const rank = (lab) => (words.every((word) => lab.title.toLowerCase().includes(word)) ? 0 : 1);
  return words.length ? found.sort((a, b) => rank(a) - rank(b)) : found;
}

class Search extends LitElement {
  static properties = { labs: { attribute: false }, query: { state: true }, open: { state: true }, at: { state: true } };

  constructor() {
    super();
    /** @type {Lab[]} */
    this.labs = [];
    this.query = "";
    this.open = false;
    this.at = 0;
    this.addEventListener("focusout", (event) => {
      if (!this.contains(/** @type {Node | null} */ (event.relatedTarget))) this.open = false;
    });
  }

  createRenderRoot() {
    return this;
  }

  get found() {
    return matchLabs(this.labs, this.query).slice(0, SHOWN);
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    const { found } = this;
    if (event.key === "ArrowDown") this.at = Math.min(found.length - 1, this.at + 1);
    else if (event.key === "ArrowUp") this.at = Math.max(0, this.at - 1);
    else if (event.key === "Enter" && found[this.at]) this.go(found[this.at].slug);
    else if (event.key === "Escape") {
      this.query = "";
      this.open = false;
      /** @type {HTMLElement} */ (event.target).blur();
    } else return;
    event.preventDefault();
  }

  /** @param {string} slug */
  go(slug) {
    location.hash = `#/lab/${slug}`;
    this.query = "";
    this.open = false;
    /** @type {HTMLElement | null} */ (this.querySelector("input"))?.blur();
  }

  render() {
    const { found } = this;
    const list = html`<ul class="search-list" id="search-list" role="listbox" aria-label="Labs found">
      ${found.map(
        (lab, index) => html`<li role="option" id=${`found-${index}`} aria-selected=${index === this.at ? "true" : "false"}
          @pointerdown=${(/** @type {Event} */ event) => event.preventDefault()} @click=${() => this.go(lab.slug)}>
          <span>${lab.title}</span><span class="hush">${lab.theme}</span></li>`,
      )}
      ${found.length === 0 ? html`<li class="search-none">No lab mentions “${this.query}”.</li>` : nothing}
    </ul>`;
    return html`<div class="search">
      ${icons.find}
      <input type="search" placeholder="Find a lab" autocomplete="off" spellcheck="false" role="combobox" aria-label="Find a lab"
        aria-expanded=${this.open ? "true" : "false"} aria-controls="search-list" aria-activedescendant=${this.open && found.length ? `found-${this.at}` : nothing}
        .value=${this.query} @focus=${() => (this.open = true)} @keydown=${this.pressed}
        @input=${(/** @type {Event} */ event) => {
          this.query = /** @type {HTMLInputElement} */ (event.target).value;
          this.at = 0;
          this.open = true;
        }} />
      <kbd aria-hidden="true">/</kbd>
      ${this.open ? list : nothing}
    </div>`;
  }
}

customElements.define("petri-search", Search);
