/** Says which line of JavaScript keeps an event loop from turning, while it does. */
import { addon } from './addon.ts';

/** An event loop that has not turned for longer than it may. */
export interface Stall {
  /** Time since the last beat, in milliseconds. */
  readonly stalledFor: number;
  /** Where JavaScript is, the innermost call first, as in an error's `stack`: `    at name (file:line:column)`, a line each. */
  readonly stack: string;
}

/** An integer of 32 bits: 24 days. */
const LONGEST = 2 ** 31 - 1;

/** Enough to lead from what blocks through any framework to what called it. */
const FRAMES = 50;

/**
 * Watches the event loop of this thread, by a native thread that sleeps. A stall is told while it lasts, at the next place
 * where V8 takes an interrupt: a loop's turn, a call, a backtrack of a regular expression. Native code that runs long by
 * itself (a large `JSON.parse`, a synchronous system call) is told of when it has returned to JavaScript, with the place
 * behind it; if it never returns, not at all.
 *
 * @param onStall Called once for each stall, amid whatever JavaScript runs, even between two steps of one statement: it
 *   must not touch what that may be at work on. What it throws is dropped.
 * @returns what the event loop is to call now and then: from each call on, more than `limit` milliseconds without another
 *   is a stall (0: nothing is). Undefined where V8 cannot be interrupted.
 */
export function watchStalls(onStall: (stall: Stall) => void): ((limit: number) => void) | undefined {
  const tell = (stalledFor: number): void => onStall({ stalledFor, stack: stackAbove(tell) });
  const watch = addon().watchStalls(tell);
  return watch && ((limit) => watch.beat(Math.min(Math.ceil(limit), LONGEST)));
}

/** The calls that led to that of `callee`. */
function stackAbove(callee: (stalledFor: number) => void): string {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = FRAMES;
  try {
    const place: { stack?: unknown } = {};
    Error.captureStackTrace(place, callee);
    // A program may have put something of its own in the place of the text.
    const lines = String(place.stack).split('\n');
    return lines.filter((line) => /^ +at /.test(line)).join('\n');
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
