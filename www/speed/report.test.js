/** @file What follows from measurements: verdict, crossing, Markdown. Run by `node --test www/`. */
// @ts-nocheck  node's own types are not among the dependencies of the site
import assert from "node:assert/strict";
import { test } from "node:test";
import { crossover, faster, FORMAT, lossText, markdown, rateOf, readReport, spread, verdict } from "./report.js";
import { browserName, listed } from "./words.js";

const task = (id, more = {}) => ({ id, title: `job ${id}, batch 1`, flops: 1e9, product: false, checkedAfter: 3, agreed: 0.5, ...more });
const steady = (rate, more = {}) => ({ rates: [rate, rate, rate], ...more });
const WIDTHS = [16, 32, 64, 128];

/** @param {Record<string, [number, number?]>} rates by job: of the CPU, of the GPU */
function report(rates, more = {}) {
  const jobs = [task("W0", { product: true, agreed: 0 }), task("W1", { flops: 5e3 }), task("W2")];
  const readings = { cpu: {}, gpu: {} };
  for (const [id, [cpu, gpu]] of Object.entries(rates)) {
    if (cpu) readings.cpu[id] = steady(cpu, id.startsWith("W") ? { loss: 0.5, agrees: true } : {});
    if (gpu) readings.gpu[id] = steady(gpu, { dispatches: 7 });
  }
  const widths = WIDTHS.map((width) => task(`MLP-${width}`, { checkedAfter: 0, agreed: null }));
  const machine = { version: "0.1.0", date: "2026-11-24T19:10:00.000Z", browser: "Chrome 148", cores: 8, gpu: { name: "a | card" } };
  return { format: FORMAT, ...machine, jobs, widths, readings, hidden: false, battery: false, stopped: false, lost: "", ...more };
}
const texts = (of) => verdict(of).map(({ text }) => text).join("\n");

test("rates and their spread", () => {
  assert.equal(rateOf({ rates: [3, 1, 2, 9, 2] }), 2);
  assert.ok(Number.isNaN(rateOf({ rates: [] })) && Number.isNaN(rateOf(undefined)));
  assert.equal(spread({ rates: [90, 100, 110] }), 0.2);
  assert.equal(spread({ rates: [5] }), 0);
});

test("which device is faster", () => {
  const of = report({ W0: [45, 90], W1: [300_000, 3000], W2: [10, 10.2] });
  assert.deepEqual(faster(of, "W0"), { device: "gpu", times: 2 });
  assert.deepEqual(faster(of, "W1"), { device: "cpu", times: 100 });
  assert.equal(faster(of, "W2").device, "neither");
  assert.equal(faster(of, "W9"), null);
});

test("the crossing is told from what was measured", () => {
  const of = (...ratios) => crossover(report(Object.fromEntries(ratios.map((ratio, index) => [`MLP-${WIDTHS[index]}`, ratio && [100, 100 * ratio]]).filter(([, pair]) => pair))));
  assert.equal(of(0.1, 0.5, 2, 4), "From width 64 on the graphics processor is faster.");
  assert.equal(of(2, 0.5, 2, 4), "From width 64 on the graphics processor is faster.");
  assert.match(of(2, 2, 3, 4), /at every width measured, 16 to 128/);
  assert.match(of(0.1, 0.2, 0.3, 1), /at no width measured, 16 to 128/);
  assert.equal(of(0.1, 2, 3, 0.5), "The graphics processor is faster at width 32 and 64, but not at 128.");
  assert.equal(of(0.1, 0, 0, 4), "From width 128 on the graphics processor is faster.");
  assert.equal(of(), "");
});

test("the verdict has the measured numbers and no others", () => {
  const both = texts(report({ W0: [45.2, 90], W1: [310_123, 3000], W2: [10, 30] }));
  assert.match(both, /products run at 45\.2 GFLOP\/s on one core of the CPU and at 90 on the graphics processor\./);
  assert.match(both, /job W1, trains at 310,000 steps a second on one core of the CPU and at 3,000 on/);
  assert.match(both, /faster at 2 of 3 jobs measured/);
  assert.match(both, /All 3 losses are/);
  const cpu = texts(report({ W2: [10] }, { gpu: { why: "this browser has no WebGPU" } }));
  assert.equal(cpu, "The smallest network measured, job W2, trains at 10 steps a second on one core of the CPU.\nThe loss is what other libraries get.");
  assert.equal(texts(report({})), "Nothing was measured.");
});

test("doubts are told, with what to do", () => {
  const of = report({ W1: [100] }, { hidden: true, battery: true, stopped: true, lost: "The graphics processor was lost at W2 (gone); what was measured before is kept." });
  of.readings.cpu.W1.rates = [80, 100, 110];
  of.readings.cpu.W1.agrees = false;
  const doubts = verdict(of).filter(({ warning }) => warning).map(({ text }) => text).join("\n");
  for (const part of [/W1 on the CPU is not what/, /differ by up to 30\s%.*Close it and measure again/, /hidden.*Measure again/, /Plug it in/, /reload the page/, /stopped before/]) {
    assert.match(doubts, part);
  }
});

test("the smallest network is one that was measured", () => {
  assert.match(texts(report({ W0: [45], W2: [10] })), /job W2, trains at 10/);
});

test("the loss of a check stands beside that of the others", () => {
  assert.equal(lossText(task("W1"), { loss: 0.51234567 }), "loss 0.512346 after 3 steps, where others have 0.500000");
  assert.match(lossText(task("W1"), { loss: null }), /not a number/);
  assert.match(lossText(task("W0", { product: true, agreed: 0 }), { loss: 2.4e-6 }), /largest error 2\.4e-6/);
  assert.equal(lossText(task("MLP-16", { agreed: null }), {}), "");
});

test("Markdown is one table with what it was measured on", () => {
  const text = markdown(report({ W0: [45, 90], "MLP-16": [100, 50] }));
  const [head, , ...lines] = text.split("\n");
  assert.equal(head, "Petri 0.1.0, 2026-11-24 19:10 UTC, Chrome 148, 8 logical cores, GPU: a   card");
  const table = lines.filter((line) => line.startsWith("|"));
  assert.equal(table.length, 4);
  for (const row of table) assert.equal(row.split("|").length, 10, row);
  assert.equal(table[2], "| W0 job W0, batch 1 | 45 | 45 | 90 | 90 | 7 | GPU 2× | ✓ |");
  assert.ok(text.includes("- Matrix products"));
});

test("what was kept is read only if this page wrote it", () => {
  const of = report({ W1: [100] });
  assert.deepEqual(readReport(JSON.stringify(of)), of);
  for (const wrong of [null, "", "{", "null", "3", JSON.stringify({ ...of, format: FORMAT + 1 }), JSON.stringify({ format: FORMAT })]) assert.equal(readReport(wrong), null);
});

test("browsers by name", () => {
  const chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36";
  assert.equal(browserName(chrome), "Chrome 148");
  assert.equal(browserName(`${chrome} Edg/148.0.1.2`), "Edge 148");
  assert.equal(browserName("Mozilla/5.0 (X11; rv:143.0) Gecko/20100101 Firefox/143.0"), "Firefox 143");
  assert.equal(browserName("Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Safari/605.1.15"), "Safari 18.4");
  assert.equal(browserName("curl"), "an unknown browser");
  assert.equal(listed(["a", "b", "c"]), "a, b and c");
  assert.equal(listed(["a"]), "a");
});
