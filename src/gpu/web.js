/**
 * @file The browser's side of the GPU backend: compiles pipelines without keeping anybody waiting, and replays lists of
 * dispatches. `web.rs` speaks with it; what a list says is described in `replay.rs`.
 */

const REPEAT = 0xffffffff;
/** `GPUShaderStage.COMPUTE`, a name that TypeScript does not know. */
const COMPUTE = 4;
/** Compiled pipelines are forgotten when there are this many; a large lab has a few hundred. */
const MOST_PIPELINES = 1024;

/** @typedef {{pipeline: GPUComputePipeline | null, problem: string | null}} Compiled A pipeline, once it is there or has failed. */

/** The pipelines of a device: a program that is opened again compiles nothing. */
export class Compiler {
  /** By shader text. @type {Map<string, Compiled>} */
  #pipelines = new Map();
  /** By which of the buffers are writable. @type {Map<string, {group: GPUBindGroupLayout, pipeline: GPUPipelineLayout}>} */
  #layouts = new Map();

  /** @param {GPUDevice} device */
  constructor(device) {
    this.device = device;
  }

  /** The layouts of a shader. @param {boolean[]} writable whether it writes each of its buffers */
  layout(writable) {
    const key = writable.join();
    let layout = this.#layouts.get(key);
    if (!layout) {
      const entries = writable.map((write, binding) => {
        const buffer = { type: /** @type {GPUBufferBindingType} */ (write ? "storage" : "read-only-storage") };
        return { binding, visibility: COMPUTE, buffer };
      });
      const group = this.device.createBindGroupLayout({ entries });
      layout = { group, pipeline: this.device.createPipelineLayout({ bindGroupLayouts: [group] }) };
      this.#layouts.set(key, layout);
    }
    return layout;
  }

  /** The pipeline of a shader if it is known. @param {string} text */
  find(text) {
    return this.#pipelines.get(text);
  }

  /** Begins to compile. @param {string} text @param {string} label @param {GPUPipelineLayout} layout @returns {Compiled} */
  compile(text, label, layout) {
    /** @type {Compiled} */
    const compiled = { pipeline: null, problem: null };
    if (this.#pipelines.size >= MOST_PIPELINES) this.#pipelines.clear();
    this.#pipelines.set(text, compiled);
    this.device.pushErrorScope("validation");
    const module = this.device.createShaderModule({ label, code: text });
    const fault = this.device.popErrorScope().catch(() => null);
    this.device.createComputePipelineAsync({ label, layout, compute: { module, entryPoint: "main" } }).then(
      (pipeline) => (compiled.pipeline = pipeline),
      async (cause) => {
        // What is wrong with a shader explains more than that its pipeline is refused.
        compiled.problem = (await fault)?.message ?? String(cause.message);
        this.#pipelines.delete(text);
      },
    );
    return compiled;
  }
}

/** Pipelines, bind groups and lists of a program, and what is being recorded of them. */
export class Player {
  #compiler;
  #buffers;
  /** @type {Compiled[]} */
  #compiled = [];
  /** @type {GPUComputePipeline[]} */
  #pipelines = [];
  /** @type {GPUBindGroup[]} */
  #groups = [];
  /** @type {Uint32Array[]} */
  #routines = [];
  /** @type {GPUCommandEncoder | null} */
  #encoder = null;
  /** @type {GPUComputePassEncoder | null} */
  #pass = null;
  /** The pipeline that is set in the pass. */
  #set = REPEAT;
  /** Pipelines that no program needed before this one. */
  compiled = 0;

  /** @param {Compiler} compiler @param {GPUBuffer[]} buffers */
  constructor(compiler, buffers) {
    this.#compiler = compiler;
    this.#buffers = buffers;
  }

  /**
   * Makes what a shader's dispatch needs; gives the number of its pipeline. Its bind group has the next number.
   * @param {string} text @param {string} label @param {Uint32Array} bound twice the number of each buffer, one more if it is written
   */
  add(text, label, bound) {
    const { device } = this.#compiler;
    const layout = this.#compiler.layout(Array.from(bound, (word) => word % 2 === 1));
    const entries = Array.from(bound, (word, binding) => ({ binding, resource: { buffer: this.#buffers[word >> 1] } }));
    this.#groups.push(device.createBindGroup({ layout: layout.group, entries }));
    let compiled = this.#compiler.find(text);
    if (!compiled) {
      compiled = this.#compiler.compile(text, label, layout.pipeline);
      this.compiled++;
    }
    const number = this.#compiled.indexOf(compiled);
    return number < 0 ? this.#compiled.push(compiled) - 1 : number;
  }

  /** How many pipelines are not ready. */
  get waiting() {
    return this.#compiled.reduce((count, { pipeline }) => count + (pipeline ? 0 : 1), 0);
  }

  /** Why a pipeline will never be ready. @returns {string | undefined} */
  get problem() {
    return this.#compiled.find(({ problem }) => problem !== null)?.problem ?? undefined;
  }

  /** To be called when everything is ready. */
  finish() {
    this.#pipelines = this.#compiled.flatMap(({ pipeline }) => pipeline ?? []);
    this.#compiled = [];
  }

  /** Takes the list of the next routine. @param {Uint32Array} list of which a copy is kept */
  routine(list) {
    this.#routines.push(list.slice());
  }

  /** Records runs of a routine. @param {number} routine @param {number} count */
  run(routine, count) {
    this.#encoder ??= this.#compiler.device.createCommandEncoder();
    this.#pass ??= this.#encoder.beginComputePass();
    const list = this.#routines[routine];
    for (let run = 0; run < count; run++) this.#replay(this.#pass, list, 0, list.length);
  }

  /** @param {GPUComputePassEncoder} pass @param {Uint32Array} list @param {number} from @param {number} to */
  #replay(pass, list, from, to) {
    const pipelines = this.#pipelines;
    const groups = this.#groups;
    let set = this.#set;
    for (let at = from; at < to; at += 4) {
      const pipeline = list[at];
      if (pipeline === REPEAT) {
        const end = at + 4 + list[at + 2];
        this.#set = set;
        for (let time = 0; time < list[at + 1]; time++) this.#replay(pass, list, at + 4, end);
        set = this.#set;
        at = end - 4;
        continue;
      }
      if (pipeline !== set) pass.setPipeline(pipelines[(set = pipeline)]);
      pass.setBindGroup(0, groups[list[at + 1]]);
      pass.dispatchWorkgroups(list[at + 2], list[at + 3]);
    }
    this.#set = set;
  }

  /** Records a copy, in bytes. @param {GPUBuffer} source @param {number} from @param {GPUBuffer} target @param {number} to @param {number} bytes */
  copy(source, from, target, to, bytes) {
    this.#endPass();
    this.#encoder ??= this.#compiler.device.createCommandEncoder();
    this.#encoder.copyBufferToBuffer(source, from, target, to, bytes);
  }

  #endPass() {
    this.#pass?.end();
    this.#pass = null;
    this.#set = REPEAT;
  }

  /** Hands over what was recorded. */
  submit() {
    this.#endPass();
    if (this.#encoder) this.#compiler.device.queue.submit([this.#encoder.finish()]);
    this.#encoder = null;
  }
}

/** Gives the browser a moment to compile. @returns {Promise<void>} */
export const pause = () => new Promise((resolve) => setTimeout(resolve, 1));
