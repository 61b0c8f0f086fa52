/** @file Messages that say what happened and what can be done: dismissable lines above a page's content. */
import { html, LitElement } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { icons } from "./icons.js";

/**
 * @typedef {object} Message
 * @property {string} text
 * @property {"note" | "warning" | "error"} [tone]
 * @property {string} [key] a later message of the same key takes the place of this one
 * @property {{label: string, run: () => void}[]} [actions]
 */

export class Messages extends LitElement {
  static properties = { messages: { state: true } };

  constructor() {
    super();
    /** @type {(Message & {key: string})[]} */
    this.messages = [];
  }

  createRenderRoot() {
    return this;
  }

  /** @param {Message} message */
  add(message) {
    const key = message.key ?? message.text;
    this.messages = [...this.messages.filter((other) => other.key !== key), { ...message, key }].slice(-6);
  }

  /** @param {string} key */
  dismiss(key) {
    this.messages = this.messages.filter((message) => message.key !== key);
  }

  clear() {
    this.messages = [];
  }

  render() {
    return repeat(
      this.messages,
      (message) => message.key,
      ({ key, text, tone = "note", actions = [] }) => html`
        <div class="message ${tone}" role=${tone === "error" ? "alert" : "status"}>
          <span class="message-text">${text}</span>
          ${actions.map(({ label, run }) => html`<button class="message-action" type="button" @click=${() => (this.dismiss(key), run())}>${label}</button>`)}
          <button class="message-close" type="button" aria-label="dismiss" @click=${() => this.dismiss(key)}>${icons.close}</button>
        </div>`,
    );
  }
}

customElements.define("petri-messages", Messages);

/** A message about a link, a control or the engine, in one sentence. @param {{place?: string, key?: string, value?: string, message: string, fix: string}} problem */
export function problemText({ place, key, value, message, fix }) {
  const what = key !== undefined ? `${key} = “${value}” ${message}` : place ? `${place}: ${message}` : message;
  // The name of a setting is written as it stands in the link.
  return `${key === undefined ? what[0].toUpperCase() + what.slice(1) : what}${fix ? ` – ${fix}` : ""}.`.replace(/([.?!])\.$/, "$1");
}
