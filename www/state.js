/**
 * @file What the link says, and back. Everything lives in the hash: `#/lab/grokking?alpha=0.25&seed=3&hide=step`.
 * Only what differs from the defaults is written. A link is input from anywhere: whatever is wrong with it becomes a
 * message that names key, value and fix, and the rest is used. Pure functions, no document.
 */

/** @typedef {import("./protocol.d.ts").Control} Control */
/** @typedef {import("./protocol.d.ts").Values} Values */
/** @typedef {"gallery" | "lab" | "playground" | "speed" | "about" | "unknown"} PageName */
/** @typedef {{key: string, value: string, message: string, fix: string}} LinkMessage */

/** @typedef {{page: PageName, slug: string, query: Map<string, string>, messages: LinkMessage[]}} Link */

/**
 * @typedef {object} Schema  what a page lets its link say
 * @property {Control[]} controls settings of the experiment
 * @property {Control[]} [view] settings of the page alone, described in the same way
 * @property {string[]} [hidable] names that `hide` takes besides those of controls
 */

/**
 * @typedef {object} Settings
 * @property {Values} values every control has one
 * @property {number} seed
 * @property {Values} view
 * @property {string[]} hide
 * @property {boolean} embed
 * @property {LinkMessage[]} messages
 */

export const DEFAULT_SEED = 0;
export const MAX_SEED = 0xffff_ffff;
/** Own points are the longest thing in a link: 2,000 of them take about 40 kB. */
const MAX_LENGTH = 100_000;
const SEED_FIX = `give a whole number from 0 to ${MAX_SEED}`;

