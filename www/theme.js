/** @file Light, dark, or as the system has it. Applied on import, before anything is drawn. */
import { readPreference, writePreference } from "./storage.js";

/** @typedef {"auto" | "light" | "dark"} Theme */

/** @type {Theme[]} */
export const THEMES = ["auto", "light", "dark"];

/** @returns {Theme} */
export function theme() {
  const chosen = document.documentElement.dataset.theme;
  return chosen === "light" || chosen === "dark" ? chosen : "auto";
}

/** @param {Theme} chosen */
export function setTheme(chosen) {
  writePreference("theme", chosen === "auto" ? null : chosen);
  apply(chosen);
}

/** @param {string | null} chosen */
function apply(chosen) {
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  else delete document.documentElement.dataset.theme;
}

apply(readPreference("theme"));
