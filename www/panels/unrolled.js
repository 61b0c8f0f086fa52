/**
 * @file A pointer network, unrolled: the encoder reads the inputs, each cell of the decoder points at one of them, and
 * what it pointed at goes into the next cell. Strong arrows are the answer, faint ones what else was likely, thin lines
 * what is fed back. unrolled_layout.js says where everything stands.
 */
import { labelFont } from "./axes.js";
import { inkOn, mix, pack, palette, parseColor, pixelToCss, textColor } from "./color.js";
import { drawEmpty, Plot } from "./plot.js";
import { calmCapacity, cellAt, layOut, networkOf } from "./unrolled_layout.js";

/** @typedef {import("./color.js").Palette} Palette */
/** @typedef {import("./unrolled_layout.js").Layout} Layout */
/** @typedef {import("./unrolled_layout.js").Network} Network */
/** @typedef {import("./unrolled_layout.js").UnrolledPayload} UnrolledPayload */
/** @typedef {{row: "encoder" | "decoder", at: number} | null} Focus */
/** @typedef {{x: number, y: number}} Place */

const START = "⇒";
const STOP = "⇐";
/** Pixels below the decoder for the caption, and of one line of the key. */
const FOOT = 30;
const KEY_LINE = 19;

/** @param {HTMLElement} element @param {{title: string}} info */
function create(element, info) {
  /** @type {UnrolledPayload | null} */
  let payload = null;
  /** @type {Network | null} */
  let network = null;
  let places = 0;
  /** @param {number} width @returns {Layout} */
  const layoutFor = (width) => layOut((payload?.inputs ?? []).slice(0, network?.slots.length), network?.slots.length ?? 6, places || 8, width);
  /** @returns {Focus} */
  const focus = () => (plot.pointer && network ? cellAt(layoutFor(plot.width), network.steps.length, plot.pointer) : null);
  const plot = new Plot(element, {
    label: info.title,
    height: (width) => layoutFor(width).bottom + FOOT + KEY_LINE * keyLines(width) + 4,
    draw: (surface) => {
      const colors = palette();
      if (!payload || !network || payload.inputs.length === 0) return drawEmpty(surface, "no answer yet", colors);
      draw(surface.context, payload, network, layoutFor(surface.width), focus(), surface.width, colors);
    },
    read: () => {
      const on = focus();
      return on && payload && network ? read(payload, network, on) : null;
    },
    summary: () => (payload && network ? `${info.title}: ${summary(payload)}` : `${info.title}: nothing to show yet.`),
  });
  const { canvas } = plot;
  canvas.tabIndex = 0;
  canvas.addEventListener("keydown", (event) => {
    if (!network) return;
    const on = focus();
    const at = on?.row === "decoder" ? on.at : -1;
    const last = network.steps.length - 1;
    const next = { ArrowLeft: at < 0 ? last : at - 1, ArrowRight: at + 1, Home: 0, End: last, Escape: -1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const layout = layoutFor(plot.width);
    const found = Math.max(0, Math.min(last, next));
    plot.point(event.key === "Escape" ? null : { left: layout.decoder[found], top: layout.decoderTop + layout.cellHeight / 2 });
  });
  canvas.addEventListener("blur", () => plot.point(null));
  return {
    /** @param {UnrolledPayload} next */
    update(next) {
      if (payload && payload.inputs.length !== next.inputs.length) places = 0;
      payload = next;
      network = networkOf(next);
      places = calmCapacity(places, network.steps.length);
      plot.fit();
      plot.note(hiddenNote(next, network));
      plot.ask();
    },
    resize: () => plot.ask(),
    destroy: () => plot.destroy(),
  };
}

/** @type {import("./index.js").Panel} */
export const panel = { kind: "unrolled", create };

/** @param {UnrolledPayload} payload @param {Network} network */
function hiddenNote({ inputs, tokens, stopped }, { hiddenInputs, hiddenSteps }) {
  const parts = [];
  if (hiddenInputs > 0) parts.push(`the first ${inputs.length - hiddenInputs} of ${inputs.length} inputs`);
  const total = tokens.length + (stopped ? 1 : 0);
  if (hiddenSteps > 0) parts.push(`the first ${total - hiddenSteps} of ${total} steps`);
  return parts.length === 0 ? "" : `Only ${parts.join(" and ")} are drawn.`;
}

/**
 * @param {CanvasRenderingContext2D} context @param {UnrolledPayload} payload @param {Network} network @param {Layout} layout
 * @param {Focus} focus @param {number} width @param {Palette} colors
 */
function draw(context, payload, network, layout, focus, width, colors) {
  const { steps, slots } = network;
  const shown = (/** @type {number} */ at) => !focus || (focus.row === "decoder" ? focus.at === at : steps[at].slot === focus.at);
  context.lineJoin = "round";
  drawStates(context, network, layout, colors);
  // Likely, fed, pointed: what matters most is drawn last.
  steps.forEach((step, at) => {
    for (const { slot, share } of step.shares) {
      const visible = focus?.row === "encoder" ? slot === focus.at : shown(at);
      if (visible) drawShare(context, outlet(layout, at), target(layout, slot), share, focus !== null, colors);
    }
  });
  for (let at = 1; at < steps.length; at++) {
    const visible = !focus || (focus.row === "decoder" ? focus.at === at || focus.at === at - 1 : steps[at - 1].slot === focus.at);
    if (visible) drawFeed(context, source(layout, steps[at - 1].slot), inlet(layout, at), focus !== null, colors);
  }
  steps.forEach((step, at) => {
    if (shown(at)) drawPointer(context, outlet(layout, at), target(layout, step.slot), steps.length, colors);
  });
  drawStart(context, inlet(layout, 0), colors);
  const pointed = new Set(steps.filter((_, at) => shown(at)).map((step) => step.slot));
  slots.forEach((slot, at) => drawEncoderCell(context, layout, slot, at, pointed.has(at), payload, colors));
  steps.forEach((step, at) => drawDecoderCell(context, layout, at, step.token, payload.inputs.length, shown(at), colors));
  if (!payload.stopped && network.hiddenSteps === 0) drawUnfinished(context, layout, steps.length, colors);
  drawCaptions(context, layout, colors);
  drawKey(context, layout, width, colors);
}

/** Places where arrows end and begin. @param {Layout} layout @param {number} at @returns {Place} */
const outlet = (layout, at) => ({ x: layout.decoder[at] + Math.min(6, layout.decoderCell * 0.22), y: layout.decoderTop });
/** @param {Layout} layout @param {number} at @returns {Place} */
const inlet = (layout, at) => ({ x: layout.decoder[at] - Math.min(6, layout.decoderCell * 0.22), y: layout.decoderTop });
/** @param {Layout} layout @param {number} slot @returns {Place} */
const target = (layout, slot) => ({ x: layout.encoder[slot], y: layout.encoderTop + layout.cellHeight + 2 });
/** @param {Layout} layout @param {number} slot @returns {Place} */
const source = (layout, slot) => ({ x: layout.encoder[slot] + Math.min(7, layout.encoderCell * 0.26), y: layout.encoderTop + layout.cellHeight });

/** The curve of an arrow: upright at both ends, so that it leaves and meets the cells squarely. @param {CanvasRenderingContext2D} context @param {Place} from @param {Place} to */
function curve(context, from, to) {
  const bend = (to.y - from.y) * 0.5;
  context.beginPath();
  context.moveTo(from.x, from.y);
  context.bezierCurveTo(from.x, from.y + bend, to.x, to.y - bend, to.x, to.y);
}

/** @param {CanvasRenderingContext2D} context @param {Place} tip @param {number} size @param {1 | -1} down */
function head(context, { x, y }, size, down) {
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x - size * 0.55, y - size * down);
  context.lineTo(x + size * 0.55, y - size * down);
  context.closePath();
  context.fill();
}

