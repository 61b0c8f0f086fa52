/** @file Petri on one core, as a peer of the measuring harness. `cargo xtask bench` puts it beside `petri.js`. */
import { arraysOf, engine } from "./arrays.mjs";
import init, { Bench } from "./petri.js";

export async function setup(workload) {
  await init({ module_or_path: engine() });
  const { names, arrays } = arraysOf(workload);
  const bench = new Bench(workload.id, names, arrays);
  return {
    note: "SIMD CPU kernels in wasm, one thread",
    step: async (count) => bench.step(count),
    loss: async () => bench.loss(),
    dispose: () => bench.free(),
  };
}
