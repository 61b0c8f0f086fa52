/**
 * @file The main panel of the pointer networks: a set of points in the visitor's hands, the network's answer drawn over
 * the exact one, the pointer's distribution beside it, and the way the answer came about step by step. This file joins
 * the parts of `pointing/`: plane.js and slots.js draw, editor.js and edits.js change the points, player.js steps.
 */
import { render } from "lit";
import { palette } from "./color.js";
import { drawEmpty, Plot } from "./plot.js";
import { branchesAt, chanceOf, countOf, describe, percent, stepsOf, tokenAt } from "./pointing/answer.js";
import { Editor } from "./pointing/editor.js";
import { Edits } from "./pointing/edits.js";
import { Heat } from "./pointing/heat.js";
import { beamTemplate, headTemplate, lengthTemplate, stepsTemplate, verdictTemplate } from "./pointing/parts.js";
import { planeLayout } from "./pointing/plane.js";
import { Player } from "./pointing/player.js";
import { samePoints } from "./pointing/points.js";
import { slotsLayout } from "./pointing/slots.js";
import { oncePerFrame } from "./surface.js";

/** @typedef {import("./pointing/answer.js").PointingPayload} PointingPayload */
/** @typedef {import("./pointing/edits.js").PanelContext} PanelContext */
/** @typedef {{id?: string, title: string, compact?: boolean, height?: number}} Info */

const HELP = "Comma and full stop choose a point, the arrow keys move it, Delete removes it, Enter or A adds one, Control Z takes back.";
const lessMotion = matchMedia("(prefers-reduced-motion: reduce)");
let made = 0;

class Pointing {
  /** @type {PointingPayload | null} */
  payload = null;
  unanswered = false;
  /** @type {PointingPayload["source"] | null} */
  source = null;
  /** @type {PanelContext} */
  context = {};
  player = new Player(() => this.ask());
  /** Where the pointer is in the distribution. @type {{row: number | null, column: number | null}} */
  over = { row: null, column: null };
  /** Whether the next new input is to be drawn corner by corner. */
  drawNext = true;
  id = `pointing-${++made}`;
  /** What a key press did, for screen readers. */
  status = document.createElement("p");
  help = document.createElement("p");
  /** @type {Editor | null} */
  editor = null;

  /** @param {HTMLElement} element @param {Info} info */
  constructor(element, info) {
    this.info = info;
    // A card of the gallery gives a height; there the picture stands alone.
    this.compact = info.compact === true || info.height !== undefined;
    this.root = document.createElement("div");
    this.root.className = this.compact ? "pointing compact" : "pointing";
    element.append(this.root);
    const part = (/** @type {string} */ name, /** @type {HTMLElement | null} */ into) => {
      const host = document.createElement("div");
      host.className = `pointing-${name}`;
      into?.append(host);
      return host;
    };
    const grid = part("grid", this.root);
    const full = this.compact ? null : grid;
    const head = part("head", full);
    const picture = part("picture", grid);
    const side = part("side", full);
    const [heat, beam] = [part("heat", side), part("beam", side)];
    const [verdict, steps, length] = [part("verdict", full), part("steps", full), part("length", full)];
    this.hosts = { head, picture, heat, beam, verdict, steps, length };
    this.edits = new Edits(() => this.ask());
    this.picture = new Plot(this.hosts.picture, {
      label: info.title,
      height: (width) => (this.compact ? (info.height ?? width) : width),
      draw: (surface) => this.drawPicture(surface),
      read: () => this.readPoint(),
      summary: () => (this.payload ? describe(this.payload) : `${info.title}: nothing to show yet.`),
    });
    const onHeat = { hover: this.hover.bind(this), choose: (/** @type {number} */ row) => this.go(row + 1) };
    this.heat = this.compact ? null : new Heat(heat, () => this.heatView, onHeat);
    this.frame = oncePerFrame(() => this.drawParts());
    if (this.compact) return;
    this.editor = new Editor(this.picture, this.edits, {
      layout: () => this.layout,
      changed: () => this.ask(),
      announce: (text) => (this.status.textContent = text),
    });
    this.status.className = "visually-hidden";
    this.status.setAttribute("role", "status");
    this.help.className = "pointing-help";
    this.picture.canvas.tabIndex = 0;
    this.picture.canvas.setAttribute("role", "application");
    this.picture.canvas.setAttribute("aria-label", `${info.title}. ${HELP}`);
    side.append(this.help);
    picture.append(this.status);
    this.root.addEventListener("keydown", (event) => this.key(event));
  }