/** The answer: a strong arrow that runs over all the rest. @param {CanvasRenderingContext2D} context @param {Place} from @param {Place} to @param {number} steps @param {Palette} colors */
function drawPointer(context, from, to, steps, colors) {
  const end = { x: to.x, y: to.y + 6 };
  const weight = steps > 14 ? 1.6 : 2;
  curve(context, from, end);
  context.strokeStyle = colors.paper;
  context.lineWidth = weight + 3;
  context.stroke();
  context.strokeStyle = context.fillStyle = colors.positive;
  context.lineWidth = weight;
  context.stroke();
  head(context, to, 8, -1);
}

/** What else was likely. @param {CanvasRenderingContext2D} context @param {Place} from @param {Place} to @param {number} share @param {boolean} alone @param {Palette} colors */
function drawShare(context, from, to, share, alone, colors) {
  curve(context, from, to);
  context.strokeStyle = colors.positive;
  context.globalAlpha = Math.min(1, (alone ? 0.3 : colors.dark ? 0.18 : 0.12) + 0.8 * share);
  context.lineWidth = 1 + 1.6 * share;
  context.stroke();
  context.globalAlpha = 1;
}

/** The coordinates of what was pointed at, on their way into the next cell. @param {CanvasRenderingContext2D} context @param {Place} from @param {Place} to @param {boolean} alone @param {Palette} colors */
function drawFeed(context, from, to, alone, colors) {
  curve(context, from, { x: to.x, y: to.y - 4 });
  context.strokeStyle = context.fillStyle = colors.faint;
  context.globalAlpha = alone ? 1 : 0.6;
  context.lineWidth = 1;
  context.stroke();
  head(context, to, 5, 1);
  context.globalAlpha = 1;
}

