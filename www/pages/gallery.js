/**
 * @file The front page: living cards. Each card runs its own dish while it is on screen, and at most a few at once; a
 * click anywhere opens it. Themes group the labs, a search field and theme chips filter them, so that fifty fit.
 */
import { html, LitElement, nothing } from "lit";
import { formatCount, formatNumber } from "../panels/axes.js";
import { divergingTable, onThemeChange, palette, pixelToCss, Raster, TABLE_SIZE } from "../panels/color.js";
import { panels } from "../panels/index.js";
import { oncePerFrame, prepare, watchWidth } from "../panels/surface.js";
import { problemText } from "../messages.js";
import { Refiner, SQUASH_REACH, squashTable } from "../playground/refine.js";
import { matchLabs } from "../search.js";

/** @typedef {import("../protocol.d.ts").Lab} Lab */
/** @typedef {import("../protocol.d.ts").Frame} Frame */
/** @typedef {import("../main.js").App} App */
/** @typedef {{element: HTMLElement, show: (frame: Frame) => void, destroy: () => void}} Picture */

/** Cards that run at once; more would only slow each other down. */
const MOST_RUNNING = 4;
/** The playground's card: the spiral, solved within seconds. */
const SPIRAL = {
  dataset: "spiral",
  noise: "0",
  net: "input x y | linear 12 | tanh | linear 12 | tanh | linear 8 | tanh | linear 1",
  rate: "0.03",
  batch: "128",
  l2: "0.0003",
};
/** Frames that a card asks for, per second. */
const HZ = 20;
/** The card starts again with another seed this long after its network is done, in milliseconds. */
const REST = 4000;
const SOLVED = 0.03;

/** Dishes that run now; the others wait for a place. @type {Set<Card>} */
const running = new Set();
/** @type {Card[]} */
const queue = [];

class Card extends LitElement {
  static properties = { lab: { attribute: false }, app: { attribute: false }, note: { state: true }, problem: { state: true } };

  constructor() {
    super();
    /** @type {Lab} */
    this.lab = /** @type {any} */ (null);
    /** @type {App} */
    this.app = /** @type {any} */ (null);
    this.note = "";
    this.problem = "";
    /** @type {import("../dish.js").Dish | null} */
    this.dish = null;
    /** @type {Picture | null} */
    this.picture = null;
    this.solvedAt = 0;
    this.observer = new IntersectionObserver((entries) => this.see(entries[entries.length - 1].isIntersecting));
  }

  createRenderRoot() {
    return this;
  }

  get isPlayground() {
    return this.lab.slug === "playground";
  }

  firstUpdated() {
    this.observer.observe(this);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.observer.disconnect();
    this.stop();
    this.picture?.destroy();
    this.picture = null;
  }

  /** @param {boolean} visible */
  see(visible) {
    if (!visible) this.stop();
    else if (running.size < MOST_RUNNING) this.start();
    else if (!queue.includes(this)) queue.push(this);
  }

  start() {
    if (this.dish || this.problem || !this.isConnected) return;
    running.add(this);
    const panel = this.isPlayground ? "plane" : this.lab.panels[0].id;
    this.dish = this.app.engine.openDish({
      lab: this.lab.slug,
      controls: this.isPlayground ? SPIRAL : {},
      claims: false,
      play: true,
      panels: [panel],
      hz: HZ,
    });
    this.dish.on("frame", (frame) => this.show(frame, panel));
    this.dish.on("error", (problem) => {
      this.problem = problemText(problem);
      this.stop();
    });
  }

  stop() {
    const place = queue.indexOf(this);
    if (place >= 0) queue.splice(place, 1);
    this.dish?.close();
    this.dish = null;
    if (running.delete(this)) queue.shift()?.start();
  }

