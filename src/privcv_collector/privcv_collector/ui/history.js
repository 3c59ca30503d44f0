// SPDX-License-Identifier: Apache-2.0
/** Hours, days and weeks of one place, beside a week before. */

import { address, read } from "./api.js";
import { chart, legend, patterns } from "./chart.js";
import { addDays, begins, dayOf, fromIsoDay, isOpen, isoDay, rangeOf, slots, utc, weekBefore } from "./clock.js";
import { choice, el, replace, table } from "./dom.js";
import { PARQUET } from "./exports.js";
import { openingHours } from "./hours.js";
import { beside, difference, heading, usually, wholeInterval, words } from "./marks.js";
import { sitesOf } from "./sites.js";
import { MARKS } from "./states.js";
import { number, t, time } from "./texts.js";

const MOST = 5000;
const STAYS = ["stay_short", "stay_middle", "stay_long"]; // in the order of a report
const RANGES = ["windows", "day", "week", "month", "year"];

/** Draws the view into `root`; `wanted` is what the address asks for, `go` changes it. */
export async function history(root, wanted, go) {
  const sites = await sitesOf();
  if (!sites.length) return replace(root, el("h1", {}, t("history")), el("p", {}, t("no_sites")));
  const site = sites.find((one) => one.site === wanted.site) ?? sites[0], zone = site.time_zone;
  const day = wanted.date ? fromIsoDay(wanted.date) : await lastDay(site);
  const kind = RANGES.includes(wanted.range) ? wanted.range : "day", range = rangeOf(kind, day);
  const place = site.places.find((one) => one.key === wanted.place) ?? site.places[0];
  const query = { site: site.site, unit: range.unit, limit: MOST };
  const between = (range, zone) => ({
    since: utc(begins(range.first, zone)), until: utc(begins(range.end, zone)),
  });
  const of = place ? { zone: place.name, camera: place.camera || null } : {};
  const asked = { ...query, ...of, ...between(range, zone) };
  const [found, stayed] = !place ? [[], []] : await Promise.all([
    kind === "windows" ? windows(asked) : all(asked), kind === "year" ? [] : stays(asked),
  ]);
  const rows = [...found, ...stayed], named = (list) => [...new Set(list.map((one) => one.statistic))].sort();
  const statistics = [...named(found), ...named(stayed)];
  const statistic = statistics.includes(wanted.statistic) ? wanted.statistic : statistics[0];
  const compared = wanted.compare !== "0";
  const earlier = { first: addDays(range.first, -7), end: addDays(range.end, -7), unit: range.unit };
  const ofHours = statistic && (kind === "day" || kind === "week") && !STAYS.includes(statistic), { record } = site.records[0] ?? {};
  const withUsual = wanted.usual !== "0", { since, until } = asked;
  const [past, usual] = await Promise.all([
    ofHours && compared ? all({ ...query, ...of, ...between(earlier, zone), statistic }) : [],
    ofHours && withUsual ? read("usual", { site: site.site, ...of, since, until, statistic }).then((answer) => answer.hours) : [],
  ]);
  const chosen = rows.filter((one) => one.statistic === statistic);
  const shown = kind === "windows" || STAYS.includes(statistic) ? inARow(chosen, zone, site.k)
    : merged({ rows: chosen, past, usual, range, zone, k: site.k, record });
  const move = (by) => go({ date: isoDay(moved(kind, day, by)) });
  const name = rangeName(kind, range, zone);
  replace(root,
    el("h1", {}, t("history")),
    el("div", { class: "controls" },
      choice(t("site"), "site", sites.map((one) => [one.site, one.label || one.site]), site.site, (v) => go({ site: v, place: "" })),
      choice(t("place"), "place", site.places.map((one) => [one.key, one.text]), place?.key, (v) => go({ place: v })),
      choice(t("statistic"), "statistic", statistics.map((one) => [one, t(one)]), statistic, (v) => go({ statistic: v })),
      choice(t("range"), "range", RANGES.map((one) => [one, t(one)]), kind, (v) => go({ range: v })),
      el("label", { for: "date" }, t("date"), " ", el("input", {
        type: "date", id: "date", value: isoDay(day), onchange: (event) => event.target.value && go({ date: event.target.value }),
      })),
      el("button", { type: "button", id: "earlier", onclick: () => move(-1) }, `‹ ${t("before")}`),
      el("button", { type: "button", id: "later", onclick: () => move(1) }, `${t("after")} ›`),
      el("label", {}, el("input", {
        type: "checkbox", id: "compare", checked: compared, onchange: (event) => go({ compare: event.target.checked ? "1" : "0" }),
      }), " ", t("compare")),
      el("label", {}, el("input", {
        type: "checkbox", id: "usual", checked: withUsual, onchange: (event) => go({ usual: event.target.checked ? "1" : "0" }),
      }), " ", t("show_usual"))),
    el("h2", {}, [statistic && t(statistic), place?.text, name].filter(Boolean).join(" · ")),
    statistic ? drawn(shown, { range, zone, kind, k: site.k, title: t("chart", { what: t(statistic), place: place.text, range: name }) })
      : el("p", { class: "empty" }, t("nothing_arrived"), " ", kind === "windows" ? null : t("try_windows")),
    notes(statistic, zone, rows, record),
    statistic ? el("p", { class: "links" }, downloads(asked, statistic, kind)) : null);
}

