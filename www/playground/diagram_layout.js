/**
 * @file Where the units of the diagram stand: columns (features, hidden layers, output), sizes, and the curves of the
 * weights between them. Pure geometry in CSS pixels; diagram.js puts buttons there and weight_lines.js the curves.
 */

/** @typedef {{units: number, size: number, pitch: number, centre: number, top: number}} Column  `centre` along x, `top` of the first unit */
/** @typedef {{columns: Column[], width: number, height: number}} Layout */

/** Room above the units for the controls of a layer. */
export const HEAD = 84;
const FOOT = 8;
const LARGEST = 54;
const SMALLEST = 14;
/** Controls of a layer need this much; narrower columns scroll instead. */
const NARROWEST = 112;
/** Left of the features stand their names. */
const MARGIN_LEFT = 78;
const MARGIN_RIGHT = 56;

/**
 * @param {number[]} counts units of each column, features first
 * @param {number} width room in CSS pixels @param {number} height wished height of the units' area
 * @returns {Layout}
 */
export function layOut(counts, width, height) {
  const gaps = Math.max(1, counts.length - 1);
  const pitch = Math.max(NARROWEST, (width - MARGIN_LEFT - MARGIN_RIGHT) / gaps);
  const sizes = counts.map((units) => {
    const share = height / units;
    // Gaps take a quarter of the room; below the smallest size the diagram grows downwards instead.
    const size = Math.max(SMALLEST, Math.min(LARGEST, Math.floor(share * 0.76)));
    const step = Math.max(size + 3, Math.min(size + 26, share));
    return { units, size, step };
  });
  const tallest = Math.max(height, ...sizes.map(({ units, step }) => units * step));
  const columns = sizes.map(({ units, size, step }, index) => ({
    units,
    size,
    pitch: step,
    centre: MARGIN_LEFT + pitch * index,
    top: HEAD + (tallest - (units - 1) * step - size) / 2,
  }));
  return { columns, width: MARGIN_LEFT + MARGIN_RIGHT + pitch * gaps, height: HEAD + tallest + FOOT };
}

/** Middle of a unit along y. @param {Column} column @param {number} unit */
export function unitMiddle(column, unit) {
  return column.top + unit * column.pitch + column.size / 2;
}

/** Ends of the curves between two columns along x. @param {Column} before @param {Column} after */
export function gapBetween(before, after) {
  return { from: before.centre + before.size / 2, to: after.centre - after.size / 2 };
}

/**
 * Height share 0…1 of the S-curve at position x of a gap. All curves of a gap share their abscissae (control points in
 * its middle), so that one solution serves for testing every weight under the pointer.
 * @param {number} x @param {number} from @param {number} to
 */
export function curveShare(x, from, to) {
  const target = Math.max(0, Math.min(1, (x - from) / (to - from)));
  // x(t) = 1.5t(1−t)² + 1.5t²(1−t) + t³ rises monotonically: bisection cannot fail.
  let low = 0;
  let high = 1;
  for (let round = 0; round < 24; round++) {
    const t = (low + high) / 2;
    const at = 1.5 * t * (1 - t) + t * t * t;
    if (at < target) low = t;
    else high = t;
  }
  const t = (low + high) / 2;
  return t * t * (3 - 2 * t);
}

/**
 * The weight whose curve passes nearest to a place, if one does within `reach` pixels.
 * @param {Layout} layout @param {number[][]} inputs per gap, row in the column before of each input @param {number} x @param {number} y
 * @param {number} [reach] @returns {{layer: number, input: number, unit: number} | null}
 */
export function weightAt(layout, inputs, x, y, reach = 7) {
  for (let layer = 0; layer + 1 < layout.columns.length; layer++) {
    const before = layout.columns[layer];
    const after = layout.columns[layer + 1];
    const { from, to } = gapBetween(before, after);
    if (x < from || x > to) continue;
    const share = curveShare(x, from, to);
    // Steep curves are judged by the distance across them, not along y.
    const t = (x - from) / (to - from);
    const slope = 6 * t * (1 - t);
    let best = null;
    let nearest = reach;
    for (const [input, row] of inputs[layer].entries()) {
      const start = unitMiddle(before, row);
      for (let unit = 0; unit < after.units; unit++) {
        const end = unitMiddle(after, unit);
        const steep = ((end - start) * slope) / (to - from);
        const distance = Math.abs(start + (end - start) * share - y) / Math.hypot(1, steep);
        if (distance < nearest) {
          nearest = distance;
          best = { layer, input, unit };
        }
      }
    }
    return best;
  }
  return null;
}
