// @ts-nocheck  node's own types are not among the dependencies of the site
import assert from "node:assert/strict";
import { test } from "node:test";
import { levelLine } from "./level_line.js";

test("the line runs between pixels on both sides of the level", () => {
  // An edge between the second and the third column: at the middle of their centres.
  const pieces = levelLine([0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1], 3, 4, 0.5);
  assert.equal(pieces.length, 2);
  for (const [x, , toX] of pieces) assert.deepEqual([x, toX], [2, 2]);
  assert.deepEqual(levelLine([0, 0, 4, 4], 2, 2, 1), [[1.5, 0.75, 0.5, 0.75]]);
});

test("a saddle has two lines, an even picture none", () => {
  assert.equal(levelLine([1, 0, 0, 1], 2, 2, 0.5).length, 2);
  assert.deepEqual(levelLine([1, 1, 1, 1], 2, 2, 0.5), []);
});
