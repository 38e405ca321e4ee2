/** HTTP dates: RFC 9110 section 5.6.7. */

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** Hours from UTC of the named zones of RFC 5322 section 4.3. */
const ZONES: ReadonlyMap<string, number> = new Map([
  ['GMT', 0],
  ['UTC', 0],
  ['UT', 0],
  ['Z', 0],
  ['EST', -5],
  ['EDT', -4],
  ['CST', -6],
  ['CDT', -5],
  ['MST', -7],
  ['MDT', -6],
  ['PST', -8],
  ['PDT', -7],
]);

/** `Sun, 06 Nov 1994 08:49:37 GMT` (IMF-fixdate) and `Sunday, 06-Nov-94 08:49:37 GMT` (RFC 850). */
const DAY_FIRST =
  /^(?:[a-z]+,?\s+)?(\d{1,2})[\s-]([a-z]{3})[a-z]*[\s-](\d{2,4})\s+(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\s+(\S+))?$/i;

/** `Sun Nov  6 08:49:37 1994` (asctime). */
const ASCTIME = /^[a-z]{3}\s+([a-z]{3})\s+(\d{1,2})\s+(\d{1,2}):(\d{2}):(\d{2})\s+(\d{4})$/i;

/**
 * Reads a date in any of the three formats that HTTP allows; one without a zone is taken as UTC. Mirrors Werkzeug's
 * `parse_date`.
 *
 * @returns `undefined` when there is no such date
 */
export function parseDate(value: string | null | undefined): Date | undefined {
  if (value === null || value === undefined) return undefined;
  const text = value.trim();
  const dayFirst = DAY_FIRST.exec(text);
  if (dayFirst !== null) {
    const [, day, month, year, hour, minute, second = '0', zone] = dayFirst;
    return fromParts(year, month, day, hour, minute, second, zone);
  }
  const asctime = ASCTIME.exec(text);
  if (asctime === null) return undefined;
  const [, month, day, hour, minute, second, year] = asctime;
  return fromParts(year, month, day, hour, minute, second, undefined);
}

function fromParts(
  yearText = '',
  monthText = '',
  dayText = '',
  hourText = '',
  minuteText = '',
  secondText = '',
  zone: string | undefined,
): Date | undefined {
  const month = MONTHS.indexOf(monthText.toLowerCase());
  const [day, hour, minute, second] = [Number(dayText), Number(hourText), Number(minuteText), Number(secondText)];
  const offset = zoneOffset(zone);
  if (month < 0 || hour > 23 || minute > 59 || second > 59 || offset === undefined) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(fullYear(Number(yearText)), month, day);
  if (date.getUTCDate() !== day) return undefined;
  date.setUTCHours(hour, minute, second);
  return new Date(date.getTime() - offset * 60_000);
}

/** Two digits mean a year from 1969 to 2068, as in Python's `email.utils`. */
function fullYear(year: number): number {
  if (year >= 100) return year;
  return year > 68 ? 1900 + year : 2000 + year;
}

/** Minutes east of UTC. */
function zoneOffset(zone: string | undefined): number | undefined {
  if (zone === undefined) return 0;
  const named = ZONES.get(zone.toUpperCase());
  if (named !== undefined) return named * 60;
  const numeric = /^([+-])(\d{2})(\d{2})$/.exec(zone);
  if (numeric === null) return undefined;
  const minutes = Number(numeric[2]) * 60 + Number(numeric[3]);
  return numeric[1] === '-' ? -minutes : minutes;
}

/**
 * Writes a date as HTTP wants it, `Sun, 06 Nov 1994 08:49:37 GMT`. Mirrors Werkzeug's `http_date`.
 *
 * @param date now unless given; parts of a second are dropped
 * @throws {RangeError} for an invalid date
 */
export function httpDate(date: Date = new Date()): string {
  if (Number.isNaN(date.getTime())) throw new RangeError('An HTTP date needs a valid Date (got "Invalid Date").');
  return date.toUTCString();
}
