/** @file The line along which a small picture has a level, by marching squares between the centres of its pixels. Pure. */

/**
 * Pieces `[x, y, toX, toY]` in pixels of the picture, whose first pixel is centred at (0.5, 0.5).
 * @param {ArrayLike<number>} values row-major @param {number} height @param {number} width @param {number} level
 * @returns {[number, number, number, number][]}
 */
export function levelLine(values, height, width, level) {
  /** @type {[number, number, number, number][]} */
  const pieces = [];
  for (let row = 0; row + 1 < height; row++) {
    for (let column = 0; column + 1 < width; column++) {
      // Corners in order around the square, and where the level is crossed between neighbours.
      const corners = [[0, 0], [1, 0], [1, 1], [0, 1]].map(([dx, dy]) => ({ x: column + dx, y: row + dy, value: values[(row + dy) * width + column + dx] - level }));
      /** @type {[number, number][]} */
      const crossings = [];
      corners.forEach((from, index) => {
        const to = corners[(index + 1) % 4];
        if (from.value < 0 === to.value < 0) return;
        const share = from.value / (from.value - to.value);
        crossings.push([from.x + share * (to.x - from.x) + 0.5, from.y + share * (to.y - from.y) + 0.5]);
      });
      // Four crossings are a saddle: two lines that do not meet.
      for (let at = 0; at + 1 < crossings.length; at += 2) pieces.push([...crossings[at], ...crossings[at + 1]]);
    }
  }
  return pieces;
}
