// SPDX-License-Identifier: Apache-2.0
/** Which view is shown, by what the address says behind '#'; who is signed in; when to ask again. */

import { alerts } from "./alerts.js";
import { putSite, Refused, signIn, signOut, whoIsSignedIn } from "./api.js";
import { display } from "./display.js";
import { el } from "./dom.js";
import { hush, listen } from "./events.js";
import { fleet } from "./fleet.js";
import { history } from "./history.js";
import { now } from "./now.js";
import { privacy } from "./privacy.js";
import { sums } from "./sums.js";
import { LANGUAGES, language, speak, t, time } from "./texts.js";

const EVERY_MS = 15_000; // by the clock: what is overdue is no event
const REST_MS = 1000; // on the view of now, between drawing for one event and for those that follow
const VIEWS = { now, history, alerts, fleet, privacy, sums };
const READS = ["now", "history", "alerts", "fleet", "privacy"];
const OF_ROLE = { viewer: READS, auditor: READS, admin: ["fleet", "alerts"] }; // a display sees one of its own
const byId = (id) => document.getElementById(id);
const main = byId("main");
let session = null, drawing = 0, drawn = 0, restsUntil = 0, waiting = null;

function wanted() {
  const given = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  const mine = views();
  return { ...given, view: mine.includes(given.view) ? given.view : mine[0] ?? "now" };
}

/** The names of the views that whoever is signed in may see. */
const views = () => [...(OF_ROLE[session?.role] ?? []), ...(session?.sums ? ["sums"] : [])];

/** Change what the address asks for; the view follows. */
function go(changes) {
  const next = new URLSearchParams({ ...wanted(), ...changes });
  location.hash = next.toString();
}

function frame() {
  byId("skip").textContent = t("skip");
  byId("language-label").firstElementChild.textContent = t("language");
  byId("sign-out").textContent = t("sign_out");
  byId("sign-out").hidden = session === null;
  const { view } = wanted();
  byId("views").replaceChildren(...views().map((name) =>
    el("a", { href: `#view=${name}`, "aria-current": name === view ? "page" : null }, t(name))));
}

async function draw(byItself) {
  const mine = ++drawing, asked = location.hash, { view, ...rest } = wanted();
  frame();
  if (session === null) return signInForm();
  const root = el("div", { class: "view" });
  try {
    if (session.role === "display") await display(root);
    else await VIEWS[view](root, rest, go, session);
  } catch (refused) {
    if (!(refused instanceof Refused)) throw refused;
    if (refused.status === 401) { session = null; begin(); return draw(); }
    byId("live").textContent = refused.status ? refused.message : t("unreachable");
    return undefined;
  }
  if (byItself === true && main.querySelector("[data-touched]")) return undefined; // a form that somebody fills in stays
  if (mine < drawn || asked !== location.hash) return undefined; // somebody asked for another meanwhile
  drawn = mine;
  // What somebody did while it was asked for stays.
  const focused = document.activeElement?.id, at = byId("cursor")?.value;
  const opened = main.querySelector("details")?.open ?? false;
  main.replaceChildren(root);
  if (opened) root.querySelector("details")?.setAttribute("open", "");
  keepCursor(at);
  if (focused && focused !== "main") byId(focused)?.focus();
  byId("live").textContent = t("updated", { time: time(Date.now(), undefined) });
  return undefined;
}

function keepCursor(at) {
  const cursor = byId("cursor");
  if (cursor === null || at === undefined || wantedBefore !== location.hash) { wantedBefore = location.hash; return; }
  cursor.value = at;
  cursor.dispatchEvent(new Event("input"));
}

let wantedBefore = location.hash;

function signInForm() {
  const note = el("p", { role: "alert", id: "problem" });
  const form = el("form", { class: "sign-in", onsubmit: submit },
    el("h1", {}, t("sign_in")),
    el("label", { for: "token" }, t("token")),
    el("input", { id: "token", name: "token", type: "password", autocomplete: "off", required: true, maxlength: 256 }),
    el("button", {}, t("sign_in")), el("p", {}, t("sign_in_note")), note);
  async function submit(event) {
    event.preventDefault();
    try {
      await signIn(form.token.value.trim());
      session = await whoIsSignedIn();
      if (session === null) { note.textContent = t("no_cookie"); return; }
    } catch (refused) {
      note.textContent = refused.message || t("unreachable");
      return;
    }
    begin();
    await draw();
    main.focus();
  }
  main.replaceChildren(form);
  byId("live").textContent = "";
}

/** What the collector told: drawn at once, and then not again for a while. */
function told(kind, content) {
  if (kind === "now") putSite(content, session?.role === "display" ? "display" : "now");
  if (document.hidden || waiting !== null) return;
  waiting = setTimeout(() => {
    waiting = null;
    restsUntil = Date.now() + (wanted().view === "now" ? REST_MS : EVERY_MS);
    if (session) draw();
  }, Math.max(0, restsUntil - Date.now()));
}

function begin() {
  if (session === null || session.role === "admin") hush();
  else listen(told, () => { setTimeout(begin, 4 * EVERY_MS); });
}

async function start() {
  speak();
  const list = byId("language");
  list.replaceChildren(...Object.entries(LANGUAGES).map(([tag, [name]]) => el("option", { value: tag, selected: tag === language() }, name)));
  list.addEventListener("change", () => { location.search = `language=${list.value}`; });
  byId("sign-out").addEventListener("click", async () => {
    await signOut().catch(() => {});
    session = null;
    begin();
    draw();
  });
  addEventListener("hashchange", draw);
  const again = () => { if (session && !document.hidden && !main.querySelector("[data-touched]")) draw(true); };
  document.addEventListener("visibilitychange", again);
  session = await whoIsSignedIn().catch(() => null);
  begin();
  await draw();
  setInterval(again, EVERY_MS);
}

start();
