/**
 * @file The page of a lab: controls on the left, panels in the middle, the paper's claims beside what was measured on
 * the right, the story below. This file holds the running dish and its verbs. Frames touch panels, claims and a few
 * numbers; the template is drawn again only when a setting or the state of the run changes.
 */
import { html, nothing, render } from "lit";
import { createRef, ref } from "lit/directives/ref.js";
import "../controls/index.js";
import { icons } from "../icons.js";
import { problemText } from "../messages.js";
import { formatCount } from "../panels/axes.js";
import { checkValue, formatLink, MAX_SEED, readSeed, readSettings } from "../state.js";
import { claimsTemplate } from "./claims.js";
import { PanelStack } from "./panel_stack.js";
import { profileTemplate } from "./profile.js";
import { copyText, saveFile } from "./share.js";
import { loadStory } from "./story.js";
import { renderPage as renderUnknown } from "./unknown.js";

/** @typedef {import("../main.js").App} App */
/** @typedef {import("../protocol.d.ts").Frame} Frame */
/** @typedef {import("../protocol.d.ts").Lab} Lab */
/** @typedef {import("../protocol.d.ts").Problem} Problem */
/** @typedef {import("../state.js").Link} Link */

/** What `hide` takes besides the names of controls. */
const HIDABLE = ["run", "step", "reset", "claims", "story", "panels", "controls"];
const MORE_SEEDS = 4;
const EMBED_HEIGHT = 720;
/** Least milliseconds between two addresses that are written. */
const LINK_PAUSE = 350;

class LabPage {
  /** @type {import("../dish.js").Dish | null} */
  dish = null;
  /** @type {Frame | null} */
  frame = null;
  /** @type {Problem | null} what stopped the run */
  failure = null;
  /** @type {Set<string>} claims that show their parts */
  open = new Set();
  /** @type {DocumentFragment | null} */
  story = null;
  /** @type {"" | "share" | "embed"} what was just copied */
  copied = "";
  exporting = false;
  /** Where the time of a step goes, once it has been asked for. @type {import("../protocol.d.ts").Profile | "asked" | null} */
  profile = null;
  seedWrong = "";
  claimsShown = "";
  savedAt = -Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  saveTimer = undefined;
  /** What the template depends on, to leave it alone while nothing of it changes. */
  drawn = "";
  claimsHost = /** @type {import("lit/directives/ref.js").Ref<HTMLElement>} */ (createRef());
  progressHost = /** @type {import("lit/directives/ref.js").Ref<HTMLElement>} */ (createRef());
  controlsHost = /** @type {import("lit/directives/ref.js").Ref<import("../controls/index.js").Controls>} */ (createRef());

  /** @param {HTMLElement} host @param {App} app @param {Lab} lab */
  constructor(host, app, lab) {
    this.host = host;
    this.app = app;
    this.lab = lab;
    this.schema = { controls: lab.controls, hidable: [...HIDABLE, ...lab.panels.map((panel) => panel.id)] };
    this.settings = this.read(app.link);
    const shown = lab.panels.filter((panel) => !this.settings.hide.includes(panel.id));
    this.panels = new PanelStack(shown, {
      seek: (step) => this.seek(step),
      set: (name, value) => this.set(name, value),
      values: () => this.settings.values,
    });
    this.start();
    this.draw();
    void loadStory(lab.slug).then((story) => {
      this.story = story;
      this.draw();
    });
  }

  /** @param {Link} link */
  read(link) {
    const settings = readSettings(link.query, this.schema);
    for (const wrong of settings.messages) this.app.message({ text: problemText(wrong), tone: "warning" });
    document.title = `${this.lab.title} · Petri`;
    return settings;
  }

  start() {
    const { values, seed } = this.settings;
    const dish = this.app.engine.openDish({ lab: this.lab.slug, controls: values, seed, play: true, keep: true, panels: this.panels.ids, hz: 30 });
    this.dish = dish;
    dish.watch(this.host);
    this.app.onDevice((device) => dish.device(device));
    dish.on("ready", (ready) => {
      this.settings.values = { ...ready.controls };
      this.settings.seed = ready.seed;
      this.failure = null;
      this.saveLink();
      this.draw();
    });
    dish.on("frame", (frame) => this.show(frame));
    dish.on("notice", (text) => this.app.message({ text }));
    dish.on("error", (problem) => {
      if (problem.kind === "nonfinite") this.failure = problem;
      else this.app.message({ text: problemText(problem), tone: problem.kind === "control" ? "warning" : "error" });
      this.draw();
    });
    dish.on("continued", ({ step }) => {
      const text = `This run goes on from step ${formatCount(step)}, where you left it.`;
      this.app.message({ text, key: "continued", actions: [{ label: "Start again", run: () => this.rewind() }] });
    });
  }

