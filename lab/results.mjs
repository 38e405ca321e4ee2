/** What the lab's programs print, and how to find and say a figure of it. */

/**
 * @typedef {'select' | 'poll' | 'epoll-level' | 'epoll-edge'} Kind
 * @typedef {object} MultiplexerRow Nanoseconds for each event; without them where the multiplexer came to its end
 * @property {Kind} kind
 * @property {number} connections
 * @property {'few' | 'all'} activity
 * @property {number} [waiting]
 * @property {number} [total]
 * @property {number} [endedAt] connections that it could watch
 * @typedef {{ kind: 'heap' | 'wheel', timers: number, set: number, putOff: number, clear: number, expire: number }} TimerRow
 * Nanoseconds for each timer
 * @typedef {object} HalfReadRow whether the connection was told as ready
 * @property {Kind} kind
 * @property {boolean} idle
 * @property {boolean} arrived
 * @property {boolean} halfRead
 * @property {boolean} askedAgain
 * @property {boolean} watchedAgain
 * @property {boolean} moreArrived
 * @property {boolean} allRead
 * @typedef {object} Results
 * @property {readonly MultiplexerRow[]} multiplexers
 * @property {readonly TimerRow[]} timers
 * @property {readonly HalfReadRow[]} halfRead
 * @property {number} load of the machine when it began
 */

/** @type {readonly Kind[]} */
export const KINDS = ['select', 'poll', 'epoll-level', 'epoll-edge'];
export const CONNECTIONS = [16, 256, 1000, 8000];
export const TIMERS = [1000, 10_000, 100_000, 1_000_000];

/** @param {Kind} kind */
export const nameOf = (kind) => kind.replace('-', ', ');

/**
 * @param {Results} results
 * @param {Kind} kind
 * @param {number} connections
 * @param {'few' | 'all'} activity
 */
export function costOf({ multiplexers }, kind, connections, activity) {
  const row = multiplexers.find(
    (each) => each.kind === kind && each.connections === connections && each.activity === activity,
  );
  if (row === undefined) throw new Error(`The lab did not measure ${kind} at ${connections} connections.`);
  return { waiting: row.waiting ?? Number.NaN, total: row.total ?? Number.NaN, endedAt: row.endedAt };
}

/**
 * @param {Results} results
 * @param {'heap' | 'wheel'} kind
 * @param {number} count
 */
export function timerOf({ timers }, kind, count) {
  const row = timers.find((each) => each.kind === kind && each.timers === count);
  if (row === undefined) throw new Error(`The lab did not measure the ${kind} at ${count} timers.`);
  return row;
}

/** @param {number} value two digits that count */
const precise = (value) => String(value >= 100 ? Math.round(value) : Number(value.toPrecision(2)));

/** @param {number} value in nanoseconds */
export const microseconds = (value) => `${precise(value / 1000)} µs`;
/** @param {number} value */
export const nanoseconds = (value) => precise(value);

/**
 * How `a` compares to `b`: "about as much as", "1.4 times as much as".
 * @param {number} a
 * @param {number} b
 */
export const times = (a, b) => (Math.abs(a / b - 1) < 0.1 ? 'about as much as' : `${precise(a / b)} times as much as`);

/**
 * By how much it grew.
 * @param {number} from
 * @param {number} to
 */
export const factor = (from, to) => `${precise(to / from)}-fold`;
