/**
 * @file The panels of a lab: a figure for each, two in a row unless a panel is wide. A figure whose panel has no
 * payload, because it belongs to another task, is not shown.
 */
import { panels } from "../panels/index.js";

/** @typedef {import("../protocol.d.ts").Frame} Frame */
/** @typedef {import("../protocol.d.ts").PanelInfo} PanelInfo */
/** @typedef {import("../protocol.d.ts").Values} Values */
/** What a panel may do to its page. */
/** @typedef {{seek: (step: number) => void, set: (name: string, value: string) => void, values: () => Values}} Verbs */

export class PanelStack {
  /** @type {Map<string, {figure: HTMLElement, view: import("../panels/index.js").PanelView}>} */
  #figures = new Map();
  #verbs;

  /** @param {PanelInfo[]} infos @param {Verbs} verbs */
  constructor(infos, verbs) {
    this.#verbs = verbs;
    this.element = document.createElement("div");
    this.element.className = "panel-stack waiting";
    for (const info of infos) {
      const figure = document.createElement("figure");
      figure.className = info.wide ? "panel wide" : "panel";
      const caption = document.createElement("figcaption");
      const title = document.createElement("h3");
      title.textContent = info.title;
      const hint = document.createElement("span");
      hint.textContent = info.hint;
      caption.append(title, hint);
      const body = document.createElement("div");
      body.className = "panel-body";
      figure.append(caption, body);
      this.element.append(figure);
      const view = panels.get(info.kind)?.create(body, info);
      if (view) this.#figures.set(info.id, { figure, view });
      else body.textContent = `This version cannot draw panels of the kind “${info.kind}”.`;
      // Which panels the chosen task has is known with the first frame; until then only the first is promised.
      figure.hidden = this.element.childElementCount > 1;
    }
  }

  get ids() {
    return [...this.#figures.keys()];
  }

  /** @param {Frame} frame */
  update({ panels: payloads, step, furthest, steps, state }) {
    const shown = [...this.#figures].filter(([id]) => payloads[id]);
    if (shown.length === 0) return;
    this.element.classList.remove("waiting");
    const { seek, set, values } = this.#verbs;
    const context = { step, furthest, steps, state, onSeek: seek, set, values: values() };
    for (const [id, { figure, view }] of this.#figures) {
      figure.hidden = !payloads[id];
      if (payloads[id]) view.update(payloads[id], context);
    }
    // A half panel that nothing stands beside takes the whole row.
    let half = null;
    for (const [, { figure }] of shown) {
      figure.classList.remove("alone");
      if (figure.classList.contains("wide")) {
        half?.classList.add("alone");
        half = null;
      } else half = half ? null : figure;
    }
    half?.classList.add("alone");
  }

  /** Until the next frame comes the old pictures are pale: they are of another run. */
  clear() {
    this.element.classList.add("waiting");
  }

  destroy() {
    for (const { view } of this.#figures.values()) view.destroy();
  }
}
