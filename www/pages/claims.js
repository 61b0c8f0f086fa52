/** @file The paper's claims beside what was measured: verdict, gauge with the threshold as a tick, numbers on demand. */
import { html, nothing, svg } from "lit";
import { icons } from "../icons.js";
import { formatCount, formatNumber } from "../panels/axes.js";

/** @typedef {import("../protocol.d.ts").Claim} Claim */
/** @typedef {import("../protocol.d.ts").ClaimInfo} ClaimInfo */
/** @typedef {import("../protocol.d.ts").ClaimPart} ClaimPart */
/** @typedef {import("../protocol.d.ts").Frame} Frame */
/** @typedef {import("../protocol.d.ts").SeedCount} SeedCount */

const ICONS = { holds: icons.holds, fails: icons.fails, "not yet": icons.wait };
const TONES = { holds: "holds", fails: "fails", "not yet": "wait" };

/**
 * @param {ClaimInfo[]} infos @param {Frame | null} frame @param {Set<string>} open @param {(id: string) => void} flip
 * @param {() => void} moreSeeds
 */
export function claimsTemplate(infos, frame, open, flip, moreSeeds) {
  if (!frame) return html`<div class="claim-wait">The first numbers come with the first steps.</div>`;
  // Claims of the other task are not in the frame.
  const shown = infos.flatMap((info) => {
    const claim = frame.claims.find((entry) => entry.id === info.id);
    return claim ? [{ info, claim }] : [];
  });
  if (shown.length === 0) return html`<div class="claim-wait">Nothing is claimed for these settings.</div>`;
  const { seeds } = frame;
  return html`
    ${shown.map(({ info, claim }) => claimTemplate(info, claim, seeds ?? null, open.has(info.id), () => flip(info.id)))}
    ${seedsFoot(seeds ?? null, moreSeeds)}
  `;
}

/** @param {SeedCount | null} seeds @param {() => void} moreSeeds */
function seedsFoot(seeds, moreSeeds) {
  if (!seeds) return html`<div class="claims-foot"><span>1 seed</span><button class="text-button" type="button" @click=${moreSeeds}>Run 5 seeds</button></div>`;
  const progress = seeds.progress ? `, step ${formatCount(seeds.progress.step)} of ${formatCount(seeds.progress.of)}` : "";
  const text = seeds.done < seeds.of ? `seed ${seeds.done + 1} of ${seeds.of}${progress}` : `${seeds.of} seeds`;
  return html`<div class="claims-foot num"><span>${text}</span></div>`;
}

/** @param {ClaimInfo} info @param {Claim} claim @param {SeedCount | null} seeds @param {boolean} open @param {() => void} flip */
function claimTemplate(info, claim, seeds, open, flip) {
  const lead = leadingPart(claim);
  const counted = seeds?.claims.find((entry) => entry.id === info.id);
  const numbers = claim.verdict === "not yet" && claim.progress && lead?.measured == null ? progressText(claim.progress) : lead ? partText(lead) : "";
  return html`<div class="claim">
    <button class="claim-head" type="button" aria-expanded=${open ? "true" : "false"} @click=${flip}>
      <span class="claim-text">${info.text}</span>
      <span class="claim-row ${TONES[claim.verdict]}">
        <span class="verdict">${ICONS[claim.verdict]}${claim.verdict}</span>
        ${gauge(claim, lead)}
        <span class="claim-number num">${numbers}</span>
      </span>
      ${counted && counted.of > 1 ? html`<span class="claim-count num">held in ${counted.held} of ${counted.of} seeds</span>` : nothing}
    </button>
    ${open ? details(info, claim) : nothing}
  </div>`;
}

/** @param {ClaimInfo} info @param {Claim} claim */
function details(info, claim) {
  return html`<div class="claim-details">
    ${claim.parts.map((part) => html`<div class="claim-part num"><span>${part.label}</span><span>${partText(part)}</span></div>`)}
    ${claim.detail ? html`<p>${claim.detail}</p>` : nothing}
    ${claim.verdict === "not yet" && claim.progress ? html`<p>Not yet: ${progressText(claim.progress)}.</p>` : nothing}
    <p>Measured: ${info.measures}.</p>
    <p>In the paper: ${info.where}.</p>
  </div>`;
}

/** The part that decides: the first that misses, else the first that is not known, else the first. @param {Claim} claim */
function leadingPart({ parts }) {
  return parts.find((part) => part.measured !== null && !meets(part)) ?? parts.find((part) => part.measured === null) ?? parts[0];
}

/** @param {ClaimPart} part */
function meets({ measured, relation, threshold }) {
  if (measured === null) return false;
  if (relation === "≥") return measured >= threshold;
  if (relation === "≤") return measured <= threshold;
  return relation === ">" ? measured > threshold : measured < threshold;
}

/** @param {ClaimPart} part */
function partText({ measured, relation, threshold, unit }) {
  const space = unit && unit !== "×" ? " " : "";
  const small = threshold !== 0 && Math.abs(threshold) < 1e-4;
  return `${formatNumber(measured)}${measured === null ? "" : space + unit} ${relation} ${small ? formatNumber(threshold) : threshold.toLocaleString("en", { maximumSignificantDigits: 4 }).replace("-", "−")}`;
}

/** @param {{step: number, of: number}} progress */
function progressText({ step, of }) {
  return `step ${formatCount(step)} of ${formatCount(of)}`;
}

/** @param {Claim} claim @param {ClaimPart | undefined} part */
function gauge({ verdict, progress }, part) {
  if (part?.measured == null) {
    const share = verdict === "not yet" && progress ? Math.min(1, progress.step / Math.max(1, progress.of)) : 0;
    return bar(share, null);
  }
  const { measured, threshold } = part;
  if (measured < 0 || threshold < 0) return bar(null, null);
  // The threshold stands at a place that leaves room on both sides; what exceeds it twofold ends at the right.
  const whole = Math.max(threshold * 1.6, Math.min(measured * 1.15, threshold * 3), 1e-12);
  return bar(Math.min(1, measured / whole), threshold / whole);
}

/** @param {number | null} share @param {number | null} tick */
function bar(share, tick) {
  if (share === null) return html`<span class="gauge"></span>`;
  return html`<svg class="gauge" height="10" aria-hidden="true">
    <rect class="gauge-track" x="0" y="3" width="100%" height="4" rx="2"/>
    <rect class="gauge-fill" x="0" y="3" width=${`${(100 * share).toFixed(1)}%`} height="4" rx="2"/>
    ${tick === null ? nothing : svg`<rect class="gauge-tick" x=${`${(100 * tick).toFixed(1)}%`} y="0" width="1.5" height="10"/>`}
  </svg>`;
}
