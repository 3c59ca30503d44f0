// SPDX-License-Identifier: Apache-2.0
/** Alarms and rules; for administrators the forms that add and disable them, with their token. */

import { change, read } from "./api.js";
import { choice, el, replace, table } from "./dom.js";
import { number, t, time } from "./texts.js";

const SHORT = { dateStyle: "short", timeStyle: "short" };
const when = (text) => time(Date.parse(text), undefined, SHORT);
const KINDS = ["over", "under", "no_data"], WATCHED = ["presence", "queue", "visitors"];

/** Draws the view into `root`. */
export async function alerts(root, asked, go, { role }) {
  const admin = role === "admin", audits = admin || role === "auditor";
  const [{ rules, events }, { channels }, { sites }] = await Promise.all([
    read("alerts"), audits ? read("alert-channels") : { channels: [] }, admin ? read("fleet") : { sites: [] },
  ]);
  const firing = rules.filter((one) => one.phase === "firing").length;
  replace(root, el("h1", {}, t("alerts")),
    el("p", { class: "says" }, t("alerts_say", { firing: number(firing), all: number(rules.length) })),
    el("p", { class: "notes" }, t("alerts_note")),
    rules.length ? table(t("rules"), [t("rule"), t("state"), t("place"), t("told"), t("number")], rules.map((one) => ruleRow(one, audits))) : el("p", {}, t("none")),
    el("h2", {}, t("changes")),
    events.length ? table(t("changes"), [t("at"), t("rule"), t("state"), t("interval_then"), t("told")], events.map((one) => eventRow(one, rules))) : el("p", {}, t("none")),
    audits ? [el("h2", {}, t("channels")), channels.length ? table(t("channels"), [t("name"), t("kind"), t("leads_to"), t("site"), t("number")],
      channels.map((one) => [one.name, t(`kind_${one.kind}`), one.kind === "email" ? t("addresses", { number: one.leads_to }) : one.leads_to, one.sites.join(", ") || t("every_site"), String(one.number)])) : el("p", {}, t("none"))] : null,
    admin ? [ruleForm(sites, channels), channelForm(), disableForm()] : null);
}

function inWords(one) {
  if (one.kind === "no_data") return t("rule_no_data", { wait: number(one.wait_s / 60) });
  return t(`rule_${one.kind}`, { certainty: t(one.certainty), threshold: number(one.threshold), clear: number(one.clear), wait: number(one.wait_s / 60), what: t(one.statistic) });
}

function ruleRow(one, audits) {
  const words = inWords(one), since = one.since && one.phase !== "quiet" ? `, ${t("since", { start: when(one.since) })}` : "";
  return [one.title ? `${one.title}: ${words}` : words, el("span", { class: `need ${one.phase === "firing" ? "now" : one.phase === "waiting" ? "look" : "well"}` }, t(`phase_${one.phase}`) + since),
    `${one.site}, ${one.camera ? `${one.camera}/` : ""}${one.place}`, audits ? one.channels.join(", ") || t("nobody") : "", String(one.number)];
}

function eventRow(one, rules) {
  const rule = rules.find((each) => each.number === one.rule);
  const told = one.delivered === null ? "" : [t("told_of", { number: number(one.delivered) }), ...one.failed].join("; ");
  return [when(one.at), rule.title || inWords(rule), t(`change_${one.change}`), one.low === null ? "" : `${number(one.low)} – ${number(one.high)}`, told];
}

const field = (key, attributes = {}) => el("label", { for: `f-${key}` }, t(key), " ", el("input", { id: `f-${key}`, name: key, maxlength: 64, autocomplete: "off", ...attributes }));
const amount = (key, value, more = {}) => field(key, { type: "number", min: 0, step: "any", value, required: true, ...more });
const token = (id) => el("label", { for: id }, t("token_again"), " ", el("input", { id, name: "token", type: "password", autocomplete: "off", required: true, maxlength: 256 }));

/** A form whose `send` says what was done; what is refused is said beside it. Once touched it is not drawn anew. */
function form(title, id, parts, send) {
  const said = el("p", { role: "status", id: `${id}-said` });
  async function submit(event) {
    event.preventDefault();
    try {
      said.textContent = await send(event.target.elements);
      event.target.elements.token.value = "";
    } catch (refused) {
      said.textContent = refused.message || t("unreachable");
    }
  }
  return el("section", { "aria-label": title }, el("h2", {}, title), el("form", { class: "fields", id, onsubmit: submit, oninput: (event) => { event.currentTarget.dataset.touched = ""; } }, parts, token(`${id}-token`), el("button", {}, title), said));
}