  /** @param {Frame} frame */
  show(frame) {
    this.frame = frame;
    if (frame.state !== "failed") this.failure = null;
    this.panels.update(frame);
    this.drawClaims();
    const { device, preparing } = frame;
    this.app.setStatus({ device, preparing, stepsPerSecond: frame.state === "running" ? frame.stepsPerSecond : 0 });
    this.drawProgress();
    if (this.drawn !== this.signature) this.draw();
  }

  get signature() {
    return `${this.frame?.state}|${this.running}|${this.frame?.seeds ? "seeds" : ""}`;
  }

  /** Whether the run goes on; before the first frame what was asked for. */
  get running() {
    return this.dish?.playing === true && this.frame?.state !== "done" && this.frame?.state !== "failed";
  }

  /** @param {Frame} frame */
  progressText({ step, steps, furthest, state }) {
    const of = steps === null ? "" : ` of ${formatCount(steps)}`;
    const back = furthest > step ? `, run until ${formatCount(furthest)}` : "";
    const words = { running: "", paused: "paused at ", measuring: "measuring claims · ", done: "finished · ", failed: "stopped · " }[state];
    return `${words}step ${formatCount(step)}${of}${back}`;
  }

  // ------------------------------------------------------------------ verbs

  toggle() {
    const { dish } = this;
    if (!dish) return;
    if (this.running) dish.pause();
    else if (this.frame?.state === "done" && this.frame.step >= this.frame.furthest) {
      dish.reset();
      dish.play();
    } else dish.play();
    this.app.announce(dish.playing ? "running" : "paused");
    this.draw();
  }

  step() {
    this.dish?.step(1);
    this.draw();
  }

  rewind() {
    this.dish?.reset();
    this.panels.clear();
    this.app.announce("started again with the same seed");
    this.draw();
  }

  newSeed() {
    this.dish?.reset("fresh");
    this.panels.clear();
    this.draw();
  }

  /** @param {number} step */
  seek(step) {
    this.dish?.seek(step);
  }

  /** @param {string} name @param {string} value */
  set(name, value) {
    this.settings.values = { ...this.settings.values, [name]: value };
    this.dish?.set(name, value);
    this.saveLink();
    this.draw();
  }

  /** @param {Event} event */
  typedSeed(event) {
    const seed = readSeed(/** @type {HTMLInputElement} */ (event.target).value);
    this.seedWrong = seed === null ? `give a whole number from 0 to ${MAX_SEED}` : "";
    if (seed !== null && seed !== this.settings.seed) {
      this.settings.seed = seed;
      this.dish?.reset(seed);
      this.saveLink();
    }
    this.draw();
  }

  /** Goes back to a step before the numbers blew up, with half the rate. @param {import("../protocol.d.ts").Control} rate */
  halve(rate) {
    const half = Math.max(rate.min, Number(this.settings.values[rate.name]) / 2);
    this.dish?.seek(Math.max(0, (this.failure?.step ?? this.frame?.step ?? 0) - 50));
    this.set(rate.name, String(half));
    this.failure = null;
    this.dish?.play();
    this.draw();
  }

