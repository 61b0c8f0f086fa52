/**
 * @file The playground page: build a small network, train it on points of the plane, watch every unit. This file holds
 * the state (settings, the running dish, edits to undo) and its verbs; sections.js turns it into controls, diagram.js,
 * plane.js, projection.js and the line panel draw. Frames touch canvases and numbers only, never the templates.
 */
import { html, nothing, render } from "lit";
import { formatCount, formatNumber } from "../panels/axes.js";
import { onThemeChange } from "../panels/color.js";
import { panel as line } from "../panels/line.js";
import { oncePerFrame } from "../panels/surface.js";
import { checkValue, formatLink, MAX_SEED, readSeed, readSettings } from "../state.js";
import { Diagram } from "./diagram.js";
import { DrawingTool } from "./drawing_tool.js";
import { EditHistory } from "./history.js";
import { frameSnippet, lessonPanel } from "./lesson.js";
import { NetField } from "./net_field.js";
import { countParameters, formatNetwork, insertLayer, MAX_LAYERS, parseNetwork, removeLayer } from "./network_text.js";
import { describePlace, Plane, scaleGradient } from "./plane.js";
import { areClasses, formatPoints, parsePoints } from "./points.js";
import { Projection } from "./projection.js";
import { brushes, dataSection, messages, redrawTiles, runBar, statistics, trainingSection } from "./sections.js";
import { hidableGroups, schemaOf } from "./settings.js";
import { DATA_SETS } from "./shapes.js";

/** @typedef {import("../protocol.d.ts").Control} Control */
/** @typedef {import("../protocol.d.ts").Frame} Frame */
/** @typedef {import("../protocol.d.ts").Ready} Ready */
/** @typedef {import("../protocol.d.ts").Problem} EngineProblem */
/** @typedef {import("./network_text.js").Network} Network */
/** @typedef {import("./network_view.js").Unit} Unit */
/** @typedef {import("../dish.js").Dish} Dish */
/** @typedef {import("../main.js").App} App */
/** @typedef {{title: string, text: string, action: {label: string, run: () => void} | null}} Problem */

/** Rebuilding controls follow a slider after this pause, in milliseconds. */
const REBUILD_PAUSE = 130;
const PICTURES_PER_SECOND = 30;
const PANELS = ["network", "plane", "loss", "scatter"];
const START_NET = "input x y | linear 6 | tanh | linear 5 | tanh | linear 1";
const FRAME_HEIGHT = 760;
const LOSS_HEIGHT = 150;

