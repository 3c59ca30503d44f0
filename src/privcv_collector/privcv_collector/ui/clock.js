// SPDX-License-Identifier: Apache-2.0
/** Days and hours on the clock of a site: a day has 23, 24 or 25 hours there, whatever it is here. */

const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const HOUR_MS = 3600e3, DAY_MS = 86400e3;
const formats = new Map();

function parts(at, zone) {
  if (!formats.has(zone)) {
    formats.set(zone, new Intl.DateTimeFormat("en-US", {
      timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric",
      hour: "numeric", minute: "numeric", second: "numeric",
    }));
  }
  const found = formats.get(zone).formatToParts(at).filter((one) => one.type !== "literal");
  return Object.fromEntries(found.map((one) => [one.type, Number(one.value)]));
}

/** How far the clock of `zone` is ahead of UTC at that instant, ms. */
function offset(at, zone) {
  const p = parts(at, zone);
  return Date.UTC(p.year, p.month - 1, p.day, p.hour, p.minute, p.second) - Math.floor(at / 1000) * 1000;
}

/** A day of the calendar as ms since 1970 of its midnight, as if it were UTC. */
export function dayOf(at, zone) {
  const p = parts(at, zone);
  return Date.UTC(p.year, p.month - 1, p.day);
}

/**
 * The instant at which a clock in `zone` shows `wall`, ms since 1970 as if that were UTC: of a day of
 * the calendar, when it begins there.
 */
export function begins(wall, zone) {
  const first = wall - offset(wall, zone);
  const again = wall - offset(first, zone);
  // A time that is skipped is told as the first instant after the gap.
  return again + offset(again, zone) < wall ? first : again;
}

/** The instant a week before on the clock of the wall, which is not always 168 hours. */
export const weekBefore = (at, zone) => begins(at + offset(at, zone) - 7 * DAY_MS, zone);

/** Whether a site is open at an instant, by its record's hours and holidays; true where it says none. */
export function isOpen(record, at, zone) {
  if (!record?.opening_hours.length) return true;
  const p = parts(at, zone), minute = p.hour * 60 + p.minute, today = Date.UTC(p.year, p.month - 1, p.day);
  const minutes = (text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
  const opens = (hours, day) => hours.days.includes(DAYS[new Date(day).getUTCDay()]) && !record.holidays.includes(isoDay(day));
  return record.opening_hours.some((hours) => {
    const start = minutes(hours.start), end = minutes(hours.end);
    if (start < end) return opens(hours, today) && start <= minute && minute < end;
    return (opens(hours, today) && minute >= start) || (opens(hours, addDays(today, -1)) && minute < end); // over midnight
  });
}

export const addDays = (day, count) => day + count * DAY_MS;
export const isoDay = (day) => new Date(day).toISOString().slice(0, 10);
/** An instant as the API spells it. */
export const utc = (at) => `${new Date(at).toISOString().slice(0, 19)}Z`;
export const fromIsoDay = (text) => Date.parse(`${text}T00:00:00Z`);

/**
 * The range around a day of the calendar: its first day, the day after its last, and the unit of the
 * periods that are shown of it.
 */
export function rangeOf(kind, day) {
  const date = new Date(day), year = date.getUTCFullYear(), month = date.getUTCMonth();
  if (kind === "day" || kind === "windows") return { first: day, end: addDays(day, 1), unit: "hour" };
  if (kind === "week") {
    const monday = addDays(day, -((date.getUTCDay() + 6) % 7));
    return { first: monday, end: addDays(monday, 7), unit: "hour" };
  }
  if (kind === "month") return { first: Date.UTC(year, month), end: Date.UTC(year, month + 1), unit: "day" };
  return { first: Date.UTC(year, 0), end: Date.UTC(year + 1, 0), unit: "week" };
}

/** The periods of a range, `[start, end]` in ms, whether or not anything is known of them. */
export function slots(range, zone) {
  const found = [];
  if (range.unit === "hour") {
    const end = begins(range.end, zone);
    for (let at = begins(range.first, zone); at < end; at += HOUR_MS) found.push([at, Math.min(at + HOUR_MS, end)]);
    return found;
  }
  const step = range.unit === "day" ? 1 : 7;
  const first = step === 1 ? range.first : rangeOf("week", range.first).first;
  for (let day = first; day < range.end; day = addDays(day, step)) {
    found.push([begins(day, zone), begins(addDays(day, step), zone)]);
  }
  return found;
}
