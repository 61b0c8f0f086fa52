// @ts-nocheck  node's own types are not among the dependencies of the site
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  addPoint, formatPoints, freePlace, hit, makePoint, MAX_POINTS, MIN_POINTS, movePoint, parsePoints, removePoint, resize, samePoints, unpack,
} from "./points.js";

test("points and numbers survive the way through the text", () => {
  assert.equal(formatPoints([[0.1234, 0.9876], [0, 1]]), "0.123,0.988;0,1");
  assert.deepEqual(parsePoints("0.123,0.988;0,1", 2), [[0.123, 0.988], [0, 1]]);
  assert.equal(formatPoints([[0.5], [0.25], [2]]), "0.5;0.25;1");
  assert.deepEqual(parsePoints("0.5;0.25;1", 1), [[0.5], [0.25], [1]]);
  const single = Float32Array.of(0.1, 0.7, 0.333);
  assert.equal(formatPoints(unpack(single, 1)), "0.1;0.7;0.333");
});

test("a text of another task or none at all is not taken", () => {
  for (const text of ["", "0.1;0.2", "0.1,0.2,0.3", "a,b", "0.1,;0.2,0.3"]) assert.equal(parsePoints(text, 2), null, text);
});

test("lists are the same when their texts are", () => {
  const points = unpack(Float32Array.of(0.1, 0.7, 0.3331, 0.9), 2);
  assert.ok(samePoints(points, parsePoints(formatPoints(points), 2)));
  assert.ok(!samePoints(points, movePoint(points, 1, [0.5, 0.9])));
  assert.ok(!samePoints(points, addPoint(points, [0.5, 0.5])));
});

test("edits keep to the square and to the least and the largest number of points", () => {
  assert.deepEqual(makePoint([-3, 7]), [0, 1]);
  const least = Array.from({ length: MIN_POINTS }, (_, index) => [index / 10, 0]);
  assert.equal(removePoint(least, 0), least);
  assert.equal(removePoint([...least, [0.9, 0.9]], 0).length, MIN_POINTS);
  const full = resize(least, 500, []);
  assert.equal(full.length, MAX_POINTS);
  assert.equal(addPoint(full, [0.5, 0.5]), full);
});

test("a length that goes down and up again brings the same points back", () => {
  const points = resize([[0.1], [0.2], [0.3]], 8, []);
  const few = resize(points, 4, points);
  assert.equal(few.length, 4);
  assert.deepEqual(resize(few, 8, points), points);
});

test("the nearest point within reach is hit", () => {
  const places = [{ left: 10, top: 10 }, { left: 20, top: 10 }];
  assert.equal(hit(places, { left: 14, top: 10 }, 8), 0);
  assert.equal(hit(places, { left: 17, top: 10 }, 8), 1);
  assert.equal(hit(places, { left: 60, top: 10 }, 8), null);
});

test("a point added by key does not land on another", () => {
  const points = [[0.5, 0.5], [0.2, 0.2], [0.8, 0.8]];
  const free = freePlace(points);
  for (const point of points) assert.ok(Math.hypot(point[0] - free[0], point[1] - free[1]) > 0.2);
  assert.equal(freePlace([[0.5], [0.1], [0.9]]).length, 1);
});
