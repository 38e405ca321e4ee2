/** What the log says of requests that are cut since the time for them is over: `gracefulTimeout`. */
import type { Log } from '../contract/log.ts';
import { type Milliseconds, toMilliseconds } from '../contract/units.ts';
import type { RequestInHand } from '../contract/worker-class.ts';
import { pathOf } from '../observe/access-line.ts';
import { escapeValue } from '../observe/escape.ts';

/** The oldest tell most; ten thousand lines would tell no more. */
const MOST_TOLD = 10;
/** Characters of a path, or a method. */
const LONGEST_VALUE = 200;

/** To be called before they are cut. Queries are left out: they hold what belongs in no log. */
export function logCutRequests(log: Log, requests: readonly RequestInHand[]): void {
  if (requests.length === 0) return;
  const told = [...requests].sort((a, b) => b.age - a.age).slice(0, MOST_TOLD);
  const lines = told.map((each) => `    ${shown(each.method)} ${shown(pathOf(each))}, ${ageOf(each)}`);
  const rest = requests.length - told.length;
  if (rest > 0) lines.push(`    and ${rest} more`);
  log.warning(['Cut by that, the oldest first:', ...lines].join('\n'));
}

function shown(value: string): string {
  const isLong = value.length > LONGEST_VALUE;
  return escapeValue(isLong ? value.slice(0, LONGEST_VALUE) : value) + (isLong ? '...' : '');
}

function ageOf({ age, protocol, isUnanswered }: RequestInHand): string {
  const seconds = `${(age / toMilliseconds(1)).toFixed(1)} s old`;
  const remark = isUnanswered ? '503' : protocol;
  return remark === undefined ? seconds : `${seconds} (${shown(remark)})`;
}

/** When a request came, by the object that stands for it. */
const CAME = Symbol('came');

interface Timed {
  [CAME]?: Milliseconds;
}

export function noteCame(request: object & Timed): void {
  request[CAME] = performance.now();
}

/** 0 for one of which nobody has noted it. */
export const ageOfRequest = (request: object & Timed): Milliseconds => {
  const now = performance.now();
  return now - (request[CAME] ?? now);
};
