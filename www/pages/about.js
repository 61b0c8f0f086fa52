/** @file What this is, in one page. */
import { html, render } from "lit";

/** @param {HTMLElement} host @param {import("../main.js").App} app */
export function renderPage(host, app) {
  const { gpu, labs } = app.catalogue;
  const graphics = gpu.state === "ready" ? `The graphics processor${gpu.name ? ` (${gpu.name})` : ""} is ready.` : `No graphics processor is used here${gpu.message ? `: ${gpu.message}` : ""}; everything runs on the CPU, with the same results.`;
  render(
    html`<article class="prose">
      <h1>About Petri</h1>
      <p>Petri trains small neural networks in the page that you are looking at. You can build one in the <a href="#/playground">playground</a>, or open one of the <a href="#/">labs</a> (${labs.length} so far): a research paper re-run at the size of a toy, its claims beside what was measured just now on your machine.</p>
      <h2>What to trust</h2>
      <p>Nothing is recorded beforehand. Every curve comes from a run in your browser; the same seed gives the same run on the CPU of every machine. A claim may fail, and then the page says so. A toy is not the paper: each lab tells where the two differ.</p>
      <h2>What it needs</h2>
      <p>A browser with WebAssembly. ${graphics} Nothing is sent anywhere and no other site is asked for anything, so it works without a network once it has been opened. Your runs are kept in this browser alone.</p>
      <h2>How fast is it here?</h2>
      <p>Standard networks, timed on your own machine, and from which width on a graphics processor pays: on the <a href="#/speed">Speed page</a>.</p>
      <h2>Licence</h2>
      <p>MIT or Apache 2.0, as you prefer. The typefaces Inter, Newsreader and JetBrains Mono are under the SIL Open Font License.</p>
    </article>`,
    host,
  );
}
