/** @file A canvas that follows the size of its box and the resolution of the screen, and says when to draw again. */

/** @typedef {{context: CanvasRenderingContext2D, width: number, height: number}} Surface  sizes in CSS pixels */

/**
 * Prepares a cleared drawing context in CSS pixels.
 * @param {HTMLCanvasElement} canvas @param {number} width @param {number} height @returns {Surface}
 */
export function prepare(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  const [columns, rows] = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
  if (canvas.width !== columns || canvas.height !== rows) {
    canvas.width = columns;
    canvas.height = rows;
  }
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

/**
 * Calls back once per animation frame at most, however often it is asked.
 * @param {() => void} draw @returns {{ask: () => void, cancel: () => void}}
 */
export function oncePerFrame(draw) {
  let pending = 0;
  return {
    ask: () => {
      pending ||= requestAnimationFrame(() => {
        pending = 0;
        draw();
      });
    },
    cancel: () => {
      cancelAnimationFrame(pending);
      pending = 0;
    },
  };
}

/** Width of an element as it changes. @param {Element} element @param {(width: number) => void} changed @returns {() => void} */
export function watchWidth(element, changed) {
  const observer = new ResizeObserver(([entry]) => changed(entry.contentRect.width));
  observer.observe(element);
  return () => observer.disconnect();
}
