/**
 * @file Names at the curves: finds for each name a free place beside its own curve. Curves come rasterised, one level
 * per pixel column, so that testing a place costs a few look-ups. A name keeps its place while that stays good,
 * otherwise a growing plot would make it jump.
 */

/** @typedef {{left: number, right: number, top: number, bottom: number}} Box */
/** @typedef {{name: string, width: number, levels: Float32Array, thin: boolean}} Curve  levels: NaN where there is none */
/** @typedef {{x: number, y: number, align: "left" | "right", place: number}} Spot */

const HEIGHT = 14;
const PLACES = 26;
/** How much better a new place must be than the old one. */
const LOYALTY = 6;

/**
 * @param {Curve[]} curves @param {Box} box of the plot @param {Box[]} taken places that are not free
 * @param {Map<string, number>} previous places of the last time, replaced by the new ones
 * @returns {(Spot | null)[]}
 */
export function placeLabels(curves, box, taken, previous) {
  const blocked = [...taken];
  const order = curves.map((_, index) => index).sort((a, b) => Number(curves[a].thin) - Number(curves[b].thin));
  /** @type {(Spot | null)[]} */
  const spots = curves.map(() => null);
  for (const index of order) {
    const curve = curves[index];
    /** @type {Spot | null} */
    let best = null;
    let least = Infinity;
    for (let place = 0; place < PLACES * 2; place++) {
      const candidate = spotAt(curve, place, box);
      if (!candidate) continue;
      const cost = price(candidate, curve, index, curves, box, blocked) - (previous.get(curve.name) === place ? LOYALTY : 0);
      if (cost < least) [best, least] = [candidate, cost];
    }
    // A name on top of another says less than none; the read-out under the pointer still has it.
    if (!best || least > 60) continue;
    spots[index] = best;
    previous.set(curve.name, best.place);
    blocked.push(rectangle(best, curve.width));
  }
  return spots;
}

/** Even places stand above the curve, odd ones below. @param {Curve} curve @param {number} place @param {Box} box @returns {Spot | null} */
function spotAt({ levels, width }, place, box) {
  const share = 0.97 - ((place >> 1) / PLACES) * 0.9;
  const x = box.left + share * (box.right - box.left);
  const level = levels[Math.round(x - box.left)];
  const start = levels[Math.round(x - width - box.left)];
  if (Number.isNaN(level) || level === undefined || start === undefined || Number.isNaN(start)) return null;
  const above = place % 2 === 0;
  let extreme = level;
  for (let column = Math.round(x - width - box.left); column < x - box.left; column += 3) {
    extreme = above ? Math.min(extreme, levels[column]) : Math.max(extreme, levels[column]);
  }
  return { x: x - width, y: extreme + (above ? -8 : 11), align: "left", place };
}

/** @param {Spot} spot @param {number} width @returns {Box} */
function rectangle(spot, width) {
  return { left: spot.x - 3, right: spot.x + width + 3, top: spot.y - HEIGHT / 2, bottom: spot.y + HEIGHT / 2 };
}

/** @param {Spot} spot @param {Curve} own @param {number} index @param {Curve[]} curves @param {Box} box @param {Box[]} blocked */
function price(spot, own, index, curves, box, blocked) {
  const area = rectangle(spot, own.width);
  let cost = (spot.place >> 1) * 0.35 + (spot.place % 2) * 0.5;
  if (area.top < box.top - 12 || area.bottom > box.bottom || area.left < box.left) cost += 80;
  for (const other of blocked) {
    if (area.left < other.right && other.left < area.right && area.top < other.bottom && other.top < area.bottom) cost += 100;
  }
  const first = Math.max(0, Math.round(area.left - box.left));
  const last = Math.min(own.levels.length - 1, Math.round(area.right - box.left));
  for (let other = 0; other < curves.length; other++) {
    const { levels } = curves[other];
    for (let column = first; column <= last; column += 3) {
      const level = levels[column];
      const reach = other === index ? -2 : 0;
      if (level > area.top - reach && level < area.bottom + reach) cost += curves[other].thin ? 1 : 4;
      // Nearer to another curve than to its own, a name is read as the other's.
      else if (other !== index && Math.abs(level - spot.y) < Math.abs(own.levels[column] - spot.y)) cost += 2;
    }
  }
  // A name beside a steep piece stands far from its curve.
  return cost + Math.max(0, Math.abs(own.levels[Math.round((area.left + area.right) / 2 - box.left)] - spot.y) - 12) * 0.8;
}
