/**
 * @file Places short names beside points so that they cover neither points nor one another, as far as there is room.
 * Pure: a name that has a good place keeps it from frame to frame, so that names do not hop while points move.
 */

/** @typedef {{left: number, top: number, right: number, bottom: number}} Rectangle */
/** @typedef {{x: number, y: number}} Place */

/** Where a name may stand, the best place first: right, left, above, below, then the corners. */
export const SIDES = [[1, 0], [-1, 0], [0, -1], [0, 1], [0.8, -0.8], [-0.8, -0.8], [0.8, 0.8], [-0.8, 0.8]];

/** What covering a point or leaving the box costs beside covering as large a part of another name. */
const POINT_COST = 2;
const EDGE_COST = 4;
/** A name of which more than this share is covered is left out: the pointer still tells it. */
const MOST_COVERED = 0.35;

/**
 * @param {Place[]} points @param {number[]} widths of the names @param {{height: number, radius: number, box: Rectangle, kept?: number[], obstacles?: Rectangle[]}} options
 *   height of a name, radius of a point, the sides chosen last time, and what else is drawn that names must not cover
 * @returns {{sides: number[], rectangles: (Rectangle | null)[]}} per point the side, −1 where the name is left out
 */
export function placeLabels(points, widths, { height, radius, box, kept = [], obstacles = [] }) {
  const discs = points.map(({ x, y }) => ({ left: x - radius, top: y - radius, right: x + radius, bottom: y + radius }));
  /** @type {(Rectangle | null)[]} */
  const rectangles = points.map(() => null);
  /** @type {number[]} */
  const sides = points.map(() => -1);
  // Points with near neighbours choose first: they have the fewest places.
  const order = points.map((_, index) => index).sort((one, other) => nearest(points, one) - nearest(points, other));
  for (const index of order) {
    let best = Infinity;
    for (const side of preferred(kept[index])) {
      const rectangle = beside(points[index], widths[index], height, radius, SIDES[side]);
      const size = widths[index] * height;
      let cost = EDGE_COST * (size - overlap(rectangle, box));
      for (const obstacle of obstacles) cost += POINT_COST * overlap(rectangle, obstacle);
      for (let other = 0; other < points.length; other++) {
        if (other !== index) cost += POINT_COST * overlap(rectangle, discs[other]);
        const placed = rectangles[other];
        if (placed && other !== index) cost += overlap(rectangle, placed);
      }
      if (cost >= best || cost > MOST_COVERED * size) continue;
      best = cost;
      sides[index] = side;
      rectangles[index] = rectangle;
      if (cost === 0) break;
    }
  }
  return { sides, rectangles };
}

/** All sides, the one chosen last time first. @param {number | undefined} side */
function preferred(side) {
  const all = SIDES.map((_, index) => index);
  return side === undefined || side < 0 ? all : [side, ...all.filter((index) => index !== side)];
}

/** @param {Place} point @param {number} width @param {number} height @param {number} radius @param {number[]} side @returns {Rectangle} */
function beside({ x, y }, width, height, radius, [right, down]) {
  const centreX = x + right * (radius + 2 + width / 2);
  const centreY = y + down * (radius + height / 2);
  return { left: centreX - width / 2, top: centreY - height / 2, right: centreX + width / 2, bottom: centreY + height / 2 };
}

/** Common area of two rectangles. @param {Rectangle} one @param {Rectangle} other */
export function overlap(one, other) {
  const width = Math.min(one.right, other.right) - Math.max(one.left, other.left);
  const height = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
  return width > 0 && height > 0 ? width * height : 0;
}

/** Squared distance to the nearest other point. @param {Place[]} points @param {number} index */
function nearest(points, index) {
  let least = Infinity;
  for (let other = 0; other < points.length; other++) {
    if (other !== index) least = Math.min(least, (points[other].x - points[index].x) ** 2 + (points[other].y - points[index].y) ** 2);
  }
  return least;
}
