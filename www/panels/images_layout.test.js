// @ts-nocheck  node's own types are not among the dependencies of the site
import assert from "node:assert/strict";
import { test } from "node:test";
import { layOut, pictureAt } from "./images_layout.js";

const table = { count: 36, columns: 9, height: 8, width: 8, values: new Float32Array(36 * 64), low: 0, high: 1, rowNames: ["stored", "cue", "now", "old"], columnNames: Array(9).fill("3") };
const flow = { count: 30, columns: 0, height: 8, width: 8, values: new Float32Array(30 * 64), low: 0, high: 1, shares: new Float32Array(30), captions: Array(30).fill("0.1") };

test("pictures stay within every width, do not overlap, and are found again", () => {
  for (const payload of [table, flow]) {
    for (const width of [300, 358, 480, 520, 700, 1200]) {
      const layout = layOut(payload, width, 0, false);
      assert.equal(layout.cells.length, payload.count);
      layout.cells.forEach(({ left, top }, index) => {
        assert.ok(left >= 0 && left + layout.size <= width, `picture ${index} of ${payload.count} at ${width}: ${left} + ${layout.size}`);
        assert.ok(top >= 0 && top + layout.size <= layout.bottom);
        const found = pictureAt(layout, left + layout.size / 2 + 1, top + layout.size / 2 + 1);
        assert.deepEqual([found.index, found.row, found.column, found.gridColumn], [index, 4, 4, index % layout.columns]);
      });
      assert.equal(pictureAt(layout, width + 50, 10), null);
    }
  }
});

test("bare pictures fill the room of a card", () => {
  const layout = layOut(table, 260, 150, true);
  assert.ok(layout.cells.every(({ left, top }) => left >= 0 && top >= 0 && left + layout.size <= 260 && top + layout.size <= 150));
  assert.deepEqual(layout.names, []);
});

test("a line behind the first pictures stands between two of them", () => {
  const layout = layOut({ ...flow, rule: { after: 2, label: "90 %" } }, 600, 0, false);
  assert.ok(layout.rule.left > layout.cells[1].left + layout.size && layout.rule.left < layout.cells[2].left);
});

test("columns that do not fit are left out, and blocks stand apart", () => {
  const wide = { ...table, count: 64, columns: 16, columnNames: undefined, blocks: [1] };
  const phone = layOut(wide, 358, 0, false);
  const visible = phone.cells.slice(0, 16).filter(Boolean);
  assert.ok(visible.length >= 10 && visible.length < 16);
  assert.ok(visible.every(({ left }) => left + phone.size <= 358));
  const page = layOut(wide, 900, 0, false);
  assert.ok(page.cells.every(Boolean));
  const [first, second, third] = [0, 16, 32].map((index) => page.cells[index].top);
  assert.ok(second - first > third - second);
  const card = layOut(wide, 260, 150, true);
  assert.ok(card.cells.every(({ left, top }) => left >= 0 && top >= 0 && left + card.size <= 260 && top + card.size <= 150));
});
