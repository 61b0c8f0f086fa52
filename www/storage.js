/**
 * @file Small things that should outlive a visit: settings of the page (localStorage) and snapshots of runs
 * (IndexedDB). A browser may refuse either, for instance inside an iframe or in a private window; then memory
 * serves until the page is left, and the first refusal is told once.
 */

/** @typedef {{key: string, time: number, bytes: ArrayBuffer, step: number, playing: boolean}} Saved */

const DATABASE = "petri";
const STORE = "runs";
/** Oldest entries beyond this number are dropped. */
const KEPT = 24;
/** A run older than this is not continued: somebody who comes back another day wants to see it start. */
const FRESH_MILLISECONDS = 12 * 3600 * 1000;

/** @type {Map<string, Saved>} */
const memory = new Map();
/** @type {Promise<IDBDatabase | null> | null} */
let opening = null;
/** @type {(message: string) => void} */
let refused = () => {};

/** Who is told, once, that nothing can be kept. @param {(message: string) => void} callback */
export function onStorageRefused(callback) {
  refused = callback;
}

function refuse() {
  refused("This browser lets the page store nothing here: runs are kept until you leave the page, not longer.");
  refused = () => {};
}

/** @returns {Promise<IDBDatabase | null>} null if refused */
function database() {
  opening ??= new Promise((resolve) => {
    try {
      const request = indexedDB.open(DATABASE, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "key" }).createIndex("time", "time");
      request.onsuccess = () => resolve(request.result);
      request.onerror = request.onblocked = () => resolve(null);
    } catch {
      // Access alone throws in a sandboxed frame.
      resolve(null);
    }
  });
  return opening;
}

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** @param {Saved} run */
export async function saveRun(run) {
  const base = await database();
  try {
    if (!base) throw new Error("refused");
    const store = base.transaction(STORE, "readwrite").objectStore(STORE);
    await done(store.put(run));
    const keys = await done(store.index("time").getAllKeys());
    for (const key of keys.slice(0, Math.max(0, keys.length - KEPT))) store.delete(key);
  } catch {
    memory.set(run.key, run);
    refuse();
  }
}

/** @param {string} key @returns {Promise<Saved | undefined>} */
export async function loadRun(key) {
  const kept = memory.get(key);
  if (kept) return kept;
  try {
    const base = await database();
    const saved = base && (await done(base.transaction(STORE).objectStore(STORE).get(key)));
    return saved && Date.now() - saved.time < FRESH_MILLISECONDS ? saved : undefined;
  } catch {
    return undefined;
  }
}

/** @param {string} key */
export async function dropRun(key) {
  memory.delete(key);
  try {
    const base = await database();
    if (base) await done(base.transaction(STORE, "readwrite").objectStore(STORE).delete(key));
  } catch {
    // Nothing to drop where nothing can be kept.
  }
}

/** @param {string} name @returns {string | null} */
export function readPreference(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

/** @param {string} name @param {string | null} value null removes it */
export function writePreference(name, value) {
  try {
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, value);
  } catch {
    // It then holds until the page is left.
  }
}
