/**
 * @file What was measured, and what follows from it: which device is faster, from which width on, the verdict in
 * sentences, and the table as Markdown. Pure functions of the report, no document. Nothing here knows a number that was
 * not measured.
 */
import { listed, rounded, widthOf } from "./words.js";

/** @typedef {"cpu" | "gpu"} Device */
/**
 * @typedef {object} Task  as the engine describes it
 * @property {string} id @property {string} title
 * @property {number} flops floating-point operations of a step
 * @property {boolean} product a bare matrix product
 * @property {number} checkedAfter steps after which the loss is compared; 0: it is not
 * @property {number | null} agreed what other libraries have then
 */
/** @typedef {import("./measure.js").Timing & {agrees?: boolean, dispatches?: number}} Reading */
/** @typedef {{name: string, why?: undefined} | {why: string, name?: undefined}} Gpu  its name, or why there is none */
/**
 * @typedef {object} Report
 * @property {number} format of this description, `FORMAT`
 * @property {string} version Petri's
 * @property {string} date ISO
 * @property {string} browser
 * @property {number} cores logical ones
 * @property {Gpu} gpu
 * @property {Task[]} jobs all of them, measured or not
 * @property {Task[]} widths one network, narrowest first
 * @property {Record<Device, Record<string, Reading>>} readings
 * @property {boolean} hidden the tab was hidden meanwhile
 * @property {boolean} battery the machine was not plugged in
 * @property {boolean} stopped before the end of the plan
 * @property {string} lost what became of the graphics processor
 */

/** Of a kept report; another one is not read. */
export const FORMAT = 1;
/** Windows that differ by more than this share of their median: something else was running. */
const NOISY = 0.15;
/** Speeds that differ by less are called equal. */
const EQUAL = 1.05;

/** Steps per second in the median window; NaN without any. @param {Reading | undefined} reading */
export function rateOf(reading) {
  const sorted = [...(reading?.rates ?? [])].sort((one, other) => one - other);
  return sorted.length > 0 ? sorted[sorted.length >> 1] : Number.NaN;
}

/** Billions of operations per second. @param {Task} task @param {Reading | undefined} reading */
export const gigaflops = (task, reading) => (task.flops * rateOf(reading)) / 1e9;

/** How far windows differ, as a share of their median. @param {Reading} reading */
export const spread = (reading) => (reading.rates.length > 1 ? (Math.max(...reading.rates) - Math.min(...reading.rates)) / rateOf(reading) : 0);

/**
 * Which device is faster at a task, and how many times; null if that was not measured on both.
 * @param {Report} report @param {string} id @returns {{device: Device | "neither", times: number} | null}
 */
export function faster({ readings }, id) {
  const times = rateOf(readings.gpu[id]) / rateOf(readings.cpu[id]);
  if (!(times > 0)) return null;
  if (times < EQUAL && times > 1 / EQUAL) return { device: "neither", times: 1 };
  return times > 1 ? { device: "gpu", times } : { device: "cpu", times: 1 / times };
}

/** Whether nothing was measured. @param {Report} report */
export const isEmpty = ({ readings }) => [...Object.values(readings.cpu), ...Object.values(readings.gpu)].every(({ rates }) => rates.length === 0);

/** @param {string | null} text what was kept @returns {Report | null} */
export function readReport(text) {
  try {
    const report = JSON.parse(text ?? "null");
    return report?.format === FORMAT && Array.isArray(report.jobs) && report.readings?.cpu && report.readings.gpu ? report : null;
  } catch {
    return null;
  }
}

/**
 * What was measured, in sentences.
 * @param {Report} report @returns {{text: string, warning?: boolean}[]}
 */
export function verdict(report) {
  if (isEmpty(report)) return [{ text: "Nothing was measured." }];
  const sentences = [...speeds(report), ...comparison(report)].map((text) => ({ text }));
  return [...sentences, checks(report), ...[...doubts(report)].map((text) => ({ text, warning: true }))].filter((sentence) => sentence !== null);
}