  /** @param {PointingPayload} payload @param {PanelContext} [context] */
  update(payload, context = {}) {
    this.context = context;
    this.unanswered = Boolean(payload.unanswered);
    this.source = payload.source ?? null;
    if (!this.unanswered) {
      const before = this.edits.answered;
      const first = this.payload === null;
      if (this.payload && this.payload.task !== payload.task) this.player.go(null, 0);
      this.payload = payload;
      this.edits.observe(payload, context);
      if (this.drawNext && (first || !samePoints(before, this.edits.answered))) this.drawIn(first);
    }
    this.ask();
  }

  /** Draws the answer corner by corner, unless a run keeps changing it: that is motion enough. @param {boolean} first of this view */
  drawIn(first) {
    this.drawNext = false;
    const idle = this.context.state !== "running";
    if (lessMotion.matches || this.compact || !this.payload || (!idle && !first)) return;
    this.player.go(null, 0);
    this.player.play(stepsOf(this.payload));
  }

  ask() {
    this.picture.ask();
    this.heat?.plot.ask();
    if (!this.compact) this.frame.ask();
  }

  /** @param {number | null} cursor */
  go(cursor) {
    if (!this.payload) return;
    this.player.go(cursor, stepsOf(this.payload));
    this.ask();
  }

  play() {
    if (!this.payload) return;
    const steps = stepsOf(this.payload);
    if (this.player.playing) this.player.pause(steps);
    else this.player.play(steps);
    this.ask();
  }

  newPoints() {
    this.drawNext = true;
    this.player.go(null, 0);
    this.edits.newPoints();
  }

  /** @param {number | null} row @param {number | null} column */
  hover(row, column) {
    if (row === this.over.row && column === this.over.column) return;
    this.over = { row, column };
    this.ask();
  }

  /** Undo belongs to the panel as long as the focus is in it. @param {KeyboardEvent} event */
  key(event) {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    const name = event.key.toLowerCase();
    if (name === "z" && !event.shiftKey) this.edits.history.undo();
    else if (name === "y" || (name === "z" && event.shiftKey)) this.edits.history.redo();
    else return;
    event.preventDefault();
  }

  get made() {
    return this.payload ? this.player.made(stepsOf(this.payload)) : 0;
  }

  /** The output step whose distribution is shown: that under the pointer, else the one that the visitor stands at. */
  get row() {
    if (this.over.row !== null) return this.over.row;
    const { made } = this;
    return made === Infinity || this.player.playing || made < 1 ? null : Math.floor(made + 1e-6) - 1;
  }

  /** @returns {import("./pointing/heat.js").HeatView} */
  get heatView() {
    const column = this.over.column ?? this.editor?.drag?.index ?? this.editor?.hovered ?? this.editor?.selected ?? null;
    return { payload: this.payload, made: this.made, row: this.row, column, stepping: this.over.row === null };
  }

  /** @returns {import("./pointing/plane.js").Layout | null} */
  get layout() {
    const { payload, edits, picture, info } = this;
    if (!payload || picture.width === 0) return null;
    if (payload.task === "sort") return slotsLayout(edits.shown, payload.tokens.length, picture.width, picture.height, this.compact);
    return planeLayout(edits.shown, picture.width, picture.height, this.compact);
  }

  /** @param {import("./surface.js").Surface} surface */
  drawPicture(surface) {
    const colors = palette();
    const { payload, layout, player } = this;
    if (!payload || !layout) return drawEmpty(surface, this.source?.text ?? "no answer yet", colors);
    const { made, row } = this;
    const stepping = made !== Infinity && !player.playing;
    const count = countOf(payload);
    const branches = stepping && made >= 1 ? branchesAt(payload, Math.floor(made) - 1).filter(({ chosen }) => !chosen) : [];
    layout.draw(surface.context, {
      payload,
      points: this.edits.shown,
      made,
      row,
      stepping,
      branches: branches.map(({ tokens }) => tokens.filter((token) => token < count)),
      selected: this.editor?.selected ?? null,
      hovered: this.over.row !== null ? tokenAt(payload, this.over.row) : (this.editor?.hovered ?? null),
      editable: this.edits.editable,
      compact: this.compact,
    }, colors);
    if (player.playing) this.ask();
  }

