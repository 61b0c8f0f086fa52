/**
 * @file Colour: reads the palette from the CSS tokens, so that canvas drawings follow the theme, and builds
 * the lookup tables of the signed (diverging) and unsigned (sequential) scales. Panels never name a colour.
 * Convention of the whole site: blue = train or positive, vermilion = test or negative.
 */

/** @typedef {[number, number, number]} Rgb  red, green, blue in 0…255 */

/**
 * @typedef {object} Palette
 * @property {boolean} dark
 * @property {string} paper page background
 * @property {string} card raised surface, and the zero of the diverging scale
 * @property {string} ink main text
 * @property {string} soft secondary text
 * @property {string} faint labels of axes
 * @property {string} line hairlines
 * @property {string} accent
 * @property {string} accentSoft tint of bands
 * @property {string} positive blue: train, positive
 * @property {string} negative vermilion: test, negative
 * @property {string[]} categories eight Okabe–Ito colours, categories[0] is blue
 * @property {string} font family of labels
 */

const CATEGORY_TOKENS = ["--c1", "--c2", "--c3", "--c4", "--c5", "--c6", "--c7", "--c8"];

/** Dash patterns in pixels: the second channel beside hue for categorical lines. */
const DASHES = [[], [7, 3], [2, 3], [9, 3, 2, 3], [4, 2], [1, 2], [12, 4], [6, 2, 2, 2, 2, 2]];

/** @type {Palette | null} */
let cached = null;
/** @type {Set<() => void>} */
const listeners = new Set();
let watching = false;

/** The colours of the theme in force. Cheap: cached until the theme changes. @returns {Palette} */
export function palette() {
  if (cached) return cached;
  watchTheme();
  const style = getComputedStyle(document.documentElement);
  const token = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  const paper = token("--paper");
  cached = {
    dark: luminance(parseColor(paper)) < 0.2,
    paper,
    card: token("--card"),
    ink: token("--ink"),
    soft: token("--soft"),
    faint: token("--faint"),
    line: token("--line"),
    accent: token("--accent"),
    accentSoft: token("--accent-soft"),
    positive: token("--c1"),
    negative: token("--c2"),
    categories: CATEGORY_TOKENS.map(token),
    font: token("--ui") || "system-ui, sans-serif",
  };
  return cached;
}

/**
 * Calls back after each change of theme, when `palette()` already answers with the new colours.
 * @param {() => void} callback @returns {() => void} stops the calls
 */
export function onThemeChange(callback) {
  watchTheme();
  listeners.add(callback);
  return () => listeners.delete(callback);
}

