// @ts-nocheck  node's own types are not among the dependencies of the site
import assert from "node:assert/strict";
import { test } from "node:test";
import { addPoints, areClasses, erasePoints, formatPoints, makePoint, MAX_POINTS, parsePoints, strokePoints } from "./points.js";

test("points survive the way through the link", () => {
  const points = [makePoint(1.234, -5.678, 1), makePoint(-0.5, 0, -1), makePoint(6, -6, 0.25)];
  const text = formatPoints(points);
  assert.equal(text, "1.23,-5.68,1;-.5,0,-1;6,-6,.25");
  assert.deepEqual(parsePoints(text), { points, error: null });
  assert.deepEqual(parsePoints(""), { points: [], error: null });
});

test("two thousand points fit the link", () => {
  const points = Array.from({ length: MAX_POINTS }, (_, index) => makePoint(Math.sin(index) * 6, Math.cos(index * 1.7) * 6, index % 2 ? 1 : -1));
  const text = formatPoints(points);
  assert.ok(text.length < 40_000, `${text.length} characters`);
  assert.deepEqual(parsePoints(text).points, points);
});

test("a damaged point is told and the others are kept", () => {
  for (const piece of ["1,2", "a,1,1", "1,,1", "1,2,3,4", "Infinity,0,1"]) {
    const { points, error } = parsePoints(`0,0,1;${piece};1,1,-1;`);
    assert.equal(points.length, 2, piece);
    assert.match(error ?? "", /Point 2 .*x, y and label/, piece);
  }
});

test("places and values are kept inside the plane", () => {
  assert.deepEqual(makePoint(99, -99, 7), { x: 6, y: -6, label: 1 });
  assert.ok(Object.is(makePoint(-0.001, 0, 1).x, 0), "no minus zero");
  const many = Array.from({ length: MAX_POINTS }, () => makePoint(0, 0, 1));
  assert.equal(addPoints(many, [makePoint(1, 1, 1)]).length, MAX_POINTS);
  assert.match(parsePoints(`${formatPoints(many)};1,1,1`).error ?? "", /first 2,000 of 2,001/);
});

test("a stroke is evenly spaced however the pointer reports it", () => {
  assert.equal(strokePoints(null, 1, 1, 0.5, 1).length, 1);
  const points = strokePoints({ x: 0, y: 0 }, 3, 0, 0.5, -1);
  assert.deepEqual(points.map(({ x }) => x), [0.5, 1, 1.5, 2, 2.5, 3]);
  assert.deepEqual(strokePoints({ x: 0, y: 0 }, 0.2, 0, 0.5, 1), [], "too near: wait for more");
});

test("the eraser takes what lies within its circle", () => {
  const points = [makePoint(0, 0, 1), makePoint(0.4, 0, 1), makePoint(2, 2, -1)];
  assert.deepEqual(erasePoints(points, 0, 0, 0.5), [points[2]]);
  assert.equal(erasePoints(points, -5, -5, 0.5), points, "the same list when nothing was hit");
});

test("labels decide between classes and values", () => {
  assert.equal(areClasses([makePoint(0, 0, 1), makePoint(1, 1, -1)]), true);
  assert.equal(areClasses([makePoint(0, 0, 1), makePoint(1, 1, 0.5)]), false);
  assert.equal(areClasses([]), true);
});
