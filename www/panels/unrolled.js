/**
 * @file A pointer network, unrolled: the encoder reads the inputs, each cell of the decoder points at one of them, and
 * what it pointed at goes into the next cell. Strong arrows are the answer, faint ones what else was likely, thin lines
 * what is fed back. unrolled_layout.js says where everything stands, unrolled_arrows.js and unrolled_cells.js draw it.
 */
import { palette } from "./color.js";
import { drawEmpty, Plot } from "./plot.js";
import { drawFeed, drawPointers, drawShare, drawStart, drawStates, inlet, outlet, source, START, target } from "./unrolled_arrows.js";
import { drawDecoderCell, drawEncoderCell, drawUnfinished, STOP } from "./unrolled_cells.js";
import { drawCaptions, drawKey, FOOT, KEY_LINE, keyLines } from "./unrolled_key.js";
import { calmCapacity, cellAt, layOut, LEAST_SHARE, MOST_INPUTS, networkOf } from "./unrolled_layout.js";

/** @typedef {import("./color.js").Palette} Palette */
/** @typedef {import("./unrolled_layout.js").Layout} Layout */
/** @typedef {import("./unrolled_layout.js").Network} Network */
/** @typedef {import("./unrolled_layout.js").UnrolledPayload} UnrolledPayload */
/** @typedef {{row: "encoder" | "decoder", at: number} | null} Focus */

/** @param {HTMLElement} element @param {{title: string}} info */
function create(element, info) {
  /** @type {UnrolledPayload | null} */
  let payload = null;
  /** @type {Network | null} */
  let network = null;
  let places = 0;
  /** @param {number} width @returns {Layout} */
  const layoutFor = (width) => layOut((payload?.inputs ?? []).slice(0, MOST_INPUTS), network?.slots.length ?? 6, places || 8, width);
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
  canvas.setAttribute("aria-label", `${info.title}; the arrow keys go from step to step`);
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
      // An answer without an end has dots after it.
      places = calmCapacity(places, network.steps.length + (next.stopped ? 0 : 1));
      plot.fit();
      plot.note(noteFor(next, network));
      plot.ask();
    },
    resize: () => plot.ask(),
    destroy: () => plot.destroy(),
  };
}

/** @type {import("./index.js").Panel} */
export const panel = { kind: "unrolled", create };

/** What the drawing leaves out, and that an answer has no end. @param {UnrolledPayload} payload @param {Network} network */
function noteFor({ inputs, tokens, stopped }, { hiddenInputs, hiddenSteps }) {
  const parts = [];
  if (hiddenInputs > 0) parts.push(`the first ${inputs.length - hiddenInputs} of ${inputs.length} inputs`);
  const total = tokens.length + (stopped ? 1 : 0);
  if (hiddenSteps > 0) parts.push(`the first ${total - hiddenSteps} of ${total} steps`);
  const hidden = parts.length === 0 ? "" : `Only ${parts.join(" and ")} are drawn. `;
  const endless = stopped || tokens.length === 0 ? "" : "It did not point at the stop within the limit of steps.";
  return (hidden + endless).trim();
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
  const weight = steps.length > 14 ? 1.6 : 2;
  slots.forEach((_, slot) => {
    const arrows = steps.flatMap((step, at) => (step.slot === slot && shown(at) ? [{ from: outlet(layout, at), to: target(layout, slot) }] : []));
    drawPointers(context, arrows, weight, colors);
  });
  drawStart(context, inlet(layout, 0), colors);
  const pointed = new Set(steps.filter((_, at) => shown(at)).map((step) => step.slot));
  slots.forEach((slot, at) => drawEncoderCell(context, layout, slot, at, pointed.has(at), payload, colors));
  steps.forEach((step, at) => drawDecoderCell(context, layout, at, step.token, payload.numbers, shown(at), colors));
  if (!payload.stopped && steps.length > 0 && network.hiddenSteps === 0) drawUnfinished(context, layout, steps.length, colors);
  drawCaptions(context, layout, colors);
  drawKey(context, layout, width, colors);
}

/** @param {number} share */
const percent = (share) => `${Math.round(share * 100)} %`;

/** @param {UnrolledPayload} payload @param {number} token */
const named = ({ inputs, numbers }, token) => (token >= inputs.length ? `${STOP} stop` : `${numbers[token]} · ${inputs[token]}`);

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
  const likely = distribution.sort((one, other) => other.share - one.share).filter(({ share }, rank) => rank === 0 || (share >= LEAST_SHARE && rank < 4));
  const color = palette().positive;
  const rows = likely.map(({ share, token }) => ({ name: named(payload, token), value: percent(share), color: token === network.steps[at].token ? color : undefined }));
  const fed = at === 0 ? START : named(payload, network.steps[at - 1].token);
  return { title: `step ${at + 1}`, rows: [{ name: "is fed", value: fed }, ...rows] };
}

/** @param {UnrolledPayload} payload */
function summary(payload) {
  const { inputs, numbers, tokens, stopped, rows } = payload;
  const told = Array.from(tokens, (token, at) => `step ${at + 1} at input ${numbers[token]} (${percent(rows[at * (inputs.length + 1) + token])})`);
  const end = stopped ? "then it stops" : "and it does not stop within the limit";
  return `${inputs.length} inputs are read; the decoder points in ${told.slice(0, 24).join(", ")}, ${end}.`;
}
