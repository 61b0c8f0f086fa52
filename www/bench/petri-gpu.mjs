/** @file Petri with WebGPU, as a peer of the measuring harness. `cargo xtask bench --device gpu` puts it beside `petri.js`. */
import { arraysOf, engine } from "./arrays.mjs";
import init, { GpuBench } from "./petri.js";

export async function setup(workload) {
  await init({ module_or_path: engine() });
  const { names, arrays } = arraysOf(workload);
  const bench = await GpuBench.open(workload.id, names, arrays, true);
  return {
    note: `WebGPU on ${bench.name()}`,
    step: (count) => bench.step(count),
    loss: () => bench.loss(),
    dispose: () => bench.free(),
  };
}
