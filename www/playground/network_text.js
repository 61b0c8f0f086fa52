/**
 * @file The network as text, "input x y | linear 6 | tanh | dropout 0.1 | linear 1", and as the small structure that
 * the diagram edits. Pure functions: each edit gives a new network. The engine has the last word on what is valid;
 * this reader only has to be right enough to point at a slip while somebody is typing.
 */

/**
 * @typedef {object} HiddenLayer
 * @property {number} units 1…64
 * @property {string} activation one of `ACTIVATIONS`, "none" for a purely linear layer
 * @property {number} dropout share of units silenced at each training step, 0 ≤ share < 1
 */
/** @typedef {{features: string[], hidden: HiddenLayer[]}} Network  the output (linear 1) is implied */
/** @typedef {{message: string, from: number, to: number}} TextError  from, to: the faulty characters */
/** @typedef {{network: Network, error: null} | {network: null, error: TextError}} Parsed */

export const MAX_LAYERS = 8;
export const MAX_UNITS = 64;
export const MAX_DROPOUT = 0.9;

/**
 * The functions of the plane that can be fed to the network.
 * @type {{name: string, label: string, spoken: string, evaluate: (x: number, y: number) => number}[]}
 */
export const FEATURES = [
  { name: "x", label: "x", spoken: "x", evaluate: (x) => x },
  { name: "y", label: "y", spoken: "y", evaluate: (_, y) => y },
  { name: "x2", label: "x²", spoken: "x squared", evaluate: (x) => x * x },
  { name: "y2", label: "y²", spoken: "y squared", evaluate: (_, y) => y * y },
  { name: "xy", label: "x·y", spoken: "x times y", evaluate: (x, y) => x * y },
  { name: "sinx", label: "sin x", spoken: "sine of x", evaluate: (x) => Math.sin(x) },
  { name: "siny", label: "sin y", spoken: "sine of y", evaluate: (_, y) => Math.sin(y) },
];

export const ACTIVATIONS = ["tanh", "relu", "sigmoid", "gelu", "sine", "none"];

/** Label of a feature name, the name itself if unknown. @param {string} name */
export function featureLabel(name) {
  return FEATURES.find((feature) => feature.name === name)?.label ?? name;
}

/** @param {string} text @returns {Parsed} */
export function parseNetwork(text) {
  const parts = split(text);
  const fail = (/** @type {string} */ message, /** @type {Word | Part} */ at) => /** @type {Parsed} */ ({
    network: null,
    error: { message, from: at.from, to: Math.max(at.to, at.from) },
  });
  const [first, ...rest] = parts;
  if (first.words[0]?.text !== "input") return fail("The text starts with “input” and the features, as in “input x y”.", first.words[0] ?? first);
  /** @type {string[]} */
  const features = [];
  for (const word of first.words.slice(1)) {
    if (!FEATURES.some((feature) => feature.name === word.text)) {
      return fail(`“${word.text}” is no feature. Features: ${FEATURES.map((feature) => feature.name).join(" ")}.`, word);
    }
    if (features.includes(word.text)) return fail(`“${word.text}” appears twice.`, word);
    features.push(word.text);
  }
  if (features.length === 0) return fail("The input needs at least one feature, as in “input x y”.", first);

  /** @type {(HiddenLayer & {part: Part, stage: number})[]} */
  const layers = [];
  for (const part of rest) {
    const [name, amount, extra] = part.words;
    if (!name) return fail("Nothing stands between two bars.", part);
    if (extra) return fail(`“${extra.text}” is one word too many here.`, extra);
    const layer = layers[layers.length - 1];
    if (name.text === "linear") {
      const units = Number(amount?.text);
      if (!amount || !Number.isInteger(units) || units < 1 || units > MAX_UNITS) {
        return fail(`“linear” takes a number of units from 1 to ${MAX_UNITS}, as in “linear 6”.`, amount ?? name);
      }
      layers.push({ units, activation: "none", dropout: 0, part, stage: 0 });
    } else if (name.text === "dropout") {
      const share = Number(amount?.text);
      if (!amount || !(share >= 0 && share < 1)) return fail("“dropout” takes a share from 0 up to, not including, 1.", amount ?? name);
      if (!layer || layer.stage === 2) return fail("One “dropout” can follow each layer.", name);
      layer.dropout = share;
      layer.stage = 2;
    } else if (ACTIVATIONS.includes(name.text) && name.text !== "none") {
      if (amount) return fail(`“${name.text}” takes no number; the units stand in “linear”.`, amount);
      if (!layer || layer.stage > 0) return fail("One activation can follow each “linear”.", name);
      layer.activation = name.text;
      layer.stage = 1;
    } else {
      return fail(`“${name.text}” is unknown. Layers: linear N, ${ACTIVATIONS.filter((word) => word !== "none").join(", ")}, dropout R.`, name);
    }
  }
  const output = layers.pop();
  if (!output || output.units !== 1 || output.stage > 0) {
    return fail("The text ends with “linear 1”, the output.", output?.part ?? parts[parts.length - 1]);
  }
  if (layers.length > MAX_LAYERS) return fail(`At most ${MAX_LAYERS} hidden layers.`, layers[MAX_LAYERS].part);
  const hidden = layers.map(({ units, activation, dropout }) => ({ units, activation, dropout }));
  return { network: { features, hidden }, error: null };
}

