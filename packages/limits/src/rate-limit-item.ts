/** `5 per minute; 100/day`: how often in how long. The package `limits` that Python's Flask-Limiter counts by. */

const UNITS = new Map(
  Object.entries({ second: 1, minute: 60, hour: 3600, day: 86_400, month: 30 * 86_400, year: 360 * 86_400 }),
);

const ONE = /^\s*(\d+)\s*(?:\/|per)\s*(\d*)\s*([a-z]+?)s?\s*$/i;

/** So often in so long. `limits`'s `RateLimitItem`. */
export interface RateLimitItem {
  readonly amount: number;
  /** How long the window is. */
  readonly seconds: number;
  /** Seconds of one unit: 60 of `5 per 2 minutes`. Shorter units are looked at first. */
  readonly unit: number;
  /** `5 per 2 minute`: the 429's sentence. */
  readonly text: string;
  /** Ends what it is counted by, as Python's: apps of both may share a Redis. */
  readonly key: string;
}

/**
 * Reads one limit or several, separated by `;`, `,` or `|`. `limits`'s `parse_many`.
 * @throws TypeError for what is none
 */
export const parseMany = (text: string): readonly RateLimitItem[] => text.split(/[,;|]/).map((one) => parse(one, text));

function parse(one: string, whole: string): RateLimitItem {
  const [, digits, times, word = ''] = ONE.exec(one) ?? [];
  const name = word.toLowerCase();
  const unit = UNITS.get(name);
  if (digits === undefined || unit === undefined) {
    throw new TypeError(`'${whole}' is no rate limit: write '5 per minute', '100/day' or several, separated by ';'.`);
  }
  const [amount, multiples] = [Number(digits), Number(times) || 1];
  const key = `${amount}/${multiples}/${name}`;
  return { amount, seconds: unit * multiples, unit, text: `${amount} per ${multiples} ${name}`, key };
}