function moved(kind, day, by) {
  const date = new Date(day);
  if (kind === "day" || kind === "windows") return addDays(day, by);
  if (kind === "week") return addDays(day, 7 * by);
  if (kind === "month") return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + by, 1);
  return Date.UTC(date.getUTCFullYear() + by, 0, 1);
}

async function all(query) {
  const found = [];
  for (let since = query.since; since; ) {
    const page = await read("periods", { ...query, since });
    found.push(...page.periods);
    since = page.next;
  }
  return found;
}

/** How long people stayed: three reports of each period, by how long. */
async function stays({ unit, ...query }) {
  const found = [];
  for (let after = null; ; ) {
    const page = await read("dwell", { ...query, after });
    found.push(...page.dwell);
    after = page.next;
    if (!after) break;
  }
  return found.flatMap((one) => STAYS.map((statistic, at) => ({
    statistic, start: one.period_start, length_s: one.period_s, state: one.state, coverage: one.coverage,
    confidence: one.confidence, value: one.visits[at], low: one.visits_low[at], high: one.visits_high[at],
  })));
}

/** The day of the newest window: today, or that of a recording that was replayed. */
async function lastDay(site) {
  const { totals } = await read("totals", { site: site.site, newest_first: true, limit: 1 });
  return dayOf(totals.length ? Date.parse(totals[0].window_start) : Date.now(), site.time_zone);
}

/** The windows of a day as periods are told: a browser never fetches those of more. */
async function windows({ unit, ...query }) {
  const found = [];
  for (let after = null; ; ) {
    const page = await read("totals", { ...query, after });
    found.push(...page.totals);
    after = page.next;
    if (!after) break;
  }
  return found.map((one) => ({
    statistic: "visitors", start: one.window_start, length_s: one.window_s, state: one.state,
    value: one.occupancy, low: one.occupancy_low, high: one.occupancy_high, coverage: one.coverage, confidence: one.confidence,
    flow: one.state === "published" ? one.flow : null,
  }));
}

/** Windows by time, from the first to the last that arrived; where none did there is a gap. */
function inARow(rows, zone, k) {
  return rows.map((report) => {
    const start = Date.parse(report.start), end = start + report.length_s * 1000;
    const name = time(start, zone, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" });
    const what = [words(report, k), ...beside(report), heading(report.flow)].filter(Boolean).join(", ");
    return { start, end, report, name, text: t("sentence", { time: name, what }) };
  }).sort((a, b) => a.start - b.start);
}

/** Every period of the range, with what is known of it and of the one a week before. */
function merged({ rows, past, usual, range, zone, k, record }) {
  const near = (list) => new Map(list.map((one) => [Date.parse(one.start), one]));
  const now = near(rows), before = near(past), habits = near(usual), result = [];
  for (const [start, end] of slots(range, zone)) {
    const found = now.get(start);
    const report = found ? { ...found, goes_on: start + found.length_s * 1000 < end - 1000 } : { state: "nothing_arrived" };
    const earlier = before.get(weekBefore(start, zone));
    const name = periodName(range.unit, start, zone);
    const compared = earlier && !report.goes_on ? [t(difference(report, earlier))] : [];
    const habit = habits.get(start), open = range.unit === "hour" && [start, end - 1].some((at) => isOpen(record, at, zone));
    const what = [words(report, k), ...beside(report), ...(range.unit === "hour" && !open ? [t("closed")] : [])].join(", ");
    result.push({ start, end, report, past: earlier, usual: habit, name, open: open && record?.opening_hours.length > 0,
      text: [t("sentence", { time: name, what }), ...compared, usually(habit, k)].filter(Boolean).join(" ") });
  }
  return result;
}

function periodName(unit, start, zone) {
  if (unit === "hour") return time(start, zone, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZoneName: "short" });
  const date = time(start, zone, { weekday: "short", day: "numeric", month: "short", year: "numeric" });
  return unit === "week" ? `${t("week")} ${t("since", { start: date })}` : date;
}

