/**
 * @file Where the cells of an unrolled pointer network stand, and which arrows there are: pure, so that it can be tested.
 * Two rows are read like two lines of text: the encoder above, the decoder below, and between them the arrows.
 * unrolled.js draws it.
 */

/**
 * @typedef {object} UnrolledPayload
 * @property {string[]} inputs  the text of each input, "0.12 0.53", in the order in which they are read
 * @property {number[]} numbers  the number of each, as other panels show it
 * @property {ArrayLike<number>} tokens  inputs pointed at, without the stop
 * @property {boolean} stopped
 * @property {Float32Array} rows  [steps, n + 1], the last column is the stop
 */
/**
 * @typedef {object} Step
 * @property {number} slot  the encoder slot pointed at
 * @property {number} token  the input pointed at; n is the stop
 * @property {{slot: number, share: number}[]} shares  what else is likely, per slot, without `slot`
 * @property {number} share  probability of what it points at
 */
/** @typedef {{kind: "input" | "more" | "stop", index: number}} Slot  what a place of the encoder row holds */
/** @typedef {{slots: Slot[], steps: Step[], hiddenInputs: number, hiddenSteps: number}} Network */
/** @typedef {"line" | "stacked" | "turned"} Writing  how the texts of the inputs are written */

/** More inputs or steps than these are not drawn. */
export const MOST_INPUTS = 20;
export const MOST_STEPS = 24;
/** Probabilities below this have no arrow. */
export const LEAST_SHARE = 0.03;

/** Largest distance of two cells, and their largest width, in pixels. */
const WIDEST_PITCH = 96;
const WIDEST_CELL = 36;
/** The stop stands a little apart: it is no input. In distances of two cells. */
const STOP_GAP = 0.45;
/** Pixels left of the decoder for the state that comes in from the encoder and the start sign. */
const INDENT = 18;
/** Pixels of the texts of the inputs: of a character, and of a line. */
const CHARACTER = 6.1;
const LINE = 12;

/** The part of the network that is drawn. @param {UnrolledPayload} payload @returns {Network} */
export function networkOf({ inputs, tokens, stopped, rows }) {
  const count = inputs.length;
  const shown = Math.min(count, MOST_INPUTS);
  /** @type {Slot[]} */
  const slots = Array.from({ length: shown }, (_, index) => ({ kind: "input", index }));
  if (count > shown) slots.push({ kind: "more", index: shown });
  slots.push({ kind: "stop", index: count });
  const slotOf = (/** @type {number} */ token) => (token >= count ? slots.length - 1 : Math.min(token, shown));
  const total = tokens.length + (stopped ? 1 : 0);
  /** @type {Step[]} */
  const steps = [];
  for (let at = 0; at < Math.min(total, MOST_STEPS); at++) {
    const token = at < tokens.length ? tokens[at] : count;
    const sums = new Float64Array(slots.length);
    for (let index = 0; index <= count; index++) sums[slotOf(index)] += rows[at * (count + 1) + index] ?? 0;
    const slot = slotOf(token);
    const share = rows[at * (count + 1) + token] ?? 0;
    // Inputs that are not drawn share one place; what is left of it beside the chosen one is an arrow of its own.
    sums[slot] -= share;
    const shares = Array.from(sums, (sum, index) => ({ slot: index, share: sum })).filter((entry) => entry.share >= LEAST_SHARE);
    steps.push({ slot, token, share, shares });
  }
  return { slots, steps, hiddenInputs: count - shown, hiddenSteps: total - steps.length };
}

/**
 * Places kept for decoder steps. They come in pairs and go late, so that the row does not change with every answer.
 * @param {number} before places of the last drawing, 0 for none @param {number} needed
 */
export function calmCapacity(before, needed) {
  const capacity = Math.min(MOST_STEPS, Math.max(4, Math.ceil(needed / 2) * 2));
  return before > capacity && needed > before - 4 ? before : capacity;
}

