/** The options of the HTTP engine, which has no defaults of its own: whoever makes a loop decides each of them. */
import { MULTIPLEXERS, OPTION_RANGES, TIMERS } from './wire.ts';

/** Which call tells what is ready; `epoll` is edge-triggered, `epoll-lt` level-triggered. */
export type MultiplexerName = (typeof MULTIPLEXERS)[number];
export type TimersName = (typeof TIMERS)[number];

/** All times are whole milliseconds, 0 for no limit; all sizes bytes, 0 for no limit. {@link HTTP_LOOP_RANGES} has the ranges. */
export interface HttpLoopOptions {
  readonly multiplexer: MultiplexerName;
  readonly timers: TimersName;
  /** The most connections at once; further ones wait in the kernel's queue. */
  readonly connections: number;
  /** A request line without its CRLF. Longer: 414. */
  readonly requestLine: number;
  /** Header fields of a request, 0 for the most that are possible. More: 431. */
  readonly fields: number;
  /** One header field. Longer: 431. */
  readonly fieldSize: number;
  /** A request's body. Longer: 413. */
  readonly body: number;
  /** For the head of a request; then 408. */
  readonly headTimeout: number;
  /** For its body; then 408. */
  readonly bodyTimeout: number;
  /** For an idle connection. */
  readonly keepAliveTimeout: number;
  /** Without progress in sending. */
  readonly writeTimeout: number;
  /** For the app's answer; then 503. */
  readonly answerTimeout: number;
  /** For all of an exchange, until the last byte of its answer is sent; then 503, or cut where the answer has begun. */
  readonly exchangeTimeout: number;
  /** Header names in lower case, for apps that cannot see the difference: their lookup is cheaper. */
  readonly lowerCaseNames: boolean;
}

type NumericOption = Exclude<keyof HttpLoopOptions, 'multiplexer' | 'timers' | 'lowerCaseNames'>;

const { multiplexer: _, timers: __, lowerCaseNames: ___, ...ranges } = OPTION_RANGES;

/** What each of the engine's numbers may be. */
export const HTTP_LOOP_RANGES: Readonly<Record<NumericOption, { readonly min: number; readonly max: number }>> = ranges;

/**
 * Each option as the kernel takes it.
 * @throws {RangeError} for one that is missing, unknown or out of its range.
 */
export function numbersOf(options: HttpLoopOptions): Record<string, number> {
  const given = new Map<string, unknown>(Object.entries(options));
  const take = (name: string): unknown => {
    const value = given.get(name);
    given.delete(name);
    return value;
  };
  const numbers: Record<string, number> = {
    multiplexer: numberOf('multiplexer', take('multiplexer'), MULTIPLEXERS),
    timers: numberOf('timers', take('timers'), TIMERS),
    lowerCaseNames: numberOf('lowerCaseNames', take('lowerCaseNames'), [false, true]),
  };
  for (const [name, { min, max }] of Object.entries(HTTP_LOOP_RANGES)) {
    const value = take(name);
    if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max)
      throw refusal(name, value, `an integer between ${min} and ${max}`);
    numbers[name] = value;
  }
  const [unknown] = given.keys();
  if (unknown === undefined) return numbers;
  throw new RangeError(`${unknown} is no option of the HTTP loop: it has ${Object.keys(OPTION_RANGES).join(', ')}.`);
}

function numberOf(name: string, value: unknown, values: readonly unknown[]): number {
  const number = values.indexOf(value);
  if (number < 0) throw refusal(name, value, `one of ${values.join(', ')}`);
  return number;
}

function refusal(name: string, value: unknown, right: string): RangeError {
  const got = value === undefined ? 'it is missing' : `got ${typeof value === 'string' ? `"${value}"` : String(value)}`;
  return new RangeError(`${name} must be ${right} (${got}).`);
}