/** Canonical text: features in the order of `FEATURES`. @param {Network} network */
export function formatNetwork({ features, hidden }) {
  const ordered = FEATURES.map((feature) => feature.name).filter((name) => features.includes(name));
  const parts = [`input ${ordered.join(" ")}`];
  for (const { units, activation, dropout } of hidden) {
    parts.push(`linear ${units}`);
    if (activation !== "none") parts.push(activation);
    if (dropout > 0) parts.push(`dropout ${dropout}`);
  }
  return [...parts, "linear 1"].join(" | ");
}

/** Switches a feature; the last one stays on. @param {Network} network @param {string} name @returns {Network} */
export function toggleFeature(network, name) {
  const rest = network.features.filter((feature) => feature !== name);
  if (rest.length === network.features.length) return { ...network, features: [...rest, name] };
  return rest.length === 0 ? network : { ...network, features: rest };
}

/** @param {Network} network @param {number} index of the hidden layer @param {Partial<HiddenLayer>} change @returns {Network} */
export function changeLayer(network, index, change) {
  const hidden = network.hidden.map((layer, position) => (position === index ? { ...layer, ...change } : layer));
  hidden.forEach((layer) => (layer.units = Math.min(MAX_UNITS, Math.max(1, Math.round(layer.units)))));
  return { ...network, hidden };
}

/** Inserts a copy of the layer before `index` (or a first layer), so that it fits its surroundings. @param {Network} network @param {number} index @returns {Network} */
export function insertLayer(network, index) {
  if (network.hidden.length >= MAX_LAYERS) return network;
  const model = network.hidden[index - 1] ?? network.hidden[0] ?? { units: 4, activation: "tanh", dropout: 0 };
  return { ...network, hidden: [...network.hidden.slice(0, index), { ...model }, ...network.hidden.slice(index)] };
}

/** @param {Network} network @param {number} index @returns {Network} */
export function removeLayer(network, index) {
  return { ...network, hidden: network.hidden.filter((_, position) => position !== index) };
}

/** Number of weights and biases. @param {Network} network */
export function countParameters({ features, hidden }) {
  let count = 0;
  let before = features.length;
  for (const units of [...hidden.map((layer) => layer.units), 1]) {
    count += (before + 1) * units;
    before = units;
  }
  return count;
}

/** @typedef {{text: string, from: number, to: number}} Word */
/** @typedef {{words: Word[], from: number, to: number}} Part */

/** Cuts at the bars, keeping the position of every word. @param {string} text @returns {Part[]} */
function split(text) {
  const parts = [];
  let from = 0;
  for (const piece of text.split("|")) {
    const words = [...piece.matchAll(/\S+/g)].map((match) => {
      const start = from + match.index;
      return { text: match[0].toLowerCase(), from: start, to: start + match[0].length };
    });
    parts.push({ words, from, to: from + piece.length });
    from += piece.length + 1;
  }
  return parts;
}
