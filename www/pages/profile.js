/** @file Where the time of a training step goes, as a table: kernel by kernel, those of the same kind together. */
import { html } from "lit";
import { formatNumber } from "../panels/axes.js";

/** @typedef {import("../protocol.d.ts").Profile} Profile */

/** Kinds of kernels that are listed; the others are told together. */
const MOST = 16;

/** @param {Profile} profile @param {() => void} close */
export function profileTemplate({ milliseconds, kernels, peak, dispatches }, close) {
  const rows = kernels.slice(0, MOST);
  const rest = kernels.slice(MOST).reduce((sum, kernel) => sum + kernel.milliseconds, 0);
  const percent = (/** @type {number} */ share) => `${(100 * share).toFixed(1)} %`;
  return html`<section class="profile" aria-label="Profile">
    <header><h3>Where the time of a step goes</h3>
      <span>${formatNumber(milliseconds)} ms on the CPU; ${formatNumber(dispatches, 0)} dispatches on a graphics processor</span>
      <button class="text-button" type="button" @click=${close}>Close</button></header>
    <div class="profile-scroll"><table class="num">
      <thead><tr><th>share</th><th>µs</th><th>times</th><th>GFLOP/s</th>
        <th title="Of what a large matrix product reaches here: ${(peak / 1e6).toFixed(1)} GFLOP/s">of peak</th><th>GB/s</th><th>kernel</th></tr></thead>
      <tbody>${rows.map(
        ({ kernel, count, milliseconds: time, operations, bytes }) => html`<tr><td>${percent(time / milliseconds)}</td><td>${(1000 * time).toFixed(0)}</td>
          <td>${formatNumber(count)}</td><td>${(operations / time / 1e6).toFixed(1)}</td><td>${percent(operations / time / peak)}</td>
          <td>${(bytes / time / 1e6).toFixed(1)}</td><td>${kernel}</td></tr>`,
      )}
      ${rest > 0 ? html`<tr><td>${percent(rest / milliseconds)}</td><td>${(1000 * rest).toFixed(0)}</td><td></td><td></td><td></td><td></td><td>${kernels.length - MOST} other kinds</td></tr>` : ""}</tbody>
    </table></div>
  </section>`;
}
