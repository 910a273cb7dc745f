/** Numbers and times in the reader's own language and time zone. */
const numbers = new Intl.NumberFormat();
const compact = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });
const percents = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 1 });
const seconds = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const days = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", timeZone: "UTC" });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["second", 60],
  ["minute", 60],
  ["hour", 24],
  ["day", 30],
  ["month", 12],
];

export const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

export function count(value: number): string {
  return numbers.format(value);
}

export function shortCount(value: number): string {
  return value < 10_000 ? numbers.format(value) : compact.format(value);
}

export function milliseconds(value: number): string {
  return value < 1000 ? `${numbers.format(value)} ms` : `${seconds.format(value / 1000)} s`;
}

export function percent(share: number): string {
  return percents.format(share);
}

export function exactTime(iso: string): string {
  return exact.format(new Date(iso));
}

/** A calendar day such as 2026-11-22, which is the same day everywhere. */
export function day(date: string): string {
  return days.format(new Date(`${date}T00:00:00Z`));
}

export function relativeTime(iso: string, now: number): string {
  let value = (Date.parse(iso) - now) / 1000;
  if (Math.abs(value) < 5) return "just now";
  for (const [unit, size] of STEPS) {
    if (Math.abs(value) < size) return relative.format(Math.round(value), unit);
    value /= size;
  }
  return relative.format(Math.round(value), "year");
}

/** What a `datetime-local` input holds, in the reader's time zone; and back again. */
export function toLocal(iso: string): string {
  const at = new Date(iso);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

export function fromLocal(text: string): string {
  return text === "" ? "" : new Date(text).toISOString();
}

/** The moment at which a calendar day begins here. */
export function dayStart(date: string, daysLater = 0): string {
  const [year = 0, month = 1, dayOfMonth = 1] = date.split("-").map(Number);
  return new Date(year, month - 1, dayOfMonth + daysLater).toISOString();
}

/** `invalid_credentials` as a person would say it. */
export function words(name: string): string {
  const text = name.replaceAll("_", " ").trim();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function plural(number: number, one: string, many = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : many}`;
}
