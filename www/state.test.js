/** @file Links in, links out, with hostile input. Run by `node --test www/`. */
// @ts-nocheck  node's own types are not among the site's dependencies
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkValue, formatLink, nearest, parseLink, readSeed, readSettings } from "./state.js";

const control = (name, more = {}) => ({
  name,
  label: name,
  symbol: "",
  kind: "slider",
  scale: "linear",
  min: 0.1,
  max: 8,
  step: 0,
  default: "1",
  unit: "",
  help: "",
  effect: "rebuild",
  options: [],
  when: null,
  ...more,
});
const task = control("task", {
  kind: "choice",
  default: "polynomial",
  options: [{ value: "polynomial", label: "polynomial" }, { value: "modular", label: "modular addition" }],
});
const samples = control("samples", { kind: "integer", min: 40, max: 800, default: "240" });
const points = control("points", { kind: "text", default: "" });
const schema = {
  controls: [control("alpha"), samples, task, points],
  view: [control("discretise", { kind: "toggle", default: "0" })],
  hidable: ["run", "step"],
};
const read = (hash) => {
  const link = parseLink(hash);
  const settings = readSettings(link.query, schema);
  return { ...link, ...settings, messages: [...link.messages, ...settings.messages] };
};

test("paths", () => {
  assert.equal(parseLink("").page, "gallery");
  assert.equal(parseLink("#").page, "gallery");
  assert.equal(parseLink("#/").page, "gallery");
  assert.equal(parseLink("#/lab/grokking").slug, "grokking");
  assert.equal(parseLink("#/playground?x=1").page, "playground");
  assert.equal(parseLink("#/about").page, "about");
  assert.equal(parseLink("#/speed").page, "speed");
  for (const wrong of ["#/lab", "#/lab/", "#/lab/a/b", "#/speed/a", "#/nonsense", "#//evil.example/x", "#/constructor", "#/%"]) {
    assert.equal(parseLink(wrong).page, "unknown", wrong);
  }
});

test("a link survives the round trip and holds only differences", () => {
  const state = { page: "lab", slug: "grokking", values: { alpha: "0.25", samples: "240", task: "modular" }, seed: 3, view: { discretise: "1" }, hide: ["run", "alpha"], embed: true };
  const hash = formatLink(state, schema);
  assert.equal(hash, "#/lab/grokking?alpha=0.25&task=modular&discretise=1&seed=3&hide=run,alpha&embed=1");
  const back = read(hash);
  assert.deepEqual(back.messages, []);
  assert.deepEqual({ ...back.values }, { alpha: "0.25", samples: "240", task: "modular", points: "" });
  assert.deepEqual([back.seed, back.view.discretise, back.hide, back.embed], [3, "1", ["run", "alpha"], true]);
  assert.equal(formatLink({ page: "gallery" }), "#/");
  assert.equal(formatLink({ page: "lab", slug: "grokking", values: { alpha: "1.0" } }, schema), "#/lab/grokking");
});

test("text with every awkward character survives", () => {
  const text = "1,2,-1;3.5,−4,1; a=b&c#d%e+f/ü?🧪\"<script>";
  const back = read(formatLink({ page: "playground", values: { points: text } }, schema));
  assert.equal(back.values.points, text);
  assert.deepEqual(back.messages, []);
});

test("wrong values are reported one by one; nothing else is lost", () => {
  const back = read("#/lab/grokking?alpha=99&task=modula&samples=100.5&aplha=2&seed=7&hide=run,nose&discretise=maybe");
  assert.deepEqual(back.messages.map((message) => message.key), ["alpha", "task", "samples", "aplha", "hide", "discretise"]);
  for (const message of back.messages) assert.ok(message.message && message.fix, JSON.stringify(message));
  assert.match(back.messages[1].fix, /modular/);
  assert.match(back.messages[3].fix, /'alpha'/);
  assert.deepEqual({ ...back.values }, { alpha: "1", samples: "240", task: "polynomial", points: "" });
  assert.equal(back.seed, 7);
  assert.deepEqual(back.hide, ["run"]);
});

test("numbers are numbers only when a person would say so", () => {
  const alpha = schema.controls[0];
  for (const wrong of ["", " ", "NaN", "Infinity", "-Infinity", "0x1", "1e999", "1,5", "1e", "--1", "null", "[]", "1;2", "1".repeat(400)]) {
    assert.ok("message" in checkValue(alpha, wrong), wrong);
  }
  assert.deepEqual(checkValue(alpha, " 2.50 "), { text: "2.5" });
  assert.deepEqual(checkValue(alpha, "1e0"), { text: "1" });
  assert.deepEqual(checkValue(control("x", { min: -5, max: 5 }), "−2"), { text: "-2" });
  assert.deepEqual(checkValue(control("tiny", { min: 0, max: 1 }), "0.00001"), { text: "0.00001" });
});

test("seeds", () => {
  assert.equal(readSeed("0"), 0);
  assert.equal(readSeed("4294967295"), 4294967295);
  for (const wrong of ["", "-1", "1.5", "4294967296", "1e3", "seven", "99999999999"]) assert.equal(readSeed(wrong), null, wrong);
  assert.equal(read("#/lab/x?seed=4294967296").messages[0].key, "seed");
});

test("hostile keys touch no prototype", () => {
  const back = read("#/lab/x?__proto__=1&constructor=2&toString=3&hide=__proto__");
  assert.equal(back.messages.length, 4);
  assert.equal({}.polluted, undefined);
  assert.equal(Object.getPrototypeOf(back.values), null);
  const odd = { controls: [control("__proto__", { kind: "text", default: "" })] };
  const settings = readSettings(parseLink("#/lab/x?__proto__=danger").query, odd);
  assert.equal(Object.getPrototypeOf(settings.values), null);
});

test("damaged encodings, repeated keys, and length", () => {
  assert.equal(read("#/lab/x?points=%E0%A4%A").values.points, "%E0%A4%A");
  assert.equal(read("#/lab/x?&&&").messages.length, 0);
  assert.equal(read("#/lab/x?=5").messages.length, 1);
  const twice = read("#/lab/x?alpha=2&alpha=3");
  assert.deepEqual([twice.values.alpha, twice.messages.length], ["2", 1]);
  const long = read(`#/lab/x?points=${"9".repeat(200_000)}`);
  assert.deepEqual([long.page, long.slug, long.values.points, long.messages.length], ["lab", "x", "", 1]);
  const shown = read(`#/lab/x?${"k".repeat(500)}=${"v".repeat(500)}`).messages[0];
  assert.ok(shown.key.length <= 40 && shown.value.length <= 40);
});

test("the nearest name", () => {
  assert.equal(nearest("aplha", ["alpha", "epsilon"]), "alpha");
  assert.equal(nearest("anything", []), "");
});