export class Playground {
  /** @param {HTMLElement} host @param {App} app */
  constructor(host, app) {
    this.host = host;
    this.app = app;
    /** @type {Map<string, Control>} */
    this.controls = new Map();
    /** @type {import("../state.js").Settings} */
    this.settings = readSettings(new Map(), schemaOf([]));
    this.settings.values.net = START_NET;
    this.settings.values.dataset = "circle";
    this.schema = schemaOf([]);
    /** @type {Network} */
    this.network = /** @type {Network} */ (parseNetwork(START_NET).network);
    /** @type {Ready | null} */
    this.ready = null;
    /** @type {Frame | null} */
    this.latest = null;
    this.state = "loading";
    /** @type {Problem | null} */
    this.problem = null;
    /** @type {string[]} */
    this.notes = [];
    this.timer = 0;
    /** @type {Map<string, string>} */
    this.waiting = new Map();
    this.linkTimer = 0;
    /** @type {Dish | null} */
    this.dish = null;
    /** The output over the plane, as it came last. @type {import("./plane.js").Field | null} */
    this.field = null;
    /** Whether the diagram draws only the strongest weights. */
    this.leavesOut = false;
    /** Failures since the last fresh start: each further one goes further back. */
    this.failures = 0;
    /** Whether the first own point starts the training that had to wait for it. */
    this.startsWhenDrawn = false;
    this.edits = new EditHistory(() => this.ask());
    this.netField = new NetField((text) => this.changeNet(text, "typed a network", "typing"));
    this.diagram = new Diagram({
      onNetwork: (network, label) => this.changeNet(formatNetwork(network), label, ""),
      onInspect: (unit) => this.inspect(unit),
      onEdit: (entry, value, before) => this.editWeight(entry, value, before),
      onLeftOut: (count) => {
        const many = count > 0;
        if (many !== this.leavesOut) this.ask();
        this.leavesOut = many;
      },
    });
    this.plane = new Plane((place) => this.readOut(place));
    this.projection = new Projection();
    this.lossFigure = document.createElement("figure");
    this.lossFigure.innerHTML = `<figcaption class="pg-head"><h3>Loss</h3><span class="pg-hint"></span></figcaption>`;
    this.loss = line.create(this.lossFigure, { title: "Loss", height: LOSS_HEIGHT });
    this.tool = new DrawingTool(this.plane, (points, label) => this.changePoints(points, label), app.announce);
    /** @type {Unit | null} */
    this.inspected = null;
    this.layerNames = "";
    this.frame = oncePerFrame(() => this.render());
    this.stops = [
      onThemeChange(() => {
        redrawTiles();
        this.ask();
      }),
    ];
    const resized = () => this.fit();
    window.addEventListener("resize", resized);
    this.stops.push(() => window.removeEventListener("resize", resized));
    this.host.classList.add("playground");
    this.onKey = (/** @type {KeyboardEvent} */ event) => this.key(event);
    this.host.addEventListener("keydown", this.onKey);
    this.fit();
    this.render();
  }

  /** The engine has said what it can do. @param {Control[]} controls @param {Map<string, string>} query */
  start(controls, query) {
    this.controls = new Map(controls.map((control) => [control.name, control]));
    this.schema = schemaOf(controls);
    this.settings = readSettings(query, this.schema);
    for (const { key, value, message, fix } of this.settings.messages) this.note(`In the link, ${key} = “${value}” ${message}: ${fix}`);
    const { net, points } = this.settings.values;
    const parsed = parseNetwork(net ?? START_NET);
    if (parsed.error) {
      this.note(`The network in the link, “${net}”, cannot be read: ${parsed.error.message} The default is used.`);
      this.settings.values.net = this.controls.get("net")?.default ?? START_NET;
    }
    const own = parsePoints(points ?? "");
    if (own.error) this.note(`Own points in the link: ${own.error}`);
    this.adopt();
    const still = this.settings.embed || matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.startsWhenDrawn = this.empty && !still;
    const play = !still && !this.empty;
    this.state = play ? "running" : "paused";
    this.dish = this.app.engine.openDish({
      lab: "playground",
      controls: this.settings.values,
      seed: this.settings.seed,
      play,
      keep: !this.settings.embed,
      claims: false,
      panels: PANELS,
      hz: PICTURES_PER_SECOND,
    });
    this.app.onDevice((device) => this.dish?.device(device));
    this.dish.on("ready", (message) => this.onReady(message));
    this.dish.on("frame", (frame) => this.onFrame(frame));
    this.dish.on("error", (problem) => this.onError(problem));
    this.dish.on("notice", (text) => this.note(text));
    this.dish.on("continued", ({ step }) => this.note(`The run of your last visit goes on from step ${formatCount(step)}.`));
    this.ask();
  }

  // ---- state ------------------------------------------------------------------------------------------------------

  get running() {
    return this.state === "running" || this.state === "measuring";
  }

  /** @returns {"classification" | "regression"} */
  get task() {
    const { dataset } = this.settings.values;
    if (dataset === "own") return areClasses(this.tool.points) ? "classification" : "regression";
    return DATA_SETS.find(({ value }) => value === dataset)?.task ?? "classification";
  }

  /** Whether there is nothing to learn from: own points were chosen and none is drawn. */
  get empty() {
    return this.settings.values.dataset === "own" && this.tool.points.length === 0;
  }

  /** @param {string} name */
  hides(name) {
    return this.settings.hide.includes(name);
  }