/** The sign that starts the decoder, instead of the coordinates that the others are fed. @param {CanvasRenderingContext2D} context @param {Place} to @param {Palette} colors */
function drawStart(context, to, colors) {
  context.font = labelFont(colors, { size: 13, weight: 600 });
  context.textAlign = "right";
  context.textBaseline = "alphabetic";
  context.strokeStyle = colors.paper;
  context.lineWidth = 3;
  context.strokeText(START, to.x + 3, to.y - 17);
  context.fillStyle = colors.soft;
  context.fillText(START, to.x + 3, to.y - 17);
  context.strokeStyle = context.fillStyle = colors.faint;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(to.x, to.y - 14);
  context.lineTo(to.x, to.y - 4);
  context.stroke();
  head(context, to, 5, 1);
}

/**
 * The states that go from cell to cell, and from the end of the encoder to the beginning of the decoder.
 * @param {CanvasRenderingContext2D} context @param {Network} network @param {Layout} layout @param {Palette} colors
 */
function drawStates(context, { slots, steps }, layout, colors) {
  const { encoder, decoder, encoderCell, decoderCell, encoderTop, decoderTop, cellHeight } = layout;
  const [upper, lower] = [encoderTop + cellHeight / 2, decoderTop + cellHeight / 2];
  context.strokeStyle = context.fillStyle = stateColor(colors);
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(encoder[0], upper);
  // The last slot is the stop: no state passes through it.
  const last = encoder[slots.length - 2] ?? encoder[0];
  context.lineTo(last, upper);
  const turn = last + encoderCell / 2 + Math.min(12, Math.max(5, (encoder[slots.length - 1] - last - encoderCell) / 2));
  // Close to the cells the arrows are upright, and the line crosses them squarely.
  const middle = encoderTop + cellHeight + 30;
  const start = layout.left + 5;
  context.lineTo(turn - 6, upper);
  context.arcTo(turn, upper, turn, middle, 6);
  context.arcTo(turn, middle, start, middle, 10);
  context.arcTo(start, middle, start, lower, 10);
  context.arcTo(start, lower, decoder[0], lower, 6);
  context.lineTo(decoder[0], lower);
  for (let at = 1; at < steps.length; at++) context.lineTo(decoder[at], lower);
  context.stroke();
  for (let at = 1; at < slots.length - 1; at++) chainHead(context, encoder[at] - encoderCell / 2, upper, encoder[at] - encoder[at - 1] - encoderCell);
  chainHead(context, decoder[0] - decoderCell / 2, lower, 10);
  for (let at = 1; at < steps.length; at++) chainHead(context, decoder[at] - decoderCell / 2, lower, decoder[at] - decoder[at - 1] - decoderCell);
}

/** The arrow head of a state that enters a cell, where there is room for one. @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {number} room */
function chainHead(context, x, y, room) {
  if (room < 9) return;
  context.beginPath();
  context.moveTo(x - 1, y);
  context.lineTo(x - 6.5, y - 3.5);
  context.lineTo(x - 6.5, y + 3.5);
  context.closePath();
  context.fill();
}

/** Cells and the states between them: stronger than the hairlines of a plot, weaker than its text. @param {Palette} colors */
const stateColor = (colors) => pixelToCss(pack(mix(parseColor(colors.line), parseColor(colors.faint), 0.38)));

/**
 * @param {CanvasRenderingContext2D} context @param {Layout} layout @param {import("./unrolled_layout.js").Slot} slot @param {number} at
 * @param {boolean} pointed @param {UnrolledPayload} payload @param {Palette} colors
 */
