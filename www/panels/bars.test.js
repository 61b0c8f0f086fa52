// @ts-nocheck  node's own types are not among the dependencies of the site
import assert from "node:assert/strict";
import { test } from "node:test";
import { barBounds, valueTexts } from "./bars.js";

test("an axis begins at nought or where it was told to, and ends at a round value", () => {
  assert.deepEqual(barBounds([73.1, 24, 38], null), { min: 0, max: 80 });
  assert.deepEqual(barBounds([2.133, 2.157, null, 2.599], 2), { min: 2, max: 2.6 });
});

test("no bar is hidden: an axis begins lower where a value is lower", () => {
  const { min, max } = barBounds([1.4, 2.6], 2);
  assert.ok(min <= 1.4 && min > 0 && max >= 2.6);
  assert.ok(barBounds([-3, 2], null).min <= -3);
});

test("an axis without values, or with one at its beginning, has some length", () => {
  for (const [values, from] of [[[null, null], 2], [[0], null], [[], null], [[Number.NaN], null]]) {
    const { min, max } = barBounds(values, from);
    assert.ok(max > min);
  }
});

test("numbers line up at their points", () => {
  assert.deepEqual(valueTexts([73.1, 24, 38]), ["73.1", "24.0", "38.0"]);
  assert.deepEqual(valueTexts([2.133, null, 12.4]), ["2.1", "not yet", "12.4"]);
  assert.deepEqual(valueTexts([3, 4]), ["3", "4"]);
  assert.deepEqual(valueTexts([-1.5, 1]), ["−1.50", "1.00"]);
  assert.deepEqual(valueTexts([1.4, -0.3]), ["1.40", "−0.30"]);
  assert.deepEqual(valueTexts([null]), ["not yet"]);
});
