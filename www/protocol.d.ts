/** What page and worker say to each other, version 1. Types only: nothing of this file reaches the browser. */

export type Values = Record<string, string>;
export type Device = "cpu" | "gpu";

export interface Control {
  name: string;
  label: string;
  symbol: string;
  kind: "slider" | "integer" | "choice" | "toggle" | "text";
  scale: "linear" | "log";
  min: number;
  max: number;
  /** Distance between values; 0 for none. */
  step: number;
  default: string;
  unit: string;
  help: string;
  /** `retune` writes a number into the running experiment, `rebuild` starts it anew, `show` changes only what is seen of it. */
  effect: "retune" | "rebuild" | "show";
  options: { value: string; label: string }[];
  /** Shown only while another control has one of some values. */
  when: { name: string; values: string[] } | null;
  /** Whether a panel shows it, and not the column of controls. */
  panel?: boolean;
  /** Words beside it that set several controls at once: `name=value&name=value`. */
  presets?: { value: string; label: string }[];
}

export interface PanelInfo {
  id: string;
  kind: string;
  title: string;
  hint: string;
  wide: boolean;
}

export interface ClaimInfo {
  id: string;
  text: string;
  where: string;
  measures: string;
}

export interface Lab {
  slug: string;
  title: string;
  promise: string;
  paper: { authors: string; title: string; year: number; url: string };
  theme: string;
  tags: string[];
  controls: Control[];
  panels: PanelInfo[];
  claims: ClaimInfo[];
  /** The number that tells best how far a run is. */
  metric: string;
  /** Formats in which its network can be taken away, beside csv and json. */
  formats: string[];
}

export interface Gpu {
  state: "absent" | "starting" | "ready" | "refused" | "lost";
  name?: string;
  message?: string;
}

export interface Catalogue {
  version: number;
  labs: Lab[];
  playground: Lab;
  gpu: Gpu;
}

export interface ClaimPart {
  label: string;
  measured: number | null;
  relation: "≥" | "≤" | ">" | "<";
  threshold: number;
  unit: string;
}

export interface Claim {
  id: string;
  verdict: "holds" | "fails" | "not yet";
  parts: ClaimPart[];
  detail: string;
  progress: { step: number; of: number } | null;
  seeds: number;
}

export interface Ready {
  lab: string;
  controls: Values;
  seed: number;
  runs: { name: string; steps: number | null; part: "main" | "beside" | "later" }[];
  parameters: number;
  device: Device;
}

export interface Preparing {
  device: Device;
  percent: number;
}

export interface Frame {
  step: number;
  /** Last step ever reached; the curves go on beyond `step` after going back. */
  furthest: number;
  steps: number | null;
  state: "running" | "paused" | "measuring" | "done" | "failed";
  stepsPerSecond: number;
  device: Device;
  /** The device that the run is on its way to, and how much of what it needs there is ready. Training goes on meanwhile. */
  preparing?: Preparing | null;
  metrics: Record<string, number | null>;
  runs: { step: number; finished: boolean }[];
  /** Claims of the chosen task; those of another are absent. */
  claims: Claim[];
  /** Further seeds, once they have been asked for. */
  seeds?: SeedCount | null;
  panels: Record<string, any>;
  snapshots: number;
}

export interface SeedCount {
  done: number;
  of: number;
  progress: { step: number; of: number } | null;
  claims: { id: string; verdict: Claim["verdict"]; held: number; of: number; medians?: (number | null)[] }[];
}

export interface Problem {
  kind: "control" | "nonfinite" | "device" | "storage" | "memory" | "file" | "engine";
  place: string;
  message: string;
  fix: string;
  step?: number;
  /** The worker that said so is of no more use. */
  fatal?: boolean;
}

export interface Profile {
  /** Of a whole step. */
  milliseconds: number;
  /** The dearest first; operations and bytes per step. */
  kernels: { kernel: string; count: number; milliseconds: number; operations: number; bytes: number }[];
  /** Operations per millisecond of a large matrix product. */
  peak: number;
  /** Of a step on a graphics processor. */
  dispatches: number;
}

export interface ExportedFile {
  name: string;
  mime: string;
  bytes: ArrayBuffer;
}

/** A message of the worker, before its array references are resolved. */
export interface Envelope {
  json: string;
  arrays: Float32Array[];
  bytes?: Uint8Array<ArrayBuffer>;
}

export interface LineSeries {
  name: string;
  role: string;
  thin?: boolean;
  x: Float32Array;
  y: Float32Array;
}

export interface AxisInfo {
  label?: string;
  unit?: string;
  scale?: "log" | "linear";
  min?: number;
  max?: number;
}
