/** @file The table of the Speed page: a row for each job, with a box that says whether it is to be measured. */
import { html, nothing } from "lit";
import { faster, gigaflops, lossText, mark, rateOf, spread } from "./report.js";
import { nameOf, rounded } from "./words.js";

/** @typedef {import("./report.js").Device} Device */
/** @typedef {import("./report.js").Reading} Reading */
/** @typedef {import("./report.js").Report} Report */
/** @typedef {import("./report.js").Task} Task */

/**
 * @typedef {object} Choice  what the visitor wants to be measured
 * @property {(id: string) => boolean} has
 * @property {(id: string, wanted: boolean) => void} set
 * @property {boolean} locked while something is measured
 */

/** @param {string} why */
export const noGpu = (why) => `No graphics processor is used here: ${why.replace(/\.+$/, "")}.`;

const number = (/** @type {number} */ value) => (value > 0 ? rounded(value) : "–");

/** @param {Report} report @param {Choice} choice @param {{device: Device, id: string} | null} now what is being measured */
export function tableTemplate(report, choice, now) {
  const { jobs, gpu } = report;
  const why = gpu.why;
  return html`<table class="speed-table num" role="table" aria-label="Speed of each job">
    <thead role="rowgroup">
      <tr role="row">
        <th scope="col" rowspan="2" role="columnheader" class="speed-name">job</th>
        <th scope="colgroup" colspan="2" role="columnheader">CPU, one core</th>
        <th scope="colgroup" colspan=${why === undefined ? 3 : 1} role="columnheader" class=${why === undefined ? "speed-gpu" : "speed-why speed-gpu"}>GPU</th>
        <th scope="col" rowspan="2" role="columnheader" title="Whether the loss after some steps is what other libraries get">loss</th>
      </tr>
      <tr role="row">
        <th scope="col" role="columnheader">steps/s</th><th scope="col" role="columnheader">GFLOP/s</th>
        ${why === undefined
          ? html`<th scope="col" role="columnheader" class="speed-gpu">steps/s</th><th scope="col" role="columnheader">GFLOP/s</th><th scope="col" role="columnheader" title="Commands to the graphics processor in a step">dispatches</th>`
          : html`<th scope="col" role="columnheader" class="speed-why speed-gpu">not measured</th>`}
      </tr>
    </thead>
    <tbody role="rowgroup">${jobs.map((job, index) => rowTemplate(report, job, choice, now?.id === job.id ? now.device : null, index === 0))}</tbody>
  </table>`;
}

/** @param {Report} report @param {Task} job @param {Choice} choice @param {Device | null} busy @param {boolean} first */
function rowTemplate(report, job, choice, busy, first) {
  const { readings, gpu, jobs } = report;
  const [cpu, onGpu] = [readings.cpu[job.id], readings.gpu[job.id]];
  const won = faster(report, job.id);
  const measured = html`${speedCells(job, "CPU", cpu, won?.device === "cpu" ? won.times : 0, busy === "cpu")}`;
  const other =
    gpu.why !== undefined
      ? first
        ? html`<td class="speed-why speed-gpu" rowspan=${jobs.length} role="cell">${noGpu(gpu.why)}</td>`
        : nothing
      : html`${speedCells(job, "GPU", onGpu, won?.device === "gpu" ? won.times : 0, busy === "gpu")}<td role="cell" data-label="dispatches">${onGpu?.dispatches ?? "–"}</td>`;
  return html`<tr role="row" class=${busy ? "busy" : cpu || onGpu ? "" : "blank"}>
    <th scope="row" role="rowheader" class="speed-name">
      <label class="speed-job">
        <input type="checkbox" .checked=${choice.has(job.id)} ?disabled=${choice.locked} @change=${(/** @type {Event} */ event) => choice.set(job.id, /** @type {HTMLInputElement} */ (event.target).checked)} />
        <span>${nameOf(job)}<small>${job.id} · ${job.title}</small></span>
      </label>
    </th>
    ${measured}${other}${checkCell(job, cpu, onGpu)}
  </tr>`;
}

/** @param {Task} job @param {"CPU" | "GPU"} device @param {Reading | undefined} reading @param {number} times how often it is faster than the other @param {boolean} busy */
function speedCells(job, device, reading, times, busy) {
  const edge = device === "GPU" ? "speed-gpu" : "";
  if (busy && !reading) return html`<td class=${edge} role="cell" data-label="${device} steps/s">measuring…</td><td role="cell" data-label="${device} GFLOP/s"></td>`;
  const title = reading && reading.rates.length > 0 ? `${reading.rates.length} windows of time, which differ by ${Math.round(100 * spread(reading))} %` : nothing;
  return html`<td class=${times > 0 ? `${edge} faster` : edge} role="cell" data-label="${device} steps/s" title=${title}>
      ${number(rateOf(reading))}${times > 0 ? html`<small>▲ ${rounded(times)}× faster</small>` : nothing}${reading?.note ? html`<small>${reading.note}</small>` : nothing}
    </td><td role="cell" data-label="${device} GFLOP/s">${number(gigaflops(job, reading))}</td>`;
}

/** @param {Task} job @param {Reading | undefined} cpu @param {Reading | undefined} onGpu */
function checkCell(job, cpu, onGpu) {
  const checked = /** @type {[string, Reading | undefined][]} */ ([["CPU", cpu], ["GPU", onGpu]]).filter(([, reading]) => mark(reading));
  const title = checked.map(([device, reading]) => `${device}: ${lossText(job, /** @type {Reading} */ (reading))}`).join("; ");
  const marks = checked.map(([device, reading]) => html`<span class=${reading?.agrees ? "agrees" : "differs"}>${mark(reading)}<span class="unseen">${device}: ${reading?.agrees ? "as in other libraries" : "not as in other libraries"}</span></span>`);
  return html`<td class="speed-check" role="cell" data-label="loss" title=${title || nothing}>${checked.length > 0 ? marks : "–"}</td>`;
}
