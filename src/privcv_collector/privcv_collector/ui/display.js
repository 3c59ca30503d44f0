// SPDX-License-Identifier: Apache-2.0
/** A screen on a wall or at a door: how it is now, large, and whether there is room. Nothing else. */

import { read } from "./api.js";
import { patterns } from "./chart.js";
import { el, replace, svg } from "./dom.js";
import { beside, inOrder, words } from "./marks.js";
import { placeText } from "./sites.js";
import { number, t, time } from "./texts.js";

// A light has a shape, so that it needs no colour: a circle goes, a triangle waits, an octagon stops.
const SHAPES = {
  go: "M24 4a20 20 0 1 0 .01 0Z", wait: "M24 4 46 43H2Z",
  stop: "M15 3H33L45 15V33L33 45H15L3 33V15Z", unknown: "M4 4H44V44H4Z",
};
const LIGHTS = { surely_room: "go", few: "go", possibly_room: "wait", possibly_full: "wait", surely_full: "stop" };

/** Draws the view into `root`. */
export async function display(root) {
  const { sites } = await read("display");
  replace(root, patterns(), sites.map((site) => [
    el("h1", {}, site.label || site.site),
    site.places.length ? el("div", { class: "display" }, site.places.map((place) => shownPlace(site, place)))
      : el("p", {}, t("no_places")),
  ]), el("p", { class: "notes" }, t("display_note")));
}

function shownPlace(site, place) {
  const [one] = inOrder(place.statistics), start = Date.parse(one?.start), at = (moment) => time(moment, site.time_zone);
  return el("article", { class: "card" },
    el("h3", {}, placeText(place)),
    place.capacity ? light(one?.room) : null,
    one ? el("p", { class: "says" }, t(one.statistic), ": ", words(one, place.k, false)) : el("p", {}, t("nothing_arrived")),
    place.capacity ? el("p", {}, t("of_capacity", { capacity: number(place.capacity) })) : null,
    one?.start && one.state !== "nothing_arrived" ? el("small", {}, [
      t("shown_until", { start: at(start), end: at(start + one.length_s * 1000), time: at(Date.now()) }), ...beside(one),
    ].join(" ")) : null);
}

function light(room) {
  const kind = LIGHTS[room] ?? "unknown";
  return el("div", { class: "light" },
    svg("svg", { viewBox: "0 0 48 48", "aria-hidden": "true" }, svg("path", { d: SHAPES[kind], class: kind })),
    el("p", { class: "word" }, t(`room_${room ?? "unknown"}`)));
}
