// @ts-nocheck  node's own types are not among the dependencies of the site
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  changeLayer, countParameters, FEATURES, formatNetwork, insertLayer, MAX_LAYERS, MAX_UNITS, parseNetwork, removeLayer, toggleFeature,
} from "./network_text.js";

/** @param {string} text */
function read(text) {
  const { network } = parseNetwork(text);
  assert.ok(network, `“${text}” should be valid`);
  return network;
}

test("text and structure are two forms of one network", () => {
  const text = "input x y sinx | linear 6 | tanh | dropout 0.1 | linear 5 | linear 4 | relu | linear 1";
  assert.equal(formatNetwork(read(text)), text);
  assert.equal(formatNetwork(read("  INPUT y x|Linear 3|ReLU|linear 1 ")), "input x y | linear 3 | relu | linear 1");
  assert.deepEqual(read("input x | linear 1").hidden, []);
});

test("a slip is pointed at, with its fix", () => {
  /** @type {[string, string, RegExp][]} text, faulty part, message */
  const cases = [
    ["input x z | linear 1", "z", /no feature.*x y x2/],
    ["input x x | linear 1", "x", /twice/],
    ["linear 4 | linear 1", "linear", /starts with “input”/],
    ["input x | lineer 4 | linear 1", "lineer", /unknown.*linear N/],
    ["input x | linear 65 | linear 1", "65", /1 to 64/],
    ["input x | linear 2.5 | linear 1", "2.5", /1 to 64/],
    ["input x | linear | linear 1", "linear", /as in “linear 6”/],
    ["input x | tanh | linear 1", "tanh", /follow each “linear”/],
    ["input x | linear 4 | tanh | relu | linear 1", "relu", /One activation/],
    ["input x | linear 4 | dropout 1 | linear 1", "1", /not including, 1/],
    ["input x | linear 4 | tanh 3 | linear 1", "3", /takes no number/],
    ["input x | linear 4 4 | linear 1", "4", /one word too many/],
  ];
  for (const [text, part, message] of cases) {
    const { error } = parseNetwork(text);
    assert.ok(error, text);
    assert.equal(text.slice(error.from, error.to), part, text);
    assert.match(error.message, message, text);
  }
});

test("what is missing altogether is told too", () => {
  for (const text of ["", "input", "input x", "input x |", "input x | | linear 1", "input x | linear 4 | tanh", "input x | linear 1 | tanh"]) {
    const { error } = parseNetwork(text);
    assert.ok(error, text);
    assert.ok(error.from >= 0 && error.to <= text.length && error.from <= error.to, text);
  }
});

test("at most eight hidden layers", () => {
  const net = (/** @type {number} */ count) => `input x | ${"linear 2 | tanh | ".repeat(count)}linear 1`;
  assert.equal(read(net(MAX_LAYERS)).hidden.length, MAX_LAYERS);
  assert.match(parseNetwork(net(MAX_LAYERS + 1)).error?.message ?? "", /At most 8/);
});

test("edits leave the network they were given alone and keep it valid", () => {
  const network = read("input x y | linear 3 | tanh | linear 1");
  const before = structuredClone(network);
  assert.equal(toggleFeature(read("input x | linear 1"), "x").features.length, 1, "the last feature stays");
  assert.deepEqual(toggleFeature(network, "y").features, ["x"]);
  assert.equal(changeLayer(network, 0, { units: 1000 }).hidden[0].units, MAX_UNITS);
  assert.equal(changeLayer(network, 0, { units: 0 }).hidden[0].units, 1);
  assert.equal(insertLayer(network, 1).hidden.length, 2);
  assert.equal(removeLayer(network, 0).hidden.length, 0);
  for (const next of [toggleFeature(network, "xy"), insertLayer(network, 0), removeLayer(network, 0), changeLayer(network, 0, { dropout: 0.5 })]) {
    assert.deepEqual(read(formatNetwork(next)).hidden, next.hidden);
  }
  assert.deepEqual(network, before);
});

test("parameters are counted with biases", () => {
  assert.equal(countParameters(read("input x y | linear 6 | tanh | linear 5 | tanh | linear 1")), 18 + 35 + 6);
  assert.equal(countParameters(read("input x | linear 1")), 2);
});

test("features are the functions their names say", () => {
  const values = Object.fromEntries(FEATURES.map(({ name, evaluate }) => [name, evaluate(2, -3)]));
  assert.deepEqual(values, { x: 2, y: -3, x2: 4, y2: 9, xy: -6, sinx: Math.sin(2), siny: Math.sin(-3) });
});
