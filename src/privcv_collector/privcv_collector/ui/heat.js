// SPDX-License-Identifier: Apache-2.0
/**
 * Colours of a value that is not sure (value-suppressing uncertainty: Correll, Moritz & Heer 2018): a
 * wide interval gets fewer colours, so that nobody reads more from the plan than is known.
 */

import { el, svg } from "./dom.js";
import { number, t } from "./texts.js";

const LEVELS = [[1 / 4, 4], [1 / 2, 2], [Infinity, 1]]; // widest interval, of the whole scale; colours

/** The class of a value, by its interval, on a scale from 0 to `top`. */
export function heatOf({ value, low, high }, top) {
  const [, colours] = LEVELS.find(([widest]) => (high - low) / top <= widest);
  return `heat-${colours}-${Math.min(colours - 1, Math.max(0, Math.floor((value / top) * colours)))}`;
}

/** The end of a scale that holds `most`: 1, 2 or 5 times a power of ten. */
export function scaleTop(most) {
  const power = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 5, 10].map((one) => one * power).find((one) => one >= most * 0.999999);
}

/** What each colour means, with the colour. */
export function heatLegend(top) {
  const text = { 4: "heat_sure", 2: "heat_half", 1: "heat_unsure" };
  const entries = LEVELS.flatMap(([, colours]) => Array.from({ length: colours }, (_, at) => el("li", {},
    svg("svg", { viewBox: "0 0 24 16", "aria-hidden": "true" },
      svg("path", { class: `mark heat-${colours}-${at}`, d: "M1 1H23V15H1Z" })),
    t(text[colours], { low: number((top * at) / colours), high: number((top * (at + 1)) / colours) }))));
  return [el("p", { class: "notes" }, t("heat")), el("ul", { class: "legend", "aria-label": t("heat") }, entries)];
}
