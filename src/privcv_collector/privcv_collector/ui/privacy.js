// SPDX-License-Identifier: Apache-2.0
/** What is promised, what was spent, what was refused: the officer's page. */

import { read } from "./api.js";
import { el, replace, table } from "./dom.js";
import { sitesOf } from "./sites.js";
import { length, number, t, time } from "./texts.js";

/** Draws the view into `root`; `session` says who looks. */
export async function privacy(root, session) {
  const sites = await sitesOf();
  const parts = await Promise.all(sites.map((site) => promised(site, session)));
  const last = session.role === "auditor" && sites.length ? await refusals(sites[0].time_zone) : null;
  replace(root, el("h1", {}, t("privacy")),
    sites.length ? parts : el("p", {}, t("no_sites")), last,
    session.role === "auditor" ? null : el("p", { class: "notes" }, t("auditors_only")));
}

async function promised(site, session) {
  const name = site.label || site.site;
  return el("section", { "aria-label": name },
    el("h2", {}, name),
    site.records.map(({ device, version, record }) => [
      el("h3", {}, t("promise")),
      el("p", {}, t("promise_text", {
        unit: t(`unit_${record.unit}`), epsilon: number(record.epsilon), k: number(record.k),
        delta: record.delta ? `, δ = ${record.delta}` : "",
      })),
      el("h3", {}, t("not_protected")), el("p", {}, t(`not_protected_${record.unit}`)),
      el("dl", { class: "facts" }, [
        ["released", record.release.map((one) => (one === "flow" || one === "dwell" ? one : t(one))).join(", ")],
        ["windows", [length(record.window_s), record.adaptive ? t("adaptive") : ""].filter(Boolean).join(", ")],
        ["device", device], ["version", number(version)],
      ].map(([key, value]) => [el("dt", {}, t(key)), el("dd", {}, value)])),
    ]),
    session.role === "auditor" ? await audited(site) : null);
}

async function audited(site) {
  const zone = site.time_zone, query = { site: site.site };
  const [{ budgets }, { devices }] = await Promise.all([
    read("budgets", { ...query, time_zone: zone }), read("devices", query),
  ]);
  const when = (text) => (text ? time(Date.parse(text), zone, { dateStyle: "short", timeStyle: "short" }) : t("never"));
  return [
    el("h3", {}, t("spent")),
    budgets.length ? table(t("spent"), [t("device"), t("spent_by"), t("epsilon"), t("delta")],
      budgets.map((one) => [one.device, one.camera, String(one.epsilon), String(one.delta)])) : el("p", {}, t("none")),
    el("h3", {}, t("devices")),
    table(t("devices"), [t("device"), t("last_seen"), t("dropped"), t("gaps"), t("revoked")],
      devices.map((one) => [one.device, when(one.last_seen_at), number(one.dropped), number(one.gaps.length), one.revoked_at ? when(one.revoked_at) : t("no")])),
  ];
}

async function refusals(zone) {
  const { refusals: found } = await read("refusals", { limit: 50 });
  const rows = found.map((one) => [time(Date.parse(one.at), zone, { dateStyle: "short", timeStyle: "short" }), one.error, one.device ?? "", one.message]);
  return el("section", { "aria-label": t("refusals") }, el("h2", {}, t("refusals")),
    rows.length ? table(t("refusals"), [t("at"), t("error"), t("device"), t("message")], rows) : el("p", {}, t("none")));
}
