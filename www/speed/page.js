/**
 * @file The Speed page: how fast this machine trains, measured when the visitor asks for it. The measuring is done by a
 * worker with an engine of its own, loaded with this page alone (worker.js); what follows from the numbers is worked out
 * in report.js.
 */
import { html, nothing, render } from "lit";
import { icons } from "../icons.js";
import { panel as line } from "../panels/line.js";
import { copyText } from "../pages/share.js";
import { readPreference, writePreference } from "../storage.js";
import { expected, JOB, WIDTH } from "./measure.js";
import { FORMAT, gigaflops, isEmpty, markdown, readReport, verdict } from "./report.js";
import { openWorker } from "./run.js";
import { noGpu, tableTemplate } from "./table.js";
import { browserName, widthOf } from "./words.js";

/** @typedef {import("./report.js").Device} Device */
/** @typedef {import("./report.js").Report} Report */
/** @typedef {import("./run.js").Part} Part */

/** Under which name the last report is kept. */
const KEPT = "speed";
/** What the box of the widths is called among those of the jobs. */
const WIDTHS = "widths";
const CHART_HEIGHT = 236;

const dateOf = (/** @type {Report} */ { date }) => new Date(date).toLocaleString("en", { dateStyle: "long", timeStyle: "short" });
const timeOf = (/** @type {Part} */ { kind }) => expected(kind === "job" ? JOB : WIDTH);

class SpeedPage {
  /** @type {ReturnType<typeof openWorker> | null} */
  worker = null;
  /** What there is to measure, and on what. @type {Pick<Report, "version" | "jobs" | "widths"> | null} */
  known = null;
  /** @type {import("./report.js").Gpu | null} */
  gpu = null;
  /** @type {Report | null} */
  report = readReport(readPreference(KEPT));
  /** What is being measured: the plan, how far it is, and since when. @type {{plan: Part[], at: number, since: number} | null} */
  run = null;
  /** Measuring was asked for before the worker was ready. */
  wanted = false;
  /** What the visitor does not want to be measured. @type {Set<string>} */
  left = new Set();
  /** What keeps it from measuring. */
  problem = "";
  copied = false;
  /** Markdown to be copied by hand. */
  text = "";
  /** Redraws the time left. */
  timer = 0;
  copyTimer = 0;

  /** @param {HTMLElement} host @param {import("../main.js").App} app */
  constructor(host, app) {
    this.host = host;
    this.app = app;
    this.chartHost = document.createElement("div");
    this.chart = line.create(this.chartHost, { title: "Speed of one network by its width", height: CHART_HEIGHT });
    this.onHidden = () => {
      if (this.run && this.report && document.hidden) this.report.hidden = true;
    };
    document.addEventListener("visibilitychange", this.onHidden);
    this.open();
  }

  open() {
    this.problem = "";
    this.gpu = null;
    this.worker = openWorker(
      (message) => this.hear(message),
      (problem) => {
        this.worker = null;
        this.problem = problem;
        if (this.run && this.report) this.report.stopped = true;
        this.end();
      },
    );
    this.draw();
  }

  /** @param {import("./run.js").Heard} message */
  hear(message) {
    if (message.type === "ready") {
      const { version, jobs, widths } = message;
      this.known = { version, jobs, widths };
    } else if (message.type === "gpu") {
      this.gpu = message.gpu;
      if (this.wanted) void this.start();
    } else if (message.type === "done") {
      this.end();
      // A device that was lost does not come back; a new worker looks for a new one.
      if (this.report?.lost) this.reopen();
      this.app.announce(`Measured. ${this.sentences().map(({ text }) => text).join(" ")}`);
    } else if (this.run && this.report) this.note(message, this.run, this.report);
    this.draw();
  }

  /** Takes in what the worker tells of a run. @param {import("./run.js").Heard} message @param {NonNullable<SpeedPage["run"]>} run @param {Report} report */
  note(message, run, report) {
    if (message.type === "started") {
      run.at = run.plan.findIndex(({ device, id }) => device === message.device && id === message.id);
      if (message.device === "gpu" && run.plan[run.at - 1]?.device === "cpu") this.app.announce("Now the graphics processor.");
    } else if (message.type === "measured") report.readings[message.device][message.id] = message.reading;
    else if (message.type === "lost") report.lost = `The graphics processor was lost at ${message.id} (${message.reason}); what was measured before is kept.`;
  }

  async start() {
    if (!this.worker) this.open();
    // The plan depends on whether there is a graphics processor.
    this.wanted = !this.known || !this.gpu;
    const { known, gpu, worker } = this;
    if (!known || !gpu || !worker) return this.draw();
    const plan = this.plan();
    if (plan.length === 0) return;
    this.report = blank(known, gpu);
    this.run = { plan, at: 0, since: performance.now() };
    this.text = "";
    this.timer = window.setInterval(() => this.draw(), 1000);
    worker.measure(plan);
    this.app.announce(`Measuring; about ${this.secondsLeft()} seconds.`);
    this.draw();
    await this.lookAtBattery(this.report);
  }

