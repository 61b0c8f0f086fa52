// @ts-nocheck  node's own types are not among the dependencies of the site
import assert from "node:assert/strict";
import { test } from "node:test";
import { reached, shadesOf } from "./trails.js";

test("the place at a step is the last reading at or before it", () => {
  const steps = [0, 1, 2, 5, 10];
  assert.deepEqual([0, 1, 4, 5, 9, 10, 99].map((step) => reached(steps, step)), [0, 1, 2, 3, 3, 4, 4]);
  assert.equal(reached([5, 6], 4), -1, "not there yet");
  assert.equal(reached(steps, undefined), 4, "without a present step, the last");
  assert.equal(reached([], 3), -1);
});

test("a path is cut into parts that meet, and ends at full strength", () => {
  for (const count of [2, 3, 12, 100]) {
    const parts = shadesOf(count, 12);
    assert.equal(parts[0].from, 0);
    assert.equal(parts.at(-1)?.to, count - 1);
    assert.equal(parts.at(-1)?.strength, 1);
    parts.slice(1).forEach((part, index) => {
      assert.equal(part.from, parts[index].to);
      assert.ok(part.strength > parts[index].strength);
    });
  }
  assert.deepEqual(shadesOf(1, 12), []);
  assert.deepEqual(shadesOf(0, 12), []);
});
