/**
 * @file The shell: header, search, theme, and the router over the hash. A page is a module that exports
 * `renderPage(host, app)`: it fills the host element and returns `{destroy, relink?}`: `destroy` when the visitor goes elsewhere. The `app`
 * it gets is all that a page may know of the site around it:
 *
 *   engine      the client of the worker (engine.js): `engine.openDish({lab, controls, seed, play, panels, …})`
 *   catalogue   what the engine can do: labs, the playground, the graphics processor
 *   link        the parsed link (state.js): `link.slug`, `link.query`; `readSettings(link.query, schema)` checks it
 *   saveLink    writes a new link into the address without leaving the page
 *   announce    says something to screen readers
 *   message     shows a dismissable message above the page
 *   setStatus   what the chip in the header says: `{device, stepsPerSecond, preparing}`
 *   onDevice    what to do when the visitor chooses where to compute: the chip is then a button, if there is a choice
 *
 * `relink(link)` is called when only the settings in the address change; without it the page is made anew.
 */
import "./theme.js";
import { html, LitElement, nothing } from "lit";
import { Engine } from "./engine.js";
import { icons, logo } from "./icons.js";
import "./messages.js";
import { problemText } from "./messages.js";
import { formatTick } from "./panels/axes.js";
import "./search.js";
import { parseLink } from "./state.js";
import { onStorageRefused } from "./storage.js";
import { setTheme, theme, THEMES } from "./theme.js";

/** @typedef {import("./protocol.d.ts").Catalogue} Catalogue */
/** @typedef {import("./protocol.d.ts").Problem} Problem */
/** @typedef {import("./state.js").Link} Link */
/** @typedef {{device: "cpu" | "gpu", stepsPerSecond: number, preparing?: import("./protocol.d.ts").Preparing | null}} Status */
/** @typedef {{destroy?: () => void, relink?: (link: Link) => void}} PageHandle */
/**
 * @typedef {object} App
 * @property {Engine} engine
 * @property {Catalogue} catalogue
 * @property {Link} link
 * @property {(hash: string) => void} saveLink
 * @property {(text: string) => void} announce
 * @property {(message: import("./messages.js").Message) => void} message
 * @property {(status: Status | null) => void} setStatus
 * @property {(choose: (device: "cpu" | "gpu") => void) => void} onDevice
 */
/** @typedef {{renderPage: (host: HTMLElement, app: App) => PageHandle | void}} PageModule */

/** @type {Record<import("./state.js").PageName, () => Promise<PageModule>>} */
const PAGES = {
  gallery: () => import("./pages/gallery.js"),
  lab: () => import("./pages/lab.js"),
  playground: () => import("./playground/page.js"),
  speed: () => import("./speed/page.js"),
  about: () => import("./pages/about.js"),
  unknown: () => import("./pages/unknown.js"),
};

class Shell extends LitElement {
  static properties = { page: { state: true }, embed: { state: true }, status: { state: true }, labs: { state: true }, gpu: { state: true } };

  constructor() {
    super();
    /** @type {import("./state.js").PageName} */
    this.page = "gallery";
    this.embed = false;
    /** @type {Status | null} */
    this.status = null;
    /** @type {import("./protocol.d.ts").Gpu} */
    this.gpu = { state: "starting" };
    /** @type {((device: "cpu" | "gpu") => void) | null} */
    this.choose = null;
    /** @type {import("./protocol.d.ts").Lab[]} */
    this.labs = [];
    this.engine = new Engine();
    /** @type {PageHandle} */
    this.handle = {};
    this.shown = "";
    this.turn = 0;
    this.told = 0;
  }

  createRenderRoot() {
    return this;
  }

  firstUpdated() {
    window.addEventListener("hashchange", () => void this.route());
    onStorageRefused((text) => this.message({ text, key: "storage" }));
    this.engine.on("gpu", (gpu) => (this.gpu = gpu));
    this.engine.on("notice", (text) => this.message({ text }));
    this.engine.on("error", (problem) => !problem.fatal && this.message({ text: problemText(problem), tone: "warning" }));
    this.engine.on("restarted", () => {
      const text = "The engine stopped and was started again. Your runs go on from their last snapshot.";
      this.message({ text, tone: "warning", key: "restarted" });
    });
    this.engine.on("error", (problem) => problem.fatal && this.engineStopped(problem));
    this.engine.catalogue.then(({ labs }) => (this.labs = labs)).catch(() => {});
    void this.route();
  }

  get host() {
    return /** @type {HTMLElement} */ (this.querySelector("#page"));
  }

  /** @param {import("./messages.js").Message} message */
  message(message) {
    /** @type {import("./messages.js").Messages} */ (this.querySelector("petri-messages")).add(message);
  }

  /** Without an engine there is nothing to show but the reason. @param {Problem} problem */
  engineStopped(problem) {
    this.turn++;
    this.leave();
    const host = this.host;
    host.replaceChildren();
    const box = document.createElement("div");
    box.className = "stopped";
    const title = document.createElement("h1");
    title.textContent = "The engine cannot run here";
    const text = document.createElement("p");
    text.textContent = problemText(problem);
    const again = document.createElement("button");
    again.className = "button";
    again.textContent = "Reload";
    again.onclick = () => location.reload();
    box.append(title, text, again);
    host.append(box);
    host.removeAttribute("aria-busy");
  }

  leave() {
    this.handle.destroy?.();
    this.handle = {};
    this.shown = "";
    this.choose = null;
  }