function watchTheme() {
  if (watching) return;
  watching = true;
  const changed = () => {
    cached = null;
    for (const listener of listeners) listener();
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
  new MutationObserver(changed).observe(document.documentElement, { attributeFilter: ["data-theme"] });
}

/**
 * Colour of category `index` (0-based, wraps after eight).
 * @param {number} index @param {Palette} [colors]
 */
export function categoryColor(index, colors = palette()) {
  const count = colors.categories.length;
  return colors.categories[((index % count) + count) % count];
}

/** Dash pattern of category `index`, in pixels; [] is a solid line. @param {number} index @returns {number[]} */
export function categoryDash(index) {
  return DASHES[((index % DASHES.length) + DASHES.length) % DASHES.length];
}

/** Shades stop short of the ends of the sequential scale, which come near the paper of one theme or the other. */
const SHADES = { from: 0.16, to: 0.86 };

/**
 * Colour of a series role: "train", "test", "other", "category-N" (N is 0-based), or "shade-S" for one of a family of
 * curves that differ in a quantity (S from 0 to 1).
 * @param {string} role @param {Palette} [colors]
 */
export function roleColor(role, colors = palette()) {
  if (role === "train") return colors.positive;
  if (role === "test") return colors.negative;
  if (role.startsWith("category-")) return categoryColor(Number(role.slice(9)) || 0, colors);
  if (role.startsWith("shade-")) return pixelToCss(pack(viridis(SHADES.from + (SHADES.to - SHADES.from) * (Number(role.slice(6)) || 0))));
  return colors.soft;
}

/** @param {string} text "#rgb", "#rrggbb" or "rgb(r, g, b)" @returns {Rgb} */
export function parseColor(text) {
  if (text.startsWith("#")) {
    const digits = text.length === 4 ? [...text.slice(1)].map((digit) => digit + digit).join("") : text.slice(1, 7);
    const number = parseInt(digits, 16);
    return [(number >> 16) & 255, (number >> 8) & 255, number & 255];
  }
  const parts = text.match(/[\d.]+/g) ?? ["0", "0", "0"];
  return [Number(parts[0]), Number(parts[1]), Number(parts[2])];
}

/** Linear blend: share 0 gives `from`, 1 gives `to`. @param {Rgb} from @param {Rgb} to @param {number} share @returns {Rgb} */
export function mix(from, to, share) {
  return [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share, from[2] + (to[2] - from[2]) * share];
}

/** Relative luminance 0…1 (sRGB weights, gamma ignored: it only chooses black or white text). @param {Rgb} color */
export function luminance([red, green, blue]) {
  return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
}

/** Ink that reads on top of `background`. @param {string} background a CSS colour */
export function inkOn(background) {
  return luminance(parseColor(background)) > 0.48 ? "#1d1c1a" : "#ffffff";
}

/** Entries of a colour table. */
export const TABLE_SIZE = 256;

/**
 * Table of packed RGBA pixels (ImageData byte order). Entry 0 is the most negative value, 255 the most positive.
 * The exponent lifts small values, which a linear blend would hide against the paper.
 * @param {Palette} [colors] @returns {Uint32Array}
 */
export function divergingTable(colors = palette()) {
  const zero = parseColor(colors.card);
  const ends = [parseColor(colors.negative), parseColor(colors.positive)];
  return table((share) => {
    const signed = share * 2 - 1;
    return mix(zero, ends[signed < 0 ? 0 : 1], Math.abs(signed) ** 0.85 * 0.92);
  });
}

/** Nine anchors of the perceptually uniform "viridis" scale. @type {Rgb[]} */
const VIRIDIS = ["#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30", "#fde725"].map(parseColor);

/** Table from paper to ink. @param {Palette} colors @returns {Uint32Array} */
export function greyTable(colors) {
  const [paper, ink] = [parseColor(colors.card), parseColor(colors.ink)];
  return table((share) => mix(paper, ink, share));
}

/** Table of light: the first entry is dark and the last light in either theme. @param {Palette} colors @returns {Uint32Array} */
export function lightTable(colors) {
  const grey = greyTable(colors);
  return colors.dark ? grey : grey.reverse();
}

/** Table for unsigned values, dark = low, bright = high. @returns {Uint32Array} */
export function sequentialTable() {
  return table(viridis);
}

/** @param {number} share 0…1 @returns {Rgb} */
function viridis(share) {
  const position = share * (VIRIDIS.length - 1);
  const index = Math.min(VIRIDIS.length - 2, Math.floor(position));
  return mix(VIRIDIS[index], VIRIDIS[index + 1], position - index);
}

/**
 * Lightness and chroma of the cyclic scale in Oklch: as colourful as every hue can be shown on a screen at a lightness
 * that stands out from the paper.
 */
const CYCLE = { light: { lightness: 0.62, chroma: 0.104 }, dark: { lightness: 0.76, chroma: 0.12 } };

/**
 * Table of a quantity that comes round again, such as an angle: entry 0 follows entry 255. A circle of hues in Oklab,
 * so that equal steps look equal and no direction is brighter than another.
 * @param {boolean} [dark] @returns {Uint32Array}
 */
export function cyclicTable(dark = palette().dark) {
  const { lightness, chroma } = CYCLE[dark ? "dark" : "light"];
  const entries = new Uint32Array(TABLE_SIZE);
  // The first hue, blue, belongs to the angle 0: the direction of the first axis.
  for (let index = 0; index < TABLE_SIZE; index++) {
    entries[index] = pack(oklch(lightness, chroma, (index / TABLE_SIZE) * 2 * Math.PI + 4.3));
  }
  return entries;
}

/** CSS colour of an angle in radians. @param {Uint32Array} cycle of `cyclicTable` @param {number} angle */
export function angleColor(cycle, angle) {
  const turns = angle / (2 * Math.PI);
  return pixelToCss(cycle[Math.round((turns - Math.floor(turns)) * cycle.length) % cycle.length]);
}

/**
 * A colour of Oklch in sRGB, cut off where a screen cannot show it.
 * @param {number} lightness 0…1 @param {number} chroma @param {number} hue in radians @returns {Rgb}
 */
export function oklch(lightness, chroma, hue) {
  const [a, b] = [chroma * Math.cos(hue), chroma * Math.sin(hue)];
  const long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const short = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const encode = (/** @type {number} */ part) => {
    const held = Math.min(1, Math.max(0, part));
    return 255 * (held <= 0.0031308 ? 12.92 * held : 1.055 * held ** (1 / 2.4) - 0.055);
  };
  return [
    encode(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short),
    encode(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short),
    encode(-0.0041960863 * long - 0.7034186147 * medium + 1.707614701 * short),
  ];
}

/** Eight entries, one per category. @param {Palette} [colors] @returns {Uint32Array} */
export function categoryTable(colors = palette()) {
  return Uint32Array.from(colors.categories, (color) => pack(parseColor(color)));
}

/** @param {(share: number) => Rgb} colorAt @returns {Uint32Array} */
function table(colorAt) {
  const entries = new Uint32Array(TABLE_SIZE);
  for (let index = 0; index < TABLE_SIZE; index++) entries[index] = pack(colorAt(index / (TABLE_SIZE - 1)));
  return entries;
}

/** @param {Rgb} color @returns {number} one opaque pixel, little-endian RGBA */
export function pack([red, green, blue]) {
  return ((255 << 24) | (Math.round(blue) << 16) | (Math.round(green) << 8) | Math.round(red)) >>> 0;
}

/** CSS colour of a packed pixel. @param {number} pixel */
export function pixelToCss(pixel) {
  return `rgb(${pixel & 255}, ${(pixel >> 8) & 255}, ${(pixel >> 16) & 255})`;
}

/**
 * A small off-screen picture with one pixel per value, to be scaled up by `drawImage`. Kept and repainted, so a
 * frame allocates nothing.
 */
export class Raster {
  constructor() {
    this.canvas = document.createElement("canvas");
    this.context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    /** @type {ImageData | null} */
    this.image = null;
    /** @type {Uint32Array} */
    this.pixels = new Uint32Array(0);
  }

  /**
   * @param {ArrayLike<number>} values rows × columns, row-major, top row first
   * @param {number} rows @param {number} columns
   * @param {Uint32Array} colors a table; for categories the value is the index
   * @param {number} low value of the first entry @param {number} high value of the last entry
   * @param {number} [offset] index of the first value
   */
  paint(values, rows, columns, colors, low, high, offset = 0) {
    if (!this.image || this.canvas.width !== columns || this.canvas.height !== rows) {
      this.canvas.width = columns;
      this.canvas.height = rows;
      this.image = this.context.createImageData(columns, rows);
      this.pixels = new Uint32Array(this.image.data.buffer);
    }
    const last = colors.length - 1;
    const gain = high > low ? last / (high - low) : 0;
    const { pixels } = this;
    for (let index = 0; index < rows * columns; index++) {
      const value = values[offset + index];
      let entry = Math.round((value - low) * gain);
      entry = entry < 0 ? 0 : entry > last ? last : entry;
      // A non-finite value stays transparent: it must not look like a number.
      pixels[index] = value - value === 0 ? colors[entry] : 0;
    }
    this.context.putImageData(this.image, 0, 0);
  }
}

/**
 * A colour of data made fit for small text: moved towards the ink until it stands out from the paper.
 * @param {string} color @param {Palette} [colors]
 */
export function textColor(color, colors = palette()) {
  const from = parseColor(color);
  const paper = contrastLuminance(parseColor(colors.paper));
  for (let share = 0; share <= 1; share += 0.1) {
    const mixed = mix(from, parseColor(colors.ink), share);
    const own = contrastLuminance(mixed);
    if ((Math.max(own, paper) + 0.05) / (Math.min(own, paper) + 0.05) >= 4.5) return pixelToCss(pack(mixed));
  }
  return colors.ink;
}

/** Relative luminance as WCAG defines it. @param {Rgb} color */
function contrastLuminance(color) {
  const [red, green, blue] = color.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
