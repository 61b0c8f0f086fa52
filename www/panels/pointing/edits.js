/**
 * @file The visitor's hold on the input set: what was asked of the engine and not yet answered, undo, and the rule that
 * settings go out once per animation frame at most. The settings themselves, `points`, `draw` and `count`, belong to the
 * page; this file only sends new ones.
 */
import { EditHistory } from "../../playground/history.js";
import { oncePerFrame } from "../surface.js";
import { countOf, dimensions } from "./answer.js";
import { formatPoints, parsePoints, resize, samePoints, unpack } from "./points.js";

/** @typedef {import("./points.js").Point} Point */
/** @typedef {{points: string, draw: string, count: string}} Input  the settings that make the input set */
/** @typedef {{set?: (name: string, value: string) => void, values?: Record<string, string>, state?: string}} PanelContext */

/** An engine that has not answered for so long has refused the points. */
const PATIENCE = 2000;
const NAMES = /** @type {const} */ (["points", "draw", "count"]);

export class Edits {
  /** @type {import("./answer.js").PointingPayload | null} */
  payload = null;
  /** @type {PanelContext} */
  context = {};
  /** The last answer's input. @type {Point[]} */
  answered = [];
  /** What the visitor asked for and the engine has not answered yet. @type {Point[] | null} */
  wanted = null;
  wantedAt = 0;
  /** @type {number | null} */
  wantedCount = null;
  /** Points dropped by the length slider, to come back when it returns. @type {Point[]} */
  reserve = [];
  /** Settings on their way out. @type {Partial<Input>} */
  outbox = {};
  /** @type {Input | null} */
  before = null;
  dragging = false;

  /** @param {() => void} changed */
  constructor(changed) {
    this.changed = changed;
    this.history = new EditHistory(changed);
    this.frame = oncePerFrame(() => this.flush());
  }

  /** @param {import("./answer.js").PointingPayload} payload @param {PanelContext} context */
  observe(payload, context) {
    const other = this.payload && this.payload.task !== payload.task;
    this.payload = payload;
    this.context = context;
    this.answered = unpack(payload.points, dimensions(payload.task));
    if (other) this.forget();
    const late = performance.now() - this.wantedAt > PATIENCE;
    if (this.wanted && !this.dragging && (late || samePoints(this.wanted, this.answered))) this.wanted = null;
    if (this.wantedCount !== null && (late || this.wantedCount === this.answered.length)) this.wantedCount = null;
  }

  /** Points of another task cannot be taken back to. */
  forget() {
    this.wanted = this.wantedCount = this.before = null;
    this.reserve = [];
    this.history = new EditHistory(this.changed);
  }

  get editable() {
    return Boolean(this.context.set && this.payload);
  }

  /** The list that the next edit starts from. */
  get latest() {
    return this.wanted ?? this.answered;
  }

  /** The list to draw: ahead of the answer where its numbering still holds. */
  get shown() {
    return this.wanted && this.wanted.length >= this.answered.length ? this.wanted : this.answered;
  }

  get count() {
    return this.wantedCount ?? this.wanted?.length ?? (this.payload ? countOf(this.payload) : 0);
  }

  /** Whether the set is the visitor's own; points of another task are not, and the engine leaves them aside too. */
  get own() {
    return this.payload !== null && parsePoints(this.input.points, dimensions(this.payload.task)) !== null;
  }

  /** @returns {Input} */
  get input() {
    const { points = "", draw = "0", count = "" } = { ...this.context.values, ...this.outbox };
    return { points, draw, count };
  }

  /** Remembers what an edit of several moves starts from. */
  begin() {
    this.before ??= this.input;
  }

  /** @param {Point[]} points */
  show(points) {
    if (points === this.latest) return;
    this.begin();
    this.wanted = points;
    this.wantedAt = performance.now();
    this.send({ points: formatPoints(points) });
  }

  /**
   * Ends an edit: from here one undo takes it back.
   * @param {string} label @param {string} [group] edits that follow closely are one
   */
  commit(label, group = "") {
    const before = this.before;
    this.before = null;
    const after = this.input;
    if (!before || NAMES.every((name) => before[name] === after[name])) return;
    if (group !== "count") this.reserve = [];
    this.history.push({ label, group, back: () => this.restore(before), forward: () => this.restore(after) });
  }

  /** @param {Point[]} points @param {string} label @param {string} [group] */
  edit(points, label, group) {
    this.show(points);
    this.commit(label, group);
  }

  /** @param {number} count */
  setCount(count) {
    this.begin();
    if (this.own) {
      const points = this.latest;
      if (points.length > this.reserve.length) this.reserve = points;
      this.show(resize(points, count, this.reserve));
    } else {
      this.wantedCount = count;
      this.wantedAt = performance.now();
      this.send({ count: String(count) });
    }
    this.commit(`${count} points`, "count");
  }

  newPoints() {
    this.begin();
    // A set of as many points as there are now, whoever placed them.
    const count = this.own ? { count: String(this.latest.length) } : {};
    this.wanted = null;
    this.send({ points: "", draw: String(Number(this.input.draw || 0) + 1), ...count });
    this.commit("new points");
  }

  /** @param {Input} input */
  restore(input) {
    const now = this.input;
    /** @type {Partial<Input>} */
    const changes = {};
    for (const name of NAMES) if (input[name] !== now[name]) changes[name] = input[name];
    this.wanted = this.payload ? parsePoints(input.points, dimensions(this.payload.task)) : null;
    this.wantedCount = null;
    this.wantedAt = performance.now();
    this.send(changes);
  }

  /** @param {Partial<Input>} changes */
  send(changes) {
    Object.assign(this.outbox, changes);
    this.frame.ask();
    this.changed();
  }

  flush() {
    const changes = this.outbox;
    this.outbox = {};
    // Giving up own points comes last: the random ones that then show are already the ones asked for.
    for (const name of changes.points === "" ? [...NAMES].reverse() : NAMES) {
      const value = changes[name];
      if (value !== undefined && value !== this.context.values?.[name]) this.context.set?.(name, value);
    }
    // Until the next frame of the engine the page's values are older than what was just sent.
    this.context = { ...this.context, values: { ...this.context.values, ...changes } };
  }

  destroy() {
    this.frame.cancel();
  }
}
