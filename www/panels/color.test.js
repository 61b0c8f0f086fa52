// @ts-nocheck  node's own types are not among the dependencies of the site
import assert from "node:assert/strict";
import { test } from "node:test";
import { angleColor, cyclicTable, oklch, pixelToCss } from "./color.js";

/** Oklab of a packed pixel, to measure distances as an eye does. */
function oklab(pixel) {
  const [red, green, blue] = [pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255].map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  const long = Math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue);
  const medium = Math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue);
  const short = Math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue);
  return [
    0.2104542553 * long + 0.793617785 * medium - 0.0040720468 * short,
    1.9779984951 * long - 2.428592205 * medium + 0.4505937099 * short,
    0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
  ];
}

for (const dark of [false, true]) {
  test(`the cyclic scale is even and closes, ${dark ? "dark" : "light"}`, () => {
    const points = [...cyclicTable(dark)].map(oklab);
    const lightness = points.map(([level]) => level);
    assert.ok(Math.max(...lightness) - Math.min(...lightness) < 0.01, "no direction is brighter");
    // Over a quarter of the circle, so that rounding to bytes counts little.
    const steps = points.map((point, index) => Math.hypot(...point.map((part, axis) => part - points[(index + 64) % 256][axis])));
    assert.ok(Math.max(...steps) / Math.min(...steps) < 1.04, "equal angles look equally far apart");
  });
}

test("an angle and the same one turn later have one colour", () => {
  const cycle = cyclicTable(false);
  for (const angle of [-Math.PI, -1, 0, 2]) assert.equal(angleColor(cycle, angle), angleColor(cycle, angle + 2 * Math.PI));
  assert.equal(angleColor(cycle, 0), pixelToCss(cycle[0]));
  assert.notEqual(angleColor(cycle, 0), angleColor(cycle, Math.PI));
});

test("Oklch of white, black and the red of a screen", () => {
  assert.deepEqual(oklch(1, 0, 0).map(Math.round), [255, 255, 255]);
  assert.deepEqual(oklch(0, 0, 0).map(Math.round), [0, 0, 0]);
  const [red, green, blue] = oklch(0.62796, 0.25768, (29.234 * Math.PI) / 180);
  assert.ok(red > 254 && green < 3 && blue < 3);
});
