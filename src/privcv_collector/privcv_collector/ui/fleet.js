// SPDX-License-Identifier: Apache-2.0
/** Sites, those first that need somebody most; and how the devices of one of them do. */

import { read } from "./api.js";
import { el, replace, table } from "./dom.js";
import { number, t, time } from "./texts.js";

const SHORT = { dateStyle: "short", timeStyle: "short" };
const when = (text) => (text ? time(Date.parse(text), undefined, SHORT) : t("never"));
const PAGE = 100;

/** Draws the view into `root`; `asked` is what the address says, `role` who looks. */
export async function fleet(root, asked, go, { role }) {
  const [{ sites }, { devices }] = await Promise.all([
    read("fleet"), role === "viewer" || !asked.site ? { devices: [] } : read("device-health", { site: asked.site }),
  ]);
  const needing = sites.filter((one) => one.state !== "well").length;
  const wanted = (asked.find ?? "").toLowerCase();
  const found = sites.filter((one) => `${one.site} ${one.label}`.toLowerCase().includes(wanted));
  const from = Math.min(Number(asked.from) || 0, Math.max(0, found.length - 1));
  replace(root, el("h1", {}, t("fleet")),
    el("p", { class: "says" }, t("fleet_says", { needing: number(needing), all: number(sites.length) })),
    sites.length > 8 ? find(asked, go) : null,
    found.length ? table(t("fleet"), [t("site"), t("need"), t("problem"), t("last_report"), t("devices"), t("software")],
      found.slice(from, from + PAGE).map((one) => row(one, role))) : el("p", {}, t("no_sites")),
    pages(found.length, from, go),
    devices.map(device));
}

function find(asked, go) {
  const input = el("input", { id: "find", type: "search", value: asked.find ?? "", maxlength: 64,
    onchange: (event) => go({ find: event.target.value, from: 0 }) });
  return el("p", { class: "controls" }, el("label", { for: "find" }, t("find"), " ", input));
}

function pages(all, from, go) {
  if (all <= PAGE) return null;
  const button = (key, to) => el("button", { type: "button", id: `to-${key}`, disabled: to < 0 || to >= all, onclick: () => go({ from: to }) }, t(key));
  return el("p", { class: "links" }, button("before", from - PAGE), t("some_of", { from: number(from + 1), to: number(Math.min(all, from + PAGE)), all: number(all) }), button("after", from + PAGE));
}

function row(one, role) {
  const name = one.label ? `${one.label} (${one.site})` : one.site;
  const link = role === "viewer" ? name : el("a", { href: `#${new URLSearchParams({ view: "fleet", site: one.site })}` }, name);
  return [link, el("span", { class: `need ${one.state}` }, t(`need_${one.state}`)),
    one.problems.length ? el("ul", { class: "plain" }, one.problems.map((what) => el("li", {}, problem(what)))) : t("none"),
    when(one.last_seen_at), number(one.devices), one.versions.join(", ")];
}

/** One problem in words: of what, by when. */
export function problem({ code, what, until }) {
  const by = until.length === 10 ? until : until && when(until);
  return [t(`problem_${code}`), what && `: ${what}`, by && ` (${t("by", { time: by })})`].filter(Boolean).join("");
}

function device({ device: id, site, received_at: received, clock_offset_s: offset, health, changes, attestation }) {
  const { budget, requests, breaches } = health;
  const facts = [
    ["last_health", when(received)], ["software", health.version], ["uptime", t("hours", { number: number(health.uptime_h) })],
    ["delivery", t(`delivery_${health.delivery}`)], ["outbox_age", t("minutes", { number: number(health.outbox_age_min) })],
    ["clock_offset", t("seconds", { number: number(Math.round(offset) || 0) })], ["disk", `${number(health.disk_used_percent)} %`],
    ["audit_log", t(`audit_log_${health.audit_log}`)],
    ...(attestation ? [["attestation", [t(`attestation_${attestation.status}`), attestation.reason].filter(Boolean).join(": ")]] : []),
    ["budget", budget ? t("spent_of", { spent: String(budget.epsilon_spent), total: String(budget.epsilon_total) }) : t("unknown")],
    ["requests", t("open_due", { open: number(requests.open), by: requests.next_deadline ?? "–" })],
    ["breaches", t("open_due", { open: number(breaches.open), by: breaches.next_deadline ? when(breaches.next_deadline) : "–" })],
  ];
  const parts = [
    ...Object.entries(health.parts).map(([name, state]) => [name, t(`part_${state}`)]),
    ...health.authorizations.map((one) => [t("authorization_of", { camera: one.camera }), [t(`authorization_${one.state}`), one.ends && t("until", { time: when(one.ends) })].filter(Boolean).join(", ")]),
    ...health.checked.map((one) => [t(`check_${one.what}`), `${t(one.found ? "check_found" : "check_clean")}, ${when(one.at)}`]),
  ];
  return el("section", { "aria-label": t("device_of", { device: id, site }) },
    el("h2", {}, t("device_of", { device: id.slice(0, 8), site })),
    el("dl", { class: "facts" }, facts.map(([key, value]) => [el("dt", {}, t(key)), el("dd", {}, value)])),
    table(t("parts"), [t("part"), t("state")], parts),
    el("h3", {}, t("changes")),
    changes.length ? table(t("changes"), [t("at"), t("part"), t("before_then"), t("after_then")],
      changes.map((one) => [when(one.at), one.what, one.before, one.after])) : el("p", {}, t("none")));
}
