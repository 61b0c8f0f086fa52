/**
 * @file Makes the static site: bundles page and worker, renders stories, gives every file a name with a hash of its
 * content, and writes index.html, the manifest and the service worker that keeps the site usable offline.
 *
 *   node www/build.mjs --engine <folder of wasm-bindgen's output> --speed <another> --out dist [--serve]
 *
 * Three modules exist only here: `petri:engine` and `petri:speed` are wasm-bindgen's output, for labs and for the page that
 * measures speed; `petri:site` is `{worker, wasm, chunks, speed, stories, files}`, places relative to the page. `cargo xtask build` runs
 * this; see xtask/src/site.rs.
 */
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { brotliCompressSync, gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import { renderStory } from "./story.mjs";

const { values: options } = parseArgs({
  options: { engine: { type: "string" }, speed: { type: "string" }, out: { type: "string", default: "dist" }, serve: { type: "boolean", default: false }, quick: { type: "boolean", default: false } },
});
const { engine, speed } = options;
if (!engine || !speed) throw new Error("--engine, --speed: name the folders that hold petri.js and petri_bg.wasm");
const out = /** @type {string} */ (options.out);
/** Everything but index.html and the service worker, whose names must not change. */
const ASSETS = "assets";
/**
 * Budgets in bytes after gzip; going over one fails the build. `lab` is what runs any one lab: the engine and its code. Node
 * packs this one percent worse than `gzip -9`, with which it is to be at most 350 KB.
 */
const BUDGET = { lab: 353 * 1024, speed: 250 * 1024, firstPaint: 150 * 1024 };

const staging = `${out}.new`;
await rm(staging, { recursive: true, force: true });
await mkdir(join(staging, ASSETS), { recursive: true });

/** Writes an asset under a name with a hash of its content. @param {string} name @param {string | Uint8Array} content */
async function asset(name, content) {
  const [, stem, ending] = /** @type {RegExpMatchArray} */ (name.match(/^(.*)\.([^.]+)$/));
  const hash = createHash("sha256").update(content).digest("base64url").replace(/[-_]/g, "").slice(0, 8);
  const path = `${ASSETS}/${stem}-${hash}.${ending}`;
  await writeFile(join(staging, path), content);
  return path;
}

const wasm = await asset("engine.wasm", await readFile(join(engine, "petri_bg.wasm")));
/** Code that is loaded when a lab is opened, by its name in links; a quick build has none of it apart. @type {Record<string, string>} */
const chunks = {};
for (const file of await readdir(join(engine, "chunks")).catch(() => [])) {
  chunks[file.replace(".wasm", "")] = await asset(`chunk-${file}`, await readFile(join(engine, "chunks", file)));
}
/** One engine may serve both; then it is there once. */
const speedWasm = speed === engine ? wasm : await asset("speed.wasm", await readFile(join(speed, "petri_bg.wasm")));
/** @type {Record<string, string>} */
const stories = {};
/** Trained networks that lie beside a lab, by `slug-name`, and data that labs share, by name. @type {Record<string, string>} */
const files = {};
for (const { name: folder } of (await readdir("src/labs", { withFileTypes: true })).filter((entry) => entry.isDirectory())) {
  const slug = folder.replaceAll("_", "-");
  for (const name of await readdir(join("src/labs", folder))) {
    const content = () => readFile(join("src/labs", folder, name));
    if (name === "story.md") stories[slug] = await asset(`story-${slug}.html`, renderStory((await content()).toString()));
    else if (name.endsWith(".safetensors")) files[`${slug}-${name}`] = await asset(`${slug}-${name}`, await content());
  }
}

for (const { name: folder } of (await readdir("src/data", { withFileTypes: true })).filter((entry) => entry.isDirectory())) {
  for (const name of (await readdir(join("src/data", folder))).filter((name) => name.endsWith(".bin"))) {
    files[name] = await asset(name, await readFile(join("src/data", folder, name)));
  }
}

/** @param {object} site @returns {esbuild.Plugin} */
const virtual = (site) => ({
  name: "petri",
  setup(build) {
    build.onResolve({ filter: /^petri:engine$/ }, () => ({ path: resolve(engine, "petri.js") }));
    build.onResolve({ filter: /^petri:speed$/ }, () => ({ path: resolve(speed, "petri.js") }));
    build.onResolve({ filter: /^petri:site$/ }, () => ({ path: "site", namespace: "petri" }));
    build.onLoad({ filter: /.*/, namespace: "petri" }, () => ({ contents: `export const site = ${JSON.stringify(site)};` }));
  },
});

/** @param {Record<string, string>} entryPoints @param {object} site */
async function bundle(entryPoints, site) {
  const result = await esbuild.build({
    entryPoints,
    outdir: join(staging, ASSETS),
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    assetNames: "[name]-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    target: ["chrome113", "firefox121", "safari17"],
    minify: !options.serve,
    legalComments: "none",
    loader: { ".woff2": "file", ".svg": "file" },
    plugins: [virtual(site)],
    metafile: true,
    logLevel: "warning",
  });
  /** Places by entry name, and what each entry loads at once. @type {Record<string, {path: string, imports: string[]}>} */
  const places = {};
  for (const [path, { entryPoint, imports }] of Object.entries(result.metafile.outputs)) {
    if (!entryPoint) continue;
    const first = imports.filter(({ kind, external }) => kind === "import-statement" && !external);
    places[entryPoint] = { path: relative(staging, path), imports: first.map((file) => relative(staging, file.path)) };
  }
  return places;
}

const workers = await bundle({ worker: "www/worker.js" }, { wasm, chunks });
const worker = workers["www/worker.js"].path;
const speedWorkers = await bundle({ speed: "www/speed/worker.js" }, { wasm: speedWasm });
const speedWorker = speedWorkers["www/speed/worker.js"].path;
const pages = await bundle({ main: "www/main.js", style: "www/style/main.css" }, { worker, wasm, speed: speedWorker, stories, files });
const [main, style] = [pages["www/main.js"], pages["www/style/main.css"].path];
const icon = await asset("icon.svg", await readFile("www/icon.svg"));
const manifest = await asset(
  "manifest.webmanifest",
  JSON.stringify({
    name: "Petri",
    short_name: "Petri",
    description: "Neural networks that train in the page",
    start_url: "../",
    scope: "../",
    display: "standalone",
    background_color: "#fbfaf7",
    theme_color: "#fbfaf7",
    icons: [{ src: basename(icon), sizes: "any", type: "image/svg+xml" }],
  }),
);

const early = [
  `<link rel="modulepreload" href="./${main.path}" />`,
  ...main.imports.map((path) => `<link rel="modulepreload" href="./${path}" />`),
  `<link rel="manifest" href="./${manifest}" />`,
];
const html = (await readFile("www/index.html", "utf8"))
  .replace("./icon.svg", `./${icon}`)
  .replace("./style/main.css", `./${style}`)
  .replace("./main.js", `./${main.path}`)
  .replace("</title>", `</title>\n    ${early.join("\n    ")}`);
await writeFile(join(staging, "index.html"), options.serve ? html.replace("</body>", '  <script src="./reload.js"></script>\n  </body>') : html);

const built = (await readdir(join(staging, ASSETS))).sort().map((name) => `${ASSETS}/${name}`);
const version = createHash("sha256").update(built.join()).update(html).digest("hex").slice(0, 12);
/** What only few visitors need is not forced on all: it is kept once it has been asked for. */
const later = [speedWorker, speedWasm].filter((file) => file !== wasm);
const list = (/** @type {string[]} */ files) => JSON.stringify(files.map((file) => `./${file}`));
const service = (await readFile("www/offline.js", "utf8"))
  .replace("__VERSION__", version)
  .replace('"__FILES__"', list(["", ...built.filter((file) => !later.includes(file))]))
  .replace('"__LATER__"', list(later));
await writeFile(join(staging, "offline.js"), service);

await rm(out, { recursive: true, force: true });
await rename(staging, out);
if (!options.serve) await report();

/** Prints what a visitor downloads and fails when it is more than it should be. */
async function report() {
  const size = async (/** @type {string[]} */ paths) => {
    const contents = await Promise.all(paths.map((path) => readFile(join(out, path))));
    const sum = (/** @type {(content: Buffer) => number} */ of) => contents.reduce((total, content) => total + of(content), 0);
    return { raw: sum((content) => content.length), gzip: sum((content) => gzipSync(content, { level: 9 }).length), brotli: sum((content) => brotliCompressSync(content).length) };
  };
  const scripts = built.filter((path) => path.endsWith(".js") && path !== worker && path !== speedWorker);
  const labs = await Promise.all(Object.entries(chunks).map(async ([name, path]) => ({ name, ...(await size([path])) })));
  labs.sort((a, b) => b.gzip - a.gzip);
  const rows = {
    engine: await size([wasm]),
    ...Object.fromEntries(labs.map(({ name, ...sizes }) => [`+ ${name}`, sizes])),
    lab: await size([wasm, ...labs.slice(0, 1).map(({ name }) => chunks[name])]),
    speed: await size([speedWasm]),
    firstPaint: await size(["index.html", style, main.path, ...main.imports]),
    workers: await size([worker, speedWorker]),
    "all scripts": await size(scripts),
    fonts: await size(built.filter((path) => path.endsWith(".woff2"))),
  };
  const kilobytes = (/** @type {number} */ bytes) => `${(bytes / 1024).toFixed(1)} KB`.padStart(11);
  console.log(`${"".padEnd(28)}${"raw".padStart(11)}${"gzip".padStart(11)}${"brotli".padStart(11)}     budget (gzip)`);
  for (const [name, { raw, gzip, brotli }] of Object.entries(rows)) {
    const budget = BUDGET[/** @type {keyof typeof BUDGET} */ (name)];
    console.log(`${name.padEnd(28)}${kilobytes(raw)}${kilobytes(gzip)}${kilobytes(brotli)}${budget ? kilobytes(budget) : ""}`);
    // A quick build leaves out what makes the engine small.
    if (budget && gzip > budget && !options.quick) {
      console.error(`${name} is over its budget: ${kilobytes(gzip).trim()} after gzip, ${kilobytes(budget).trim()} allowed`);
      process.exitCode = 1;
    }
  }
}