  async route() {
    const link = parseLink(location.hash);
    this.embed = ["1", "true"].includes(link.query.get("embed") ?? "");
    const shown = `${link.page}/${link.slug}`;
    for (const wrong of link.messages) this.message({ text: problemText(wrong), tone: "warning" });
    if (shown === this.shown && this.handle.relink) {
      this.handle.relink(link);
      return;
    }
    const turn = ++this.turn;
    this.leave();
    this.page = link.page;
    this.status = null;
    /** @type {import("./messages.js").Messages | null} */ (this.querySelector("petri-messages"))?.clear();
    const host = this.host;
    host.replaceChildren();
    host.setAttribute("aria-busy", "true");
    if (link.page === "lab" || link.page === "playground") this.engine.prepare(link.slug || link.page);
    try {
      const [module, catalogue] = await Promise.all([PAGES[link.page](), this.engine.catalogue]);
      if (turn !== this.turn) return;
      // Of its own: lit notes on an element what it drew there, which would be in the way of the next page.
      const place = host.appendChild(document.createElement("div"));
      const result = module.renderPage(place, this.appFor(link, catalogue));
      this.handle = result ?? {};
      this.shown = shown;
      window.scrollTo(0, 0);
    } catch (cause) {
      if (turn !== this.turn || this.engine.stopped) return;
      const fix = "reload the page; if you are offline, open it once while online";
      this.engineStopped({ kind: "engine", place: "page", message: String(cause), fix });
    }
    host.removeAttribute("aria-busy");
  }

  /** @param {Link} link @param {Catalogue} catalogue @returns {App} */
  appFor(link, catalogue) {
    return {
      engine: this.engine,
      catalogue,
      link,
      saveLink: (hash) => history.replaceState(null, "", hash),
      announce: (text) => (/** @type {HTMLElement} */ (this.querySelector("#announcer")).textContent = text),
      message: (message) => this.message(message),
      setStatus: (status) => this.setStatus(status),
      onDevice: (choose) => (this.choose = choose),
    };
  }

  /** @param {Status | null} status */
  setStatus(status) {
    const now = performance.now();
    const moved = status?.device !== this.status?.device || status?.preparing?.device !== this.status?.preparing?.device;
    // Four times a second is as fast as anybody reads a number.
    if (!moved && now - this.told < 250) return;
    this.told = now;
    this.status = status;
  }

  nextTheme() {
    setTheme(THEMES[(THEMES.indexOf(theme()) + 1) % THEMES.length]);
    this.requestUpdate();
  }

  /** `/` goes to the search unless the focus is in a field. Heard on the shell alone. @param {KeyboardEvent} event */
  pressed(event) {
    const field = event.target instanceof HTMLElement && event.target.closest("input:not([type=range], [type=checkbox], [type=radio]), textarea, select");
    if (event.key !== "/" || field || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    /** @type {HTMLElement | null} */ (this.querySelector("petri-search input"))?.focus();
  }

  /** @param {string} href @param {string} label @param {boolean} here */
  tab(href, label, here) {
    return html`<a href=${href} aria-current=${here ? "page" : nothing}>${label}</a>`;
  }

  chip() {
    const { choose, status } = this;
    if (!status) return nothing;
    const { device, stepsPerSecond, preparing } = status;
    const speed = stepsPerSecond > 0 ? html` · ${formatTick(Number(stepsPerSecond.toPrecision(3)))}<span class="wide-only"> steps</span>/s` : nothing;
    const text = preparing ? html`${preparing.device.toUpperCase()} · <span class="wide-only">preparing… </span>${preparing.percent} %` : html`${device.toUpperCase()}${speed}`;
    if (this.gpu.state !== "ready" || !choose) return html`<span class="chip num" title="Where the training runs, and how fast">${text}</span>`;
    const other = device === "cpu" ? "gpu" : "cpu";
    const names = { cpu: "the processor", gpu: `the graphics processor (${this.gpu.name})` };
    const title = preparing
      ? `Prepares ${names[preparing.device]} while training goes on; press to stay on ${names[device]}`
      : `Runs on ${names[device]}; press to move it to ${names[other]}`;
    return html`<button type="button" class="chip num" title=${title} @click=${() => choose(preparing ? device : other)}>${text}</button>`;
  }

  header() {
    const chosen = theme();
    return html`<header class="header">
      <a class="logo" href="#/">${logo}<span>Petri</span></a>
      <nav aria-label="Pages">
        ${this.tab("#/", "Labs", this.page === "gallery" || this.page === "lab")} ${this.tab("#/playground", "Playground", this.page === "playground")}
        ${this.tab("#/speed", "Speed", this.page === "speed")}
      </nav>
      <span class="grow"></span>
      <petri-search .labs=${this.labs}></petri-search>
      ${this.chip()}
      <button class="theme-button" type="button" title=${`theme: ${chosen}`} aria-label=${`theme: ${chosen}; change`} @click=${this.nextTheme}>${icons[chosen]}</button>
    </header>`;
  }

  footer() {
    return html`<footer class="footer">
      <span>Everything runs in your browser; nothing is sent anywhere.</span>
      <span><a href="#/speed">How fast is it here?</a> · <a href="#/about">About Petri</a></span>
    </footer>`;
  }

  render() {
    return html`<div class="shell" @keydown=${this.pressed}>
      <a class="skip" href="#page" @click=${(/** @type {Event} */ event) => (event.preventDefault(), this.host.focus())}>To the content</a>
      ${this.embed ? nothing : this.header()}
      <petri-messages></petri-messages>
      <main id="page" tabindex="-1"></main>
      ${this.embed ? nothing : this.footer()}
      <div id="announcer" class="unseen" role="status"></div>
    </div>`;
  }
}

customElements.define("petri-shell", Shell);

// Works offline from the second visit on; never inside somebody else's page. A refusal only means that it does not.
if ("serviceWorker" in navigator && window.isSecureContext && window.top === window && !document.querySelector("script[src$='reload.js']")) {
  navigator.serviceWorker.register("./offline.js").catch(() => {});
}
