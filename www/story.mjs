/**
 * @file A lab's story.md as a fragment of HTML: Markdown, LaTeX as MathML, and words that do something when pressed.
 * `[0.25](set:alpha=0.25)` sets a control, `[step 2,000](play:2000)` plays to a step.
 */
import { Marked } from "marked";
import temml from "temml";

/** @param {string} text @param {boolean} displayMode */
const formula = (text, displayMode) => temml.renderToString(text, { displayMode, throwOnError: true });

/** Formulas are cut out before Markdown sees their underscores and stars. */
const math = [
  {
    name: "displayFormula",
    level: /** @type {const} */ ("block"),
    start: (/** @type {string} */ source) => source.indexOf("$$"),
    tokenizer(/** @type {string} */ source) {
      const match = source.match(/^\$\$([\s\S]+?)\$\$(?:\n|$)/);
      return match ? { type: "displayFormula", raw: match[0], text: match[1].trim() } : undefined;
    },
    renderer: (/** @type {any} */ token) => `<div class="formula">${formula(token.text, true)}</div>\n`,
  },
  {
    name: "formula",
    level: /** @type {const} */ ("inline"),
    start: (/** @type {string} */ source) => source.indexOf("$"),
    tokenizer(/** @type {string} */ source) {
      const match = source.match(/^\$([^$\n]+?)\$/);
      return match ? { type: "formula", raw: match[0], text: match[1] } : undefined;
    },
    renderer: (/** @type {any} */ token) => formula(token.text, false),
  },
];

const escape = (/** @type {string} */ text) => text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);

const marked = new Marked({
  extensions: math,
  renderer: {
    link({ href, tokens }) {
      const words = this.parser.parseInline(tokens);
      const [, action, value] = href.match(/^(set|play):(.*)$/) ?? [];
      if (action) return `<button type="button" class="act" data-${action}="${escape(value)}">${words}</button>`;
      return `<a href="${escape(href)}" rel="noopener" target="_blank">${words}</a>`;
    },
  },
});

/** @param {string} markdown @returns {string} */
export function renderStory(markdown) {
  return /** @type {string} */ (marked.parse(markdown));
}
