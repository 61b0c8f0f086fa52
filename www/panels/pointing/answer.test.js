// @ts-nocheck  node's own types are not among the dependencies of the site
import assert from "node:assert/strict";
import { test } from "node:test";
import { branchesAt, describe, lengthWords, likelihood, partsOf, percent, stepWords, trace } from "./answer.js";

const hull = {
  task: "hull",
  points: Float32Array.of(0, 0, 1, 0, 1, 1, 0.5, 0.4),
  trained: [5, 8],
  tokens: [0, 1, 2, 0],
  stopped: true,
  truth: [0, 1, 2, 0],
  wrong: [0, 1, 0],
  rows: Float32Array.from({ length: 25 }, (_, index) => [0.9, 0.05, 0.02, 0.02, 0.01][(index - 3 * Math.floor(index / 5) + 5) % 5]),
  beams: [{ tokens: [0, 1, 2, 0], stopped: true, logProbability: Math.log(0.5) }, { tokens: [0, 1, 0], stopped: true, logProbability: Math.log(0.2) }],
  steps: [
    [{ parent: 0, token: 0, logProbability: -0.1 }, { parent: 0, token: 1, logProbability: -2 }],
    [{ parent: 0, token: 1, logProbability: -0.2 }, { parent: 0, token: 2, logProbability: -2 }],
    [{ parent: 0, token: 0, logProbability: -0.6 }, { parent: 0, token: 2, logProbability: -0.7 }],
    [{ parent: 1, token: 0, logProbability: -0.7 }, { parent: 0, token: 4, logProbability: -0.8 }],
    [{ parent: 0, token: 4, logProbability: -0.7 }, { parent: 1, token: 4, logProbability: -1.6 }],
  ],
  figures: [{ name: "area", value: "99 %" }],
  verdict: "wrong",
  source: { kind: "here", text: "" },
};

test("each task has its own parts, and mistakes fall on the right ones", () => {
  assert.deepEqual(partsOf("hull", [0, 1, 2, 0], [0, 1, 0], false).map(({ corners, wrong, step }) => [corners, wrong, step]),
    [[[0, 1], false, 2], [[1, 2], true, 3], [[2, 0], false, 4]]);
  const tour = partsOf("tsp", [0, 2, 1], [0, 0, 1], true);
  assert.deepEqual(tour[2], { corners: [1, 0], wrong: true, step: 4 });
  assert.equal(partsOf("tsp", [0, 2, 1], [0, 0], false).length, 2, "an unfinished tour stays open");
  assert.deepEqual(partsOf("delaunay", [0, 1, 2, 1, 2, 3, 0], [0, 1], false).map(({ corners }) => corners), [[0, 1, 2], [1, 2, 3]]);
  assert.deepEqual(partsOf("sort", [2, 0], [0, 1], false).map(({ corners, step }) => [corners[0], step]), [[2, 1], [0, 2]]);
});

test("a candidate is traced back through its parents", () => {
  assert.deepEqual(trace(hull.steps, 3, 0, 4), [0, 1, 2, 0]);
  assert.deepEqual(trace(hull.steps, 3, 1, 4), [0, 1, 0, 4]);
  assert.deepEqual(trace(hull.steps, 4, 1, 4), [0, 1, 0, 4], "a finished answer is not longer for being kept");
});

test("the beam tells which branch became the answer and which was dropped", () => {
  assert.deepEqual(branchesAt(hull, 0).map(({ chosen, dropped, parent }) => [chosen, dropped, parent]), [[true, false, null], [false, true, null]]);
  assert.deepEqual(branchesAt(hull, 2).map(({ chosen, dropped }) => [chosen, dropped]), [[false, false], [true, false]]);
  assert.deepEqual(branchesAt(hull, null).map(({ tokens, chosen }) => [tokens.length, chosen]), [[5, true], [4, false]]);
});

test("words", () => {
  assert.equal(stepWords(hull, 0), "nothing pointed at yet");
  assert.match(stepWords(hull, 1), /^step 1 of 5: points at 1 with \d+ %$/);
  assert.match(stepWords(hull, 5), /points at the stop ⇐ with/);
  assert.match(describe(hull), /4 points.*points at 1, 2, 3, 1, then the stop: not exactly the hull\. 1 of 3 edges are mistakes\. area 99 %/);
  assert.deepEqual([0, 0.001, 0.4, 0.999, 1].map(percent), ["0 %", "< 1 %", "40 %", "> 99 %", "100 %"]);
  assert.equal(likelihood(0.0312, String), "3.1 %");
  assert.equal(likelihood(1e-7, () => "tiny"), "tiny");
  assert.deepEqual(lengthWords(8, [5, 8]), { within: true, text: "trained on 5–8" });
  assert.equal(lengthWords(9, [5, 8]).text, "beyond what it was trained on (5–8)");
  assert.equal(lengthWords(3, [5, 8]).text, "fewer than it was trained on (5–8)");
});
