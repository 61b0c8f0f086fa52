/**
 * @file Templates of the parts of the page that are plain controls: run bar, data, training, messages, brushes.
 * They take the state of page.js and its verbs, and hold none of their own.
 */
import { html, nothing } from "lit";
import { field } from "./fields.js";
import { DATA_CONTROLS, TRAINING_CONTROLS } from "./settings.js";
import { DATA_SETS, drawThumbnail, sampleShape } from "./shapes.js";

/** @typedef {import("./page.js").Playground} Playground */

const icon = (/** @type {string} */ path) => html`<svg viewBox="0 0 16 16" aria-hidden="true"><path d=${path}></path></svg>`;
const PLAY = "M3.5 1.8v12.4L14 8z";
const PAUSE = "M3 2h3.4v12H3zM9.6 2H13v12H9.6z";
const STEP = "M3 2.2v11.6L10.4 8zM11.4 2.2h2.2v11.6h-2.2z";
const RESET = "M8 2.6a5.4 5.4 0 1 1-5.1 3.6l1.4.5A3.9 3.9 0 1 0 8 4.1v2L4.4 3.3 8 .6z";
const DICE = "M3.5 1.5h9a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-9a2 2 0 0 1-2-2v-9a2 2 0 0 1 2-2zm1.3 2a1.3 1.3 0 1 0 0 2.6 1.3 1.3 0 0 0 0-2.6zM8 6.7a1.3 1.3 0 1 0 0 2.6 1.3 1.3 0 0 0 0-2.6zm3.2 3.2a1.3 1.3 0 1 0 0 2.6 1.3 1.3 0 0 0 0-2.6z";

/** @param {Playground} page */
export function runBar(page) {
  const running = page.running;
  const failed = page.state === "failed";
  const shown = (/** @type {string} */ name) => !page.hides(name);
  return html`<div class="pg-run" role="group" aria-label="Run">
    ${shown("run")
      ? html`<button type="button" class="pg-play" ?disabled=${!page.ready || failed || page.empty}
          title=${page.empty ? "Draw a point on the plane first" : nothing} @click=${() => page.toggle()}>
          ${icon(running ? PAUSE : PLAY)}${running ? "Pause" : "Play"}</button>`
      : nothing}
    ${shown("step")
      ? html`<button type="button" class="pg-icon" title="One step" aria-label="One step" ?disabled=${!page.ready || running || failed || page.empty}
          @click=${() => page.step()}>${icon(STEP)}</button>`
      : nothing}
    ${shown("reset")
      ? html`<button type="button" class="pg-icon" title="Start again with the same seed: exactly the same run" aria-label="Start again with the same seed"
          ?disabled=${!page.ready} @click=${() => page.reset()}>${icon(RESET)}</button>`
      : nothing}
    ${shown("seed")
      ? html`<button type="button" class="pg-icon" title="Start again with a new seed: other first weights" aria-label="Start again with a new seed"
          ?disabled=${!page.ready} @click=${() => page.newSeed()}>${icon(DICE)}</button>`
      : nothing}
  </div>`;
}

/** @param {Playground} page */
export function statistics(page) {
  const classes = page.task === "classification";
  const slot = (/** @type {string} */ name, /** @type {string} */ label, /** @type {string} */ kind = "") =>
    html`<span class=${kind}>${label} <b data-stat=${name}>–</b></span>`;
  return html`${slot("step", "step")}${slot("train", "train loss", "train")}${slot("test", "test loss", "test")}
    ${classes ? slot("accuracy", "test right") : nothing}`;
}

/** @param {Playground} page */
export function dataSection(page) {
  const { dataset } = page.settings.values;
  const chosen = DATA_SETS.find(({ value }) => value === dataset) ?? DATA_SETS[0];
  const regenerate = page.controls.has("data_seed") && !page.hides("data_seed") && dataset !== "own";
  const names = DATA_CONTROLS.filter((name) => name !== "data_seed" && (dataset !== "own" || name === "test_share"));
  if (["dataset", ...DATA_CONTROLS].every((name) => page.hides(name))) return nothing;
  return html`<h2>Data</h2>
    ${page.hides("dataset")
      ? nothing
      : html`<div class="pg-tiles" role="radiogroup" aria-label="Data set" @keydown=${(/** @type {KeyboardEvent} */ event) => arrowTiles(event, page)}>
          ${DATA_SETS.map((set) => html`<button type="button" role="radio" aria-checked=${set.value === dataset} tabindex=${set.value === dataset ? 0 : -1}
              data-value=${set.value} aria-label="${set.label}: ${set.about} (${set.task})" title="${set.label}: ${set.about}"
              @click=${() => page.chooseData(set.value)}>${tile(set.value)}</button>`)}
        </div>`}
    <p class="pg-note"><b>${chosen.label}</b> · ${page.task}<br>${chosen.about}</p>
    ${fields(page, names)}
    ${regenerate
      ? html`<div class="pg-seeds">${fields(page, ["data_seed"])}<button type="button" class="pg-dice" aria-label="Draw new points"
          title="Draws other points of the same shape, with a new data seed" @click=${() => page.regenerate()}>${icon(DICE)}</button></div>`
      : nothing}`;
}

