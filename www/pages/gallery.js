/**
 * @file The front page: living cards. The first is the playground, then come the labs by theme; a search field and the
 * themes filter them, so that fifty fit. Every card has its own dish. The stage lets a few of those on screen run at
 * once, in turns; the others keep their last picture. A click anywhere on a card opens what it shows.
 */
import { html, LitElement, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { problemText } from "../messages.js";
import { formatCount, formatNumber } from "../panels/axes.js";
import { onThemeChange, palette, Raster } from "../panels/color.js";
import { panels } from "../panels/index.js";
import { oncePerFrame, prepare, watchWidth } from "../panels/surface.js";
import { drawMarks } from "../playground/marks.js";
import { fieldColors } from "../playground/plane.js";
import { Refiner, SQUASH_REACH, squashTable } from "../playground/refine.js";
import { matchLabs } from "../search.js";
import { formatLink, readSettings } from "../state.js";

/** @typedef {import("../protocol.d.ts").Control} Control */
/** @typedef {import("../protocol.d.ts").Frame} Frame */
/** @typedef {import("../protocol.d.ts").Lab} Lab */
/** @typedef {import("../main.js").App} App */
/** @typedef {{show: (frame: Frame) => void, destroy: () => void}} Picture */

/** Cards that run at once; more would only slow each other down. */
const MOST_RUNNING = 4;
/** How long a card runs while others wait, in milliseconds: at first only until each of them has a picture. */
const TURN = 5000;
const FIRST_TURN = 1200;
/** Paused dishes off screen that are kept, so that scrolling back finds them as they were. */
const MOST_KEPT = 8;
/** Frames per second that a card asks for. */
const HZ = 20;
/** Milliseconds for which a finished run stands still before it begins again. */
const REST = 4000;
/** Steps after which the spiral begins again even if this seed does not solve it. */
const PATIENCE = 4000;
const SOLVED = 0.03;
/** Milliseconds between two pictures of the spiral. At full speed it would be solved before anybody has looked. */
const PACE = 33;
/** Steps from one picture to the next: slow at first, where most happens, then faster. @param {number} step */
const stride = (step) => Math.min(24, 3 + Math.floor(step / 40));
/** The playground's card: two spiral arms, told apart within seconds. */
const SPIRAL = {
  dataset: "spiral",
  noise: "0",
  net: "input x y | linear 12 | tanh | linear 12 | tanh | linear 8 | tanh | linear 1",
  optimiser: "adam",
  rate: "0.03",
  batch: "128",
  l2: "0.0003",
  points_count: "500",
};
/** Above and below a lab's panel, as in gallery.css. */
const PICTURE_PADDING = 34;
/** Claims that the card of a lab among few tells. */
const CLAIMS_TOLD = 3;
/** With fewer labs there is nothing to search. */
const SEARCHABLE = 4;
/** From so many labs on the cards are smaller. */
const DENSE = 13;

const lessMotion = matchMedia("(prefers-reduced-motion: reduce)");

/** Decides which of the cards on screen run. */
class Stage {
  constructor() {
    /** On screen. @type {Set<Card>} */
    this.seen = new Set();
    /** Off screen with a paused dish, the longest ago first. @type {Set<Card>} */
    this.kept = new Set();
    this.timer = setInterval(() => this.arrange(), 500);
    this.arrangeSoon = () => this.arrange();
    document.addEventListener("visibilitychange", this.arrangeSoon);
  }

  /** @param {Card} card @param {boolean} visible */
  see(card, visible) {
    if (visible) {
      this.kept.delete(card);
      this.seen.add(card);
    } else if (this.seen.delete(card)) {
      card.rest();
      this.kept.add(card);
      for (const old of this.kept) {
        if (this.kept.size <= MOST_KEPT) break;
        this.kept.delete(old);
        old.close();
      }
    }
    this.arrange();
  }

  /** @param {Card} card */
  forget(card) {
    this.seen.delete(card);
    this.kept.delete(card);
    this.arrange();
  }

  /** Those whose turn is not over go on; then come those that have waited longest. */
  arrange() {
    const willing = document.hidden ? [] : [...this.seen].filter((card) => card.willing);
    const turn = willing.some((card) => !card.picture) ? FIRST_TURN : TURN;
    const now = performance.now();
    const rank = (/** @type {Card} */ card) => (card.first ? 0 : !card.running ? 2 : now - card.since < turn ? 1 : 3);
    willing.sort((one, other) => rank(one) - rank(other) || one.since - other.since);
    const chosen = willing.slice(0, MOST_RUNNING);
    for (const card of this.seen) if (card.running && !chosen.includes(card)) card.rest();
    for (const card of chosen) if (!card.running) card.run();
  }

  destroy() {
    clearInterval(this.timer);
    document.removeEventListener("visibilitychange", this.arrangeSoon);
    for (const card of [...this.seen, ...this.kept]) card.close();
    this.seen.clear();
    this.kept.clear();
  }
}

class Card extends LitElement {
  static properties = {
    lab: { attribute: false },
    form: { type: String },
    heading: { attribute: false },
    frame: { state: true },
    problem: { state: true },
  };

  constructor() {
    super();
    /** @type {Lab} */
    this.lab = /** @type {any} */ (null);
    /** @type {App} */
    this.app = /** @type {any} */ (null);
    /** @type {Stage} */
    this.stage = /** @type {any} */ (null);
    /** "hero" is the playground, "wide" a lab among few, "themed" one that names its theme, "" one of many. */
    this.form = "";
    /** What stands above the words of the hero. @type {unknown} */
    this.heading = nothing;
    /** @type {Frame | null} */
    this.frame = null;
    this.problem = "";
    /** @type {import("../dish.js").Dish | null} */
    this.dish = null;
    /** @type {Picture | null} */
    this.picture = null;
    this.running = false;
    /** When it last began to run or to wait. */
    this.since = performance.now();
    /** When its run was finished; 0 while it is not. */
    this.finished = 0;
    /** When the spiral takes its next steps. @type {ReturnType<typeof setTimeout> | undefined} */
    this.pace = undefined;
    this.observer = new IntersectionObserver((entries) => this.stage.see(this, entries[entries.length - 1].isIntersecting));
  }

  createRenderRoot() {
    return this;
  }

  get first() {
    return this.form === "hero";
  }

  get panel() {
    return this.first ? "plane" : this.lab.panels[0].id;
  }

  get rested() {
    return performance.now() - this.finished > REST;
  }

  /** Whether it would use a turn: a finished run rests first, and stays as it is where less motion is wanted. */
  get willing() {
    if (this.problem) return false;
    return !this.finished || (!lessMotion.matches && (this.first || this.rested));
  }

  connectedCallback() {
    super.connectedCallback();
    this.observer.observe(this);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.observer.disconnect();
    // First, so that its place is free when the others are looked at.
    this.close();
    this.stage.forget(this);
    this.picture?.destroy();
    this.picture = null;
  }

  run() {
    this.running = true;
    this.since = performance.now();
    if (!this.dish) this.open();
    else {
      this.dish.want([this.panel], HZ);
      if (this.finished) this.startAgain();
      if (this.first) this.dish.step(1);
      else this.dish.play();
    }
  }

  open() {
    const dish = this.app.engine.openDish({
      lab: this.lab.slug,
      controls: this.first ? SPIRAL : {},
      claims: false,
      play: !this.first,
      panels: [this.panel],
      hz: HZ,
    });
    this.dish = dish;
    dish.on("frame", (frame) => dish === this.dish && this.show(frame));
    dish.on("error", (problem) => {
      // A dish that is open goes on without what it was asked for; one that could not be opened says so in the same way.
      if (dish !== this.dish || (problem.kind === "control" && dish.info)) return;
      this.problem = problemText(problem);
      this.close();
      this.stage.arrange();
    });
  }

  /** Stands still, and can go on from there. */
  rest() {
    if (!this.running) return;
    this.running = false;
    this.since = performance.now();
    clearTimeout(this.pace);
    this.dish?.pause();
    this.dish?.want([], 0);
  }

  close() {
    this.rest();
    this.dish?.close();
    this.dish = null;
    this.finished = 0;
  }

  again() {
    this.problem = "";
    this.stage.arrange();
  }

  /** @param {Frame} frame */
  show(frame) {
    if (!frame.panels[this.panel]) return;
    if (!this.picture) {
      const host = /** @type {HTMLElement} */ (this.querySelector(".card-picture"));
      this.picture = this.first ? planePicture(host) : panelPicture(host, this.lab);
    }
    this.frame = frame;
    this.picture.show(frame);
    if (!this.running) return;
    if (this.first) {
      clearTimeout(this.pace);
      this.pace = setTimeout(() => this.dish?.step(stride(frame.step)), PACE);
    }
    if (this.finished) {
      // The spiral was still refined while it was looked at.
      if (this.first && this.rested) this.startAgain();
      return;
    }
    const solved = this.first && ((frame.metrics["test loss"] ?? Infinity) < SOLVED || frame.step > PATIENCE);
    if (frame.state !== "done" && !solved) return;
    this.finished = performance.now();
    this.stage.arrange();
  }

  /** The spiral with other weights each time; a lab as its page begins, with the same seed. */
  startAgain() {
    this.finished = 0;
    this.dish?.reset(this.first ? "fresh" : undefined);
  }

  figures() {
    const { frame } = this;
    if (!frame) return this.problem ? nothing : html`<span class="card-starting">starting</span>`;
    const step = frame.steps && !this.first ? html`${formatCount(frame.step)} <i>of ${formatCount(frame.steps)}</i>` : formatCount(frame.step);
    const name = this.lab.metric;
    const { [name]: value, "test accuracy": accuracy } = frame.metrics;
    return html`<span>step <b>${step}</b></span>
      ${typeof value === "number" ? html`<span class=${name === "test loss" ? "card-test" : ""}>${name} <b>${formatNumber(value)}</b></span>` : nothing}
      ${this.first && typeof accuracy === "number" ? html`<span>test accuracy <b>${(100 * accuracy).toFixed(1)} %</b></span>` : nothing}`;
  }

  claims() {
    const { claims } = this.lab;
    if (claims.length === 0) return nothing;
    const more = claims.length - CLAIMS_TOLD;
    return html`<p class="over">The paper says</p><ul class="card-claims">
      ${claims.slice(0, CLAIMS_TOLD).map(({ text }) => html`<li>${text}</li>`)}
      ${more > 0 ? html`<li class="card-more">and ${more} more, each measured in front of you</li>` : nothing}
    </ul>`;
  }

  render() {
    const { lab, first } = this;
    const link = html`<a class="card-link" href=${first ? "#/playground" : `#/lab/${lab.slug}`}>${lab.title}</a>`;
    return html`<article class="card ${this.form}">
      ${this.heading}
      <div class="card-picture ${this.frame || this.problem ? "" : "waiting"}">
        ${this.problem
          ? html`<div class="card-problem" role="alert"><p>${this.problem}</p><button class="button" type="button" @click=${this.again}>Try again</button></div>`
          : nothing}
      </div>
      <div class="card-words">
        ${this.form === "themed" ? html`<p class="over">${lab.theme}</p>` : nothing}
        ${first ? html`<h2>${link}</h2>` : html`<h3>${link}</h3>`}
        <p class="card-promise">${lab.promise}</p>
        ${first ? nothing : html`<p class="card-source"><span>${shortSource(lab)}</span>${lab.tags.slice(0, 3).map((tag) => html`<span class="card-tag">${tag}</span>`)}</p>`}
        <p class="card-note num">${this.figures()}</p>
        ${this.form === "wide" ? this.claims() : nothing}
        ${first ? html`<p class="card-go" aria-hidden="true">Open the playground</p>` : nothing}
      </div>
    </article>`;
  }
}
customElements.define("petri-card", Card);

/** "Kumar et al. 2023", "Ng and Jordan 2001". @param {Lab} lab */
function shortSource({ paper }) {
  const names = paper.authors.split(/,\s*(?:and\s+)?|\s+and\s+/).map((name) => name.trim().split(/\s+/).at(-1) ?? name);
  return `${names.length > 2 ? `${names[0]} et al.` : names.join(" and ")} ${paper.year}`;
}

/** A lab's first panel; with axes and names where there is room. @param {HTMLElement} host @param {Lab} lab @returns {Picture} */
function panelPicture(host, lab) {
  const [info] = lab.panels;
  const wide = host.clientWidth > 440;
  const view = panels.get(info.kind)?.create(host, { ...info, wide, compact: !wide, height: host.clientHeight - PICTURE_PADDING });
  return {
    show: ({ panels: payloads, step, furthest }) => view?.update(payloads[info.id], wide ? { step, furthest } : { furthest }),
    destroy: () => view?.destroy(),
  };
}

/** The plane of the playground's output with its points. @param {HTMLElement} host @returns {Picture} */
function planePicture(host) {
  const canvas = document.createElement("canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", "The answer of a small network over the plane: it learns to tell two spiral arms apart");
  host.append(canvas);
  const raster = new Raster();
  const refiner = new Refiner();
  let table = squashTable(fieldColors());
  /** @type {any} */
  let payload = null;
  let width = 0;
  const frame = oncePerFrame(() => {
    if (!payload || width < 40) return;
    const height = host.clientHeight;
    const { context } = prepare(canvas, width, height);
    const fine = refiner.refine({ values: payload.values, offset: 0, side: payload.side }, true);
    raster.paint(fine.values, fine.side, fine.side, table, -SQUASH_REACH, SQUASH_REACH);
    // The plane is square: of a box that is not, its longer side is filled.
    const side = Math.max(width, height);
    const scale = side / (2 * payload.extent);
    context.imageSmoothingQuality = "high";
    context.drawImage(raster.canvas, (width - side) / 2, (height - side) / 2, side, side);
    drawMarks(context, payload.train, {
      atX: (x) => width / 2 + x * scale,
      atY: (y) => height / 2 - y * scale,
      radius: side < 400 ? 2.6 : 3.2,
      colors: palette(),
      hollow: false,
    });
  });
  const stops = [
    onThemeChange(() => {
      table = squashTable(fieldColors());
      frame.ask();
    }),
    watchWidth(host, (changed) => {
      width = changed;
      frame.ask();
    }),
  ];
  return {
    show({ panels: payloads }) {
      payload = payloads.plane;
      frame.ask();
    },
    destroy() {
      frame.cancel();
      for (const stop of stops) stop();
      canvas.remove();
    },
  };
}

/** What the gallery's own link says. @param {string[]} themes @returns {Control[]} */
function viewControls(themes) {
  const none = { symbol: "", min: 0, max: 0, step: 0, default: "", unit: "", when: null };
  /** @type {Pick<Control, "scale" | "effect">} */
  const plain = { scale: "linear", effect: "retune" };
  return [
    { ...none, ...plain, name: "find", label: "search", kind: "text", help: "Words that a lab must mention.", options: [] },
    { ...none, ...plain, name: "theme", label: "theme", kind: "choice", help: "Only labs of one theme.", options: themes.map((value) => ({ value, label: value })) },
  ];
}

class Gallery extends LitElement {
  static properties = { query: { state: true }, theme: { state: true } };

  constructor() {
    super();
    /** @type {App} */
    this.app = /** @type {any} */ (null);
    this.stage = new Stage();
    this.query = "";
    this.theme = "";
    this.embed = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.saving = undefined;
  }

  createRenderRoot() {
    return this;
  }

  get labs() {
    return this.app.catalogue.labs;
  }

  /** Themes in the order of the catalogue. */
  get themes() {
    return [...new Set(this.labs.map((lab) => lab.theme))];
  }

  /** @param {App} app */
  start(app) {
    this.app = app;
    const settings = readSettings(app.link.query, { controls: [], view: viewControls(this.themes) });
    for (const wrong of settings.messages) app.message({ text: problemText(wrong), tone: "warning" });
    this.query = settings.view.find;
    this.theme = settings.view.theme;
    this.embed = settings.embed;
  }

  destroy() {
    clearTimeout(this.saving);
    this.remove();
    this.stage.destroy();
  }

  /** The link follows after a moment: browsers refuse addresses that change with every key. @param {{query?: string, theme?: string}} change */
  filter({ query = this.query, theme = this.theme }) {
    this.query = query;
    this.theme = theme;
    clearTimeout(this.saving);
    this.saving = setTimeout(() => {
      const view = { find: query.trim(), theme };
      this.app.saveLink(formatLink({ page: "gallery", view, embed: this.embed }, { controls: [], view: viewControls(this.themes) }));
    }, 300);
  }

  get field() {
    return /** @type {HTMLInputElement | null} */ (this.querySelector(".gallery-search input"));
  }

  showAll() {
    this.filter({ query: "", theme: "" });
    this.field?.focus();
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    if (event.key === "Escape" && this.query) this.filter({ query: "" });
  }

  /** @param {Lab[]} matching @param {number} shown */
  filters(matching, shown) {
    const { labs, themes } = this;
    if (labs.length < SEARCHABLE) return nothing;
    const chip = (/** @type {string} */ theme, /** @type {string} */ label, /** @type {number} */ count) =>
      html`<button type="button" class="gallery-theme" aria-pressed=${this.theme === theme ? "true" : "false"} ?disabled=${count === 0 && this.theme !== theme}
        @click=${() => this.filter({ theme: this.theme === theme ? "" : theme })}>${label} <span class="num">${count}</span></button>`;
    return html`<div class="gallery-filters" role="search">
      <div class="gallery-search"><input type="search" placeholder="Search titles, authors, ideas" aria-label="Search the labs" autocomplete="off" spellcheck="false"
        .value=${this.query} @keydown=${this.pressed} @input=${(/** @type {Event} */ event) => this.filter({ query: /** @type {HTMLInputElement} */ (event.target).value })} /></div>
      <div class="gallery-themes" role="group" aria-label="Themes">
        ${chip("", "All", matching.length)}
        ${themes.length > 1 ? themes.map((theme) => chip(theme, theme, matching.filter((lab) => lab.theme === theme).length)) : nothing}
      </div>
      <p class="unseen" role="status">${shown} of ${labs.length} labs shown</p>
    </div>`;
  }

  /** @param {Lab[]} shown */
  groups(shown) {
    const { labs } = this;
    if (shown.length === 0) {
      return html`<div class="gallery-nothing">
        <p>No lab${this.theme ? html` of <b>${this.theme}</b>` : nothing} mentions${this.query.trim() ? html` “${this.query.trim()}”` : " this"}.</p>
        <button type="button" class="button" @click=${this.showAll}>Show all ${labs.length} labs</button></div>`;
    }
    const form = labs.length < SEARCHABLE ? "wide" : labs.length < DENSE ? "themed" : "";
    const themes = this.themes.filter((theme) => shown.some((lab) => lab.theme === theme));
    const group = (/** @type {string} */ title, /** @type {Lab[]} */ members) => html`<section class="gallery-group">
      <h2>${title} <span class="num">${members.length}</span></h2>
      <div class="gallery-cards ${form} ${form ? "" : "dense"}">
        ${repeat(members, (lab) => lab.slug, (lab) => html`<petri-card form=${form} .lab=${lab} .app=${this.app} .stage=${this.stage}></petri-card>`)}
      </div></section>`;
    const ofTheme = (/** @type {string} */ theme) => shown.filter((lab) => lab.theme === theme);
    // Groups of one or two would leave most of the page empty: then the cards name their themes.
    if (form === "themed") return group("Labs", themes.flatMap(ofTheme));
    return repeat(themes, (theme) => theme, (theme) => group(theme, ofTheme(theme)));
  }

  render() {
    const matching = matchLabs(this.labs, this.query);
    const shown = this.theme ? matching.filter((lab) => lab.theme === this.theme) : matching;
    const heading = html`<header class="gallery-head">
      <h1>Train neural networks in this page, and put the papers about them to the test.</h1>
      <p class="promise">Everything is computed here, in your browser, while you watch. No account, no server, nothing to install.</p>
    </header>`;
    return html`<div class="gallery">
      <petri-card form="hero" .lab=${this.app.catalogue.playground} .app=${this.app} .stage=${this.stage} .heading=${heading}></petri-card>
      ${this.filters(matching, shown.length)}${this.groups(shown)}
    </div>`;
  }
}
customElements.define("petri-gallery", Gallery);

/** @param {HTMLElement} host @param {App} app @returns {import("../main.js").PageHandle} */
export function renderPage(host, app) {
  document.title = "Petri: neural networks, alive in the page";
  const gallery = /** @type {Gallery} */ (document.createElement("petri-gallery"));
  gallery.start(app);
  app.setStatus(null);
  host.append(gallery);
  return { destroy: () => gallery.destroy() };
}