  /** Takes the settings over into the parts that keep a form of their own. */
  adopt() {
    const { values } = this.settings;
    const parsed = parseNetwork(values.net);
    if (parsed.network) this.network = parsed.network;
    this.netField.set(values.net);
    this.diagram.setNetwork(this.network);
    this.tool.use(values.dataset === "own", parsePoints(values.points ?? "").points);
    this.waitForPoints();
  }

  /** Training on no points would only count steps: it waits for the first one, then goes on by itself. */
  waitForPoints() {
    if (this.empty && this.running) {
      this.startsWhenDrawn = true;
      this.dish?.pause();
      this.state = "paused";
    } else if (!this.empty && this.startsWhenDrawn) {
      this.startsWhenDrawn = false;
      this.dish?.play();
      this.state = "running";
    }
  }

  // ---- verbs ------------------------------------------------------------------------------------------------------

  toggle() {
    if (this.running) this.dish?.pause();
    else this.dish?.play();
    this.state = this.running ? "paused" : "running";
    this.app.announce(this.running ? "Training." : "Paused.");
    this.ask();
  }

  step() {
    this.dish?.step(1);
  }

  /** @param {number} step */
  seek(step) {
    if (this.running) this.toggle();
    this.dish?.seek(Math.max(0, Math.round(step)));
  }

  reset() {
    this.problem = null;
    this.failures = 0;
    this.dish?.reset(this.settings.seed);
    this.app.announce(`Started again with seed ${this.settings.seed}.`);
    this.ask();
  }

  newSeed() {
    // Small seeds are easy to say and to type; a lesson needs no more than a thousand of them.
    this.useSeed((this.settings.seed + 1 + Math.floor(Math.random() * 998)) % 1000);
  }

  /** @param {number} seed */
  useSeed(seed) {
    this.settings.seed = seed;
    this.save();
    this.reset();
  }

  /** @param {HTMLInputElement} input */
  typedSeed(input) {
    const seed = readSeed(input.value);
    input.setCustomValidity(seed === null ? `A seed is a whole number from 0 to ${MAX_SEED}.` : "");
    if (seed === null) input.reportValidity();
    else this.useSeed(seed);
  }

  regenerate() {
    const max = this.controls.get("data_seed")?.max ?? 999;
    const next = (Number(this.settings.values.data_seed) + 1 + Math.floor(Math.random() * 998)) % (Math.min(max, 999) + 1);
    this.set("data_seed", String(next));
  }

  /** A control or a setting of the page. @param {string} name @param {string} text */
  set(name, text) {
    if (this.schema.view?.some((control) => control.name === name)) {
      this.settings.view[name] = text;
      this.save();
      this.showPlane();
      return;
    }
    const control = this.controls.get(name);
    if (!control || this.settings.values[name] === text || !("text" in checkValue(control, text))) return;
    this.settings.values[name] = text;
    if (control.effect === "retune") this.dish?.set(name, text);
    else {
      this.problem = null;
      this.failures = 0;
      this.waiting.set(name, text);
      clearTimeout(this.timer);
      this.timer = window.setTimeout(() => this.sendWaiting(), REBUILD_PAUSE);
    }
    this.save();
  }

  sendWaiting() {
    for (const [name, value] of this.waiting) this.dish?.set(name, value);
    this.waiting.clear();
  }

  /** @param {string} name */
  chooseData(name) {
    if (this.settings.values.dataset === name) return;
    this.set("dataset", name);
    this.plane.show({ train: null, test: null });
    this.adopt();
  }

  /** @param {string} text @param {string} label @param {string} group */
  changeNet(text, label, group) {
    const parsed = parseNetwork(text);
    if (!parsed.network) return;
    const before = this.settings.values.net;
    const after = formatNetwork(parsed.network);
    if (after === before) return;
    this.useNet(after);
    this.edits.push({ label, group, back: () => this.useNet(before), forward: () => this.useNet(after) });
    if (label) this.app.announce(`${label[0].toUpperCase()}${label.slice(1)}.`);
  }

