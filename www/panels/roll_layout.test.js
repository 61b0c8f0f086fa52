// @ts-nocheck  node's own types are not among the dependencies of the site
import assert from "node:assert/strict";
import { test } from "node:test";
import { cellAt, notesToText, rollLayout } from "./roll_layout.js";

const size = { rows: 10, steps: 32, columns: 50 };

test("a point and its cell find each other at any width", () => {
  for (const width of [320, 700]) {
    const layout = rollLayout(width, size);
    const point = { left: layout.left + 31.5 * layout.cell, top: layout.played + 9.5 * layout.row };
    assert.deepEqual(cellAt(layout, layout.played, point, 10, 32), { row: 9, at: 31 });
    assert.equal(cellAt(layout, layout.played, { ...point, left: point.left + layout.cell }, 10, 32), null);
    assert.ok(layout.votes > point.left && layout.bottom > layout.curve + layout.curveHeight);
  }
});

test("a card has the height that it is given", () => {
  const layout = rollLayout(260, size, 170);
  assert.equal(layout.bottom, 170);
  assert.ok(layout.arriving + size.rows * layout.row <= 170.001);
});

test("notes become text in a fixed order", () => {
  assert.equal(notesToText([{ row: 1, at: 31 }, { row: 0, at: 12 }, { row: 1, at: 4 }], 3), "c-4v-");
});
