/**
 * @file What stands around the picture as plain elements: which network answers, legend and verdict, the step buttons,
 * the beam, and the length of the input. Templates only; what they do is given to them.
 */
import { html, nothing, svg } from "lit";
import { live } from "lit/directives/live.js";
import { icons } from "../../icons.js";
import { formatTick } from "../axes.js";
import { branchesAt, countOf, elementName, lengthWords, likelihood, nounOf, stepsOf, stepWords, verdictWords } from "./answer.js";
import { MAX_POINTS, MIN_POINTS } from "./points.js";

/** @typedef {import("./answer.js").PointingPayload} PointingPayload */

const NETWORKS = [
  { value: "here", label: "this run" },
  { value: "recorded", label: "recorded" },
  { value: "untrained", label: "untrained" },
];

/** @param {unknown} shape */
const sign = (shape) => html`<svg viewBox="0 0 14 14" width="14" height="14" aria-hidden="true" fill="none"
  stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round">${shape}</svg>`;
const signs = {
  first: sign(svg`<path d="M2.6 2.6v8.8"/><path d="M11.2 2.6v8.8L5 7z" fill="currentColor" stroke="none"/>`),
  back: sign(svg`<path d="M10.2 2.6v8.8L4 7z" fill="currentColor" stroke="none"/>`),
  on: sign(svg`<path d="M3.8 2.6v8.8L10 7z" fill="currentColor" stroke="none"/>`),
  last: sign(svg`<path d="M2.8 2.6v8.8L9 7z" fill="currentColor" stroke="none"/><path d="M11.4 2.6v8.8"/>`),
  undo: sign(svg`<path d="M5 2.5 2.2 5.3 5 8.1"/><path d="M2.4 5.3h5.4a3.4 3.4 0 0 1 0 6.8H5"/>`),
  redo: sign(svg`<path d="M9 2.5l2.8 2.8L9 8.1"/><path d="M11.6 5.3H6.2a3.4 3.4 0 0 0 0 6.8H9"/>`),
};

/** @param {unknown} icon @param {string} title @param {boolean} disabled @param {() => void} run */
const button = (icon, title, disabled, run) =>
  html`<button class="pointing-button" type="button" title=${title} aria-label=${title} ?disabled=${disabled} @click=${run}>${icon}</button>`;

/** What a slider says. @param {Event} event */
const valueOf = (event) => Number(/** @type {HTMLInputElement} */ (event.target).value);

/**
 * @param {{source: PointingPayload["source"], unanswered?: boolean}} payload
 * @param {{id: string, network: string | undefined, choose: ((value: string) => void) | null}} options
 */
export function headTemplate({ source, unanswered }, { id, network, choose }) {
  const chosen = network ?? source.kind;
  const segments = choose
    ? html`<div class="segments pointing-networks" role="radiogroup" aria-label="Which network answers">${NETWORKS.map(
        ({ value, label }) => html`<label><input type="radio" name=${`${id}-network`} value=${value} .checked=${live(value === chosen)}
          @change=${() => choose(value)} /><span>${label}</span></label>`,
      )}</div>`
    : nothing;
  const mark = source.kind === "recorded" && !unanswered ? html`<b>recorded</b>` : nothing;
  return html`${segments}<p class="pointing-source">${mark}${source.text}</p>`;
}

const legendLine = (/** @type {string} */ kind) =>
  html`<svg class=${kind} viewBox="0 0 24 8" width="24" height="8" aria-hidden="true"><path d="M1 4h22" /></svg>`;

const legendStart = html`<svg class="start" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
  <circle class="core" cx="8" cy="8" r="4" /><circle cx="8" cy="8" r="6.8" /></svg>`;

/** Legend, verdict and figures under the picture. @param {PointingPayload} payload */
export function verdictTemplate(payload) {
  const { task, verdict, figures, note, truth } = payload;
  const right = verdict === "right";
  return html`
    <p class="pointing-legend"><span>${legendLine("network")}network</span>
      ${truth.length ? html`<span>${legendLine("exact")}exact</span>` : nothing}
      <span>${legendLine("mistake")}mistake</span>
      ${task === "hull" || task === "tsp" ? html`<span>${legendStart}start</span>` : nothing}</p>
    <p class="pointing-figures"><span class="verdict ${right ? "holds" : "fails"}">${right ? icons.holds : icons.fails}${verdictWords(payload)}</span>
      ${figures.map(({ name, value }) => html`<span class="pointing-figure">${name} <b>${value}</b></span>`)}</p>
    <p class="pointing-note">${note || (payload.stopped ? "" : "It did not point at the stop within its limit.")}</p>`;
}

