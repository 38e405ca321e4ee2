/** Says which line of JavaScript keeps an event loop from turning, while it does. */
import { addon } from './addon.ts';

/** An integer of 32 bits: 24 days. */
const LONGEST = 2 ** 31 - 1;

/** In milliseconds, 0 for ever. */
export interface StallLimits {
  /** More without another call is told: the thread says itself that it is well. */
  readonly silence: number;
  /**
   * An event loop that has neither turned nor waited for so long is told, an eighth of it later at most, and how long it was when it turns. The
   * time in which no CPU was free for it does not count (Linux).
   */
  readonly stall: number;
}

/**
 * Watches the event loop of this thread, by a native thread that looks now and then. What it finds it writes by itself to `fd`,
 * a line of JSON each:
 *
 * - `{"type":"stall","thread":number,"last":false,"for":milliseconds,"frames":[[function,script,line,column],…],"maps":{}}`: the event loop
 *   stands still, and JavaScript is there, the innermost call first. `maps` has the source maps that the scripts bring with them, by
 *   script, as `data:` URLs. With `last`, the silence has come to its limit.
 * - `{"type":"stallOver","thread":number,"for":milliseconds}`: it turns again.
 *
 * Where JavaScript is is told at the next place where V8 takes an interrupt: a loop's turn, a call, a backtrack of a regular
 * expression. Native code that runs long by itself (a large `JSON.parse`, a synchronous system call) is told of when it has returned to
 * JavaScript, with the place behind it; if the event loop turns before that, only that it is over is told, and how long it was.
 *
 * @param fd Of a pipe or a socket; it stays the caller's, and must stay open as long as this thread lives. A reader that does not keep up for a
 *   second misses lines.
 * @returns what the event loop is to call now and then, with what holds from each call on. Undefined where V8 cannot be interrupted, or cannot tell
 *   its stack.
 */
export function watchStalls(fd: number, number: number): ((limits: StallLimits) => void) | undefined {
  const watch = addon().watchStalls(fd, number);
  return watch && (({ silence, stall }) => watch.beat(bounded(silence), bounded(stall)));
}

const bounded = (time: number): number => Math.min(Math.ceil(time), LONGEST);
