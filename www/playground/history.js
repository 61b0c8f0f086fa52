/** @file Undo and redo of what a visitor builds: network edits, weights changed by hand, drawn points. */

/** @typedef {{label: string, group: string, back: () => void, forward: () => void}} Step */

const KEPT = 100;
/** Edits of one group closer together than this are one step: typing, dragging a slider. */
const TOGETHER = 900;

export class EditHistory {
  /** @param {() => void} changed */
  constructor(changed) {
    this.changed = changed;
    /** @type {Step[]} */
    this.done = [];
    /** @type {Step[]} */
    this.undone = [];
    this.last = 0;
  }

  /** @param {Step} step already carried out */
  push(step, now = performance.now()) {
    const before = this.done[this.done.length - 1];
    if (before && step.group && before.group === step.group && now - this.last < TOGETHER) {
      this.done[this.done.length - 1] = { ...step, back: before.back };
    } else {
      this.done.push(step);
      if (this.done.length > KEPT) this.done.shift();
    }
    this.last = now;
    this.undone = [];
    this.changed();
  }

  /** @returns {string | null} what was taken back */
  undo() {
    const step = this.done.pop();
    if (!step) return null;
    step.back();
    this.undone.push(step);
    this.last = 0;
    this.changed();
    return step.label;
  }

  /** @returns {string | null} */
  redo() {
    const step = this.undone.pop();
    if (!step) return null;
    step.forward();
    this.done.push(step);
    this.last = 0;
    this.changed();
    return step.label;
  }
}
