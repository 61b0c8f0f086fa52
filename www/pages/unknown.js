/** @file A link that leads nowhere: says so, and offers what it may have meant. */
import { html, nothing, render } from "lit";
import { nearest } from "../state.js";

/** @param {HTMLElement} host @param {import("../main.js").App} app */
export function renderPage(host, { link, catalogue }) {
  const slug = nearest(link.slug.replace(/^lab\//, ""), catalogue.labs.map((lab) => lab.slug));
  const near = catalogue.labs.find((lab) => lab.slug === slug);
  render(
    html`<article class="prose">
      <h1>There is nothing here</h1>
      <p>The link asks for “${link.slug.slice(0, 60)}”, which this site does not have.</p>
      <p>${near ? html`Perhaps <a href=${`#/lab/${near.slug}`}>${near.title}</a>? ` : nothing}All labs are in the <a href="#/">gallery</a>.</p>
    </article>`,
    host,
  );
}