/** @param {KeyboardEvent} event @param {Playground} page */
function arrowTiles(event, page) {
  const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -3, ArrowDown: 3 }[event.key];
  if (!by) return;
  event.preventDefault();
  const at = DATA_SETS.findIndex(({ value }) => value === page.settings.values.dataset);
  const next = DATA_SETS[(at + by + DATA_SETS.length) % DATA_SETS.length];
  page.chooseData(next.value);
  const group = /** @type {HTMLElement} */ (event.currentTarget);
  /** @type {HTMLElement | null} */ (group.querySelector(`[data-value="${next.value}"]`))?.focus();
}

/** @type {Map<string, HTMLCanvasElement>} */
const tiles = new Map();

/** Picture of a data set; own points have a pencil. @param {string} name */
function tile(name) {
  if (name === "own") return html`<svg viewBox="0 0 24 24" aria-hidden="true" class="pencil"><path d="M4 20l1-4.5L16 4.4a1.6 1.6 0 0 1 2.3 0l1.3 1.3a1.6 1.6 0 0 1 0 2.3L8.5 19z M14 6.5l3.5 3.5"></path></svg>`;
  let canvas = tiles.get(name);
  if (!canvas) {
    canvas = document.createElement("canvas");
    tiles.set(name, canvas);
    drawThumbnail(canvas, sampleShape(name, name === "plane" || name === "multigauss" ? 170 : 110), 58);
  }
  return canvas;
}

/** Pictures follow the theme. */
export function redrawTiles() {
  for (const [name, canvas] of tiles) drawThumbnail(canvas, sampleShape(name, name === "plane" || name === "multigauss" ? 170 : 110), 58);
}

/** @param {Playground} page */
export function trainingSection(page) {
  if ([...TRAINING_CONTROLS, "seed"].every((name) => page.hides(name))) return nothing;
  return html`<h2>Training</h2>${fields(page, TRAINING_CONTROLS)}
    ${page.hides("seed")
      ? nothing
      : html`<div class="pg-field"><div class="row"><label for="pg-seed" title="First weights, order of batches and dropout all follow from it.">seed</label>
          <input id="pg-seed" class="value" type="text" inputmode="numeric" autocomplete="off" .value=${String(page.settings.seed)}
            @change=${(/** @type {Event} */ event) => page.typedSeed(/** @type {HTMLInputElement} */ (event.target))}></div></div>`}
    <p class="pg-note">${page.task === "classification"
      ? "Two classes: the loss is the logistic loss, in nats."
      : "A value at every place: the loss is the mean squared error."}</p>`;
}

/** @param {Playground} page @param {string[]} names */
function fields(page, names) {
  if (page.controls.size === 0) return names.map(() => html`<div class="pg-field bone" aria-hidden="true"></div>`);
  return names.map((name) => {
    const control = page.controls.get(name);
    if (!control || page.hides(name)) return nothing;
    return field(control, page.settings.values[name], (key, text) => page.set(key, text));
  });
}

/** @param {Playground} page */
export function messages(page) {
  return html`${page.problem
      ? html`<div class="pg-message failed" role="alert"><div><b>${page.problem.title}</b> ${page.problem.text}</div>
          ${page.problem.action ? html`<button type="button" class="pg-wide strong" @click=${page.problem.action.run}>${page.problem.action.label}</button>` : nothing}
          <button type="button" class="plain" aria-label="Dismiss" @click=${() => page.dismiss(null)}>×</button></div>`
      : nothing}
    ${page.notes.map((note) => html`<div class="pg-message" role="status"><div>${note}</div>
      <button type="button" class="plain" aria-label="Dismiss" @click=${() => page.dismiss(note)}>×</button></div>`)}`;
}

/** Brushes for own points. @param {Playground} page */
export function brushes(page) {
  const { tool } = page;
  const count = tool.points.length;
  /** @type {{brush: import("./drawing_tool.js").Brush, label: string, mark: string, title: string}[]} */
  const kinds = [
    { brush: "plus", label: "class +", mark: "plus", title: "Draws points of class + (discs)" },
    { brush: "minus", label: "class −", mark: "minus", title: "Draws points of class − (diamonds)" },
    { brush: "value", label: "value", mark: "value", title: "Draws points with a value between −1 and +1; the task is then regression" },
    { brush: "erase", label: "erase", mark: "", title: "Removes the points under the circle" },
  ];
  return html`<div class="pg-brushes">
    <div class="pg-segments" role="radiogroup" aria-label="Brush">
      ${kinds.map(({ brush, label, mark, title }) => html`<button type="button" role="radio" aria-checked=${tool.brush === brush} title=${title}
          @click=${() => page.chooseBrush(brush)}>${mark ? html`<i class="mark ${mark}"></i>` : nothing}${label}</button>`)}
    </div>
    ${tool.brush === "value"
      ? html`<label class="pg-brush-value">value <input type="range" min="-1" max="1" step="0.05" .value=${String(tool.value)}
          @input=${(/** @type {Event} */ event) => page.chooseValue(Number(/** @type {HTMLInputElement} */ (event.target).value))}>
          <b>${tool.value.toFixed(2).replace("-", "−")}</b></label>`
      : nothing}
    <div class="row"><span class="pg-note">${count === 0
        ? "Press or drag on the plane. By keyboard: arrows move, Space places, Delete erases."
        : `${count.toLocaleString("en")} ${count === 1 ? "point" : "points"}, ${page.task}`}</span>
      <span><button type="button" class="text" ?disabled=${!page.edits.done.length} @click=${() => page.undo()}>undo</button>
      <button type="button" class="text" ?disabled=${count === 0} @click=${() => page.clearPoints()}>clear</button></span></div>
  </div>`;
}
