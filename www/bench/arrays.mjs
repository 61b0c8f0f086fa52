/**
 * @file What the engine is given of a workload of the measuring harness: names and arrays, data first. Integers travel
 * as their bits.
 */

/** @param {{data: Record<string, Float32Array | Int32Array>, params: {name: string, data: Float32Array}[]}} workload */
export function arraysOf({ data, params }) {
  const all = [...Object.entries(data), ...params.map(({ name, data }) => [name, data])];
  const bits = (array) => new Float32Array(array.buffer, array.byteOffset, array.length);
  return { names: all.map(([name]) => name), arrays: all.map(([, array]) => bits(array)) };
}

/** Where the measuring harness serves the engine. */
export const engine = () => new URL("/assets/petri_bg.wasm", self.location.origin);
