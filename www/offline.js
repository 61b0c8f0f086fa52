/**
 * @file The service worker: keeps one version of the whole site, so that it opens without a network. All names but the
 * page's own carry a hash, so what is kept never has to be asked for again; a new version replaces the old one whole.
 */
const scope = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
/** Caches belong to the whole host, so the name tells which folder of it is meant. */
const FAMILY = `petri ${new URL("./", scope.location.href).pathname} `;
const CACHE = `${FAMILY}__VERSION__`;
const FILES = /** @type {string[]} */ (/** @type {unknown} */ ("__FILES__"));
/** Files that are kept only once somebody has needed them. */
const LATER = /** @type {string[]} */ (/** @type {unknown} */ ("__LATER__"));

scope.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(FILES.map((file) => (file === "./" ? new Request(file, { cache: "reload" }) : file))))
      .then(() => scope.skipWaiting()),
  );
});

scope.addEventListener("activate", (event) => {
  const old = async () => {
    for (const name of await caches.keys()) if (name.startsWith(FAMILY) && name !== CACHE) await caches.delete(name);
    await scope.clients.claim();
  };
  event.waitUntil(old());
});

scope.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || new URL(request.url).origin !== scope.location.origin) return;
  const answer = async () => {
    const cache = await caches.open(CACHE);
    // The page itself is looked for on the network first: a new version must be found.
    if (request.mode === "navigate") return fetch(request).catch(async () => (await cache.match("./")) ?? Response.error());
    const kept = await cache.match(request);
    if (kept) return kept;
    const response = await fetch(request);
    const isLater = LATER.some((file) => new URL(file, scope.location.href).href === request.url);
    if (isLater && response.ok) await cache.put(request, response.clone());
    return response;
  };
  event.respondWith(answer());
});