/** How fast each device is by itself. @param {Report} report */
function* speeds({ jobs, readings }) {
  const best = (/** @type {Device} */ device) => Math.max(...jobs.filter(({ product }) => product).map((job) => gigaflops(job, readings[device][job.id])).filter((speed) => speed > 0));
  const on = (/** @type {number} */ cpu, /** @type {number} */ gpu, /** @type {string} */ unit) =>
    listed([cpu > 0 ? `at ${rounded(cpu)} ${unit} on one core of the CPU` : "", gpu > 0 ? `at ${rounded(gpu)}${cpu > 0 ? "" : ` ${unit}`} on the graphics processor` : ""].filter(Boolean));
  const products = on(best("cpu"), best("gpu"), "GFLOP/s");
  if (products) yield `Matrix products run ${products}.`;
  const networks = jobs.filter(({ id, product }) => !product && [readings.cpu[id], readings.gpu[id]].some((reading) => rateOf(reading) > 0));
  const smallest = networks.sort((one, other) => one.flops - other.flops)[0];
  const steps = smallest && on(rateOf(readings.cpu[smallest.id]), rateOf(readings.gpu[smallest.id]), "steps a second");
  // The title names the network first, then its batch and its optimiser.
  if (smallest && steps) yield `The smallest network measured, ${smallest.title.split(",")[0]}, trains ${steps}.`;
}

/** Where the graphics processor is the better choice. @param {Report} report */
function* comparison(report) {
  const compared = report.jobs.map((job) => faster(report, job.id)).filter((entry) => entry !== null);
  const onGpu = compared.filter(({ device }) => device === "gpu").length;
  const count = compared.length;
  if (count > 0) {
    const where = onGpu === count ? (count === 1 ? "at the job" : `at all ${count} jobs`) : onGpu === 0 ? (count === 1 ? "not at the job" : `at none of the ${count} jobs`) : `at ${onGpu} of ${count} jobs`;
    yield `The graphics processor is faster ${where} measured.`;
  }
  const crossing = crossover(report);
  if (crossing) yield crossing;
}

/** From which width on the graphics processor is faster, as a sentence. @param {Report} report */
export function crossover(report) {
  const compared = report.widths.map((task) => ({ width: widthOf(task), gpu: faster(report, task.id) })).filter(({ gpu }) => gpu !== null);
  if (compared.length === 0) return "";
  const wins = compared.filter(({ gpu }) => gpu?.device === "gpu").map(({ width }) => width);
  const range = `width measured, ${compared[0].width} to ${compared[compared.length - 1].width}`;
  if (wins.length === compared.length) return `The graphics processor is faster at every ${range}.`;
  if (wins.length === 0) return `The graphics processor is faster at no ${range}.`;
  const beaten = compared.findLastIndex(({ gpu }) => gpu?.device !== "gpu");
  if (beaten === compared.length - 1) return `The graphics processor is faster at width ${listed(wins.map(String))}, but not at ${compared[beaten].width}.`;
  return `From width ${compared[beaten + 1].width} on the graphics processor is faster.`;
}

/** Whether everything computes what it should. @param {Report} report */
function checks({ jobs, readings }) {
  /** @type {string[]} */
  const wrong = [];
  let right = 0;
  for (const device of /** @type {const} */ (["cpu", "gpu"])) {
    for (const { id } of jobs) {
      const agrees = readings[device][id]?.agrees;
      if (agrees) right++;
      else if (agrees === false) wrong.push(`${id} on the ${device.toUpperCase()}`);
    }
  }
  if (wrong.length > 0) return { text: `The loss of ${listed(wrong)} is not what other libraries get: something computes wrongly here, and its speed does not count.`, warning: true };
  return right > 0 ? { text: right === 1 ? "The loss is what other libraries get." : `All ${right} losses are what other libraries get.` } : null;
}

