/** The signals of an arbiter, Gunicorn's. Handlers only enqueue; the arbiter's loop acts. */

import { closeSync, constants, openSync } from 'node:fs';
import type { Milliseconds } from '../contract/units.ts';

const ARBITER_SIGNALS = [
  'SIGHUP',
  'SIGQUIT',
  'SIGINT',
  'SIGTERM',
  'SIGTTIN',
  'SIGTTOU',
  'SIGUSR1',
  'SIGUSR2',
  'SIGWINCH',
] as const satisfies readonly NodeJS.Signals[];

export type ArbiterSignal = (typeof ARBITER_SIGNALS)[number];

/**
 * Of two signals that are sent one right after the other, the kernel may give each to another thread of this process, and the second
 * may be heard first. USR2 and TERM mean "hand over", TERM and USR2 an end: so TERM waits for what was sent with it.
 */
const TERM_WAITS: Milliseconds = 5;

/** Returns a function that takes the handlers away again. */
export function listenForSignals(enqueue: (signal: ArbiterSignal) => void): () => void {
  const handlers = ARBITER_SIGNALS.map((signal) => {
    const hear = () => enqueue(signal);
    return [signal, signal === 'SIGTERM' ? () => void setTimeout(hear, TERM_WAITS) : hear] as const;
  });
  for (const [signal, handler] of handlers) process.on(signal, handler);
  return () => {
    for (const [signal, handler] of handlers) process.off(signal, handler);
  };
}

/** Whether this process belongs to a terminal; a daemon, a service and a container without one do not. */
export function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', constants.O_RDONLY | constants.O_NOCTTY));
    return true;
  } catch {
    return false;
  }
}