  /** @param {string} net */
  useNet(net) {
    this.set("net", net);
    this.adopt();
  }

  /** @param {import("./weight_editor.js").Entry} entry @param {number} value @param {number} before */
  editWeight({ leaf, index, label }, value, before) {
    const send = (/** @type {number} */ number) => this.dish?.edit(leaf, index, number);
    send(value);
    this.edits.push({ label: `changed a ${label === "bias" ? "bias" : "weight"}`, group: `${leaf}/${index}`, back: () => send(before), forward: () => send(value) });
  }

  /** @param {import("./points.js").Point[]} points @param {string} label */
  changePoints(points, label) {
    const before = this.settings.values.points ?? "";
    const after = formatPoints(points);
    if (before === after) return;
    this.usePoints(after);
    this.edits.push({ label, group: "", back: () => this.usePoints(before), forward: () => this.usePoints(after) });
  }

  /** @param {string} text */
  usePoints(text) {
    this.set("points", text);
    this.tool.use(this.settings.values.dataset === "own", parsePoints(text).points);
    this.sendWaiting();
    this.waitForPoints();
    this.ask();
  }

  clearPoints() {
    this.changePoints([], "cleared the points");
  }

  /** @param {import("./drawing_tool.js").Brush} brush */
  chooseBrush(brush) {
    this.tool.choose(brush);
    this.ask();
  }

  /** @param {number} value */
  chooseValue(value) {
    this.tool.value = value;
    this.ask();
  }

  undo() {
    const label = this.edits.undo();
    if (label) this.app.announce(`Undone: ${label}.`);
  }

  redo() {
    const label = this.edits.redo();
    if (label) this.app.announce(`Done again: ${label}.`);
  }

