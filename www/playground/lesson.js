/**
 * @file "For a lesson": choose what learners see, and take the link or the frame for a page of your own. Both are just
 * the current settings written out; nothing is stored anywhere else.
 */
import { html } from "lit";

/** @typedef {{name: string, label: string}} Hidable */
/** @typedef {{title: string, items: Hidable[]}} HidableGroup */

/**
 * @param {{groups: HidableGroup[], hide: string[], link: string, frame: string,
 *   toggle: (names: string[], shown: boolean) => void, announce: (text: string) => void}} options
 */
export function lessonPanel({ groups, hide, link, frame, toggle, announce }) {
  const copy = async (/** @type {Event} */ event, /** @type {string} */ text, /** @type {string} */ what) => {
    const button = /** @type {HTMLElement} */ (event.currentTarget);
    const field = /** @type {HTMLInputElement | null} */ (button.parentElement?.querySelector("input, textarea"));
    try {
      await navigator.clipboard.writeText(text);
      announce(`${what} copied.`);
      button.textContent = "Copied";
      setTimeout(() => (button.textContent = "Copy"), 1600);
    } catch {
      // Refused in frames without permission: the text is selected, the keyboard does the rest.
      field?.select();
      announce("The browser refused to copy; the text is selected, copy it by keyboard.");
    }
  };
  return html`<details class="lesson">
    <summary><b>For a lesson</b> <span>choose what learners see, take the link or a frame for your own page</span></summary>
    <div class="lesson-body">
      ${groups.map(({ title, items }) => {
        const shown = items.filter(({ name }) => !hide.includes(name));
        return html`<fieldset><legend><label><input type="checkbox" .checked=${shown.length > 0}
            .indeterminate=${shown.length > 0 && shown.length < items.length}
            @change=${(/** @type {Event} */ event) => toggle(items.map(({ name }) => name), checked(event))}> ${title}</label></legend>
          ${items.map(({ name, label }) => html`<label><input type="checkbox" .checked=${!hide.includes(name)}
            @change=${(/** @type {Event} */ event) => toggle([name], checked(event))}> ${label}</label>`)}
        </fieldset>`;
      })}
      <div class="lesson-links">
        <label>Link with these settings<span class="copy-row"><input readonly .value=${link} @focus=${selectAll}>
          <button type="button" @click=${(/** @type {Event} */ event) => copy(event, link, "Link")}>Copy</button></span></label>
        <label>Frame for a web page<span class="copy-row"><textarea readonly rows="3" .value=${frame} @focus=${selectAll}></textarea>
          <button type="button" @click=${(/** @type {Event} */ event) => copy(event, frame, "Frame")}>Copy</button></span></label>
      </div>
    </div>
  </details>`;
}

/** @param {string} url of the embedded page @param {number} height */
export function frameSnippet(url, height) {
  const escaped = url.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
  return `<iframe src="${escaped}" loading="lazy" width="100%" height="${height}" style="border:0" title="Neural network playground"></iframe>`;
}

/** @param {Event} event */
const checked = (event) => /** @type {HTMLInputElement} */ (event.target).checked;
/** @param {Event} event */
const selectAll = (event) => /** @type {HTMLInputElement} */ (event.target).select();