/** What makes the numbers less than they seem. @param {Report} report */
function* doubts({ jobs, widths, readings, hidden, battery, stopped, lost }) {
  const noisy = [...jobs, ...widths].filter(({ id }) => [readings.cpu[id], readings.gpu[id]].some((reading) => reading && spread(reading) > NOISY));
  if (noisy.length > 0) {
    const most = Math.max(...noisy.flatMap(({ id }) => [readings.cpu[id], readings.gpu[id]].filter(Boolean).map(spread)));
    const where = noisy.length > 3 ? `${noisy.length} measurements` : listed(noisy.map(({ id }) => id));
    yield `The windows of ${where} differ by up to ${Math.round(100 * most)}\u00a0%: something else was using this machine. Close it and measure again.`;
  }
  if (hidden) yield "The tab was hidden meanwhile, and browsers slow hidden tabs down. Measure again with the tab in view.";
  if (battery) yield "The machine ran on its battery, which makes many of them slower. Plug it in and measure again.";
  if (lost) yield `${lost} Close what else uses the graphics processor and measure again; if it is lost again, reload the page.`;
  if (stopped) yield "It was stopped before the end: what is missing was not measured.";
}

/** The loss of a check beside what other libraries have. @param {Task} task @param {Reading} reading */
export function lossText({ checkedAfter, agreed, product }, { loss }) {
  if (loss === undefined || agreed === null) return "";
  // JSON knows no NaN: a kept report has null there.
  const found = loss === null ? "not a number" : product ? loss.toExponential(1) : loss.toFixed(6);
  return product ? `largest error ${found} after ${checkedAfter} products, where others have 0` : `loss ${found} after ${checkedAfter} steps, where others have ${agreed.toFixed(6)}`;
}

/** Of one device's check. @param {Reading | undefined} reading */
export const mark = (reading) => (reading?.agrees === undefined ? "" : reading.agrees ? "✓" : "✗");

/** The report as Markdown, to be pasted into a message. @param {Report} report */
export function markdown(report) {
  const { version, date, browser, cores, gpu, jobs, widths, readings } = report;
  const plain = (/** @type {string} */ text) => text.replace(/[|\r\n]+/g, " ");
  const cell = (/** @type {number} */ value) => (value > 0 ? rounded(value) : "–");
  const row = (/** @type {(string | number)[]} */ cells) => `| ${cells.join(" | ")} |`;
  const device = gpu.name === undefined ? `no GPU (${gpu.why})` : `GPU: ${gpu.name}`;
  const rows = (/** @type {Task[]} */ tasks) =>
    tasks.filter(({ id }) => readings.cpu[id] || readings.gpu[id]).map((task) => {
      const [cpu, onGpu] = [readings.cpu[task.id], readings.gpu[task.id]];
      const won = faster(report, task.id);
      const best = !won ? "–" : won.device === "neither" ? "equal" : `${won.device.toUpperCase()} ${rounded(won.times)}×`;
      const marks = [mark(cpu), mark(onGpu)].filter(Boolean).join(" ") || "–";
      return row([`${task.id} ${plain(task.title)}`, cell(rateOf(cpu)), cell(gigaflops(task, cpu)), cell(rateOf(onGpu)), cell(gigaflops(task, onGpu)), onGpu?.dispatches ?? "–", best, marks]);
    });
  return [
    plain(`Petri ${version}, ${date.slice(0, 16).replace("T", " ")} UTC, ${browser}, ${cores} logical cores, ${device}`),
    "",
    row(["job", "CPU steps/s", "CPU GFLOP/s", "GPU steps/s", "GPU GFLOP/s", "dispatches", "faster", "loss as elsewhere"]),
    row(["---", "--:", "--:", "--:", "--:", "--:", "---", "---"]),
    ...rows(jobs),
    ...rows(widths),
    "",
    ...verdict(report).map(({ text }) => `- ${text}`),
    "",
  ].join("\n");
}
