/**
 * @file What stands above each column of the diagram: for hidden layers the number of units, the activation, the
 * dropout and the button that removes the layer; between columns the button that inserts one.
 */
import { html, nothing } from "lit";
import { ACTIVATIONS, changeLayer, insertLayer, MAX_LAYERS, MAX_UNITS, removeLayer } from "./network_text.js";

/** @typedef {import("./network_text.js").Network} Network */
/** @typedef {import("./diagram_layout.js").Column} Column */
/** @typedef {import("./diagram_layout.js").Layout} Layout */
/** @typedef {(network: Network, label: string) => void} Change */

const DROPOUTS = [0, 0.1, 0.2, 0.3, 0.5, 0.7];

/** @param {Network} network @param {number} index of the column @param {Column} column @param {Layout} layout @param {Change} change */
export function layerHead(network, index, column, layout, change) {
  const last = index === layout.columns.length - 1;
  const style = `left:${column.centre}px`;
  const next = layout.columns[index + 1];
  const full = network.hidden.length >= MAX_LAYERS;
  const insert = next
    ? html`<button type="button" class="insert-layer" .style=${`left:${(column.centre + next.centre) / 2}px`} ?disabled=${full}
        title=${full ? `At most ${MAX_LAYERS} hidden layers` : "Insert a hidden layer here"}
        aria-label="Insert a hidden layer ${index === 0 ? "after the features" : `after hidden layer ${index}`}"
        @click=${() => change(insertLayer(network, index), "added a layer")}>+</button>`
    : nothing;
  if (index === 0) {
    return html`<div class="layer-head" .style=${style}><b>features</b><span>${network.features.length} of ${column.units} fed in</span></div>${insert}`;
  }
  if (last) return html`<div class="layer-head" .style=${style}><b>output</b><span>1 unit</span></div>`;
  return html`${hiddenHead(network, index - 1, style, change)}${insert}`;
}

/** @param {Network} network @param {number} index of the hidden layer @param {string} style @param {Change} change */
function hiddenHead(network, index, style, change) {
  const layer = network.hidden[index];
  const name = `hidden layer ${index + 1}`;
  const resize = (/** @type {number} */ by) => change(changeLayer(network, index, { units: layer.units + by }), by > 0 ? "added a unit" : "removed a unit");
  const dropouts = DROPOUTS.includes(layer.dropout) ? DROPOUTS : [...DROPOUTS, layer.dropout].sort((one, other) => one - other);
  return html`<div class="layer-head" .style=${style} role="group" aria-label=${name}>
    <div class="layer-units">
      <button type="button" aria-label="Remove a unit from ${name}" ?disabled=${layer.units <= 1} @click=${() => resize(-1)}>−</button>
      <b title=${layer.units === 1 ? "1 unit" : `${layer.units} units`}>${layer.units}</b>
      <button type="button" aria-label="Add a unit to ${name}" ?disabled=${layer.units >= MAX_UNITS} @click=${() => resize(1)}>+</button>
    </div>
    <select aria-label="Activation of ${name}" @change=${(/** @type {Event} */ event) =>
      change(changeLayer(network, index, { activation: valueOf(event) }), `gave ${name} ${valueOf(event)}`)}>
      ${ACTIVATIONS.map((value) => html`<option value=${value} .selected=${value === layer.activation}>${value === "none" ? "linear" : value}</option>`)}
    </select>
    <div class="layer-more">
      <select class="quiet" aria-label="Dropout of ${name}" @change=${(/** @type {Event} */ event) =>
        change(changeLayer(network, index, { dropout: Number(valueOf(event)) }), `set the dropout of ${name}`)}>
        ${dropouts.map((value) => html`<option value=${value} .selected=${value === layer.dropout}>${value === 0 ? "no dropout" : `drop ${Math.round(value * 100)} %`}</option>`)}
      </select>
      <button type="button" class="remove-layer" aria-label="Remove ${name}" title="Remove this layer"
        @click=${() => change(removeLayer(network, index), "removed a layer")}>×</button>
    </div>
  </div>`;
}

/** @param {Event} event */
const valueOf = (event) => /** @type {HTMLSelectElement} */ (event.target).value;
