/** The signals of an arbiter, Gunicorn's. Handlers only enqueue; the arbiter's loop acts. */

import { closeSync, constants, openSync } from 'node:fs';

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

/** Returns a function that takes the handlers away again. */
export function listenForSignals(enqueue: (signal: ArbiterSignal) => void): () => void {
  const handlers = ARBITER_SIGNALS.map((signal) => [signal, () => enqueue(signal)] as const);
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