function ruleForm(sites, channels) {
  const forecast = el("p", { id: "forecast", class: "notes", role: "status" });
  const wanted = (f) => ({ site: f["f-site"].value, camera: f["f-camera"].value, place: f["f-place"].value, statistic: f["f-watched"].value, kind: f["f-kind"].value,
    certainty: f["f-certainty"].value, threshold: Number(f["f-threshold"].value), wait_s: 60 * Number(f["f-wait"].value) });
  async function expect(f) {
    const { kind, ...rest } = wanted(f);
    if (kind === "no_data") return t("forecast_none");
    const told = await read("alert-forecast", { ...rest, kind, usual: f["f-usual"].value });
    return told.windows ? t("forecast", { usual: few(told.per_week), worst: few(told.per_week_at_threshold), sd: number(Math.round(told.noise_sd * 10) / 10) }) : t("forecast_unknown");
  }
  const few = (value) => (value < 0.01 ? t("less_than", { value: number(0.01) }) : number(Number(value.toPrecision(2))));
  const ask = async (event) => {
    const all = event.target.form.elements;
    forecast.textContent = await expect(all).catch((refused) => refused.message || t("unreachable"));
  };
  const made = form(t("add_rule"), "rule", [
    choice(t("site"), "f-site", sites.map((one) => [one.site, one.label || one.site]), "", () => {}), field("camera", { pattern: "[a-z][a-z0-9_]*" }), field("place", { required: true, pattern: "[a-z][a-z0-9_]*" }),
    choice(t("statistic"), "f-watched", WATCHED.map((one) => [one, t(one)]), "", () => {}), choice(t("kind"), "f-kind", KINDS.map((one) => [one, t(`kind_${one}`)]), "", () => {}),
    choice(t("certainty"), "f-certainty", ["surely", "possibly"].map((one) => [one, t(one)]), "", () => {}),
    amount("threshold", 30), amount("clear", 25), amount("wait", 15), amount("usual", 10), field("title"),
    channels.length ? el("fieldset", {}, el("legend", {}, t("channels")), channels.map((one) => el("label", {}, el("input", { type: "checkbox", name: "channel", value: one.number }), " ", one.name))) : null,
    el("button", { type: "button", id: "expect", onclick: ask }, t("expect")), forecast,
  ], async (f) => {
    const told = [...made.querySelectorAll("input[name=channel]:checked")].map((one) => Number(one.value));
    const body = { ...wanted(f), title: f["f-title"].value, channels: told };
    if (body.kind !== "no_data") body.clear = Number(f["f-clear"].value);
    forecast.textContent = await expect(f);
    return t("added", { number: (await change("POST", "alert-rules", f.token.value, body)).number });
  });
  return made;
}

function channelForm() {
  const target = { webhook: "url", mqtt: "topic", email: "to" };
  return form(t("add_channel"), "channel", [
    field("name", { required: true, pattern: "[a-z][a-z0-9_]*" }), choice(t("kind"), "f-channel", Object.keys(target).map((one) => [one, t(`kind_${one}`)]), "", () => {}),
    field("target", { required: true, maxlength: 512 }), field("sites_of"), el("p", { class: "notes" }, t("channel_note")),
  ], async (f) => {
    const kind = f["f-channel"].value, value = f["f-target"].value.trim(), list = (text) => text.split(/[\s,]+/).filter(Boolean);
    const body = { name: f["f-name"].value, kind, sites: list(f["f-sites_of"].value), [target[kind]]: kind === "email" ? list(value) : value };
    const { number: made, secret } = await change("POST", "alert-channels", f.token.value, body);
    return [t("added", { number: made }), secret && t("secret_once", { secret })].filter(Boolean).join(" ");
  });
}

function disableForm() {
  return form(t("disable"), "disable", [
    choice(t("what"), "f-disable", [["alert-rules", t("rule")], ["alert-channels", t("channel")]], "", () => {}), field("number", { required: true, inputmode: "numeric", pattern: "[0-9]+" }),
  ], async (f) => {
    await change("DELETE", `${f["f-disable"].value}/${f["f-number"].value}`, f.token.value);
    return t("disabled");
  });
}
