/** Modules that exist only in the built site. `www/build.mjs` makes them. */

declare module "petri:site" {
  /** Places of files whose names carry a hash of their content, relative to the page. */
  export const site: {
    /** The dedicated worker, `worker.js`. */
    worker: string;
    /** The engine that the worker loads. */
    wasm: string;
    /** Code that the worker loads when a lab is opened, by slug. */
    chunks: Record<string, string>;
    /** The dedicated worker that measures speed, `speed/worker.js`. */
    speed: string;
    /** Text of each lab as a fragment of HTML, by slug. A lab without text is absent. */
    stories: Record<string, string>;
    /** Trained networks that lie beside a lab. */
    files: Record<string, string>;
  };
}

declare module "petri:engine" {
  /** Loads and starts the WebAssembly module; gives what it exports. */
  export default function init(options: { module_or_path: URL | string }): Promise<Record<string, WebAssembly.ExportValue>>;

  export class Engine {
    /** Looks for a graphics processor; a turn must follow. `software`: also one that only pretends to be one. */
    startGpu(software: boolean): Promise<void>;
    /** The `catalogue` message as JSON. */
    catalogue(): string;
    /** Takes one message of the page. */
    handle(json: string, bytes?: Uint8Array): void;
    /** Works on all playing dishes for about so many milliseconds; 0: nothing left, 1: more at once, 2: a GPU works. */
    turn(milliseconds: number): number;
    /** The next message for the page, if any. */
    take(): { json: string; arrays: Float32Array[]; bytes?: Uint8Array } | undefined;
  }
}

declare module "petri:speed" {
  /** Loads and starts the WebAssembly module. */
  export default function init(options: { module_or_path: URL | string }): Promise<unknown>;

  /** What can be measured: `{version, jobs, widths}` as JSON; see `Job` in speed/report.js. */
  export function benchJobs(): string;
  /** Whether a job's loss after the steps of its check is that of other libraries. */
  export function benchAgrees(id: string, loss: number): boolean;

  /** A job on the CPU. */
  export class Bench {
    static drawn(id: string): Bench;
    step(count: number): void;
    loss(): number;
    free(): void;
  }

  /** A job on the graphics processor. */
  export class GpuBench {
    dispatches(): number;
    step(count: number): Promise<void>;
    loss(): Promise<number>;
    free(): void;
  }

  /** A graphics processor. */
  export class Graphics {
    /** `software`: also one that only pretends to be one. */
    static open(software: boolean): Promise<Graphics>;
    name(): string;
    /** Why it can no longer be used. */
    lost(): string | undefined;
    bench(id: string): Promise<GpuBench>;
  }
}

declare module "*.css";