  /** @param {Frame} frame @param {string} panel */
  show(frame, panel) {
    if (!frame.panels[panel]) return;
    if (!this.picture) {
      const host = /** @type {HTMLElement} */ (this.querySelector(".card-picture"));
      this.picture = this.isPlayground ? planePicture(host) : panelPicture(host, this.lab);
    }
    this.picture?.show(frame);
    const loss = frame.metrics["test loss"];
    const accuracy = frame.metrics["test accuracy"];
    const step = frame.steps ? `step ${formatCount(frame.step)} of ${formatCount(frame.steps)}` : `step ${formatCount(frame.step)}`;
    const number = accuracy === null || accuracy === undefined ? `test loss ${formatNumber(loss)}` : `${(100 * accuracy).toFixed(1)} % of the test points right`;
    const note = `${step} · ${number}`;
    if (note !== this.note) this.note = note;
    if (this.isPlayground) this.restart(loss ?? 1);
  }

  /** The first card never stands still, unless the visitor asked for less motion. @param {number} loss */
  restart(loss) {
    if (loss > SOLVED) {
      this.solvedAt = 0;
      return;
    }
    const now = performance.now();
    this.solvedAt ||= now;
    if (now - this.solvedAt < REST) return;
    this.solvedAt = 0;
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) this.dish?.pause();
    else this.dish?.reset("fresh");
  }

  again() {
    this.problem = "";
    this.start();
  }

  render() {
    const { lab } = this;
    const href = this.isPlayground ? "#/playground" : `#/lab/${lab.slug}`;
    const authors = lab.paper.authors.split(/, | and /);
    const source = this.isPlayground ? "your own network, in your own browser" : `${shortAuthors(authors)} ${lab.paper.year}`;
    return html`<article class="card">
      <div class="card-picture ${this.note ? "" : "waiting"}">
        ${this.problem ? html`<p class="card-problem">${this.problem} <button class="link" type="button" @click=${this.again}>Try again</button></p>` : nothing}
      </div>
      <p class="card-note num" aria-hidden="true">${this.note || (this.problem ? "" : "starting")}</p>
      <h3><a href=${href}>${lab.title}</a></h3>
      <p class="card-promise">${lab.promise}</p>
      <p class="card-source">${source}</p>
    </article>`;
  }
}
customElements.define("petri-card", Card);

/** "Kumar and others", "Ng and Jordan". @param {string[]} authors */
function shortAuthors(authors) {
  const family = (/** @type {string} */ name) => name.split(" ").at(-1) ?? name;
  if (authors.length <= 2) return authors.map(family).join(" and ");
  return `${family(authors[0])} and others`;
}

/** A lab's first panel, without axes. @param {HTMLElement} host @param {Lab} lab @returns {Picture | null} */
function panelPicture(host, lab) {
  const [info] = lab.panels;
  const view = panels.get(info.kind)?.create(host, { ...info, compact: true });
  if (!view) return null;
  return {
    element: host,
    show: ({ panels: payloads, step, furthest }) => view.update(payloads[info.id], { step, furthest }),
    destroy: () => view.destroy(),
  };
}

/** The plane of the playground's output with its points. @param {HTMLElement} host @returns {Picture} */
function planePicture(host) {
  const canvas = document.createElement("canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", "A network learns to tell two spiral arms apart");
  host.append(canvas);
  const raster = new Raster();
  const refiner = new Refiner();
  /** @type {any} */
  let payload = null;
  let width = 0;
  const frame = oncePerFrame(() => {
    if (!payload || width < 40) return;
    const height = host.clientHeight;
    const { context } = prepare(canvas, width, height);
    const table = divergingTable(palette());
    const fine = refiner.refine({ values: payload.values, offset: 0, side: payload.side }, true);
    raster.paint(fine.values, fine.side, fine.side, squashTable(table), -SQUASH_REACH, SQUASH_REACH);
    // A square picture in a wide box: the middle band of the plane.
    const scale = Math.max(width, height) / (2 * payload.extent);
    context.imageSmoothingEnabled = true;
    context.drawImage(raster.canvas, width / 2 - payload.extent * scale, height / 2 - payload.extent * scale, 2 * payload.extent * scale, 2 * payload.extent * scale);
    const { x, y, label } = payload.train;
    context.lineWidth = 1;
    context.strokeStyle = palette().card;
    for (let at = 0; at < x.length; at++) {
      context.fillStyle = pixelToCss(table[label[at] > 0 ? TABLE_SIZE - 1 : 0]);
      context.beginPath();
      context.arc(width / 2 + x[at] * scale, height / 2 - y[at] * scale, 2.6, 0, 2 * Math.PI);
      context.fill();
      context.stroke();
    }
  });
  const stops = [
    onThemeChange(() => frame.ask()),
    watchWidth(host, (changed) => {
      width = changed;
      frame.ask();
    }),
  ];
  return {
    element: host,
    show({ panels: payloads }) {
      payload = payloads.plane;
      frame.ask();
    },
    destroy() {
      frame.cancel();
      for (const stop of stops) stop();
    },
  };
}

