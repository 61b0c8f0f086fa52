/** @file Typed callbacks: what EventTarget does, with types that follow the name of the event. */

/** @template {Record<string, any>} Events */
export class Emitter {
  /** @type {Map<keyof Events, Set<(detail: any) => void>>} */
  #callbacks = new Map();

  /**
   * @template {keyof Events} Name
   * @param {Name} name @param {(detail: Events[Name]) => void} callback
   * @returns {() => void} stops the calls
   */
  on(name, callback) {
    let callbacks = this.#callbacks.get(name);
    if (!callbacks) this.#callbacks.set(name, (callbacks = new Set()));
    callbacks.add(callback);
    return () => callbacks.delete(callback);
  }

  /** @template {keyof Events} Name @param {Name} name @param {Events[Name]} detail */
  emit(name, detail) {
    for (const callback of [...(this.#callbacks.get(name) ?? [])]) callback(detail);
  }
}
