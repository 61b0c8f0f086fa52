/** @file The standard jobs in a visitor's words, and how measured numbers are written. */
import { formatNumber } from "../panels/axes.js";

/** @typedef {import("./report.js").Task} Task */

/** By id; a job that is not here is called by its title. @type {Record<string, string>} */
const NAMES = {
  "W0-256": "Multiplying matrices, small",
  "W0-512": "Multiplying matrices, larger",
  "W0-1024": "Multiplying matrices, large",
  W1: "A tiny network parts two spirals",
  W2: "A network tells ten patterns apart",
  W3: "A network learns clock arithmetic",
  W4: "A transformer learns clock arithmetic",
  W5: "A pointer network sorts ten numbers",
  W6: "A convolutional network reads pictures",
};

/** @param {Task} task */
export const nameOf = ({ id, title }) => (Object.hasOwn(NAMES, id) ? NAMES[id] : title);

/** Width of a network of the family, which its id ends with. @param {Task} task */
export const widthOf = ({ id }) => Number(id.split("-").pop());

/** A measured number: three digits are as much as a repetition would confirm. @param {number} value */
export const rounded = (value) => formatNumber(Number(value.toPrecision(3)));

/** One, two and three. @param {string[]} parts */
export const listed = (parts) => [parts.slice(0, -1).join(", "), parts.at(-1)].filter(Boolean).join(" and ");

/** "Chrome 140" from what a browser calls itself. @param {string} userAgent */
export function browserName(userAgent) {
  // Chrome's word is in Edge's name and Safari's in all of theirs, so the order matters.
  for (const [name, pattern] of /** @type {[string, RegExp][]} */ ([
    ["Edge", /Edg(?:A|iOS)?\/(\d+)/],
    ["Opera", /OPR\/(\d+)/],
    ["Firefox", /(?:Firefox|FxiOS)\/(\d+)/],
    ["Chrome", /(?:Chrome|CriOS)\/(\d+)/],
    ["Safari", /Version\/(\d+(?:\.\d+)?).*Safari/],
  ])) {
    const version = userAgent.match(pattern)?.[1];
    if (version) return `${name} ${version}`;
  }
  return "an unknown browser";
}
