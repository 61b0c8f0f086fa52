// @ts-nocheck  node's own types are not among the dependencies of the site
import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.matchMedia ??= () => ({ matches: false, addEventListener() {} });
const { angleBetween, arc, turned } = await import("./space.js");

const near = (one, other) => assert.ok(Math.abs(one - other) < 1e-12, `${one} for ${other}`);

test("turning keeps lengths and angles", () => {
  const [a, b] = [[0.3, -1.2, 0.5], [2, 0.1, -0.7]];
  const angle = angleBetween(a, b);
  for (const view of [{ yaw: 0, pitch: 0 }, { yaw: -2.5, pitch: 0.4 }, { yaw: 7, pitch: -1.5 }]) {
    near(Math.hypot(...turned(a, view)), Math.hypot(...a));
    near(angleBetween(turned(a, view), turned(b, view)), angle);
  }
});

test("the third axis goes up, the second away, and a pitch looks from above", () => {
  assert.deepEqual(turned([1, 2, 3], { yaw: 0, pitch: 0 }), [1, 3, 2]);
  const [, up, away] = turned([0, 0, 1], { yaw: 1, pitch: 0.4 });
  assert.ok(up > 0 && away < 0, "its tip comes nearer");
  const coordinates = turned([9, 9, 0, 0, 1], { yaw: 0, pitch: 0 }, 2);
  assert.deepEqual(coordinates, [0, 1, 0], "coordinates may stand in the middle of an array");
});

test("an arc goes from one direction to the other at equal angles, and opposite ones have none", () => {
  const places = arc([2, 0, 0], [0, 0, 0.5], 3, 6);
  assert.equal(places.length, 7);
  places.forEach((place, index) => {
    near(Math.hypot(...place), 3);
    assert.ok(Math.abs(angleBetween(places[0], place) - 15 * index) < 1e-5);
  });
  assert.deepEqual(arc([1, 0, 0], [-1, 0, 0], 1, 6), []);
});

test("the angles of a simplex and of right angles are told", () => {
  assert.ok(Math.abs(angleBetween([1, 1, 1], [1, -1, -1]) - 109.4712) < 1e-3);
  near(angleBetween([1, 0, 0], [0, 5, 0]), 90);
});
