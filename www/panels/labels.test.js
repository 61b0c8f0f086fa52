// @ts-nocheck  node's own types are not among the dependencies of the site
import assert from "node:assert/strict";
import { test } from "node:test";
import { overlap, placeLabels } from "./labels.js";

const options = { height: 12, radius: 5, box: { left: 0, top: 0, right: 200, bottom: 200 } };

/** Names that cover another name or a point. */
function covered(points, { rectangles }) {
  const { radius } = options;
  return rectangles.filter((one, index) => one && (
    rectangles.some((other, at) => at !== index && other && overlap(one, other) > 0) ||
    points.some(({ x, y }, at) => at !== index && overlap(one, { left: x - radius, right: x + radius, top: y - radius, bottom: y + radius }) > 0)
  )).length;
}

test("a lone point has its name at the right, at the edge of the box at the left", () => {
  assert.deepEqual(placeLabels([{ x: 100, y: 100 }], [10], options).sides, [0]);
  assert.deepEqual(placeLabels([{ x: 196, y: 100 }], [10], options).sides, [1]);
});

test("names of a ring cover nothing", () => {
  const points = Array.from({ length: 20 }, (_, at) => ({ x: 100 + 70 * Math.cos((at / 20) * 6.283), y: 100 + 70 * Math.sin((at / 20) * 6.283) }));
  const placed = placeLabels(points, points.map(() => 13), options);
  assert.ok(placed.rectangles.every(Boolean));
  assert.equal(covered(points, placed), 0);
});

test("of names that have no room some are left out rather than piled up", () => {
  const points = Array.from({ length: 30 }, (_, at) => ({ x: 100 + (at % 6), y: 100 + Math.floor(at / 6) }));
  const { sides, rectangles } = placeLabels(points, points.map(() => 13), options);
  assert.ok(sides.includes(-1));
  sides.forEach((side, index) => assert.equal(side === -1, rectangles[index] === null));
});

test("a name keeps its place as long as the place is free", () => {
  const points = [{ x: 100, y: 100 }];
  assert.deepEqual(placeLabels(points, [10], { ...options, kept: [3] }).sides, [3]);
  const obstacle = { left: 90, right: 110, top: 105, bottom: 125 };
  assert.notDeepEqual(placeLabels(points, [10], { ...options, kept: [3], obstacles: [obstacle] }).sides, [3]);
});