  /** Words of the story that act: settings to set, or a run to start. @param {Event} event */
  act(event) {
    const word = event.target instanceof Element ? event.target.closest(".act") : null;
    if (!(word instanceof HTMLElement) || (event instanceof KeyboardEvent && event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    for (const [name, value] of new URLSearchParams(word.dataset.set ?? "")) {
      const control = this.lab.controls.find((entry) => entry.name === name);
      const checked = control && checkValue(control, value);
      if (name === "seed" && readSeed(value) !== null) this.dish?.reset(Number(value));
      else if (checked && "text" in checked) this.set(name, checked.text);
    }
    this.dish?.play();
    this.draw();
    this.host.querySelector(".bench")?.scrollIntoView({ block: "start", behavior: "smooth" });
  }

  // ------------------------------------------------------------------ links

  /** @param {boolean} [embed] */
  link(embed = this.settings.embed) {
    const { values, seed, hide } = this.settings;
    return formatLink({ page: "lab", slug: this.lab.slug, values, seed, hide, embed }, this.schema);
  }

  /** Browsers refuse more than a few new addresses a second, and dragging a point asks for sixty. */
  saveLink() {
    const wait = this.savedAt + LINK_PAUSE - performance.now();
    clearTimeout(this.saveTimer);
    if (wait > 0) {
      this.saveTimer = setTimeout(() => this.saveLink(), wait);
      return;
    }
    this.savedAt = performance.now();
    this.app.saveLink(this.link());
  }

  /** @param {"share" | "embed"} what */
  async copy(what) {
    const page = location.href.split("#")[0];
    const embed = `<iframe src="${page}${this.link(true)}" title="${this.lab.title.replaceAll('"', "")}" width="100%" height="${EMBED_HEIGHT}" loading="lazy"></iframe>`;
    const done = await copyText(what === "share" ? page + this.link() : embed);
    if (!done) {
      this.app.message({ text: "The browser does not let this page copy. The link is in the address bar.", tone: "warning" });
      return;
    }
    this.copied = what;
    this.app.announce(what === "share" ? "link copied" : "embed code copied");
    this.draw();
    setTimeout(() => {
      this.copied = "";
      this.draw();
    }, 2000);
  }

  /** @param {string} format csv, json, or one of the lab's own */
  async export(format) {
    this.exporting = false;
    this.draw();
    const file = await this.dish?.export(format);
    if (file) saveFile(file);
  }

  /** @param {Link} link the address changed by hand or by the back button */
  relink(link) {
    const before = this.settings;
    this.settings = this.read(link);
    for (const { name } of this.lab.controls) {
      if (before.values[name] !== this.settings.values[name]) this.dish?.set(name, this.settings.values[name]);
    }
    if (before.seed !== this.settings.seed) this.dish?.reset(this.settings.seed);
    this.draw();
  }

  destroy() {
    // A link saved after leaving would be written over the next page's.
    clearTimeout(this.saveTimer);
    this.dish?.close();
    this.panels.destroy();
    render(nothing, this.host);
    this.app.setStatus(null);
  }

  // ------------------------------------------------------------------ templates

  drawProgress() {
    const place = this.progressHost.value;
    if (place) place.textContent = this.frame ? this.progressText(this.frame) : "building the networks…";
  }

  drawClaims() {
    const host = this.claimsHost.value;
    const { frame } = this;
    if (!host) return;
    // Claims change seldom: comparing their text is cheaper than drawing them thirty times a second.
    const shown = JSON.stringify([frame?.claims, frame?.seeds, [...this.open]]);
    if (shown === this.claimsShown && host.hasChildNodes()) return;
    this.claimsShown = shown;
    const flip = (/** @type {string} */ id) => {
      if (!this.open.delete(id)) this.open.add(id);
      this.drawClaims();
    };
    render(claimsTemplate(this.lab.claims, frame, this.open, flip, () => this.dish?.seeds(MORE_SEEDS)), host);
  }

  runBar() {
    const hide = this.settings.hide;
    if (hide.includes("run")) return nothing;
    const { running } = this;
    const again = this.frame?.state === "done";
    const label = running ? html`${icons.pause}<span>Pause</span>` : html`${icons.play}<span>${again ? "Run again" : "Play"}</span>`;
    const small = (/** @type {unknown} */ icon, /** @type {string} */ title, /** @type {() => void} */ run) =>
      html`<button class="button" type="button" title=${title} aria-label=${title} @click=${run}>${icon}</button>`;
    return html`<div class="run-bar" role="group" aria-label="Run">
      <button class="button main" type="button" ?disabled=${this.frame?.state === "failed"} @click=${() => this.toggle()}>${label}</button>
      ${hide.includes("step") ? nothing : small(icons.step, "one step", () => this.step())}
      ${hide.includes("reset") ? nothing : small(icons.rewind, "start again, same seed", () => this.rewind())}
      ${hide.includes("seed") ? nothing : small(icons.dice, "start again, new seed", () => this.newSeed())}
    </div>`;
  }

  seedField() {
    return html`<div class="control seed">
      <div class="control-head">
        <label class="control-label" for="seed">seed</label>
        <input id="seed" class="seed-input" inputmode="numeric" autocomplete="off" .value=${String(this.settings.seed)} aria-invalid=${this.seedWrong ? "true" : "false"} @change=${(/** @type {Event} */ event) => this.typedSeed(event)} />
      </div>
      ${this.seedWrong ? html`<div class="control-wrong" role="alert">${this.seedWrong}</div>` : nothing}
      <div class="control-help">Same seed, same run, in every browser.</div>
    </div>`;
  }

  actions() {
    const menu = html`<span class="export-menu">as
      <button class="text-button" type="button" @click=${() => this.export("csv")}>CSV</button>
      <button class="text-button" type="button" @click=${() => this.export("json")}>JSON</button>
      ${this.lab.formats.map((format) => html`<button class="text-button" type="button" @click=${() => this.export(format)}>${format}</button>`)}</span>`;
    return html`<div class="actions">
      <button class="text-button" type="button" @click=${() => this.copy("share")}>${this.copied === "share" ? "Link copied" : "Share"}</button>
      <button class="text-button" type="button" @click=${() => this.copy("embed")}>${this.copied === "embed" ? "Code copied" : "Embed"}</button>
      <button class="text-button" type="button" ?disabled=${this.profile === "asked"} @click=${() => this.measure()}>Profile</button>
      <button class="text-button" type="button" aria-expanded=${this.exporting ? "true" : "false"} @click=${() => ((this.exporting = !this.exporting), this.draw())}>Export</button>
      ${this.exporting ? menu : nothing}
    </div>`;
  }

  /** Times the kernels of a training step in the engine. */
  async measure() {
    this.profile = "asked";
    this.draw();
    this.profile = (await this.dish?.profile()) ?? null;
    this.draw();
    this.host.querySelector(".profile")?.scrollIntoView({ block: "nearest", behavior: "smooth" });
  }

  failed() {
    const { failure } = this;
    if (!failure) return nothing;
    const rate = this.lab.controls.find((control) => /^(learning_)?rate$/.test(control.name));
    const step = failure.step === undefined ? "" : ` at step ${formatCount(failure.step)}`;
    return html`<div class="failure" role="alert">
      <strong>The numbers blew up${step}.</strong>
      <p>${problemText(failure)}</p>
      <div class="failure-ways">
        ${rate ? html`<button class="button" type="button" @click=${() => this.halve(rate)}>Back 50 steps, half the rate</button>` : nothing}
        <button class="button" type="button" @click=${() => this.rewind()}>Start again</button>
      </div>
    </div>`;
  }

  citation() {
    const { authors, title, year, url } = this.lab.paper;
    return html`<p class="cite">${authors}. <a href=${url} rel="noreferrer" target="_blank">${title}</a>. ${year}</p>`;
  }

  draw() {
    this.drawn = this.signature;
    const { lab, settings } = this;
    const { hide } = settings;
    const claims = lab.claims.length > 0 && !hide.includes("claims");
    const controls = html`<section class="side" aria-label="Controls">
      ${this.runBar()}
      <p class="progress num" ${ref(this.progressHost)}></p>
      ${hide.includes("controls")
        ? nothing
        : html`<h2 class="over">Controls</h2>
            <petri-controls ${ref(this.controlsHost)} .controls=${lab.controls} .values=${settings.values} .hide=${hide}
              @control-change=${(/** @type {CustomEvent} */ { detail }) => this.set(detail.name, detail.value)}></petri-controls>
            ${hide.includes("seed") ? nothing : this.seedField()}`}
      ${settings.embed ? nothing : this.actions()}
    </section>`;
    render(
      html`<div class="lab ${claims ? "" : "without-claims"}">
        <div class="lab-title">
          <div><h1>${lab.title}</h1><p class="promise">${lab.promise}</p></div>
          ${this.citation()}
        </div>
        <div class="bench">
          ${controls}
          <section class="middle" aria-label="Panels">${this.failed()}${hide.includes("panels") ? nothing : this.panels.element}${
            this.profile && this.profile !== "asked" ? profileTemplate(this.profile, () => ((this.profile = null), this.draw())) : nothing
          }</section>
          ${claims
            ? html`<section class="claims" aria-label="Claims"><h2 class="over">The paper says · you measured</h2><div ${ref(this.claimsHost)}></div></section>`
            : nothing}
        </div>
        ${this.story && !hide.includes("story")
          ? html`<article class="story prose" @click=${(/** @type {Event} */ event) => this.act(event)} @keydown=${(/** @type {Event} */ event) => this.act(event)}>${this.story}</article>`
          : nothing}
      </div>`,
      this.host,
    );
    this.drawProgress();
    this.drawClaims();
  }
}

/** @param {HTMLElement} host @param {App} app */
export function renderPage(host, app) {
  const lab = app.catalogue.labs.find((entry) => entry.slug === app.link.slug);
  if (!lab) return renderUnknown(host, app);
  const page = new LabPage(host, app, lab);
  return {
    destroy: () => page.destroy(),
    /** @param {Link} link */
    relink: (link) => page.relink(link),
  };
}