  /** Only some browsers tell. @param {Report} report */
  async lookAtBattery(report) {
    try {
      const battery = await /** @type {any} */ (navigator).getBattery?.();
      if (battery && !battery.charging) report.battery = true;
    } catch {
      // Then nothing is known of it.
    }
  }

  /** The CPU first, so that a graphics processor that fails costs the least. @returns {Part[]} */
  plan() {
    const { known, gpu } = this;
    if (!known || !gpu) return [];
    const parts = [
      ...known.jobs.filter(({ id }) => !this.left.has(id)).map(({ id }) => ({ id, kind: /** @type {const} */ ("job") })),
      ...(this.left.has(WIDTHS) ? [] : known.widths).map(({ id }) => ({ id, kind: /** @type {const} */ ("width") })),
    ];
    const devices = /** @type {Device[]} */ (gpu.name === undefined ? ["cpu"] : ["cpu", "gpu"]);
    return devices.flatMap((device) => parts.map((part) => ({ device, ...part })));
  }

  stop() {
    if (this.report && this.run) this.report.stopped = true;
    this.end();
    this.reopen();
    this.app.announce("Stopped.");
  }

  /** Ends the worker, whatever it does; the next one is ready before it is wanted. */
  reopen() {
    this.worker?.close();
    this.open();
  }

  /** Keeps what was measured; where that is nothing, what was there before stays. */
  end() {
    clearInterval(this.timer);
    if (this.run && this.report) {
      if (isEmpty(this.report)) this.report = readReport(readPreference(KEPT));
      else writePreference(KEPT, JSON.stringify(this.report));
    }
    this.run = null;
    this.wanted = false;
    this.draw();
  }

  destroy() {
    clearInterval(this.timer);
    clearTimeout(this.copyTimer);
    document.removeEventListener("visibilitychange", this.onHidden);
    this.worker?.close();
    this.chart.destroy();
    render(nothing, this.host);
  }

  /** Seconds until the plan is done, judged by how long its parts took so far. */
  secondsLeft() {
    if (!this.run) return 0;
    const { plan, at, since } = this.run;
    const sum = (/** @type {Part[]} */ parts) => parts.reduce((total, part) => total + timeOf(part), 0);
    const [done, all] = [sum(plan.slice(0, at)), sum(plan)];
    const taken = performance.now() - since;
    const pace = at > 0 ? Math.max(0.5, taken / (done + timeOf(plan[at]))) : 1;
    return Math.max(1, Math.round((all * pace - taken) / 1000));
  }

  sentences() {
    return this.report && !this.run ? verdict(this.report) : [];
  }

  async copy() {
    if (!this.report) return;
    const text = markdown(this.report);
    this.copied = await copyText(text);
    this.text = this.copied ? "" : text;
    this.app.announce(this.copied ? "table copied" : "The browser does not let this page copy; the text is below, selected.");
    this.draw();
    if (!this.copied) /** @type {HTMLTextAreaElement | null} */ (this.host.querySelector(".speed-text textarea"))?.select();
    clearTimeout(this.copyTimer);
    this.copyTimer = window.setTimeout(() => {
      this.copied = false;
      this.draw();
    }, 2000);
  }

  // ------------------------------------------------------------------ templates

  bar() {
    const busy = this.run || this.wanted;
    const disabled = !busy && this.known !== null && this.left.size > this.known.jobs.length;
    // Without what measures there is nothing to start yet.
    const again = !busy && !this.worker && !this.known;
    return html`<div class="run-bar speed-bar" role="group" aria-label="Measure">
      <button class="button main" type="button" ?disabled=${disabled} @click=${() => (busy ? this.stop() : again ? this.open() : void this.start())}>
        ${busy ? icons.close : icons.play}<span>${busy ? html`Stop${this.run ? html`<span class="speed-count num"> · ${this.run.at + 1} of ${this.run.plan.length}</span>` : nothing}` : again ? "Try again" : "Measure this machine"}</span>
      </button>
    </div>`;
  }

  progress() {
    const { run, known } = this;
    if (!run) {
      const last = this.report ? `Last measured on ${dateOf(this.report)}.` : "Nothing is measured before you press the button.";
      const nothingLeft = known && this.left.size > known.jobs.length ? "Every box is empty: tick what is to be measured." : "";
      const waiting = this.wanted ? (known ? "Looking for a graphics processor…" : "Loading what measures…") : "";
      return html`<p class="speed-now">${waiting || nothingLeft || `${last} The boxes choose what is measured.`}</p>`;
    }
    const { id, device } = run.plan[run.at];
    const [done, all] = [run.at, run.plan.length];
    return html`<div class="speed-now">
      <progress max=${all} value=${done} aria-label="measurements done"></progress>
      <p class="num">${id} on the ${device.toUpperCase()} · ${done + 1} of ${all} · about ${this.secondsLeft()} s left</p>
    </div>`;
  }

