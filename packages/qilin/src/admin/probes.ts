/** What the probes of an orchestrator are told. Pure. */

import type { ServerState } from '../contract/status.ts';
import type { Milliseconds } from '../contract/units.ts';

/** As much of the server as the probes depend on. */
export interface Pulse {
  readonly state: ServerState;
  /** Whether its first workers have got ready once. */
  readonly hasStarted: boolean;
  /** Workers that serve. */
  readonly ready: number;
  /** For how long none of these has shown a sign of life; 0 while one of them does. */
  readonly stuckFor: Milliseconds;
  /** Setting `unreadyWhenStuck`. */
  readonly unreadyWhenStuck: boolean;
}

export interface Probe {
  readonly isFine: boolean;
  /** Why it is not; also what an operator should know though it is. */
  readonly reason?: string;
}

/** By path. That there is an answer at all is the one that `/livez` wants. */
export const PROBES: Readonly<Record<string, (pulse: Pulse) => Probe>> = {
  '/livez': () => ({ isFine: true }),
  '/startupz': ({ hasStarted }) => (hasStarted ? { isFine: true } : { isFine: false, reason: 'starting' }),
  '/readyz': readiness,
};

function readiness({ state, hasStarted, ready, stuckFor, unreadyWhenStuck }: Pulse): Probe {
  if (state === 'draining' || state === 'stopping') return { isFine: false, reason: state };
  if (ready === 0) return { isFine: false, reason: hasStarted ? 'no worker ready' : 'starting' };
  if (stuckFor === 0) return { isFine: true };
  return { isFine: !unreadyWhenStuck, reason: `all workers stuck for ${(stuckFor / 1000).toFixed(1)} s` };
}
