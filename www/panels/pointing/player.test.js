// @ts-nocheck  node's own types are not among the dependencies of the site
import assert from "node:assert/strict";
import { test } from "node:test";
import { Player } from "./player.js";

test("the whole answer is the default, and the steps lead there and back", () => {
  const player = new Player(() => {});
  assert.equal(player.made(6), Infinity);
  player.step(-1, 6);
  assert.equal(player.made(6), 5);
  player.step(1, 6);
  assert.equal(player.made(6), 6);
  player.step(1, 6);
  assert.equal(player.cursor, null);
  player.go(0, 6);
  player.step(-1, 6);
  assert.equal(player.made(6), 0);
});

test("an answer that becomes shorter does not leave the cursor behind its end", () => {
  const player = new Player(() => {});
  player.go(6, 6);
  assert.equal(player.made(4), 4);
});

test("drawing takes about a second, can be paused, and ends at the whole answer", () => {
  let ended = 0;
  const player = new Player(() => ended++);
  player.play(10, 1000);
  assert.equal(player.made(10, 1000), 0);
  assert.ok(player.made(10, 1550) > 3 && player.made(10, 1550) < 7);
  player.pause(10, 1550);
  assert.equal(player.playing, false);
  assert.equal(player.made(10), 5);
  player.play(10, 5000);
  assert.equal(Math.round(player.made(10, 5000)), 5, "it goes on from there");
  assert.equal(player.made(10, 9000), Infinity);
  assert.equal(player.playing, false);
  assert.equal(ended, 1, "whoever asks last, the others hear of it");
});
