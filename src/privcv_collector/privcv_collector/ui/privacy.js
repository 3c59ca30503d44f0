// SPDX-License-Identifier: Apache-2.0
/** What is promised, what was spent, what was refused: the officer's page. */

import { read } from "./api.js";
import { choice, el, replace, table } from "./dom.js";
import { sitesOf } from "./sites.js";
import { length, number, t, time } from "./texts.js";

const SHORT = { dateStyle: "short", timeStyle: "short" };

const MOST_AT_ONCE = 5; // sites on one page; of more, one is chosen

/** Draws the view into `root`; `asked` is what the address says, `session` who looks. */
export async function privacy(root, asked, go, session) {
  const sites = await sitesOf(), many = sites.length > MOST_AT_ONCE;
  const one = sites.find((each) => each.site === asked.site) ?? sites[0];
  const parts = await Promise.all((many ? [one] : sites).map((site) => promised(site, session)));
  const last = session.role === "auditor" && sites.length ? await Promise.all([refusals, readers].map((one) => one(sites[0].time_zone))) : null;
  replace(root, el("h1", {}, t("privacy")),
    many ? el("p", { class: "controls" }, choice(t("site"), "site", sites.map((each) => [each.site, each.label || each.site]), one.site, (site) => go({ site }))) : null,
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
  const [{ budgets }, { devices }, { devices: told }] = await Promise.all([
    read("budgets", { ...query, time_zone: zone }), read("devices", query), read("device-health", query),
  ]);
  const newest = await Promise.all(devices.map((one) => read("checkpoints", { device: one.device, limit: 1 })));
  const when = (text) => (text ? time(Date.parse(text), zone, SHORT) : t("never"));
  const missing = (one) => one.gaps.reduce((sum, gap) => sum + gap.missing, 0);
  return [
    el("h3", {}, t("duties")), duties(told, when),
    el("h3", {}, t("spent")),
    budgets.length ? table(t("spent"), [t("device"), t("spent_by"), t("epsilon"), t("delta")],
      budgets.map((one) => [one.device, one.camera, String(one.epsilon), String(one.delta)])) : el("p", {}, t("none")),
    el("h3", {}, t("devices")),
    table(t("devices"), [t("device"), t("last_seen"), t("dropped"), t("gaps"), t("missing"), t("checkpoint"), t("revoked")],
      devices.map((one, at) => [one.device, when(one.last_seen_at), number(one.dropped), number(one.gaps.length), number(missing(one)),
        newest[at].checkpoints.map((kept) => `${t(kept.verdict === "not_contradicted" ? "verdict_good" : "verdict_bad", { verdict: kept.verdict })}, ${when(kept.received_at)}`)[0] ?? t("none"),
        one.revoked_at ? when(one.revoked_at) : t("no")])),
  ];
}

/** What is due, by when, and what was last checked when; as each device last told it. */
function duties(told, when) {
  const rows = told.flatMap(({ device, received_at: received, health }) => {
    const id = device.slice(0, 8), { budget, requests, breaches } = health;
    return [
      [t("budget"), budget ? t("spent_of", { spent: String(budget.epsilon_spent), total: String(budget.epsilon_total) }) + (budget.exhausted ? `; ${t("budget_spent")}` : "") : t("unknown"), ""],
      ...health.authorizations.map((one) => [t("authorization_of", { camera: one.camera }), t(`authorization_${one.state}`), one.ends ? `${when(one.ends)} ${left(one.ends)}` : ""]),
      [t("requests"), t("open_late", { open: number(requests.open), late: number(requests.overdue) }), requests.next_deadline ? `${requests.next_deadline} ${left(`${requests.next_deadline}T23:59:59Z`)}` : ""],
      [t("breaches"), t("open_tell", { open: number(breaches.open), tell: number(breaches.to_tell) }), breaches.next_deadline ? `${when(breaches.next_deadline)} ${left(breaches.next_deadline)}` : ""],
      ...health.checked.map((one) => [t(`check_${one.what}`), t(one.found ? "check_found" : "check_clean"), when(one.at)]),
      [t("audit_log"), t(`audit_log_${health.audit_log}`), when(received)],
    ].map(([what, state, until]) => [`${what} (${id})`, state, until]);
  });
  return rows.length ? table(t("duties"), [t("what"), t("state"), t("due_or_checked")], rows) : el("p", {}, t("no_health_told"));
}

/** How long there is until a deadline, or for how long it is over: hours for three days, then days. */
function left(text) {
  const hours = (Date.parse(text) - Date.now()) / 3_600_000, far = Math.abs(hours) >= 72;
  const amount = t(far ? "days_long" : "hours", { number: number(Math.floor(Math.abs(far ? hours / 24 : hours))) });
  return `(${t(hours < 0 ? "over_since" : "left", { amount })})`;
}

async function readers(zone) {
  const { reads } = await read("reads", { limit: 100 });
  const rows = reads.map((one) => [time(Date.parse(one.hour), zone, SHORT), one.reader, one.role, one.what, one.sites.join(", ") || t("every_site"), number(one.times)]);
  return el("section", { "aria-label": t("readers") }, el("h2", {}, t("readers")),
    rows.length ? table(t("readers"), [t("hour_of"), t("reader"), t("role"), t("what"), t("site"), t("times")], rows) : el("p", {}, t("none")));
}

async function refusals(zone) {
  const { refusals: found } = await read("refusals", { limit: 50 });
  const rows = found.map((one) => [time(Date.parse(one.at), zone, SHORT), one.error, one.device ?? "", one.message]);
  return el("section", { "aria-label": t("refusals") }, el("h2", {}, t("refusals")),
    rows.length ? table(t("refusals"), [t("at"), t("error"), t("device"), t("message")], rows) : el("p", {}, t("none")));
}
