// @ts-nocheck  node's own types are not among the dependencies of the site
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Edits } from "./edits.js";

/** Callbacks that wait for the next picture. @type {(() => void)[]} */
let waiting = [];
globalThis.requestAnimationFrame = (callback) => waiting.push(callback);
globalThis.cancelAnimationFrame = () => (waiting = []);
const picture = () => waiting.splice(0).forEach((callback) => callback());

const payload = (points, task = "hull") => ({ task, points: Float32Array.from(points) });
const RANDOM = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8];
let sent;
let values;
let edits;
/** What the page and the engine do with a frame. */
const answer = (points, task) => edits.observe(payload(points, task), { set, values: { ...values } });
const set = (name, value) => {
  sent.push(`${name}=${value}`);
  values[name] = value;
};
beforeEach(() => {
  waiting = [];
  sent = [];
  values = { points: "", draw: "0", count: "4" };
  edits = new Edits(() => {});
  answer(RANDOM);
});

test("a drag sends the newest points once per picture, and one undo takes it back", () => {
  edits.begin();
  for (let at = 0; at < 5; at++) edits.show([[0.5 + at / 10, 0.5], ...edits.latest.slice(1)]);
  assert.deepEqual(sent, []);
  picture();
  assert.deepEqual(sent, ["points=0.9,0.5;0.3,0.4;0.5,0.6;0.7,0.8"]);
  edits.commit("move of point 1");
  edits.history.undo();
  picture();
  assert.equal(sent[1], "points=");
  edits.history.redo();
  picture();
  assert.equal(sent[2], sent[0]);
});

test("what the visitor does is drawn at once, until the engine has answered it", () => {
  edits.edit([...edits.latest, [0.9, 0.9]], "new point");
  assert.equal(edits.shown.length, 5);
  picture();
  answer(RANDOM);
  assert.equal(edits.shown.length, 5, "an answer to the points before changes nothing");
  answer([...RANDOM, 0.9, 0.9]);
  assert.equal(edits.wanted, null);
  edits.edit(edits.latest.slice(1), "removed point");
  assert.equal(edits.shown.length, 5, "after a removal the old numbering holds until the answer");
  assert.equal(edits.latest.length, 4);
});

test("the length is a setting of random points and an edit of own ones", () => {
  edits.setCount(6);
  picture();
  assert.deepEqual(sent, ["count=6"]);
  assert.equal(edits.count, 6);
  edits.edit([[0, 0], [1, 0], [1, 1], [0, 1]], "own");
  edits.setCount(3);
  edits.setCount(4);
  picture();
  assert.equal(sent[1], "points=0,0;1,0;1,1;0,1");
});

test("new points are random ones of the same number", () => {
  edits.edit([[0, 0], [1, 0], [1, 1], [0, 1], [0.5, 0.5]], "own");
  picture();
  edits.newPoints();
  picture();
  assert.deepEqual(sent.slice(1), ["count=5", "draw=1", "points="], "nothing else is seen on the way");
});

test("another task has points of its own", () => {
  edits.edit([...edits.latest, [0.9, 0.9]], "new point");
  picture();
  answer([0.1, 0.2, 0.3], "sort");
  assert.equal(edits.history.done.length, 0);
  assert.equal(edits.own, false, "points of the plane are no numbers to be sorted");
  assert.equal(edits.shown.length, 3);
});