  verdict() {
    const { report } = this;
    const sentences = this.sentences();
    if (!report || sentences.length === 0) return nothing;
    return html`<section class="speed-verdict" aria-label="Verdict">
      <h2 class="over">Verdict</h2>
      ${sentences.map(({ text, warning }) => html`<p class=${warning ? "doubt" : ""}>${text}</p>`)}
      ${report.gpu.why === undefined ? nothing : html`<p class="speed-no-gpu">${noGpu(report.gpu.why)}</p>`}
      <p class="speed-where">${dateOf(report)}, ${report.browser}, ${report.cores} logical cores${report.gpu.name === undefined ? "" : `, graphics processor ${report.gpu.name}`}.</p>
      <button class="text-button" type="button" @click=${() => void this.copy()}>${this.copied ? "Table copied" : "Copy table"}</button>
      ${this.text
        ? html`<label class="speed-text">The browser does not let this page copy. Copy this text by hand:<textarea readonly rows="6" .value=${this.text}></textarea></label>`
        : nothing}
    </section>`;
  }

  widths() {
    const { report } = this;
    const { has, set, locked } = this.choice();
    if (report) this.chart.update(chartPayload(report));
    const busy = this.run?.plan[this.run.at].kind === "width" ? "measuring…" : "";
    return html`<section class="speed-widths" aria-label="Width">
      <label class="speed-job">
        <input type="checkbox" .checked=${has(WIDTHS)} ?disabled=${locked} @change=${(/** @type {Event} */ event) => set(WIDTHS, /** @type {HTMLInputElement} */ (event.target).checked)} />
        <span>${report?.gpu.name === undefined ? "One network, from narrow to wide" : "Where does the GPU overtake the CPU?"}<small>${busy || "two hidden layers of the same width, batch 128, Adam"}</small></span>
      </label>
      ${this.chartHost}
      <p class="speed-axis">units in a layer</p>
    </section>`;
  }

  /** @returns {import("./table.js").Choice} */
  choice() {
    return {
      has: (id) => !this.left.has(id),
      set: (id, wanted) => {
        if (wanted) this.left.delete(id);
        else this.left.add(id);
        this.draw();
      },
      locked: Boolean(this.run || this.wanted),
    };
  }

  draw() {
    const { report, known, gpu } = this;
    // Before anything was measured there are the jobs alone.
    const shown = report ?? (known && blank(known, gpu ?? { name: "" }));
    const now = this.run ? this.run.plan[this.run.at] : null;
    render(
      html`<div class="speed">
        <h1>How fast is it here?</h1>
        <p class="promise">Trains standard networks on your machine, in the same kernels as the labs, and times them. One GFLOP/s is a billion multiplications or additions a second.</p>
        ${this.bar()} ${this.progress()}
        ${this.problem ? html`<p class="speed-problem" role="alert">${this.problem}</p>` : nothing}
        <div class="speed-grid">
          ${this.verdict()}
          <div class="speed-scroll">${shown ? tableTemplate(shown, this.choice(), now) : nothing}</div>
          ${shown ? this.widths() : nothing}
        </div>
      </div>`,
      this.host,
    );
  }
}

/** A report without a reading. @param {Pick<Report, "version" | "jobs" | "widths">} known @param {import("./report.js").Gpu} gpu @returns {Report} */
const blank = (known, gpu) => ({
  ...known,
  format: FORMAT,
  gpu,
  date: new Date().toISOString(),
  browser: browserName(navigator.userAgent),
  cores: navigator.hardwareConcurrency,
  readings: { cpu: {}, gpu: {} },
  hidden: document.hidden,
  battery: false,
  stopped: false,
  lost: "",
});

/** Both devices over the width. @param {Report} report @returns {import("../panels/line.js").LinePayload} */
function chartPayload(report) {
  const series = /** @type {[Device, string][]} */ ([["cpu", "category-0"], ["gpu", "category-1"]]).map(([device, role]) => {
    const points = report.widths.map((task) => [widthOf(task), gigaflops(task, report.readings[device][task.id])]).filter(([, speed]) => speed > 0);
    return { name: device.toUpperCase(), role, x: Float32Array.from(points, ([width]) => width), y: Float32Array.from(points, ([, speed]) => speed) };
  });
  // The axis has its name below it: on a phone the panel has no room for one.
  const [narrowest, widest] = [report.widths[0], report.widths[report.widths.length - 1]].map(widthOf);
  return { x: { scale: "log", min: narrowest, max: widest }, y: { scale: "log", label: "GFLOP/s" }, series, bands: [], rules: [], timeline: false };
}

/** @param {HTMLElement} host @param {import("../main.js").App} app */
export function renderPage(host, app) {
  const page = new SpeedPage(host, app);
  return { destroy: () => page.destroy(), relink: () => {} };
}
