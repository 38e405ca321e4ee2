/** `datetime.strftime`, in UTC and English. */

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const DAY = 86_400_000;

const pad = (value: number, width = 2) => String(value).padStart(width, '0');

const midnight = (date: Date) => Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());

/** The day of the year, from 1. */
const dayOfYear = (date: Date) => Math.round((midnight(date) - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY) + 1;

/** The week of the year whose first day is `first`: 0 is Sunday. */
const weekOfYear = (date: Date, first: number) =>
  Math.floor((dayOfYear(date) + 6 - ((date.getUTCDay() - first + 7) % 7)) / 7);

/** ISO 8601's year, week and weekday. */
export function isoCalendar(date: Date): readonly [number, number, number] {
  const weekday = date.getUTCDay() || 7;
  const thursday = new Date(midnight(date) + (4 - weekday) * DAY);
  return [thursday.getUTCFullYear(), Math.ceil(dayOfYear(thursday) / 7), weekday];
}

const hour12 = (date: Date) => date.getUTCHours() % 12 || 12;

const DIRECTIVES: Readonly<Record<string, (date: Date) => string>> = {
  a: (date) => (DAYS[date.getUTCDay()] ?? '').slice(0, 3),
  A: (date) => DAYS[date.getUTCDay()] ?? '',
  w: (date) => String(date.getUTCDay()),
  d: (date) => pad(date.getUTCDate()),
  e: (date) => String(date.getUTCDate()).padStart(2),
  b: (date) => (MONTHS[date.getUTCMonth()] ?? '').slice(0, 3),
  h: (date) => (MONTHS[date.getUTCMonth()] ?? '').slice(0, 3),
  B: (date) => MONTHS[date.getUTCMonth()] ?? '',
  m: (date) => pad(date.getUTCMonth() + 1),
  y: (date) => pad(date.getUTCFullYear() % 100),
  Y: (date) => String(date.getUTCFullYear()),
  C: (date) => pad(Math.floor(date.getUTCFullYear() / 100)),
  H: (date) => pad(date.getUTCHours()),
  k: (date) => String(date.getUTCHours()).padStart(2),
  I: (date) => pad(hour12(date)),
  l: (date) => String(hour12(date)).padStart(2),
  p: (date) => (date.getUTCHours() < 12 ? 'AM' : 'PM'),
  P: (date) => (date.getUTCHours() < 12 ? 'am' : 'pm'),
  M: (date) => pad(date.getUTCMinutes()),
  S: (date) => pad(date.getUTCSeconds()),
  f: (date) => pad(date.getUTCMilliseconds() * 1000, 6),
  s: (date) => String(Math.floor(date.getTime() / 1000)),
  z: () => '',
  Z: () => '',
  j: (date) => pad(dayOfYear(date), 3),
  U: (date) => pad(weekOfYear(date, 0)),
  W: (date) => pad(weekOfYear(date, 1)),
  G: (date) => String(isoCalendar(date)[0]),
  V: (date) => pad(isoCalendar(date)[1]),
  u: (date) => String(date.getUTCDay() || 7),
  n: () => '\n',
  t: () => '\t',
  '%': () => '%',
};

/** Those that stand for several. */
const COMPOSED: Readonly<Record<string, string>> = {
  c: '%a %b %e %H:%M:%S %Y',
  x: '%m/%d/%y',
  X: '%H:%M:%S',
  D: '%m/%d/%y',
  F: '%Y-%m-%d',
  T: '%H:%M:%S',
  R: '%H:%M',
  r: '%I:%M:%S %p',
};

/** glibc's `%-d`: without padding. */
export const strftime = (date: Date, format: string): string =>
  format.replace(/%(-?)([A-Za-z%])/g, (whole, dash: string, letter: string) => {
    const composed = COMPOSED[letter];
    if (composed !== undefined) return strftime(date, composed);
    const shown = DIRECTIVES[letter]?.(date);
    if (shown === undefined) return whole;
    return dash ? shown.replace(/^[0 ]+(?=.)/, '') : shown;
  });
