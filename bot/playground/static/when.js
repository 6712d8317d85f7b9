// Days and hours as people read them, on the world's clock and in its time zone.

const LOCALES = { en: "en-GB", it: "it-IT" };
const MINUTE = 60_000;
const UNITS = [
  ["year", 525_600 * MINUTE],
  ["month", 43_200 * MINUTE],
  ["day", 1440 * MINUTE],
  ["hour", 60 * MINUTE],
  ["minute", MINUTE],
];
const made = new Map();

function formatter(language, zone, options) {
  const key = language + zone + JSON.stringify(options);
  if (!made.has(key)) made.set(key, new Intl.DateTimeFormat(LOCALES[language], { timeZone: zone, ...options }));
  return made.get(key);
}

const show = (date, language, zone, options) => formatter(language, zone, options).format(date);

/** 14:05 */
export const hour = (date, language, zone) => show(date, language, zone, { hour: "2-digit", minute: "2-digit" });

/** A key that is the same all day long: 2026-11-20. */
export const dayKey = (date, zone) =>
  show(date, "en", zone, { year: "numeric", month: "2-digit", day: "2-digit" }).split("/").reverse().join("-");

/** Today, Yesterday, 3 November, 3 November 2025. */
export function dayName(date, now, language, zone, words) {
  const key = dayKey(date, zone);
  if (key === dayKey(now, zone)) return words.today;
  if (key === dayKey(new Date(now.getTime() - 1440 * MINUTE), zone)) return words.yesterday;
  const sameYear = key.slice(0, 4) === dayKey(now, zone).slice(0, 4);
  return show(date, language, zone, { day: "numeric", month: "long", year: sameYear ? undefined : "numeric" });
}

/** Fri 20 Nov 2026, 14:05 */
export const moment = (date, language, zone) =>
  show(date, language, zone, {
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
  });

/** The same on the watch of who reads it and, where that shows another hour, in the page's zone as well. */
export function readersMoment(date, language, zone, words) {
  const here = moment(date, language, new Intl.DateTimeFormat().resolvedOptions().timeZone);
  const there = moment(date, language, zone);
  return here === there ? here : `${words.yourTime}: ${here} · ${words.zone}: ${there}`;
}

/** What a datetime-local field holds: 2026-11-20T14:05. */
export const fieldValue = (date, zone) => `${dayKey(date, zone)}T${hour(date, "en", zone)}`;

/** 1 day 2 h: a span of seconds in at most two units. */
export function span(seconds, words) {
  const minutes = Math.round(Math.abs(seconds) / 60);
  const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60), minutes % 60];
  const parts = [days && words.days(days), hours && words.hours(hours), !days && rest && words.minutes(rest)];
  return parts.filter(Boolean).join(" ") || words.minutes(1);
}

/** A date_time entity by its format, r|w?[dD]?[tT]?; null where the words of the message stay. */
export function dateEntity(date, format, now, language, zone) {
  if (!format) return null;
  if (format.includes("r")) return relative(date, now, language);
  const options = {};
  if (format.includes("w")) options.weekday = "long";
  if (format.includes("d")) Object.assign(options, { day: "2-digit", month: "2-digit", year: "numeric" });
  if (format.includes("D")) Object.assign(options, { day: "numeric", month: "long", year: "numeric" });
  if (/t/i.test(format)) Object.assign(options, { hour: "2-digit", minute: "2-digit" });
  if (format.includes("T")) options.second = "2-digit";
  return Object.keys(options).length ? show(date, language, zone, options) : null;
}

function relative(date, now, language) {
  const away = date - now;
  const [unit, length] = UNITS.find(([, size]) => Math.abs(away) >= size) ?? UNITS.at(-1);
  return new Intl.RelativeTimeFormat(LOCALES[language], { numeric: "auto" }).format(Math.round(away / length), unit);
}
