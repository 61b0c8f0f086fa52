// @ts-nocheck  node's own types are not among the dependencies of the site
import assert from "node:assert/strict";
import { test } from "node:test";
import { curveShare, gapBetween, HEAD, layOut, unitMiddle, weightAt } from "./diagram_layout.js";

test("units of every column stay inside the diagram and apart from each other", () => {
  for (const counts of [[7, 1], [7, 6, 5, 1], [7, 64, 1], [7, ...Array(8).fill(64), 1]]) {
    for (const width of [320, 760, 1400]) {
      const layout = layOut(counts, width, 420);
      for (const column of layout.columns) {
        assert.ok(column.pitch > column.size, "units overlap");
        assert.ok(column.top >= HEAD - 0.5, "a unit covers the controls of its layer");
        assert.ok(unitMiddle(column, column.units - 1) + column.size / 2 <= layout.height, "a unit sticks out below");
        assert.ok(column.centre - column.size / 2 >= 0 && column.centre + column.size / 2 <= layout.width);
      }
    }
  }
});

test("columns share the width, and scroll rather than squeeze their controls", () => {
  assert.equal(Math.round(layOut([7, 6, 5, 1], 760, 420).width), 760);
  assert.ok(layOut([7, ...Array(8).fill(4), 1], 760, 420).width > 1000);
});

test("the curve share runs from 0 to 1 and is symmetric", () => {
  assert.ok(Math.abs(curveShare(10, 10, 110)) < 1e-6);
  assert.ok(Math.abs(curveShare(60, 10, 110) - 0.5) < 1e-6);
  assert.ok(Math.abs(curveShare(110, 10, 110) - 1) < 1e-6);
  assert.ok(Math.abs(curveShare(35, 10, 110) + curveShare(85, 10, 110) - 1) < 1e-6);
});

test("the weight under the pointer is the one whose curve passes there", () => {
  const layout = layOut([7, 6, 1], 700, 420);
  const inputs = [[0, 4], [0, 1, 2, 3, 4, 5]];
  const [before, after] = layout.columns;
  const { from, to } = gapBetween(before, after);
  for (const [input, row] of inputs[0].entries()) {
    for (let unit = 0; unit < 6; unit++) {
      const x = from + (to - from) * 0.9;
      const y = unitMiddle(before, row) + (unitMiddle(after, unit) - unitMiddle(before, row)) * curveShare(x, from, to);
      const hit = weightAt(layout, inputs, x, y);
      assert.ok(hit && hit.layer === 0 && hit.unit === unit, `unit ${unit}`);
      if (unit !== 0 && unit !== 4) assert.equal(hit.input, input);
    }
  }
  assert.equal(weightAt(layout, inputs, before.centre, 5), null);
});