  /** What is known of the point under the pointer. */
  readPoint() {
    const { payload, editor } = this;
    const index = editor?.hovered ?? null;
    if (!payload || index === null || !editor || editor.drag?.moved) return null;
    const point = this.edits.shown[index];
    if (!point || index >= countOf(payload)) return null;
    const rows = [{ name: payload.task === "sort" ? "value" : "x, y", value: point.map((value) => value.toFixed(2)).join(", ") }];
    const steps = payload.tokens.flatMap((token, step) => (token === index ? [step] : []));
    for (const step of steps.slice(0, 3)) rows.push({ name: `output step ${step + 1}`, value: percent(chanceOf(payload, step, index)) });
    if (steps.length === 0) rows.push({ name: "never pointed at", value: "" });
    return { title: `element ${index + 1}`, rows };
  }

  drawParts() {
    const { payload, hosts, edits, player, context, unanswered } = this;
    const { set, values } = context;
    const choose = set && values?.network !== undefined ? (/** @type {string} */ value) => set("network", value) : null;
    const source = this.source ?? payload?.source;
    if (source) render(headTemplate({ source, unanswered }, { id: this.id, network: values?.network, choose }), hosts.head);
    this.root.classList.toggle("unanswered", unanswered);
    if (!payload) return;
    const { made } = this;
    const { editable, history } = edits;
    render(verdictTemplate(payload), hosts.verdict);
    const on = { go: this.go.bind(this), step: this.step.bind(this), play: this.play.bind(this) };
    render(stepsTemplate(payload, { made, playing: player.playing, still: lessMotion.matches }, on), hosts.steps);
    render(beamTemplate(payload, made, player.playing), hosts.beam);
    const at = { count: edits.count, undo: history.done.at(-1)?.label ?? null, redo: history.undone.at(-1)?.label ?? null, id: this.id };
    hosts.length.hidden = !editable;
    const edit = {
      count: (/** @type {number} */ value) => edits.setCount(value),
      fresh: () => this.newPoints(),
      undo: () => void history.undo(),
      redo: () => void history.redo(),
    };
    render(lengthTemplate(payload, at, edit), hosts.length);
    this.tellHelp(payload.task === "sort", editable);
  }

  /** @param {boolean} sorting @param {boolean} editable */
  tellHelp(sorting, editable) {
    const touch = matchMedia("(pointer: coarse)").matches;
    const [press, twice] = touch ? ["tap", "double-tap"] : ["click", "double-click"];
    const words = sorting
      ? `Drag a bar up or down, ${press} + to add one, ${twice} a bar to remove it.`
      : `Drag a point, ${press} an empty place to add one, ${twice} a point to remove it.`;
    const text = editable ? words : "";
    if (this.help.dataset.words === text) return;
    this.help.dataset.words = text;
    const keys = document.createElement("span");
    keys.className = "pointing-keys";
    keys.textContent = editable ? " Keys: , . choose, arrows move, Delete removes, Enter adds." : "";
    this.help.replaceChildren(text, keys);
  }

  /** @param {1 | -1} by */
  step(by) {
    if (!this.payload) return;
    const steps = stepsOf(this.payload);
    this.player.pause(steps);
    this.player.step(by, steps);
    this.ask();
  }

  destroy() {
    this.frame.cancel();
    this.edits.destroy();
    this.picture.destroy();
    this.heat?.plot.destroy();
    this.root.remove();
  }
}

/** @param {HTMLElement} element @param {Info} info */
function create(element, info) {
  const view = new Pointing(element, info);
  return {
    /** @param {PointingPayload} payload @param {PanelContext} [context] */
    update: (payload, context) => view.update(payload, context),
    resize: () => view.ask(),
    destroy: () => view.destroy(),
  };
}

/** @type {import("./index.js").Panel} */
export const panel = { kind: "pointing", create };