function drawEncoderCell(context, layout, { kind, index }, at, pointed, payload, colors) {
  const { encoderCell: width, encoderTop: top, cellHeight: height } = layout;
  const middle = layout.encoder[at];
  box(context, middle, top, width, height);
  context.fillStyle = colors.card;
  context.fill();
  context.strokeStyle = pointed ? colors.positive : stateColor(colors);
  context.lineWidth = pointed ? 1.75 : 1.25;
  if (kind !== "input") context.setLineDash([3, 2.5]);
  context.stroke();
  context.setLineDash([]);
  const text = kind === "stop" ? STOP : kind === "more" ? "…" : String(index + 1);
  cellText(context, text, middle, top + height / 2, width, pointed ? colors.ink : colors.soft, colors);
  if (kind !== "more") drawInput(context, kind === "stop" ? "stop" : payload.inputs[index], middle, layout, colors);
}

/** @param {CanvasRenderingContext2D} context @param {string} text @param {number} middle @param {Layout} layout @param {Palette} colors */
function drawInput(context, text, middle, { writing, encoderTop }, colors) {
  context.font = labelFont(colors, { size: 10.5 });
  context.fillStyle = colors.faint;
  const foot = encoderTop - 6;
  if (writing === "turned") {
    context.save();
    context.translate(middle, foot);
    context.rotate(-Math.PI / 2);
    context.textAlign = "left";
    context.textBaseline = "middle";
    context.fillText(text, 0, 0.5);
    context.restore();
    return;
  }
  context.textAlign = "center";
  context.textBaseline = "alphabetic";
  const lines = writing === "line" ? [text] : text.split(" ");
  lines.forEach((line, at) => context.fillText(line, middle, foot - (lines.length - 1 - at) * 12));
}

/** @param {CanvasRenderingContext2D} context @param {Layout} layout @param {number} at @param {number} token @param {number} count @param {boolean} strong @param {Palette} colors */
function drawDecoderCell(context, { decoder, decoderCell: width, decoderTop: top, cellHeight: height }, at, token, count, strong, colors) {
  box(context, decoder[at], top, width, height);
  context.fillStyle = strong ? colors.positive : colors.card;
  context.fill();
  context.strokeStyle = strong ? colors.positive : colors.line;
  context.lineWidth = 1.25;
  context.stroke();
  const text = token === count ? STOP : String(token + 1);
  cellText(context, text, decoder[at], top + height / 2, width, strong ? inkOn(colors.positive) : colors.faint, colors, 600);
}

/** A network that was cut off at the limit of steps goes on. @param {CanvasRenderingContext2D} context @param {Layout} layout @param {number} steps @param {Palette} colors */
function drawUnfinished(context, { decoder, decoderCell, decoderTop, cellHeight }, steps, colors) {
  context.font = labelFont(colors, { size: 12 });
  context.fillStyle = textColor(colors.negative, colors);
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillText("… no stop", decoder[steps - 1] + decoderCell / 2 + 6, decoderTop + cellHeight / 2);
}

/** @param {CanvasRenderingContext2D} context @param {number} middle @param {number} top @param {number} width @param {number} height */
function box(context, middle, top, width, height) {
  context.beginPath();
  context.roundRect(middle - width / 2, top, width, height, Math.min(6, width / 4));
}

/** @param {CanvasRenderingContext2D} context @param {string} text @param {number} x @param {number} y @param {number} width @param {string} color @param {Palette} colors @param {number} [weight] */
function cellText(context, text, x, y, width, color, colors, weight = 500) {
  const size = width >= 20 ? 12 : width >= 14 ? 10.5 : text.length > 1 ? 8.5 : 10;
  context.font = labelFont(colors, { size, weight });
  context.fillStyle = color;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(text, x, y + 0.5);
}

/** @param {CanvasRenderingContext2D} context @param {Layout} layout @param {Palette} colors */
function drawCaptions(context, { left, bottom }, colors) {
  context.font = labelFont(colors);
  context.textAlign = "left";
  context.textBaseline = "alphabetic";
  context.fillStyle = colors.faint;
  context.fillText("encoder: reads the inputs one by one", left, 11);
  context.fillText("decoder: each cell points at one and bears its number", left, bottom + 19);
}

/** @typedef {{text: string, sample: "pointer" | "share" | "feed" | "state" | "start"}} Key */
/** @type {Key[]} */
const KEYS = [
  { text: "points at", sample: "pointer" },
  { text: "also likely", sample: "share" },
  { text: "state", sample: "state" },
  { text: "its input, fed to the next cell", sample: "feed" },
  { text: "start", sample: "start" },
];
const SAMPLE = 22;
const KEY_SPACE = 16;