/** @param {string} hash as in `location.hash` @returns {Link} */
export function parseLink(hash) {
  /** @type {LinkMessage[]} */
  const messages = [];
  let text = hash.replace(/^#/, "");
  if (text.length > MAX_LENGTH) {
    const fix = "copy the link again; this one has probably been damaged";
    messages.push({ key: "link", value: `${text.slice(0, 24)}…`, message: "is too long to be read", fix });
    text = text.split("?")[0].slice(0, 200);
  }
  const cut = text.indexOf("?");
  const path = (cut < 0 ? text : text.slice(0, cut)).split("/").filter(Boolean).map(decode);
  const query = parseQuery(cut < 0 ? "" : text.slice(cut + 1), messages);
  const [page, slug = ""] = path;
  if (!page) return { page: "gallery", slug: "", query, messages };
  if (page === "lab" && slug && path.length === 2) return { page: "lab", slug, query, messages };
  if ((page === "playground" || page === "speed" || page === "about") && path.length === 1) return { page, slug: "", query, messages };
  return { page: "unknown", slug: path.join("/"), query, messages };
}

/** @param {string} text @param {LinkMessage[]} messages @returns {Map<string, string>} */
function parseQuery(text, messages) {
  /** @type {Map<string, string>} */
  const query = new Map();
  for (const part of text.split("&")) {
    if (!part) continue;
    const equals = part.indexOf("=");
    const key = decode(equals < 0 ? part : part.slice(0, equals));
    const value = equals < 0 ? "1" : decode(part.slice(equals + 1));
    if (query.has(key)) {
      messages.push({ key, value, message: "is given twice; the first is used", fix: "remove one of the two" });
    } else query.set(key, value);
  }
  return query;
}

/** Percent-decodes; what cannot be decoded stays as it is. @param {string} text */
function decode(text) {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}

/** @param {Map<string, string>} query @param {Schema} schema @returns {Settings} */
export function readSettings(query, { controls, view = [], hidable = [] }) {
  /** @type {Settings} */
  const settings = {
    values: defaultsOf(controls),
    view: defaultsOf(view),
    seed: DEFAULT_SEED,
    hide: [],
    embed: false,
    messages: [],
  };
  const own = new Map(controls.map((control) => [control.name, control]));
  const page = new Map(view.map((control) => [control.name, control]));
  for (const [key, value] of query) {
    const control = own.get(key) ?? page.get(key);
    if (control) {
      const checked = checkValue(control, value);
      if ("text" in checked) (own.has(key) ? settings.values : settings.view)[key] = checked.text;
      else settings.messages.push({ key, value: shorten(value), message: checked.message, fix: checked.fix });
    } else if (key === "seed") {
      const seed = readSeed(value);
      if (seed !== null) settings.seed = seed;
      else settings.messages.push({ key, value: shorten(value), message: "is not a seed", fix: SEED_FIX });
    } else if (key === "hide") {
      settings.hide = readHide(value, [...own.keys(), ...page.keys(), "seed", ...hidable], settings.messages);
    } else if (key === "embed") {
      settings.embed = value !== "0" && value !== "false";
    } else {
      const near = nearest(key, [...own.keys(), ...page.keys(), "seed", "hide", "embed"]);
      const message = "is not a setting of this page";
      settings.messages.push({ key: shorten(key), value: shorten(value), message, fix: `did you mean '${near}'?` });
    }
  }
  return settings;
}

/** @param {string} text @param {string[]} known @param {LinkMessage[]} messages @returns {string[]} */
function readHide(text, known, messages) {
  /** @type {Set<string>} */
  const hide = new Set();
  for (const name of text.split(",").map((part) => part.trim())) {
    if (!name) continue;
    if (known.includes(name)) hide.add(name);
    else {
      const fix = `did you mean '${nearest(name, known)}'?`;
      messages.push({ key: "hide", value: shorten(name), message: "names nothing that could be hidden", fix });
    }
  }
  return [...hide];
}

/** A seed from its text; null if it is none. @param {string} text @returns {number | null} */
export function readSeed(text) {
  const trimmed = text.trim();
  if (!/^\d{1,10}$/.test(trimmed)) return null;
  const seed = Number(trimmed);
  return seed <= MAX_SEED ? seed : null;
}

/** The defaults of all controls. Without a prototype: a control may have any name. @param {Control[]} controls @returns {Values} */
export function defaultsOf(controls) {
  /** @type {Values} */
  const values = Object.create(null);
  for (const control of controls) values[control.name] = control.default;
  return values;
}

/**
 * Checks a value in the way the engine does; gives its canonical text, or what is wrong with it.
 * @param {Control} control @param {string} value @returns {{text: string} | {message: string, fix: string}}
 */
export function checkValue(control, value) {
  if (control.kind === "text") return { text: value };
  if (control.kind === "toggle") {
    if (value === "1" || value === "true") return { text: "1" };
    if (value === "0" || value === "false") return { text: "0" };
    return { message: "is neither 0 nor 1", fix: "give 0 or 1" };
  }
  if (control.kind === "choice") {
    const names = control.options.map((option) => option.value);
    if (names.includes(value)) return { text: value };
    return { message: "is not an option", fix: `choose one of ${names.join(", ")}; the nearest is '${nearest(value, names)}'` };
  }
  const fix = `give a ${control.kind === "integer" ? "whole number" : "number"} from ${control.min} to ${control.max}`;
  const trimmed = value.trim().replace("−", "-");
  const number = Number(trimmed);
  // Number("") is 0 and Number("0x10") is 16: neither is what somebody meant.
  if (!/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(trimmed) || !Number.isFinite(number)) {
    return { message: "is not a number", fix };
  }
  if (number < control.min || number > control.max) return { message: "is out of range", fix };
  if (control.kind === "integer" && !Number.isInteger(number)) return { message: "is not a whole number", fix };
  return { text: plainNumber(number) };
}

/** A number without an exponent where that stays short. @param {number} number */
export function plainNumber(number) {
  return String(Number(number.toPrecision(12)));
}

/** Whether two texts mean the same value of a control. @param {Control} control @param {string} a @param {string} b */
export function sameValue(control, a, b) {
  if (a === b) return true;
  return (control.kind === "slider" || control.kind === "integer") && Number(a) === Number(b);
}

/**
 * @param {{page: PageName, slug?: string, values?: Values, view?: Values, seed?: number, hide?: string[], embed?: boolean}} state
 * @param {Schema} [schema] needed to leave out defaults
 * @returns {string} beginning with `#/`
 */
export function formatLink({ page, slug = "", values = {}, view = {}, seed = DEFAULT_SEED, hide = [], embed = false }, schema) {
  const path = page === "gallery" ? "#/" : page === "lab" ? `#/lab/${encodeURIComponent(slug)}` : `#/${page}`;
  const parts = [];
  for (const [list, chosen] of /** @type {const} */ ([
    [schema?.controls ?? [], values],
    [schema?.view ?? [], view],
  ])) {
    for (const control of list) {
      const value = chosen[control.name];
      if (value === undefined || sameValue(control, value, control.default)) continue;
      parts.push(`${encode(control.name)}=${encode(value)}`);
    }
  }
  if (seed !== DEFAULT_SEED) parts.push(`seed=${seed}`);
  if (hide.length > 0) parts.push(`hide=${hide.map(encode).join(",")}`);
  if (embed) parts.push("embed=1");
  return parts.length > 0 ? `${path}?${parts.join("&")}` : path;
}

/** Percent-encodes only what a hash needs, so that links stay readable. @param {string} text */
function encode(text) {
  return encodeURIComponent(text).replace(/%20/g, "+").replace(/%2C/g, ",").replace(/%3B/g, ";").replace(/%2F/g, "/");
}

/** The candidate that takes the fewest edits from `word`. @param {string} word @param {string[]} candidates */
export function nearest(word, candidates) {
  let best = "";
  let least = Infinity;
  for (const candidate of candidates) {
    const count = edits(word.slice(0, 64).toLowerCase(), candidate.slice(0, 64).toLowerCase());
    if (count < least) [best, least] = [candidate, count];
  }
  return best;
}

/** Levenshtein distance. @param {string} a @param {string} b */
function edits(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      next.push(Math.min(row[j] + (a[i] === b[j] ? 0 : 1), row[j + 1] + 1, next[j] + 1));
    }
    row = next;
  }
  return row[b.length];
}

/** @param {string} text */
function shorten(text) {
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}