  /** Ctrl+Z belongs to text fields while one has the focus. @param {KeyboardEvent} event */
  key(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    if (target.closest("textarea, input[type=text], input[type=number]")) return;
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.key.toLowerCase() !== "z") return;
    event.preventDefault();
    if (event.shiftKey) this.redo();
    else this.undo();
  }

  /** @param {string[]} names @param {boolean} shown */
  hideParts(names, shown) {
    const hide = new Set(this.settings.hide);
    for (const name of names) {
      if (shown) hide.delete(name);
      else hide.add(name);
    }
    this.settings.hide = [...hide];
    this.save();
  }

  save() {
    clearTimeout(this.linkTimer);
    // Browsers refuse to rewrite the address many times a second, as a dragged slider would.
    this.linkTimer = window.setTimeout(() => this.app.saveLink(this.hash(this.settings.embed)), 200);
    this.ask();
  }

  /** @param {boolean} embed */
  hash(embed) {
    const { values, view, seed, hide } = this.settings;
    return formatLink({ page: "playground", values, view, seed, hide, embed }, this.schema);
  }

  // ---- the engine's messages --------------------------------------------------------------------------------------

  /** @param {Ready} ready */
  onReady(ready) {
    this.ready = ready;
    this.ask();
  }

  /** @param {Frame} frame */
  onFrame(frame) {
    this.latest = frame;
    this.app.setStatus(frame);
    const { network, plane, loss, scatter } = frame.panels;
    if (frame.state !== this.state) {
      this.state = frame.state;
      this.ask();
    }
    if (plane) this.field = { values: plane.values, offset: 0, side: plane.side, limit: Math.max(Math.abs(plane.low), Math.abs(plane.high)), squashed: this.task === "classification" };
    if (network) this.diagram.show(network, this.field ?? null);
    if (plane) this.showPlane();
    if (loss) this.showLoss(loss, frame);
    if (scatter) {
      this.projection.show(scatter);
      const names = scatter.layers.map((/** @type {{name: string}} */ layer) => layer.name).join();
      if (names !== this.layerNames) {
        this.layerNames = names;
        this.ask();
      }
    }
    this.showNumbers();
  }

  /** @param {EngineProblem} problem */
  onError(problem) {
    const { kind, place, message, fix, step } = problem;
    if (kind === "nonfinite") {
      const failed = step ?? this.latest?.step ?? 0;
      const back = stepBefore(failed, this.failures++);
      const rate = String(Number((Number(this.settings.values.rate) / 2).toPrecision(3)));
      this.state = "failed";
      this.problem = {
        title: `Training stopped at step ${formatCount(step ?? 0)}.`,
        text: `${sentence(message)} Seen in ${place}. ${sentence(fix)}`,
        action: {
          label: `Go back to ${back ? `step ${formatCount(back)}` : "the start"} and halve the rate`,
          run: () => {
            this.problem = null;
            this.dish?.seek(back);
            this.set("rate", rate);
            this.dish?.play();
            this.state = "running";
            this.app.announce(`Back at step ${back} with rate ${rate}.`);
          },
        },
      };
    } else if (kind === "control") {
      this.note(`${place}: ${sentence(message)} ${sentence(fix)}`);
    } else {
      this.problem = { title: sentence(message), text: `${place}. ${sentence(fix)}`, action: null };
    }
    this.ask();
  }

  /** @param {string} text */
  note(text) {
    if (!this.notes.includes(text)) this.notes = [...this.notes.slice(-3), text];
    this.ask();
  }

  /** @param {string | null} note null dismisses the problem */
  dismiss(note) {
    if (note === null) this.problem = null;
    else this.notes = this.notes.filter((other) => other !== note);
    this.ask();
  }

  // ---- drawing ----------------------------------------------------------------------------------------------------

  /** @param {Unit | null} unit */
  inspect(unit) {
    this.inspected = unit;
    this.showPlane();
    this.ask();
  }

  showPlane() {
    const lent = this.inspected && this.diagram.field(this.inspected);
    const discrete = this.settings.view.discretise === "1" && !lent;
    this.plane.show({ field: lent || this.field || null, discrete });
    const data = this.latest?.panels.plane;
    if (data && this.settings.values.dataset !== "own") {
      this.plane.show({ train: data.train, test: this.settings.view.show_test === "1" ? data.test : null });
    }
  }

  /** @param {{x: number, y: number, value: number | null} | null} place */
  readOut(place) {
    const slot = this.host.querySelector("[data-readout]");
    if (slot) slot.textContent = place ? describePlace(place, { unit: Boolean(this.inspected), task: this.task }) : this.planeHint();
  }

  planeHint() {
    if (this.inspected) return "shown in place of the output";
    return this.settings.values.dataset === "own" ? "press or drag to draw" : "";
  }

  /** @param {any} loss @param {Frame} frame */
  showLoss(loss, { step, furthest }) {
    this.loss.update(loss, { step, furthest, onSeek: (/** @type {number} */ to) => this.seek(to) });
    const hint = /** @type {HTMLElement} */ (this.lossFigure.querySelector(".pg-hint"));
    const text = step < furthest ? `at step ${formatCount(step)} of ${formatCount(furthest)}; play goes on from here` : "drag to travel in time";
    if (hint.textContent !== text) hint.textContent = text;
  }

  showNumbers() {
    const { latest } = this;
    if (!latest) return;
    const metric = (/** @type {string} */ one, /** @type {string} */ other) => latest.metrics[one] ?? latest.metrics[other] ?? null;
    const accuracy = metric("test_accuracy", "test accuracy");
    const texts = {
      step: formatCount(latest.step),
      train: fixed(metric("train_loss", "train loss")),
      test: fixed(metric("test_loss", "test loss")),
      accuracy: accuracy === null ? "–" : `${(accuracy * 100).toFixed(1)} %`,
    };
    for (const [name, text] of Object.entries(texts)) {
      const slot = this.host.querySelector(`[data-stat=${name}]`);
      if (slot && slot.textContent !== text) slot.textContent = text;
    }
  }

  /** The diagram takes the height that the window leaves. */
  fit() {
    const narrow = window.innerWidth < 760;
    this.diagram.setNetwork(this.network, narrow ? 330 : Math.max(320, Math.min(540, window.innerHeight - 490)));
  }

  ask() {
    this.frame.ask();
  }

  render() {
    const { settings, network, inspected } = this;
    const shown = (/** @type {string} */ name) => !this.hides(name);
    const own = settings.values.dataset === "own";
    const layers = this.latest?.panels.scatter?.layers ?? [];
    const side = dataSection(this);
    const training = trainingSection(this);
    const bar = ["run", "step", "reset", "seed"].some(shown);
    const link = location.href.split("#")[0] + this.hash(false);
    render(
      html`<div class="pg-messages">${messages(this)}</div>
      <div class="pg-bar ${bar ? "" : "bare"}">${runBar(this)}${shown("net") ? this.netField.element : html`<span class="grow"></span>`}
        <div class="pg-stats">${statistics(this)}</div></div>
      <div class="pg-grid ${side === nothing && training === nothing ? "no-side" : ""} ${shown("output") || shown("projection") ? "" : "no-output"}">
        ${side === nothing && training === nothing ? nothing : html`<div class="pg-side"><section aria-label="Data">${side}</section>
          <section aria-label="Training">${training}</section></div>`}
        ${shown("network") ? html`<section class="pg-network" aria-label="Network"><div class="pg-head"><h2>Network</h2>${this.networkHead()}</div>${this.diagram.element}</section>` : nothing}
        ${shown("loss") ? html`<section class="pg-loss" aria-label="Loss">${this.lossFigure}</section>` : nothing}
        ${shown("output") || shown("projection") ? html`<div class="pg-output">
          ${shown("output") ? html`<section aria-label="Output"><div class="pg-head"><h2>${inspected ? `${this.unitTitle(inspected)}` : "Output"}</h2>
              <span class="pg-hint" data-readout aria-live="off">${this.planeHint()}</span></div>
            ${this.plane.canvas}${this.colourBar()}${own ? brushes(this) : nothing}
            ${own ? nothing : html`<div class="pg-toggles">${["show_test", "discretise"].filter(shown).map((name) => this.viewToggle(name))}</div>`}
          </section>` : nothing}
          ${shown("projection") ? html`<section class="pg-projection" aria-label="Hidden layer"><div class="pg-head"><h3>Hidden layer</h3>
            ${layers.length > 1 ? html`<select aria-label="Hidden layer to show" @change=${(/** @type {Event} */ event) => {
                this.projection.choose(/** @type {HTMLSelectElement} */ (event.target).value);
              }}>${layers.map((/** @type {{name: string}} */ { name }) => html`<option value=${name} .selected=${name === this.projection.layer?.name}>${name}</option>`)}</select>`
              : html`<span class="pg-hint">${network.hidden.length ? "two principal axes" : "add a layer to see one"}</span>`}</div>
            ${this.projection.canvas}</section>` : nothing}
        </div>` : nothing}
      </div>
      ${settings.embed ? nothing : lessonPanel({
        groups: hidableGroups(this.schema.controls),
        hide: settings.hide,
        link,
        frame: frameSnippet(location.href.split("#")[0] + this.hash(true), FRAME_HEIGHT),
        toggle: (names, on) => this.hideParts(names, on),
        announce: this.app.announce,
      })}`,
      this.host,
    );
    this.host.classList.toggle("loading", !this.latest);
    const task = this.task === "regression" ? "predicted value" : "class";
    this.plane.canvas.setAttribute("aria-label", `${own ? "Drawing plane" : "Output plane"}: ${task} at x and y from −6 to 6. Arrow keys move a cross that reads it out.`);
    this.showNumbers();
  }

  /** @param {Unit} unit */
  unitTitle({ column, unit }) {
    if (column === 0) return "Feature";
    return column > this.network.hidden.length ? "Output" : `Hidden ${column}, unit ${unit + 1}`;
  }

  networkHead() {
    const { network, edits } = this;
    const count = network.hidden.length;
    const last = (/** @type {import("./history.js").Step[]} */ steps) => steps[steps.length - 1]?.label ?? "nothing yet";
    return html`<span class="pg-layers"><button type="button" aria-label="Remove the last hidden layer" ?disabled=${count === 0}
        @click=${() => this.changeNet(formatNetwork(removeLayer(network, count - 1)), "removed a layer", "")}>−</button>
      <b>${count}</b> hidden ${count === 1 ? "layer" : "layers"}
      <button type="button" aria-label="Add a hidden layer" ?disabled=${count >= MAX_LAYERS}
        @click=${() => this.changeNet(formatNetwork(insertLayer(network, count)), "added a layer", "")}>+</button></span>
      <span class="pg-hint">${formatCount(countParameters(network))} parameters${this.leavesOut ? "; only the strongest weights are drawn" : ""}</span>
      <span class="pg-edits"><button type="button" class="text" ?disabled=${!edits.done.length} title="Undo: ${last(edits.done)}" @click=${() => this.undo()}>undo</button>
      <button type="button" class="text" ?disabled=${!edits.undone.length} title="Redo: ${last(edits.undone)}" @click=${() => this.redo()}>redo</button></span>`;
  }

  /** @param {string} name */
  viewToggle(name) {
    const control = this.schema.view?.find((candidate) => candidate.name === name);
    return html`<label title=${control?.help ?? ""}><input type="checkbox" .checked=${this.settings.view[name] === "1"}
      @change=${(/** @type {Event} */ event) => this.set(name, /** @type {HTMLInputElement} */ (event.target).checked ? "1" : "0")}> ${control?.label ?? name}</label>`;
  }

  colourBar() {
    const lent = this.inspected ? this.diagram.field(this.inspected) : null;
    const limit = lent && this.inspected && this.inspected.column <= this.network.hidden.length ? lent.limit : 1;
    const discrete = this.settings.view.discretise === "1" && !lent;
    const classes = this.task === "classification" && !(lent && this.inspected && this.inspected.column <= this.network.hidden.length);
    const words = classes ? ["surely −", "undecided", "surely +"] : [`−${formatNumber(limit)}`, "0", `+${formatNumber(limit)}`];
    return html`<div class="pg-scale"><i .style=${`background:${scaleGradient(discrete)}`}></i>
      <div><span>${words[0]}</span><span>${words[1]}</span><span>${words[2]}</span></div></div>`;
  }

  destroy() {
    clearTimeout(this.timer);
    clearTimeout(this.linkTimer);
    this.frame.cancel();
    for (const stop of this.stops) stop();
    this.host.removeEventListener("keydown", this.onKey);
    for (const part of [this.diagram, this.plane, this.projection, this.loss]) part.destroy();
    this.dish?.close();
    render(nothing, this.host);
    this.host.classList.remove("playground", "loading");
  }
}

/**
 * Where to go back to after a failure. Weights have often grown long before a value stops being finite, so that a
 * second failure asks for more than a little way back, and an early one for the start.
 * @param {number} failed step of the failure @param {number} before failures since the last fresh start
 */
function stepBefore(failed, before) {
  return failed < 50 ? 0 : Math.floor(failed * Math.max(0, 0.75 - 0.25 * before));
}

/** Three places while running, so that digits do not jump. @param {number | null} value */
const fixed = (value) => (value === null || Math.abs(value) >= 100 || !Number.isFinite(value) ? formatNumber(value) : value.toFixed(3));

/** @param {string} text */
const sentence = (text) => (text ? text[0].toUpperCase() + text.slice(1).replace(/\.?$/, ".") : "");

/** The page as the shell asks for it. @param {HTMLElement} host @param {App} app @returns {import("../main.js").PageHandle} */
export function renderPage(host, app) {
  const page = new Playground(host, app);
  page.start(app.catalogue.playground.controls, app.link.query);
  return { destroy: () => page.destroy() };
}
