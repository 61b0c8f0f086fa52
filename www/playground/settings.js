/**
 * @file What the playground's link may say besides the engine's controls: settings of the page alone and the names that
 * `hide` takes; and the order in which the page shows the controls.
 */

/** @typedef {import("../protocol.d.ts").Control} Control */

/** @param {string} name @param {string} label @param {string} help @param {string} start @returns {Control} */
const toggle = (name, label, help, start) => ({
  name, label, help, symbol: "", kind: "toggle", scale: "linear", min: 0, max: 1, step: 1, default: start, unit: "",
  effect: "retune", options: [], when: null,
});

/** @type {Control[]} */
export const VIEW_CONTROLS = [
  toggle("discretise", "sign only", "Colours only the sign of the output, not its size.", "0"),
  toggle("show_test", "test points", "Shows the points that are kept for testing, as hollow marks.", "0"),
];

export const DATA_CONTROLS = ["noise", "test_share", "points_count", "data_seed"];
export const TRAINING_CONTROLS = ["optimiser", "rate", "batch", "l1", "l2"];

/** Parts of the page that `hide` names besides the controls. */
export const PARTS = [
  { name: "run", label: "play and pause" },
  { name: "step", label: "single step" },
  { name: "reset", label: "reset" },
  { name: "net", label: "network as text" },
  { name: "network", label: "network diagram" },
  { name: "output", label: "output plane" },
  { name: "loss", label: "loss curves" },
  { name: "projection", label: "hidden layer" },
];

/** @param {Control[]} controls */
export function schemaOf(controls) {
  return { controls, view: VIEW_CONTROLS, hidable: PARTS.map(({ name }) => name) };
}

/** What the lesson panel lists. @param {Control[]} controls */
export function hidableGroups(controls) {
  const labels = new Map([...controls, ...VIEW_CONTROLS].map(({ name, label }) => [name, label]));
  const items = (/** @type {string[]} */ names) => names.filter((name) => labels.has(name)).map((name) => ({ name, label: labels.get(name) ?? name }));
  return [
    { title: "Page", items: PARTS },
    { title: "Data", items: items(["dataset", ...DATA_CONTROLS]) },
    { title: "Training", items: [...items(TRAINING_CONTROLS), { name: "seed", label: "seed" }] },
    { title: "Output", items: items(VIEW_CONTROLS.map(({ name }) => name)) },
  ];
}
