/**
 * @file Prints Petri's speed beside that of other libraries from the harness's results: steps per second of the fastest
 * window, the ratio to the best of the others, and whether the losses agree.
 *
 *   node www/bench/ratios.mjs <results.json>
 */
import { readFileSync } from "node:fs";

const { cells, machine } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const rate = (value) => (value >= 1000 ? Math.round(value) : value.toPrecision(4)).toString();
const fastest = (cell) => (cell?.windows?.length ? Math.max(...cell.windows) : undefined);
const rows = [["workload", "Petri", "best other", "", "Petri ÷ other", "loss", "load"]];
for (const [id, of] of Object.entries(cells)) {
  const petri = of.petri;
  const others = Object.entries(of).filter(([name, cell]) => name !== "petri" && fastest(cell));
  others.sort(([, a], [, b]) => fastest(b) - fastest(a));
  const [name, best] = others[0] ?? ["–", undefined];
  // Products are judged by their absolute error, which should be nothing.
  const losses = others.map(([, cell]) => cell.lossCheck).sort((a, b) => a - b);
  const agreed = id.startsWith("W0") ? 0 : losses[losses.length >> 1];
  const off = Math.abs(petri?.lossCheck - agreed) / (agreed || 1);
  const speed = fastest(petri);
  rows.push([
    id,
    speed ? rate(speed) : (petri?.error ?? "not run").slice(0, 60),
    best ? rate(fastest(best)) : "–",
    name,
    speed && best ? `${(speed / fastest(best)).toFixed(2)} ×` : "–",
    petri?.lossCheck === undefined ? "–" : agreed === undefined ? petri.lossCheck.toPrecision(7) : off <= 1e-4 ? "✓" : "✗",
    petri?.loadavg?.toFixed(1) ?? "–",
  ]);
}
const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
for (const row of rows) console.log(row.map((text, column) => text.padEnd(widths[column])).join("  ").trimEnd());
console.log(`steps per second, fastest window; ${machine.cpu}, ${machine.cores} cores, Chromium ${machine.chromium}`);
