/** @file The few signs of the interface, drawn in the colour of the text around them. */
import { html, svg } from "lit";

/** @param {unknown} shape @param {number} [size] */
const icon = (shape, size = 14) => html`<svg viewBox="0 0 14 14" width=${size} height=${size} aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round">${shape}</svg>`;

export const icons = {
  play: icon(svg`<path d="M3.5 1.8v10.4L12 7z" fill="currentColor" stroke="none"/>`, 13),
  pause: icon(svg`<path d="M2.5 1.5h3v11h-3zM8.5 1.5h3v11h-3z" fill="currentColor" stroke="none"/>`, 13),
  step: icon(svg`<path d="M3 2.2v9.6L9.4 7z" fill="currentColor" stroke="none"/><path d="M11.3 2.4v9.2"/>`),
  rewind: icon(svg`<path d="M2.2 2.4v3.4h3.4M2.5 5.6A5 5 0 1 1 2 8"/>`),
  dice: icon(svg`<rect x="1.7" y="1.7" width="10.6" height="10.6" rx="2.4"/><g fill="currentColor" stroke="none"><circle cx="4.7" cy="4.7" r="1.05"/><circle cx="9.3" cy="9.3" r="1.05"/><circle cx="9.3" cy="4.7" r="1.05"/><circle cx="4.7" cy="9.3" r="1.05"/></g>`),
  holds: icon(svg`<path d="M2.5 7.6 5.6 10.8 11.6 3.6" stroke-width="1.9"/>`, 12),
  fails: icon(svg`<path d="M3 3l8 8M11 3l-8 8" stroke-width="1.9"/>`, 12),
  wait: icon(svg`<circle cx="7" cy="7" r="5.4"/><path d="M7 7V1.6A5.4 5.4 0 0 1 12.4 7z" fill="currentColor" stroke="none"/>`, 12),
  close: icon(svg`<path d="M3 3l8 8M11 3l-8 8"/>`, 12),
  auto: icon(svg`<circle cx="7" cy="7" r="5.2"/><path d="M7 1.8a5.2 5.2 0 0 1 0 10.4z" fill="currentColor" stroke="none"/>`, 15),
  light: icon(svg`<circle cx="7" cy="7" r="2.7"/><path d="M7 .8v1.4M7 11.8v1.4M.8 7h1.4M11.8 7h1.4M2.6 2.6l1 1M10.4 10.4l1 1M11.4 2.6l-1 1M3.6 10.4l-1 1"/>`, 15),
  dark: icon(svg`<path d="M12 8.6A5.4 5.4 0 1 1 5.4 2a4.4 4.4 0 0 0 6.6 6.6z"/>`, 15),
  find: icon(svg`<circle cx="6" cy="6" r="4"/><path d="m9.2 9.2 3.2 3.2"/>`, 13),
};

export const logo = html`<svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true"><circle cx="12" cy="12" r="10.6" fill="none" stroke="var(--ink)" stroke-width="1.3"/><circle cx="9" cy="10" r="2.6" fill="var(--c1)"/><circle cx="15" cy="14" r="3.4" fill="var(--c2)"/><circle cx="14.6" cy="7.6" r="1.4" fill="var(--c5)"/></svg>`;
