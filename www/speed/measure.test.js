/** @file How a job is timed, with a clock and a trainer that cost nothing. Run by `node --test www/`. */
// @ts-nocheck  node's own types are not among the dependencies of the site
import assert from "node:assert/strict";
import { test } from "node:test";
import { JOB, measure } from "./measure.js";

/** A trainer whose steps take so many milliseconds, and a clock of that grain. */
function machine(milliseconds, grain = 0) {
  let time = 0;
  const calls = [];
  return {
    calls,
    now: () => (grain > 0 ? Math.floor(time / grain) * grain : time),
    trainer: {
      step: (count) => void (calls.push(count), (time += count * milliseconds)),
      loss: () => void calls.push("loss") ?? 0.5,
    },
  };
}

test("the loss is asked for after just as many steps as its check says", async () => {
  const { trainer, now, calls } = machine(1);
  const { loss, rates, note } = await measure(trainer, 20, JOB, now);
  const before = calls.slice(0, calls.indexOf("loss"));
  assert.equal(before.reduce((sum, count) => sum + count, 0), 20);
  assert.deepEqual([loss, rates.length, note], [0.5, 5, undefined]);
});

test("rates are those of the machine, from a millionth of a second a step to one second", async () => {
  for (const milliseconds of [0.001, 0.003, 0.2, 7, 40, 300]) {
    const { trainer, now } = machine(milliseconds, 0.1);
    const { rates } = await measure(trainer, 3, JOB, now);
    assert.equal(rates.length, 5, `${milliseconds} ms`);
    for (const rate of rates) assert.ok(Math.abs(rate * milliseconds - 1000) < 5, `${milliseconds} ms: ${rate}`);
  }
});

test("a slow machine is measured in fewer windows, a very slow one not at all, and both say so", async () => {
  const slow = machine(2500);
  const few = await measure(slow.trainer, 5, JOB, slow.now);
  assert.equal(few.loss, undefined);
  assert.equal(few.rates.length, 2);
  assert.match(few.note, /2 of 5 windows.*not checked.*2\.5 s/);
  const slower = machine(9000);
  const none = await measure(slower.trainer, 5, JOB, slower.now);
  assert.deepEqual(none.rates, []);
  assert.match(none.note, /skipped.*9 s/);
  assert.equal(slower.now(), 18_000);
});

test("without a check the loss is not asked for", async () => {
  const { trainer, now, calls } = machine(1);
  const { loss } = await measure(trainer, 0, JOB, now);
  assert.equal(loss, undefined);
  assert.ok(!calls.includes("loss"));
});
