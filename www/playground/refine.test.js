// @ts-nocheck  node's own types are not among the dependencies of the site
import assert from "node:assert/strict";
import { test } from "node:test";
import { FINENESS, Refiner, SQUASH_REACH, squashTable } from "./refine.js";

const SIDE = 12;
/** Position of a cell's centre in −1…1. @param {number} index @param {number} count */
const place = (index, count) => ((index + 0.5) / count) * 2 - 1;

test("a straight border stays straight however steep the squashed function is", () => {
  const logit = (/** @type {number} */ x, /** @type {number} */ y) => 6 * (x + 0.37 * y - 0.1);
  const values = Float32Array.from({ length: SIDE * SIDE }, (_, index) => Math.tanh(logit(place(index % SIDE, SIDE), place(Math.floor(index / SIDE), SIDE))));
  const { values: fine, side } = new Refiner().refine({ values, offset: 0, side: SIDE }, true);
  assert.equal(side, SIDE * FINENESS);
  for (let index = 0; index < fine.length; index++) {
    const wanted = logit(place(index % side, side), place(Math.floor(index / side), side));
    if (Math.abs(wanted) < 3) assert.ok(Math.abs(fine[index] - wanted) < 0.02, `${fine[index]} for ${wanted}`);
  }
});

test("unsquashed values are interpolated as they are, from the offset of the unit", () => {
  const values = Float32Array.from({ length: 2 * SIDE * SIDE }, (_, index) => (index < SIDE * SIDE ? 99 : place((index - SIDE * SIDE) % SIDE, SIDE)));
  const { values: fine, side } = new Refiner().refine({ values, offset: SIDE * SIDE, side: SIDE }, false);
  for (let index = 0; index < fine.length; index++) assert.ok(Math.abs(fine[index] - place(index % side, side)) < 1e-5);
});

test("values that are no numbers stay so", () => {
  const values = new Float32Array(SIDE * SIDE).fill(NaN);
  assert.ok(new Refiner().refine({ values, offset: 0, side: SIDE }, true).values.every(Number.isNaN));
});

test("the squashing table has the ends and the middle of the table it is made of", () => {
  const table = Uint32Array.from({ length: 256 }, (_, index) => index);
  const squashed = squashTable(table);
  assert.equal(squashed[0], 0);
  assert.equal(squashed[1023], 255);
  assert.ok(Math.abs(squashed[512] - 128) <= 1);
  assert.ok(SQUASH_REACH > 3);
});
