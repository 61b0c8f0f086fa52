/**
 * @file The shapes of the data sets, drawn as small pictures in the picker. The training data itself comes from the
 * engine; these samples only have to show what a visitor will get, so a fixed stream of numbers is enough.
 */
import { divergingTable, palette, pixelToCss, TABLE_SIZE } from "../panels/color.js";

/** @typedef {{x: number, y: number, label: number}} Point  coordinates in −6…6, label in −1…1 */

/** Half width of the plane that everything lives in. */
export const EXTENT = 6;

/** @typedef {{value: string, label: string, task: "classification" | "regression", about: string}} DataSet */

/** @type {DataSet[]} */
export const DATA_SETS = [
  { value: "circle", label: "circle", task: "classification", about: "a disc inside a ring" },
  { value: "xor", label: "xor", task: "classification", about: "opposite quarters belong together" },
  { value: "gauss", label: "two clouds", task: "classification", about: "two round clouds; one line parts them" },
  { value: "spiral", label: "spiral", task: "classification", about: "two arms wound into each other" },
  { value: "moons", label: "moons", task: "classification", about: "two interlocking half circles" },
  { value: "rings", label: "rings", task: "classification", about: "three rings of alternating class" },
  { value: "plane", label: "slope", task: "regression", about: "a value that rises from one corner to the other" },
  { value: "multigauss", label: "hills", task: "regression", about: "hills and hollows of value" },
  { value: "own", label: "own points", task: "classification", about: "points that you place yourself" },
];

/** Points of a data set for a picture; [] for own points. @param {string} name @param {number} count @returns {Point[]} */
export function sampleShape(name, count) {
  let state = 20_240_607;
  // xorshift: short, and the same picture at every visit.
  const uniform = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  const between = (/** @type {number} */ low, /** @type {number} */ high) => low + (high - low) * uniform();
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  const polar = (/** @type {number} */ radius, /** @type {number} */ angle, /** @type {number} */ label) => ({
    x: radius * Math.cos(angle),
    y: radius * Math.sin(angle),
    label,
  });
  /** @type {Record<string, (index: number) => Point>} */
  const makers = {
    circle: (index) => (index % 2 ? polar(5 * Math.sqrt(between(0, 0.25)), between(0, 2 * Math.PI), 1) : polar(between(3.5, 5), between(0, 2 * Math.PI), -1)),
    xor: () => {
      const x = between(0.3, 5) * (uniform() < 0.5 ? -1 : 1);
      const y = between(0.3, 5) * (uniform() < 0.5 ? -1 : 1);
      return { x, y, label: x * y >= 0 ? 1 : -1 };
    },
    gauss: (index) => {
      const label = index % 2 ? 1 : -1;
      return { x: 2 * label + normal(), y: 2 * label + normal(), label };
    },
    spiral: (index) => {
      const along = (Math.floor(index / 2) + 0.5) / (count / 2);
      const angle = 1.75 * along * 2 * Math.PI + (index % 2 ? 0 : Math.PI);
      return { x: 5 * along * Math.sin(angle), y: 5 * along * Math.cos(angle), label: index % 2 ? 1 : -1 };
    },
    moons: (index) => {
      const angle = between(0, Math.PI);
      const upper = index % 2 === 1;
      return { x: (upper ? -1.5 : 1.5) + (upper ? 3 : -3) * Math.cos(angle), y: (upper ? -0.75 : 0.75) + (upper ? 3 : -3) * Math.sin(angle), label: upper ? 1 : -1 };
    },
    rings: (index) => polar(1 + (index % 3) * 1.8 + 0.2 * normal(), between(0, 2 * Math.PI), index % 3 === 1 ? 1 : -1),
    plane: () => {
      const [x, y] = [between(-5.5, 5.5), between(-5.5, 5.5)];
      return { x, y, label: (x + y) / 11 };
    },
    multigauss: () => {
      const [x, y] = [between(-5.5, 5.5), between(-5.5, 5.5)];
      return { x, y, label: hills(x, y) };
    },
  };
  const make = makers[name];
  return make ? Array.from({ length: count }, (_, index) => make(index)) : [];
}

/** Six hills and hollows that fade out over a distance of two. @param {number} x @param {number} y */
function hills(x, y) {
  let value = 0;
  for (const [centreX, centreY, sign] of [[-4, 2.5, 1], [0, 2.5, -1], [4, 2.5, 1], [-4, -2.5, -1], [0, -2.5, 1], [4, -2.5, -1]]) {
    const near = Math.max(0, 1 - Math.hypot(x - centreX, y - centreY) / 2);
    if (near > Math.abs(value)) value = near * sign;
  }
  return value;
}

/**
 * Draws points into a small canvas. Class or sign is told by colour and by shape: discs and open diamonds.
 * @param {HTMLCanvasElement} canvas @param {Point[]} points @param {number} size in CSS pixels
 */
export function drawThumbnail(canvas, points, size) {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = canvas.height = Math.round(size * ratio);
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const colors = divergingTable(palette());
  const scale = (size * ratio) / (2 * EXTENT);
  const radius = size * ratio * 0.024;
  for (const { x, y, label } of points) {
    const color = pixelToCss(colors[Math.round(((label + 1) / 2) * (TABLE_SIZE - 1))]);
    const [left, top] = [(x + EXTENT) * scale, (EXTENT - y) * scale];
    context.beginPath();
    if (label >= 0) {
      context.arc(left, top, radius, 0, 2 * Math.PI);
      context.fillStyle = color;
      context.fill();
    } else {
      diamond(context, left, top, radius * 1.25);
      context.lineWidth = radius * 0.9;
      context.strokeStyle = color;
      context.stroke();
    }
  }
}

/** @param {CanvasRenderingContext2D | Path2D} context @param {number} x @param {number} y @param {number} radius */
export function diamond(context, x, y, radius) {
  context.moveTo(x, y - radius);
  context.lineTo(x + radius, y);
  context.lineTo(x, y + radius);
  context.lineTo(x - radius, y);
  context.closePath();
}
