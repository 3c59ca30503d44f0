// SPDX-License-Identifier: Apache-2.0
/** Totals over sites: a kind of their own, of many sites at once, and what they mean. */

import { read } from "./api.js";
import { el, replace, table } from "./dom.js";
import { number, t, time } from "./texts.js";

const SHORT = { dateStyle: "short", timeStyle: "short" };
const MOST = 48;

/** Draws the view into `root`. */
export async function sums(root) {
  const { tasks } = await read("across/tasks");
  const totals = await Promise.all(tasks.map(({ task }) => read("across/totals", { task, limit: MOST })));
  replace(root, el("h1", {}, t("sums")), el("p", { class: "says" }, t("sums_says")),
    tasks.length ? null : el("p", {}, t("none")), tasks.map((task, at) => section(task, totals[at].totals)).reverse());
}

function section(task, windows) {
  const told = windows.find((one) => one.counts);
  const name = t("sum_of", { number: number(task.sites), leader: task.leader, helper: task.helper });
  return el("section", { "aria-label": name }, el("h2", {}, name),
    el("p", {}, t("sum_noise", { percent: number(Math.round((told?.confidence ?? 0.9) * 100)), least: number(task.min_sites), epsilon: number(task.epsilon) })),
    windows.length ? table(name, [t("when"), t("sites_in"), ...task.cells, t("late")], windows.map((one) => [
      time(Date.parse(one.start), undefined, SHORT), number(one.sites),
      ...task.cells.map((_, at) => (one.counts ? `${number(one.counts[at])} ± ${number(one.half_width)}` : t("too_few"))), number(one.late),
    ])) : el("p", {}, t("none")));
}