/**
 * @param {PointingPayload} payload @param {{made: number, playing: boolean, still: boolean}} at `still`: no motion is wanted
 * @param {{go: (cursor: number | null) => void, step: (by: 1 | -1) => void, play: () => void}} on
 */
export function stepsTemplate(payload, { made, playing, still }, on) {
  const steps = stepsOf(payload);
  const whole = made === Infinity;
  const shown = whole ? steps : Math.min(steps, Math.floor(made + 1e-6));
  const words = whole ? `the whole answer, ${steps} ${steps === 1 ? "step" : "steps"}` : stepWords(payload, shown);
  return html`
    <div class="pointing-buttons" role="group" aria-label="Step through the answer">
      ${button(signs.first, "To the beginning", shown === 0 && !whole && !playing, () => on.go(0))}
      ${button(signs.back, "One step back", shown === 0 && !whole, () => on.step(-1))}
      ${still ? nothing : button(playing ? icons.pause : icons.play, playing ? "Pause" : "Draw the answer corner by corner", false, on.play)}
      ${button(signs.on, "One step on", whole, () => on.step(1))}
      ${button(signs.last, "The whole answer", whole && !playing, () => on.go(null))}
    </div>
    <label class="pointing-scrub"><span class="unseen">output step</span>
      <input type="range" min="0" max=${steps} step="1" .value=${live(String(shown))} aria-valuetext=${words}
        style=${`--part: ${(100 * shown) / Math.max(1, steps)}%`} @input=${(/** @type {Event} */ event) => on.go(valueOf(event))} /></label>
    <p class="pointing-step">${words}</p>`;
}

/** What the beam holds. @param {PointingPayload} payload @param {number} made @param {boolean} playing */
export function beamTemplate(payload, made, playing) {
  const count = countOf(payload);
  const at = made === Infinity || playing ? null : Math.floor(made + 1e-6) - 1;
  const branches = at === -1 ? [] : branchesAt(payload, at);
  const width = Math.max(payload.beams.length, ...payload.steps.map((step) => step.length));
  const title = width > 1 ? (at === null ? "answers in the beam" : `kept after step ${at + 1}`) : at === null ? "the answer, greedy" : "so far, greedy";
  const text = (/** @type {number[]} */ tokens) => tokens.map((token) => elementName(token, count)).join(" ");
  const rows = branches.map(
    ({ tokens, chance, parent, chosen, dropped }, rank) => html`<li class=${[chosen && width > 1 ? "chosen" : "", dropped ? "dropped" : ""].join(" ").trim()}>
      <span class="rank">${rank + 1}</span><span class="tokens" title=${text(tokens)}><bdi dir="ltr">${text(tokens)}</bdi></span>
      ${width > 1 && parent !== null ? html`<span class="parent" title="which one of the step before it goes on from">from ${parent + 1}</span>` : nothing}
      <span class="chance">${likelihood(chance, formatTick)}</span>${dropped ? html`<span class="unseen">, dropped in the next step</span>` : nothing}</li>`,
  );
  return html`<h4>${title}</h4><ol style=${`--rows: ${Math.min(width, 10)}`}>${rows}</ol>`;
}

/**
 * @param {PointingPayload} payload @param {{count: number, undo: string | null, redo: string | null, id: string}} at
 * @param {{count: (value: number) => void, fresh: () => void, undo: () => void, redo: () => void}} on
 */
export function lengthTemplate({ trained, task }, { count, undo, redo, id }, on) {
  const share = (/** @type {number} */ value) => Math.max(0, Math.min(1, (value - MIN_POINTS) / (MAX_POINTS - MIN_POINTS)));
  const { within, text } = lengthWords(count, trained);
  const noun = nounOf(task);
  return html`
    <div class="pointing-count">
      <div class="pointing-count-head"><label for=${`${id}-count`}>${noun} <i>n</i></label><b>${count}</b>
        <span class=${within ? "within" : "beyond"}>${text}</span></div>
      <div class="pointing-track" style=${`--from: ${share(trained[0])}; --to: ${share(trained[1])}`}>
        <input id=${`${id}-count`} type="range" min=${MIN_POINTS} max=${MAX_POINTS} step="1" .value=${live(String(count))}
          aria-valuetext=${`${count} ${noun}, ${text}`}
          @input=${(/** @type {Event} */ event) => on.count(valueOf(event))} />
      </div>
    </div>
    <div class="pointing-edit">
      ${button(signs.undo, undo ? `Undo: ${undo}` : "Undo", undo === null, on.undo)}
      ${button(signs.redo, redo ? `Redo: ${redo}` : "Redo", redo === null, on.redo)}
      <button class="pointing-button wide" type="button" @click=${on.fresh}>${icons.dice}<span>new ${noun}</span></button>
    </div>`;
}
