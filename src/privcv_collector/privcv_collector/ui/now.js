// SPDX-License-Identifier: Apache-2.0
/** How it is now: each place in one of five states, and on the plan of its camera. */

import { read } from "./api.js";
import { patterns, stateMark } from "./chart.js";
import { utc } from "./clock.js";
import { el, replace, svg } from "./dom.js";
import { heatLegend, heatOf, scaleTop } from "./heat.js";
import { openingHours } from "./hours.js";
import { beside, heading, inOrder, overCapacity, usually, words } from "./marks.js";
import { sitesOf } from "./sites.js";
import { MARKS } from "./states.js";
import { length, number, t, time } from "./texts.js";

const PLAN = 560; // longer side of a plan, in units of the drawing

/** Draws the view into `root`. */
export async function now(root) {
  const sites = await sitesOf(), habits = await Promise.all(sites.map(habitsOf));
  replace(root, el("h1", {}, t("now")), patterns(),
    sites.length ? sites.map((site, at) => siteNow(site, habits[at])) : el("p", {}, t("no_sites")),
    el("p", { class: "notes" }, t("honest", { percent: 90 })));
}

function siteNow(site, habits) {
  return el("section", { "aria-label": site.label || site.site },
    el("h2", {}, site.label || site.site),
    el("p", { class: "notes" }, [t("zone_note", { zone: site.time_zone }), openingHours(site.records[0]?.record, site.time_zone, Date.now())].filter(Boolean).join(" ")),
    site.places.length ? el("div", { class: "cards" }, site.places.map((place) => card(site, place, habits))) : el("p", {}, t("no_places")),
    site.records.flatMap(({ record }) => record.cameras.map((camera) => plan(site, record, camera))));
}

const HOUR_MS = 3600e3, HABITS = ["presence", "queue"]; // of windows and hours alike: means of people there

/** What is usual at each place of a site for this hour, by place and statistic. */
async function habitsOf(site) {
  const since = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
  const { hours } = await read("usual", { site: site.site, since: utc(since), until: utc(since + HOUR_MS) });
  return new Map(hours.map((one) => [`${one.camera}/${one.place}/${one.statistic}`, one]));
}

function card(site, place, habits) {
  const habit = (statistic) => (HABITS.includes(statistic) ? usually(habits.get(`${place.key}/${statistic}`), site.k) : "");
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
          heading(one.flow) ? el("small", {}, heading(one.flow)) : null,
          habit(one.statistic) ? el("small", {}, habit(one.statistic)) : null,
          over ? el("small", { class: over }, t(over, { capacity: number(place.capacity) })) : null),
      ];
    })));
}

/** How close people are in a zone, with its interval; null where nothing is published of it. */
function perM2(place) {
  const one = place.statistics.find(({ statistic, state }) => HABITS.includes(statistic) && state === "published");
  if (!one || !place.area_m2) return null;
  return { value: one.value / place.area_m2, low: one.low / place.area_m2, high: one.high / place.area_m2 };
}

/** Zones and lines of a camera as they lie on the floor, each with its interval in words. */
function plan(site, record, camera) {
  const [left, bottom, right, top] = record.plan_m, scale = PLAN / Math.max(right - left, top - bottom);
  const width = (right - left) * scale, height = (top - bottom) * scale;
  const at = (flat) => Array.from({ length: flat.length / 2 }, (_, i) => [(flat[2 * i] - left) * scale, (top - flat[2 * i + 1]) * scale]);
  const spelled = (flat) => at(flat).map((pair) => pair.map((one) => one.toFixed(1)).join(",")).join(" ");
  const known = new Map(site.places.filter((one) => one.camera === camera.name).map((one) => [one.name, one]));
  const crowds = new Map([...known].map(([name, place]) => [name, perM2(place)]).filter(([, one]) => one));
  const densest = scaleTop(Math.max(...[...crowds.values()].map((one) => one.high), 0.01));
  const said = (place) => {
    const first = place && inOrder(place.statistics)[0];
    return first ? [first.state, words(first, site.k, false)] : ["nothing_arrived", t("nothing_arrived")];
  };
  const middle = (flat) => {
    const points = at(flat);
    return [0, 1].map((axis) => points.reduce((sum, one) => sum + one[axis], 0) / points.length);
  };
  const mark = (zone) => {
    const [state, text] = said(known.get(zone.name)), [x, y] = middle(zone.polygon_m), crowd = crowds.get(zone.name);
    const kind = crowd ? heatOf(crowd, densest) : MARKS[state].name;
    return [svg("polygon", { points: spelled(zone.polygon_m), class: `mark ${kind}` }),
      svg("text", { x, y, "text-anchor": "middle" }, zone.label || zone.name,
        svg("tspan", { x, dy: "1.2em" }, text))];
  };
  const title = t("plan", { camera: camera.label || camera.name });
  return el("figure", { class: "plan" }, el("figcaption", {}, title),
    svg("svg", { viewBox: `0 0 ${width.toFixed(1)} ${height.toFixed(1)}`, role: "img", "aria-label": title },
      svg("rect", { width, height, class: "floor" }), camera.zones.map(mark),
      camera.lines.map((line) => svg("polyline", { points: spelled(line.ends_m), class: "door" }))),
    crowds.size ? heatLegend(densest) : null);
}
