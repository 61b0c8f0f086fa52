// @ts-nocheck  node's own types are not among the dependencies of the site
import assert from "node:assert/strict";
import { test } from "node:test";
import { EditHistory } from "./history.js";

test("undo and redo walk through the edits; typing counts as one", () => {
  let value = 0;
  const history = new EditHistory(() => {});
  const set = (/** @type {number} */ next, group = "", now = 0) => {
    const before = value;
    value = next;
    history.push({ label: `set ${next}`, group, back: () => (value = before), forward: () => (value = next) }, now);
  };
  set(1);
  set(2, "typing", 10_000);
  set(3, "typing", 10_100);
  set(4, "typing", 20_000);
  assert.equal(history.undo(), "set 4");
  assert.equal(value, 3);
  assert.equal(history.undo(), "set 3");
  assert.equal(value, 1, "both keys of one word went together");
  assert.equal(history.redo(), "set 3");
  assert.equal(value, 3);
  set(9, "", 30_000);
  assert.equal(history.redo(), null, "a new edit ends what could be redone");
  history.undo();
  history.undo();
  history.undo();
  assert.equal(history.undo(), null);
  assert.equal(value, 0);
});
