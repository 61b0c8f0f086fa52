// @ts-nocheck  node's own types are not among the dependencies of the site
import assert from "node:assert/strict";
import { test } from "node:test";
import { calmLimits, equalScales, logScales } from "./scatter.js";

const box = { left: 40, right: 340, top: 30, bottom: 230 };
const unit = { x: { min: -1, max: 1 }, y: { min: -1, max: 1 } };

test("one unit is as long across as upwards, and everything lies inside the margin", () => {
  for (const limits of [unit, { x: { min: 0, max: 9 }, y: { min: 4, max: 5 } }, { x: { min: 0, max: 0.1 }, y: { min: -3, max: 5 } }]) {
    const { x, y } = equalScales(limits, box, 20);
    assert.ok(Math.abs(x.at(1) - x.at(0) - (y.at(0) - y.at(1))) < 1e-6);
    assert.ok(x.at(limits.x.min) >= 60 - 1e-6 && x.at(limits.x.max) <= 320 + 1e-6);
    assert.ok(y.at(limits.y.max) >= 50 - 1e-6 && y.at(limits.y.min) <= 210 + 1e-6);
  }
});

test("points in one place stand in the middle", () => {
  const { x, y } = equalScales({ x: { min: 2, max: 2 }, y: { min: 3, max: 3 } }, box, 20);
  assert.equal(Math.round(x.at(2)), 190);
  assert.equal(Math.round(y.at(3)), 130);
});

test("limits widen at once and narrow slowly", () => {
  assert.deepEqual(calmLimits(null, unit), unit);
  const wide = { x: { min: -2, max: 1 }, y: { min: -1, max: 3 } };
  assert.deepEqual(calmLimits(unit, wide), wide);
  let limits = wide;
  limits = calmLimits(limits, unit);
  assert.ok(limits.x.min < -1.9 && limits.x.min > -2);
  for (let turn = 0; turn < 200; turn++) limits = calmLimits(limits, unit);
  assert.ok(limits.x.min > -1.01 && limits.x.min <= -1);
  assert.equal(limits.x.max, 1);
});

test("another network with far smaller states fills the picture at once", () => {
  const small = { x: { min: -0.1, max: 0.1 }, y: { min: -0.1, max: 0.1 } };
  assert.deepEqual(calmLimits(unit, small), small);
});

test("two quantities have logarithmic scales of their own, with room around the outermost points", () => {
  const { x, y } = logScales({ x: { min: 0.01, max: 1 }, y: { min: 1, max: 8 } }, box);
  assert.ok(x.log && y.log);
  assert.ok(x.at(0.01) > 41 && x.at(1) < 339 && y.at(8) > 31 && y.at(1) < 229);
  assert.ok(Math.abs(x.at(0.1) - (x.at(0.01) + x.at(1)) / 2) < 1e-6, "a factor is a distance");
  const one = logScales({ x: { min: 0.3, max: 0.3 }, y: { min: 1, max: 1 } }, box);
  assert.equal(Math.round(one.x.at(0.3)), 190);
});
