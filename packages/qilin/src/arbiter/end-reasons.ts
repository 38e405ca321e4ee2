/** Why a worker's process has ended that nobody here told to: no memory was left for it, of its own heap or of its control group. */
import type { WorkerUsage } from '../contract/stats.ts';
import { memoryLimits, oomKills } from '../settings/memory-limit.ts';
import type { WorkerView } from './fleet.ts';
import type { WorkerExit } from './worker-handle.ts';

/** What a shell, or a wrapper of Node, makes of SIGABRT. */
const ABORTED = 134;

const MIB = 2 ** 20;

interface Ways {
  /** How many processes the kernel has ended so far, in this control group, for want of memory. */
  readonly oomKills: () => number;
  /** The memory limit that holds, in bytes; null for none. */
  readonly limit: () => number | null;
}

export class EndReasons {
  readonly #ways: Ways;
  /** Kills that a worker's end has explained, or that were before all of them. */
  #known: number;

  constructor(ways: Ways = { oomKills, limit: () => memoryLimits().group }) {
    this.#ways = ways;
    this.#known = ways.oomKills();
  }

  /**
   * To be read behind how it ended; empty where that says all.
   * @param usage At its last sign of life.
   */
  explain(
    { status, signal }: WorkerExit,
    view: WorkerView | undefined,
    usage: Omit<WorkerUsage, 'lag'> | undefined,
  ): string {
    if (signal === 'SIGKILL' && view?.killed !== true) return this.#killed();
    const isAborted = signal === 'SIGABRT' || status === ABORTED;
    return isAborted && view?.state !== 'aborting' && usage !== undefined ? aborted(usage) : '';
  }

  #killed(): string {
    const kills = this.#ways.oomKills();
    if (kills <= this.#known) return '';
    // One of each: others may have ended by it at the same time.
    this.#known += 1;
    const limit = this.#ways.limit();
    const whose = limit === null ? 'the machine' : `its control group, ${mebibytes(limit)},`;
    return `: the kernel ended it, since the memory of ${whose} did not suffice; see maxMemory and heapLimit`;
  }
}

/** V8 aborts the process whose heap is full. Few others do; half of it in use up to a second before is taken for that. */
function aborted({ heapUsed, heapLimit }: Pick<WorkerUsage, 'heapUsed' | 'heapLimit'>): string {
  const facts = `limit ${mebibytes(heapLimit)}, in use at its last sign of life ${mebibytes(heapUsed)}`;
  return heapUsed >= heapLimit / 2
    ? `: JavaScript heap out of memory (${facts}); see heapLimit and maxMemory`
    : `: it aborted by itself, as V8 does when its heap is out of memory (${facts})`;
}

const mebibytes = (bytes: number): string => `${Math.round(bytes / MIB)} MiB`;
