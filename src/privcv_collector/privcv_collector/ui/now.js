// SPDX-License-Identifier: Apache-2.0
/** How it is now: each place in one of five states, and on the plan of its camera. */

import { patterns, stateMark } from "./chart.js";
import { el, replace, svg } from "./dom.js";
import { beside, inOrder, overCapacity, words } from "./marks.js";
import { sitesOf } from "./sites.js";
import { MARKS } from "./states.js";
import { length, number, t, time } from "./texts.js";

const PLAN = 560; // longer side of a plan, in units of the drawing

/** Draws the view into `root`. */
export async function now(root) {
  const sites = await sitesOf();
  replace(root, el("h1", {}, t("now")), patterns(),
    sites.length ? sites.map(siteNow) : el("p", {}, t("no_sites")),
    el("p", { class: "notes" }, t("honest", { percent: 90 })));
}

function siteNow(site) {
  return el("section", { "aria-label": site.label || site.site },
    el("h2", {}, site.label || site.site),
    el("p", { class: "notes" }, t("zone_note", { zone: site.time_zone })),
    site.places.length ? el("div", { class: "cards" }, site.places.map((place) => card(site, place))) : el("p", {}, t("no_places")),
    site.records.flatMap(({ record }) => record.cameras.map((camera) => plan(site, record, camera))));
}

function card(site, place) {
  return el("article", { class: "card" },
    el("h3", {}, place.text, " ", el("small", {}, t(place.kind))),
    el("dl", {}, inOrder(place.statistics).map((one) => {
      const over = ["presence", "queue"].includes(one.statistic) ? overCapacity(one, place.capacity) : "";
      const start = one.start ? time(Date.parse(one.start), site.time_zone) : "";
      const when = one.state === "nothing_arrived" ? "" : one.statistic === "footfall" ? t("since", { start })
        : t("window", { start, length: length(one.length_s) });
      return [
        el("dt", {}, t(one.statistic)),
        el("dd", { class: one.state },
          el("span", { class: "says" }, stateMark(one.state), " ", words(one, site.k)),
          el("small", {}, [when, ...beside(one)].filter(Boolean).join(", ")),
          over ? el("small", { class: over }, t(over, { capacity: number(place.capacity) })) : null),
      ];
    })));
}

/** Zones and lines of a camera as they lie on the floor, each with its interval in words. */
function plan(site, record, camera) {
  const [left, bottom, right, top] = record.plan_m, scale = PLAN / Math.max(right - left, top - bottom);
  const width = (right - left) * scale, height = (top - bottom) * scale;
  const at = (flat) => Array.from({ length: flat.length / 2 }, (_, i) => [(flat[2 * i] - left) * scale, (top - flat[2 * i + 1]) * scale]);
  const spelled = (flat) => at(flat).map((pair) => pair.map((one) => one.toFixed(1)).join(",")).join(" ");
  const known = new Map(site.places.filter((one) => one.camera === camera.name).map((one) => [one.name, one]));
  const said = (place) => {
    const first = place && inOrder(place.statistics)[0];
    return first ? [first.state, words(first, site.k, false)] : ["nothing_arrived", t("nothing_arrived")];
  };
  const middle = (flat) => {
    const points = at(flat);
    return [0, 1].map((axis) => points.reduce((sum, one) => sum + one[axis], 0) / points.length);
  };
  const mark = (zone) => {
    const [state, text] = said(known.get(zone.name)), [x, y] = middle(zone.polygon_m);
    return [svg("polygon", { points: spelled(zone.polygon_m), class: `mark ${MARKS[state].name}` }),
      svg("text", { x, y, "text-anchor": "middle" }, zone.label || zone.name,
        svg("tspan", { x, dy: "1.2em" }, text))];
  };
  const title = t("plan", { camera: camera.label || camera.name });
  return el("figure", { class: "plan" }, el("figcaption", {}, title),
    svg("svg", { viewBox: `0 0 ${width.toFixed(1)} ${height.toFixed(1)}`, role: "img", "aria-label": title },
      svg("rect", { width, height, class: "floor" }), camera.zones.map(mark),
      camera.lines.map((line) => svg("polyline", { points: spelled(line.ends_m), class: "door" }))));
}