/** Lines that the key takes at a width. @param {number} width */
const keyLines = (width) => (width < 600 ? 2 : 1);

/** @param {CanvasRenderingContext2D} context @param {Layout} layout @param {number} width @param {Palette} colors */
function drawKey(context, layout, width, colors) {
  context.font = labelFont(colors);
  context.textAlign = "left";
  context.textBaseline = "middle";
  const sizes = KEYS.map(({ text }) => SAMPLE + 6 + context.measureText(text).width);
  const whole = sizes.reduce((sum, size) => sum + size + KEY_SPACE, -KEY_SPACE);
  const edge = layout.left + whole <= width ? layout.left : 0;
  let left = edge;
  let level = layout.bottom + FOOT + KEY_LINE / 2;
  KEYS.forEach(({ text, sample }, index) => {
    if (left > edge && left + sizes[index] > width) {
      left = edge;
      level += KEY_LINE;
    }
    drawSample(context, sample, left, level, colors);
    context.fillStyle = colors.faint;
    context.textAlign = "left";
    context.font = labelFont(colors);
    context.fillText(text, left + SAMPLE + 6, level + 0.5);
    left += sizes[index] + KEY_SPACE;
  });
}

/** @param {CanvasRenderingContext2D} context @param {Key["sample"]} sample @param {number} left @param {number} level @param {Palette} colors */
function drawSample(context, sample, left, level, colors) {
  if (sample === "start") {
    context.font = labelFont(colors, { size: 13, weight: 600 });
    context.fillStyle = colors.soft;
    context.textAlign = "right";
    context.fillText(START, left + SAMPLE, level + 0.5);
    return;
  }
  const style = {
    pointer: { color: colors.positive, width: 2, alpha: 1 },
    share: { color: colors.positive, width: 1.5, alpha: 0.4 },
    feed: { color: colors.faint, width: 1, alpha: 1 },
    state: { color: stateColor(colors), width: 1.5, alpha: 1 },
  }[sample];
  context.strokeStyle = style.color;
  context.lineWidth = style.width;
  context.globalAlpha = style.alpha;
  context.beginPath();
  context.moveTo(left, level);
  context.lineTo(left + SAMPLE, level);
  context.stroke();
  context.globalAlpha = 1;
}

/** @param {number} share */
const percent = (share) => `${Math.round(share * 100)} %`;

/** @param {UnrolledPayload} payload @param {number} token */
const named = ({ inputs }, token) => (token >= inputs.length ? `${STOP} stop` : `${token + 1} · ${inputs[token]}`);

/** @param {UnrolledPayload} payload @param {Network} network @param {{row: "encoder" | "decoder", at: number}} on */
function read(payload, network, { row, at }) {
  const count = payload.inputs.length;
  if (row === "encoder") {
    const { kind, index } = network.slots[at];
    const title = kind === "more" ? `${network.hiddenInputs} more inputs` : kind === "stop" ? named(payload, count) : named(payload, index);
    const by = network.steps.flatMap((step, place) => (step.slot === at ? [place + 1] : []));
    return { title, rows: [{ name: by.length === 0 ? "no step points here" : `pointed at in step ${by.join(", ")}`, value: "" }] };
  }
  const distribution = Array.from(payload.rows.subarray(at * (count + 1), (at + 1) * (count + 1)), (share, token) => ({ share, token }));
  const likely = distribution.sort((one, other) => other.share - one.share).filter(({ share }, rank) => rank === 0 || (share >= 0.03 && rank < 4));
  const color = palette().positive;
  const rows = likely.map(({ share, token }) => ({ name: named(payload, token), value: percent(share), color: token === network.steps[at].token ? color : undefined }));
  const fed = at === 0 ? START : named(payload, network.steps[at - 1].token);
  return { title: `step ${at + 1}`, rows: [{ name: "is fed", value: fed }, ...rows] };
}

/** @param {UnrolledPayload} payload */
function summary(payload) {
  const { inputs, tokens, stopped, rows } = payload;
  const told = Array.from(tokens, (token, at) => `step ${at + 1} at input ${token + 1} (${percent(rows[at * (inputs.length + 1) + token])})`);
  const end = stopped ? "then it stops" : "and it does not stop within the limit";
  return `${inputs.length} inputs are read; the decoder points in ${told.slice(0, 24).join(", ")}, ${end}.`;
}
