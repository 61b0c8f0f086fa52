/**
 * @file Reads the engine's `network` payload: which image belongs to which unit, how strong its colours are, which leaf
 * holds which weight. One place knows the order of the arrays; the diagram asks by column and unit.
 * Column 0 is the features (rows of all known features), then the hidden layers, last the output.
 */
import { FEATURES } from "./network_text.js";
import { EXTENT } from "./shapes.js";

/** @typedef {import("./network_text.js").Network} Network */
/** @typedef {import("./plane.js").Field} Field */
/** @typedef {{name: string, activation: string, units: number, leafWeight: string, leafBias: string}} LayerPayload */
/**
 * @typedef {object} NetworkPayload
 * @property {string[]} features those in use
 * @property {LayerPayload[]} layers hidden layers, last the output
 * @property {number} side
 * @property {Float32Array} images features in use, hidden units, output; each side × side, top row first
 * @property {Float32Array[]} weights per layer inputs × units, row-major
 * @property {Float32Array[]} biases
 */
/** @typedef {{column: number, unit: number}} Unit */
/** @typedef {{layer: number, input: number, unit: number}} Weight  input counts the features in use, not all */

/** Activations whose values lie between −1 and 1 by themselves. */
const BOUNDED = new Set(["tanh", "sine", "sigmoid"]);
const FEATURE_SIDE = 48;

/** @type {Map<string, Field>} */
const featureFields = new Map();

/** Picture of a feature: it does not depend on training. @param {string} name @returns {Field} */
export function featureField(name) {
  let field = featureFields.get(name);
  if (!field) {
    const feature = FEATURES.find((candidate) => candidate.name === name) ?? FEATURES[0];
    const values = new Float32Array(FEATURE_SIDE * FEATURE_SIDE);
    let limit = 0;
    for (let index = 0; index < values.length; index++) {
      const x = (((index % FEATURE_SIDE) + 0.5) / FEATURE_SIDE) * 2 * EXTENT - EXTENT;
      const y = EXTENT - ((Math.floor(index / FEATURE_SIDE) + 0.5) / FEATURE_SIDE) * 2 * EXTENT;
      values[index] = feature.evaluate(x, y);
      limit = Math.max(limit, Math.abs(values[index]));
    }
    field = { values, offset: 0, side: FEATURE_SIDE, limit };
    featureFields.set(name, field);
  }
  return field;
}

/** Units of every column. @param {Network} network @returns {number[]} */
export function columnCounts(network) {
  return [FEATURES.length, ...network.hidden.map((layer) => layer.units), 1];
}

/** Rows, in the column before, of the inputs of each layer. @param {Network} network @returns {number[][]} */
export function inputRows(network) {
  const features = FEATURES.flatMap(({ name }, row) => (network.features.includes(name) ? [row] : []));
  return [features, ...network.hidden.map(({ units }) => Array.from({ length: units }, (_, row) => row))];
}

/** Whether a payload describes this network; after an edit, a frame of the old one may still arrive. @param {NetworkPayload} payload @param {Network} network */
export function matches(payload, network) {
  return (
    payload.layers.length === network.hidden.length + 1 &&
    payload.features.length === network.features.length &&
    payload.features.every((name) => network.features.includes(name)) &&
    network.hidden.every((layer, index) => layer.units === payload.layers[index].units)
  );
}

/** A matching payload with the questions the diagram asks. */
export class NetworkView {
  /** @param {NetworkPayload} payload @param {Network} network @param {Field | null} output the plane's own, sharper field */
  constructor(payload, network, output) {
    this.payload = payload;
    this.network = network;
    this.output = output;
    this.rows = inputRows(network);
    /** @type {Map<number, number>} */
    this.limits = new Map();
    /** Index of the first image of each hidden layer and the output. @type {number[]} */
    this.firsts = [];
    let first = payload.features.length;
    for (const layer of payload.layers) {
      this.firsts.push(first);
      first += layer.units;
    }
  }

  /** What a unit answers over the plane. @param {Unit} unit @returns {Field} */
  field({ column, unit }) {
    if (column === 0) return featureField(FEATURES[unit].name);
    const { side, images, layers } = this.payload;
    if (column === layers.length && this.output) return this.output;
    const offset = (this.firsts[column - 1] + unit) * side * side;
    return { values: images, offset, side, limit: this.limit(column), squashed: layers[column - 1].activation === "tanh" };
  }

  /** Value at which the colours of a column are full. @param {number} column */
  limit(column) {
    const known = this.limits.get(column);
    if (known !== undefined) return known;
    const layer = this.payload.layers[column - 1];
    let limit = 1;
    if (!BOUNDED.has(layer.activation)) {
      // One scale for the layer: a unit that hardly answers must look faint beside one that does.
      const { side, images } = this.payload;
      const from = this.firsts[column - 1] * side * side;
      limit = 1e-6;
      for (let index = from; index < from + layer.units * side * side; index++) {
        const size = Math.abs(images[index]);
        if (size > limit && size < Infinity) limit = size;
      }
    }
    this.limits.set(column, limit);
    return limit;
  }

  /** @param {Weight} weight */
  weight({ layer, input, unit }) {
    return this.payload.weights[layer][input * this.payload.layers[layer].units + unit];
  }

  /** @param {Unit} unit */
  bias({ column, unit }) {
    return this.payload.biases[column - 1][unit];
  }

  /** Where the engine keeps a weight. @param {Weight} weight */
  weightPlace({ layer, input, unit }) {
    const { leafWeight, units } = this.payload.layers[layer];
    return { leaf: leafWeight, index: input * units + unit };
  }

  /** @param {Unit} unit */
  biasPlace({ column, unit }) {
    return { leaf: this.payload.layers[column - 1].leafBias, index: unit };
  }
}

/** Name of a unit in words. @param {Network} network @param {Unit} unit */
export function unitName(network, { column, unit }) {
  if (column === 0) return FEATURES[unit].label;
  if (column > network.hidden.length) return "output";
  return `hidden ${column}, unit ${unit + 1}`;
}

/** Name of the unit a weight comes from. @param {Network} network @param {Weight} weight */
export function inputName(network, { layer, input }) {
  return unitName(network, { column: layer, unit: inputRows(network)[layer][input] });
}
