// SPDX-License-Identifier: Apache-2.0
/** Asks the collector. The browser holds a cookie; no token is kept anywhere. */

const TOLD_MS = 5000; // for so long what was told need not be asked for: later it may be overdue
const known = new Map();

/** An answer that is not what was asked for; `message` is the collector's own. */
export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function ask(path, options) {
  let answer;
  try {
    answer = await fetch(path, { credentials: "same-origin", cache: "no-store", ...options });
  } catch {
    throw new Refused(0, "");
  }
  if (answer.ok || answer.status === 304) return answer;
  const content = await answer.json().catch(() => ({}));
  throw new Refused(answer.status, content.message ?? `HTTP ${answer.status}`);
}

/** `path` with a query; a list gives a parameter for each of its values. */
export function address(path, query = {}) {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of [value].flat()) if (one !== "" && one !== null && one !== undefined) given.append(name, one);
  }
  return given.size ? `v1/${path}?${given}` : `v1/${path}`;
}

/** What a path answers; one that has not changed is not sent again. */
export async function read(path, query) {
  const where = address(path, query), before = known.get(where);
  if (before?.toldAt > Date.now() - TOLD_MS) { before.toldAt = 0; return before.content; }
  const answer = await ask(where, before ? { headers: { "If-None-Match": before.tag } } : {});
  if (answer.status === 304) return before.content;
  const content = await answer.json(), tag = answer.headers.get("ETag");
  if (known.size > 50) known.clear();
  if (tag) known.set(where, { tag, content });
  return content;
}

/** A site as the collector told it by itself: what was read of it before is replaced. */
export function putSite(site, path) {
  const one = known.get(address(path));
  if (!one) return;
  const sites = one.content.sites.map((before) => (before.site === site.site ? site : before));
  known.set(address(path), { tag: "", content: { ...one.content, sites }, toldAt: Date.now() });
}

/** Change something with `token`, which is kept nowhere; the cookie of the session changes nothing. */
export async function change(method, path, token, body) {
  const headers = { Authorization: `Bearer ${token.trim()}`, "Content-Type": "application/json" };
  const answer = await ask(`v1/${path}`, { method, headers, body: body && JSON.stringify(body) });
  return answer.json();
}

/** Who is signed in: `{role, sites}`; null for nobody. */
export async function whoIsSignedIn() {
  const session = await read("page-session");
  return session.role === null ? null : session;
}

export async function signIn(token) {
  const headers = { "Content-Type": "application/json" };
  const answer = await ask("v1/page-session", { method: "POST", headers, body: JSON.stringify({ token }) });
  return answer.json();
}

/** End the session, and forget all that it read. */
export async function signOut() {
  known.clear();
  await ask("v1/page-session", { method: "DELETE" });
}
