// @ts-nocheck  node's own types are not among the dependencies of the site
import assert from "node:assert/strict";
import { test } from "node:test";
import { calmCapacity, cellAt, LEAST_SHARE, layOut, MOST_INPUTS, MOST_STEPS, networkOf } from "./unrolled_layout.js";

/** A network that is as sure of each token as `share`, and spreads the rest evenly. */
function payloadOf(count, tokens, stopped, share = 0.9) {
  const all = stopped ? [...tokens, count] : tokens;
  const rows = new Float32Array(all.length * (count + 1)).fill((1 - share) / count);
  all.forEach((token, at) => (rows[at * (count + 1) + token] = share));
  return { inputs: Array.from({ length: count }, () => "0.12 0.53"), tokens, stopped, rows };
}

test("each step points at its token, and the last at the stop", () => {
  const { slots, steps, hiddenInputs, hiddenSteps } = networkOf(payloadOf(4, [3, 0, 3], true));
  assert.deepEqual(slots.map(({ kind }) => kind), ["input", "input", "input", "input", "stop"]);
  assert.deepEqual(steps.map(({ slot }) => slot), [3, 0, 3, 4]);
  assert.deepEqual([hiddenInputs, hiddenSteps], [0, 0]);
  assert.ok(Math.abs(steps[0].share - 0.9) < 1e-6);
});

test("only what is likely enough has an arrow, and the answer none beside its own", () => {
  const sure = networkOf(payloadOf(4, [3], false, 0.9)).steps[0];
  assert.equal(sure.shares.length, 0, `2.5 % is less than ${LEAST_SHARE}`);
  const unsure = networkOf(payloadOf(4, [3], false, 0.6)).steps[0];
  assert.deepEqual(unsure.shares.map(({ slot }) => slot), [0, 1, 2, 4]);
});

test("what is beyond the limits shares one place, and is counted", () => {
  const tokens = Array.from({ length: 30 }, (_, at) => 29 - at);
  const { slots, steps, hiddenInputs, hiddenSteps } = networkOf(payloadOf(30, tokens, true, 0.5));
  assert.equal(slots.length, MOST_INPUTS + 2);
  assert.equal(steps.length, MOST_STEPS);
  assert.deepEqual([hiddenInputs, hiddenSteps], [10, 31 - MOST_STEPS]);
  assert.equal(slots[steps[0].slot].kind, "more");
  // The other nine of the ten that are not drawn.
  const rest = steps[0].shares.find(({ slot }) => slot === steps[0].slot);
  assert.ok(Math.abs(rest.share - (9 * 0.5) / 30) < 1e-6);
});

test("cells stay apart and inside, from three inputs to the limits, on every width", () => {
  for (const width of [300, 340, 520, 680]) {
    for (const [inputs, places] of [[3, 4], [5, 16], [8, 10], [20, 12], [20, 24]]) {
      const layout = layOut(Array(inputs).fill("0.12 0.53"), inputs + 1, places, width);
      for (const [middles, cell] of [[layout.encoder, layout.encoderCell], [layout.decoder, layout.decoderCell]]) {
        assert.ok(cell >= 8, "a cell has room for its number");
        assert.ok(middles[0] - cell / 2 >= 0 && middles[middles.length - 1] + cell / 2 <= width);
        for (let at = 1; at < middles.length; at++) assert.ok(middles[at] - middles[at - 1] >= cell + 2.5);
      }
      assert.ok(layout.encoderTop + layout.cellHeight + 100 < layout.decoderTop);
    }
  }
});

test("the texts of the inputs are written as wide as there is room", () => {
  const writing = (count, width) => layOut(Array(count).fill("0.12 0.53"), count + 1, 8, width).writing;
  assert.deepEqual([writing(5, 680), writing(8, 340), writing(20, 340)], ["line", "stacked", "turned"]);
});

test("the places of the decoder come at once and go late", () => {
  assert.equal(calmCapacity(0, 5), 6);
  assert.equal(calmCapacity(6, 7), 8);
  assert.equal(calmCapacity(8, 5), 8);
  assert.equal(calmCapacity(8, 4), 4);
  assert.equal(calmCapacity(0, 24), MOST_STEPS);
});

test("the pointer finds the nearest cell of a row, and none between the rows", () => {
  const layout = layOut(Array(8).fill("0.12 0.53"), 9, 8, 680);
  const level = layout.decoderTop + 10;
  assert.deepEqual(cellAt(layout, 7, { left: layout.decoder[2] + 5, top: level }), { row: "decoder", at: 2 });
  assert.deepEqual(cellAt(layout, 7, { left: layout.encoder[8], top: layout.encoderTop }), { row: "encoder", at: 8 });
  assert.equal(cellAt(layout, 7, { left: layout.decoder[2], top: (layout.encoderTop + layout.decoderTop) / 2 }), null);
  assert.equal(cellAt(layout, 5, { left: layout.decoder[7], top: level }), null, "a place without a cell");
});
