// SPDX-License-Identifier: Apache-2.0
/** What one report says: in words, and as numbers that claim no more than they know. */

import { number, t } from "./texts.js";

const FIRST = ["presence", "queue", "visitors", "entries", "exits", "footfall"];

/** Statistics of a place, first what says how many are there. */
export function inOrder(statistics) {
  return [...statistics].sort((a, b) => FIRST.indexOf(a.statistic) - FIRST.indexOf(b.statistic));
}

/** Ends of an interval as whole numbers that hold it. */
export function wholeInterval(report) {
  return [Math.floor(report.low), Math.ceil(report.high), Math.round(report.value)];
}

/** A report in words; `k`: fewest people the site tells. Chart, table and cursor all say this. */
export function words(report, k, withValue = true) {
  if (report.state === "published") {
    const [low, high, value] = wholeInterval(report).map(number);
    return t(withValue ? "published_value" : "published", { low, high, value });
  }
  if (report.state === "few") return k > 1 ? t("few", { k: number(k) }) : t("few_alone");
  return t(report.state);
}

/** What is to be said besides: how much was observed, whether it goes on. */
export function beside(report) {
  const said = [];
  if (report.coverage !== null && report.coverage !== undefined && report.coverage < 0.95 && report.state !== "nothing_arrived") {
    said.push(t("partly", { percent: Math.floor(report.coverage * 100) }));
  }
  if (report.goes_on) said.push(t("goes_on"));
  return said;
}

/** Where visitors of a window headed, in words; "" where that is not told. */
export function heading(flow) {
  if (!flow?.some((one) => one > 0)) return "";
  const [standing, right, up, left, down] = flow.map(number);
  return t("heading", { standing, right, up, left, down });
}

/** What is usual for an hour, in words; "" where there is no habit. */
export function usually(usual, k) {
  if (!usual) return "";
  if (usual.state === "few") return t("usually_few", { few: words(usual, k), of: number(usual.of) });
  return t("usually", { value: number(Math.round(usual.value)), of: number(usual.of),
    low: usual.few ? t("few_alone") : number(Math.floor(usual.lowest)), high: number(Math.ceil(usual.highest)) });
}

/** Whether the room is over its capacity: said surely only where the lower end is. */
export function overCapacity(report, capacity) {
  if (!capacity || report.state !== "published") return "";
  if (report.low > capacity) return "over_surely";
  return report.value > capacity ? "over_possibly" : "of_capacity";
}

/**
 * How two published reports differ: `more` and `less` only where the interval of the difference
 * excludes 0. Their noise is independent, so that half widths add in quadrature.
 */
export function difference(now, before) {
  if (now?.state !== "published" || before?.state !== "published") return "no_compare";
  const far = now.value - before.value;
  // An end that was cut off at 0 tells nothing: the wider side is the noise's.
  const wide = (one) => Math.max(one.value - one.low, one.high - one.value);
  const half = Math.hypot(wide(now), wide(before));
  if (Math.abs(far) <= half) return "same";
  return far > 0 ? "more" : "less";
}