/**
 * @typedef {object} Layout
 * @property {number} left @property {number} right  edges of both rows
 * @property {number[]} encoder  middle of each slot @property {number[]} decoder  middle of each place
 * @property {number} encoderCell @property {number} decoderCell  widths
 * @property {number} cellHeight
 * @property {number} textTop @property {number} encoderTop @property {number} decoderTop @property {number} bottom
 * @property {Writing} writing
 */

/** @param {string[]} texts @param {number} slots @param {number} places @param {number} width @returns {Layout} */
export function layOut(texts, slots, places, width) {
  const reach = slots + STOP_GAP;
  const pitch = Math.min(WIDEST_PITCH, width / reach);
  const span = Math.min(width, Math.max(pitch * reach, Math.min(width, places * 44 + INDENT)));
  const left = (width - span) / 2;
  // Fewer slots than the decoder has places: the encoder's cells move apart to the same width.
  const encoderPitch = span / reach;
  const decoderPitch = (span - INDENT) / places;
  const encoder = Array.from({ length: slots }, (_, slot) => left + encoderPitch * (slot + 0.5 + (slot === slots - 1 ? STOP_GAP : 0)));
  const decoder = Array.from({ length: places }, (_, place) => left + INDENT + decoderPitch * (place + 0.5));
  const longest = Math.max(1, ...texts.map((text) => text.length));
  const word = Math.max(1, ...texts.flatMap((text) => text.split(" ")).map((part) => part.length));
  const lines = Math.max(1, ...texts.map((text) => text.split(" ").length));
  const writing = longest * CHARACTER + 8 <= encoderPitch ? "line" : word * CHARACTER + 5 <= encoderPitch ? "stacked" : "turned";
  const textHeight = { line: LINE, stacked: lines * LINE, turned: longest * CHARACTER }[writing];
  const cellHeight = 24;
  const textTop = 24;
  const encoderTop = Math.round(textTop + textHeight + 8);
  // Many arrows need height, or they cross at angles too flat to follow.
  const gap = Math.max(128, Math.min(190, span * 0.34)) + (Math.max(slots, places) > 13 ? 36 : 0);
  const decoderTop = Math.round(encoderTop + cellHeight + gap);
  return {
    left,
    right: left + span,
    encoder,
    decoder,
    encoderCell: cellWidth(encoderPitch),
    decoderCell: cellWidth(decoderPitch),
    cellHeight,
    textTop,
    encoderTop,
    decoderTop,
    bottom: decoderTop + cellHeight,
    writing,
  };
}

/** Cells leave room for the line from one to the next. @param {number} pitch */
const cellWidth = (pitch) => Math.min(WIDEST_CELL, pitch - Math.max(3, (pitch - 14) / 2));

/**
 * What the pointer is on: a cell of the decoder or of the encoder, each with the room up to its neighbours.
 * @param {Layout} layout @param {number} steps @param {{left: number, top: number}} pointer
 * @returns {{row: "encoder" | "decoder", at: number} | null}
 */
export function cellAt(layout, steps, { left, top }) {
  const { encoder, decoder, encoderTop, decoderTop, cellHeight } = layout;
  const reach = 14;
  const inRow = (/** @type {number} */ start) => top >= start - reach && top <= start + cellHeight + reach;
  const row = inRow(decoderTop) ? "decoder" : top >= layout.textTop - 4 && top <= encoderTop + cellHeight + reach ? "encoder" : null;
  if (!row) return null;
  const middles = row === "decoder" ? decoder.slice(0, steps) : encoder;
  let [found, least] = [-1, Math.max(reach, (middles.length > 1 ? middles[1] - middles[0] : 40) / 2 + 1)];
  middles.forEach((middle, at) => {
    if (Math.abs(middle - left) < least) [found, least] = [at, Math.abs(middle - left)];
  });
  return found < 0 ? null : { row, at: found };
}