function rangeName(kind, range, zone) {
  const first = begins(range.first, zone), last = begins(range.end, zone) - 1;
  const date = { day: "numeric", month: "long", year: "numeric" };
  if (kind === "day" || kind === "windows") return time(first, zone, { weekday: "long", ...date });
  if (kind === "week") return `${time(first, zone, date)} – ${time(last, zone, date)}`;
  return time(first, zone, kind === "month" ? { month: "long", year: "numeric" } : { year: "numeric" });
}

function labels(kind, shown, zone) {
  const every = { windows: Math.ceil(shown.length / 8), day: 3, week: 24, month: 5, year: 6 }[kind];
  const form = { windows: { hour: "2-digit", minute: "2-digit", second: "2-digit" }, day: { hour: "2-digit", minute: "2-digit" }, week: { weekday: "short", day: "numeric" }, month: { day: "numeric", month: "short" }, year: { day: "numeric", month: "short" } }[kind];
  const at = kind === "week" ? shown.filter(({ start }) => begins(dayOf(start, zone), zone) === start) : shown.filter((_, number) => number % every === 0);
  return at.map(({ start }) => [start, time(start, zone, form)]);
}

function drawn(shown, { range, zone, kind, k, title }) {
  const present = new Set(shown.map(({ report }) => report.state));
  const kinds = Object.entries(MARKS).filter(([state]) => present.has(state)).map(([, mark]) => mark.name);
  if (shown.some(({ past }) => past?.state === "published")) kinds.push("past");
  const habits = shown.some(({ usual }) => usual), headed = shown.some(({ report }) => report.flow);
  if (shown.some(({ usual }) => usual?.state === "published")) kinds.push("usual");
  if (shown.some(({ open }) => open)) kinds.push("open");
  const rows = shown.map(({ report, name, past, usual }) => {
    const values = report.state === "published" ? wholeInterval(report).map(number) : ["", "", ""];
    const seen = report.coverage === undefined ? "" : `${Math.floor(report.coverage * 100)} %`;
    return [name, ...values, [words(report, k, false), ...(report.goes_on ? [t("goes_on")] : [])].join(", "), seen,
      past ? words(past, k, false) : "", ...(habits ? [usually(usual, k)] : []), ...(headed ? [heading(report.flow)] : [])];
  });
  const head = [t("when"), t("low"), t("high"), t("value"), t("state"), t("observed"), t("week_before"),
    ...(habits ? [t("usual")] : []), ...(headed ? [t("flow")] : [])];
  return [
    patterns(),
    chart({ shown, from: shown[0].start, to: shown[shown.length - 1].end, labels: labels(kind, shown, zone), k, title }),
    legend(k, [...kinds, "seen"]),
    el("details", {}, el("summary", {}, t("as_table")), table(title, head, rows)),
  ];
}

function notes(statistic, zone, rows, record) {
  const confidence = Math.round((rows[0]?.confidence ?? 0.9) * 100);
  return el("div", { class: "notes" },
    el("p", {}, [t("zone_note", { zone }), openingHours(record, zone)].filter(Boolean).join(" ")),
    el("p", {}, t("honest", { percent: confidence })),
    statistic === "people_windows" ? el("p", {}, t("people_windows_note")) : null,
    statistic === "footfall" ? el("p", {}, t("footfall_note")) : null);
}

function downloads({ unit, limit, ...query }, statistic, kind) {
  const [path, given] = STAYS.includes(statistic) ? ["dwell", query] : kind === "windows" ? ["totals", query] : ["periods", { ...query, unit, statistic }];
  return [
    el("a", { href: address(`${path}.csv`, given), download: `${path}.csv` }, t("download_csv")), " ",
    el("a", { href: address(path, { ...given, limit }), download: `${path}.json` }, t("download_json")), " ",
    PARQUET ? [el("a", { href: address(`${path}.parquet`, given), download: `${path}.parquet` }, "Parquet"), " "] : null,
    el("button", { type: "button", onclick: () => window.print() }, t("print")),
  ];
}
