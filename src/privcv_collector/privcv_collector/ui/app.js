// SPDX-License-Identifier: Apache-2.0
/** Which view is shown, by what the address says behind '#'; who is signed in; when to ask again. */

import { Refused, signIn, signOut, whoIsSignedIn } from "./api.js";
import { display } from "./display.js";
import { el } from "./dom.js";
import { fleet } from "./fleet.js";
import { history } from "./history.js";
import { now } from "./now.js";
import { privacy } from "./privacy.js";
import { LANGUAGES, language, speak, t, time } from "./texts.js";

const EVERY_MS = 15_000; // by the clock, never because a count changed
const VIEWS = { now, history, fleet, privacy };
const OF_ROLE = { viewer: Object.keys(VIEWS), auditor: Object.keys(VIEWS), admin: ["fleet"] }; // a display sees one of its own
const byId = (id) => document.getElementById(id);
const main = byId("main");
let session = null, drawing = 0;

function wanted() {
  const given = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  const mine = views();
  return { ...given, view: mine.includes(given.view) ? given.view : mine[0] ?? "now" };
}

/** The names of the views that whoever is signed in may see. */
const views = () => OF_ROLE[session?.role] ?? [];

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

async function draw() {
  const mine = ++drawing, { view, ...rest } = wanted(), focused = document.activeElement?.id;
  const opened = main.querySelector("details")?.open ?? false, at = byId("cursor")?.value;
  frame();
  if (session === null) return signInForm();
  const root = el("div", { class: "view" });
  try {
    if (session.role === "display") await display(root);
    else await VIEWS[view](root, view === "privacy" ? session : rest, go, session);
  } catch (refused) {
    if (!(refused instanceof Refused)) throw refused;
    if (refused.status === 401) { session = null; return draw(); }
    byId("live").textContent = refused.status ? refused.message : t("unreachable");
    return undefined;
  }
  if (mine !== drawing) return undefined; // somebody asked for another meanwhile
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
    await draw();
    main.focus();
  }
  main.replaceChildren(form);
  byId("live").textContent = "";
}

async function start() {
  speak(navigator.language.slice(0, 2));
  const list = byId("language");
  list.replaceChildren(...Object.entries(LANGUAGES).map(([tag, [name]]) => el("option", { value: tag, selected: tag === language() }, name)));
  list.addEventListener("change", () => { speak(list.value); draw(); });
  byId("sign-out").addEventListener("click", async () => {
    await signOut().catch(() => {});
    session = null;
    draw();
  });
  addEventListener("hashchange", draw);
  session = await whoIsSignedIn().catch(() => null);
  await draw();
  setInterval(() => { if (session && !document.hidden) draw(); }, EVERY_MS);
}

start();
