/**
 * @file The network as one line of text that can be edited: bars tinted, read while typing, a slip underlined with a
 * message that says the fix. A transparent text area lies over its own coloured copy, so it wraps and grows like text.
 */
import { parseNetwork } from "./network_text.js";

/** A network follows the typing after this pause, in milliseconds. */
const PAUSE = 280;

export class NetField {
  /** @param {(text: string) => void} onText a text without slips */
  constructor(onText) {
    this.onText = onText;
    this.text = "";
    this.timer = 0;
    this.element = document.createElement("div");
    this.element.className = "net-field";
    this.element.innerHTML = `<label for="pg-net">net</label><div class="net-lines"><pre aria-hidden="true"></pre>
      <textarea id="pg-net" rows="1" spellcheck="false" autocomplete="off" autocapitalize="off" aria-label="Network as text"
        aria-describedby="pg-net-message"></textarea></div><p id="pg-net-message" role="status"></p>`;
    this.copy = /** @type {HTMLElement} */ (this.element.querySelector("pre"));
    this.area = /** @type {HTMLTextAreaElement} */ (this.element.querySelector("textarea"));
    this.message = /** @type {HTMLElement} */ (this.element.querySelector("p"));
    this.area.addEventListener("input", () => this.typed());
    this.area.addEventListener("blur", () => this.finish());
    this.area.addEventListener("keydown", (event) => {
      if (event.key === "Enter") {
        event.preventDefault();
        this.finish();
      } else if (event.key === "Escape") {
        this.area.value = this.text;
        this.paint();
        this.area.blur();
      }
    });
  }

  /** The text in force. While somebody types, the text on screen stays theirs. @param {string} text */
  set(text) {
    this.text = text;
    if (document.activeElement === this.area && this.timer) return;
    if (document.activeElement === this.area && same(this.area.value, text)) return;
    this.area.value = text;
    this.paint();
  }

  typed() {
    if (this.area.value.includes("\n")) this.area.value = this.area.value.replace(/\s*\n\s*/g, " ");
    const { error } = this.paint();
    clearTimeout(this.timer);
    this.timer = error ? 0 : window.setTimeout(() => this.send(), PAUSE);
  }

  send() {
    clearTimeout(this.timer);
    this.timer = 0;
    if (!parseNetwork(this.area.value).error && !same(this.area.value, this.text)) this.onText(this.area.value);
  }

  /** Leaves a faulty text standing with its message; anything else becomes the canonical text. */
  finish() {
    if (this.paint().error) return;
    this.send();
    this.area.value = this.text;
    this.paint();
  }

  paint() {
    const { value } = this.area;
    const parsed = parseNetwork(value);
    const { error } = parsed;
    const nodes = [];
    const mark = (/** @type {number} */ from, /** @type {number} */ to, /** @type {string} */ kind) => {
      for (const piece of value.slice(from, to).split(/(\|)/)) {
        if (!piece) continue;
        const node = document.createElement(piece === "|" ? "em" : "span");
        node.textContent = piece;
        if (kind) node.className = kind;
        nodes.push(node);
      }
    };
    if (error) {
      const to = Math.max(error.to, error.from + 1);
      mark(0, error.from, "");
      if (error.from >= value.length) {
        const node = document.createElement("span");
        node.className = "slip";
        node.textContent = " ";
        nodes.push(node);
      } else mark(error.from, to, "slip");
      mark(to, value.length, "");
    } else mark(0, value.length, "");
    // The last space keeps an ending blank line as high as the text area.
    this.copy.replaceChildren(...nodes, document.createTextNode(" "));
    this.element.classList.toggle("faulty", Boolean(error));
    this.area.setAttribute("aria-invalid", String(Boolean(error)));
    const text = error?.message ?? "";
    if (this.message.textContent !== text) this.message.textContent = text;
    return parsed;
  }
}

/** @param {string} one @param {string} other */
const same = (one, other) => one.trim().toLowerCase().replace(/\s+/g, " ") === other;
