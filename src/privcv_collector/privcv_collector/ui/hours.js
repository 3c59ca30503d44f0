// SPDX-License-Identifier: Apache-2.0
/** When a site is open, in words. */

import { isOpen } from "./clock.js";
import { t, time } from "./texts.js";

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const MONDAY = Date.UTC(2024, 0, 1);
const dayName = (day) => time(MONDAY + DAYS.indexOf(day) * 86400e3, "UTC", { weekday: "short" });

/** Days as people say them: those in a row by their first and last. */
function days(list) {
  const at = list.map((day) => DAYS.indexOf(day)).sort((a, b) => a - b), rows = [];
  for (const one of at) {
    const last = rows[rows.length - 1];
    if (last && last[1] === one - 1) last[1] = one;
    else rows.push([one, one]);
  }
  return rows.map(([a, b]) => (a === b ? dayName(DAYS[a]) : `${dayName(DAYS[a])}–${dayName(DAYS[b])}`)).join(", ");
}

/** Its opening hours, and whether it is open at `at` if that is given. */
export function openingHours(record, zone, at) {
  if (!record) return "";
  if (!record.opening_hours.length) return t("always_open");
  const hours = record.opening_hours.map((one) => `${days(one.days)} ${one.start}–${one.end}`).join("; ");
  const now = at === undefined ? [] : [t(isOpen(record, at, zone) ? "open_now" : "closed_now")];
  return [...now, t("hours_are", { hours })].join(" ");
}
