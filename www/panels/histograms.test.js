// @ts-nocheck  node's own types are not among the dependencies of the site
import assert from "node:assert/strict";
import { test } from "node:test";
import { layOut } from "./histograms.js";

test("units stand in their columns, in order and without touching", () => {
  const column = (units) => ({ name: "", role: "", range: [-1, 1], units: Array.from({ length: units }, () => new Float32Array(30)) });
  const payload = { columns: [10, 3, 1].map(column), links: [], what: "", value: "" };
  for (const width of [300, 800]) {
    const cells = layOut(payload, width);
    assert.equal(cells.length, 14);
    for (const cell of cells) {
      assert.ok(cell.left >= (width / 3) * cell.column && cell.left + cell.width <= (width / 3) * (cell.column + 1));
      assert.ok(cell.height > 0 && cell.top >= 0);
      const below = cells.find((other) => other.column === cell.column && other.unit === cell.unit + 1);
      if (below) assert.ok(below.top >= cell.top + cell.height);
    }
    const middle = (index) => {
      const own = cells.filter(({ column }) => column === index);
      return (own[0].top + (own.at(-1)?.top ?? 0) + own[0].height) / 2;
    };
    assert.ok(Math.abs(middle(0) - middle(1)) < 1 && Math.abs(middle(1) - middle(2)) < 1, "columns share a middle line");
  }
});
