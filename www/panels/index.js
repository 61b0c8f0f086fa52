/** @file Every kind of panel that a lab can name: one line each. */
import { panel as area } from "./area.js";
import { panel as bars } from "./bars.js";
import { panel as columns } from "./columns.js";
import { panel as grid } from "./grid.js";
import { panel as heatmap } from "./heatmap.js";
import { panel as histograms } from "./histograms.js";
import { panel as images } from "./images.js";
import { panel as line } from "./line.js";
import { panel as multiples } from "./multiples.js";
import { panel as plane } from "./plane.js";
import { panel as pointing } from "./pointing.js";
import { panel as roll } from "./roll.js";
import { panel as scatter } from "./scatter.js";
import { panel as sketch } from "./sketch.js";
import { panel as space } from "./space.js";
import { panel as trails } from "./trails.js";
import { panel as twins } from "./twins.js";
import { panel as unrolled } from "./unrolled.js";

/** @typedef {{update: (payload: any, context?: any) => void, resize: () => void, destroy: () => void}} PanelView */
/** @typedef {{kind: string, create: (element: HTMLElement, info: any) => PanelView}} Panel */

/** Panels by kind. @type {Map<string, Panel>} */
export const panels = new Map(
  [area, bars, columns, grid, heatmap, histograms, images, line, multiples, plane, pointing, roll, scatter, sketch, space, trails, twins, unrolled].map((panel) => [panel.kind, panel]),
);
