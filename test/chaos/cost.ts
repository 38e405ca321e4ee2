/** What a fault may cost, and what it has cost beyond that. Pure. */

export interface Cost {
  /** Whether it kills processes: requests that those had in hand may be lost, and no other ever. */
  readonly kills: boolean;
  /** What the log may say of it with level WARNING and above. */
  readonly alarms: readonly RegExp[];
}

export const NOTHING: Cost = { kills: false, alarms: [] };

/** What the log has of a worker that was killed. */
export const KILLED = /Worker exited \(pid: \d+, signal SIGKILL\)/;

/** What came of it. */
export interface Toll {
  /** Requests that were lost with the processes that had them in hand. */
  readonly forgiven: number;
  /** All others that were lost, or answered wrongly, as the clients tell it; empty when there are none. */
  readonly faults: string;
  /** What the log said meanwhile. */
  readonly log: string;
}

/**
 * What is no alarm, whatever is done. A busy machine may have an event loop wait. And workers that end within a second of service count
 * as failed starts, where no other had served for longer: those that the fault before has had started may be among them.
 */
const ALWAYS = [
  /event loop of (?:worker|thread) .*(?:has been blocked|turns again)/,
  /Next worker in \d+ s: \d+ starts in a row/,
];

/** Messages of level WARNING and above, each without the lines that follow it, such as a stack. */
export const alarmsOf = (log: string): readonly string[] =>
  log.split('\n').filter((line) => /^\[[^\]]+\] \[\d+\] \[(?:WARNING|ERROR|CRITICAL)\] /.test(line));

/** What the cost does not cover, a sentence each; empty when all is well. */
export function beyond({ kills, alarms }: Cost, { forgiven, faults, log }: Toll): readonly string[] {
  const allowed = [...ALWAYS, ...alarms];
  const others = alarmsOf(log).filter((line) => !allowed.some((pattern) => pattern.test(line)));
  return [
    ...(faults === '' ? [] : [`requests were lost: ${faults}`]),
    ...(kills || forgiven === 0 ? [] : [`it kills nobody, and ${forgiven} requests were lost with a process`]),
    ...others.map((line) => `the log says: ${line}`),
  ];
}