class Gallery extends LitElement {
  static properties = { query: { state: true }, theme: { state: true } };

  constructor() {
    super();
    /** @type {App} */
    this.app = /** @type {any} */ (null);
    this.query = "";
    this.theme = "";
  }

  createRenderRoot() {
    return this;
  }

  /** @param {string} theme */
  choose(theme) {
    this.theme = this.theme === theme ? "" : theme;
  }

  clear() {
    this.query = "";
    this.theme = "";
    /** @type {HTMLInputElement | null} */ (this.querySelector(".gallery-search"))?.focus();
  }

  filters() {
    const { labs } = this.app.catalogue;
    const themes = [...new Set(labs.map((lab) => lab.theme))].sort();
    // With a handful of labs there is nothing to search.
    if (labs.length < 4) return nothing;
    return html`<div class="gallery-filters">
      <input class="gallery-search" type="search" placeholder="Search titles, authors, ideas" aria-label="Search the labs" .value=${this.query}
        @input=${(/** @type {Event} */ event) => (this.query = /** @type {HTMLInputElement} */ (event.target).value)} />
      ${themes.map((theme) => html`<button type="button" class="gallery-theme" aria-pressed=${this.theme === theme} @click=${() => this.choose(theme)}>${theme}</button>`)}
    </div>`;
  }

  groups() {
    const { labs } = this.app.catalogue;
    const found = matchLabs(labs, this.query).filter((lab) => !this.theme || lab.theme === this.theme);
    if (found.length === 0) {
      return html`<div class="gallery-nothing"><p>No lab matches${this.query ? html` “${this.query}”` : nothing}${this.theme ? ` in ${this.theme}` : ""}.</p>
        <button type="button" class="button" @click=${this.clear}>Show all ${labs.length}</button></div>`;
    }
    const themes = [...new Set(found.map((lab) => lab.theme))].sort();
    return themes.map((theme) => {
      const of = found.filter((lab) => lab.theme === theme);
      return html`<section class="gallery-group"><h2>${theme} <span class="num">${of.length}</span></h2>
        <div class="gallery-cards">${of.map((lab) => html`<petri-card .lab=${lab} .app=${this.app}></petri-card>`)}</div></section>`;
    });
  }

  render() {
    const { playground } = this.app.catalogue;
    return html`<div class="gallery">
      <header class="gallery-head">
        <h1>Neural networks you can watch thinking.</h1>
        <p class="promise">Build one and see every unit learn, or re-run a research paper and measure its claims. It all happens
          in this page: no account, no server, nothing to install.</p>
      </header>
      <section class="gallery-group"><h2>Playground</h2>
        <div class="gallery-cards first"><petri-card class="large" .lab=${playground} .app=${this.app}></petri-card></div></section>
      ${this.filters()}${this.groups()}
    </div>`;
  }
}
customElements.define("petri-gallery", Gallery);

/** @param {HTMLElement} host @param {App} app @returns {import("../main.js").PageHandle} */
export function renderPage(host, app) {
  document.title = "Petri: neural networks, alive in the page";
  const gallery = /** @type {Gallery} */ (document.createElement("petri-gallery"));
  gallery.app = app;
  app.setStatus(null);
  host.append(gallery);
  return { destroy: () => gallery.remove() };
}
