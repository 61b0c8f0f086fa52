// @ts-nocheck  node's own types are not among the dependencies of the site
import assert from "node:assert/strict";
import { test } from "node:test";
import { cellLayout } from "./heat.js";
import { isNamed } from "./marks.js";

test("cells fit their canvas at every length", () => {
  for (const [rows, columns] of [[4, 4], [9, 9], [7, 21], [51, 51], [286, 51]]) {
    const cells = cellLayout(rows, columns, 260, 280);
    assert.ok(cells.left + columns * cells.width <= 260, `${columns} columns`);
    assert.ok(cells.top + rows * cells.height <= 280, `${rows} rows`);
  }
});

test("names thin out instead of overlapping", () => {
  for (const count of [3, 8, 20, 50]) {
    const cells = cellLayout(count + 1, count + 1, 260, 280);
    const named = Array.from({ length: count }, (_, index) => index).filter((index) => isNamed(index, cells.columnEvery));
    for (let at = 2; at < named.length; at++) assert.ok((named[at] - named[at - 1]) * cells.width >= 19 - 1e-6, `${count}`);
    assert.ok(named[0] <= 1 && named.length > 1);
  }
});
