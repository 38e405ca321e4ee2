/**
 * What the memory limit leaves for one process more. Workers that outgrow their bound faster than the old ones leave would double, and
 * treble, the memory in use; the kernel would then end one of them, with all that it has in hand.
 */
import { join } from 'node:path';
import type { Heartbeat } from '../contract/messages.ts';
import { NO_STATS, type WorkerStats } from '../contract/stats.ts';
import type { Milliseconds } from '../contract/units.ts';
import { type ControlGroup, controlGroups, type Machine, thisMachine } from '../settings/machine.ts';
import { memoryLimits } from '../settings/memory-limit.ts';
import { OF_A_SUCCESSOR } from '../settings/worker-heap.ts';
import { isLeaving, mayWaitForMemory, outgrown, type WorkerView } from './fleet.ts';
import type { ArbiterState } from './state.ts';

const MIB = 2 ** 20;

/** Of what is resident: Node's program, the same for all. */
const SHARED = 40 * MIB;
/** What is resident of a worker at least, before it has a request. */
const BARE = 60 * MIB;
/** What a worker may be beyond its bound. */
const BEYOND = 16 * MIB;
/** In which the old ones have left. What leaks for days takes no more in that than it takes to boot. */
const AHEAD: Milliseconds = 5_000;
/** Between two lines about it. */
const TOLD_EVERY: Milliseconds = 60_000;

export class MemoryRoom {
  readonly #state: ArbiterState;
  readonly #lastOf: (age: number) => Heartbeat | undefined;
  readonly #left: () => number | undefined;
  #toldAt = Number.NEGATIVE_INFINITY;

  /**
   * @param lastOf the last sign of life of a worker; undefined before the first
   * @param left bytes that the memory limit leaves; undefined where there is none
   */
  constructor(state: ArbiterState, lastOf: (age: number) => Heartbeat | undefined, left = memoryLeft) {
    this.#state = state;
    this.#lastOf = lastOf;
    this.#left = left;
  }

  /** Whether a worker of that generation is to wait until one that has outgrown its memory has left. */
  isLackingFor(generation: number, now: Milliseconds): boolean {
    const { fleet, log } = this.#state;
    if (!mayWaitForMemory(fleet, generation, now)) return false;
    const left = this.#left();
    if (left === undefined || left >= this.#needed()) return false;
    if (now - this.#toldAt >= TOLD_EVERY) {
      this.#toldAt = now;
      const free = `${(Math.max(0, left) / MIB).toFixed(0)} MiB`;
      log.info(`The next worker waits until another has left: the memory limit leaves ${free}`);
    }
    return true;
  }

  /** By a worker more, and by the others meanwhile: each goes on as fast as the one that was the first to outgrow its memory. */
  #needed(): number {
    const { fleet } = this.#state;
    const large = outgrown(fleet);
    const full = Math.max(...large.map(({ age }) => this.#residentOf(age))) + BEYOND;
    const haste = Math.min(1, ...large.map(({ outgrewIn }) => AHEAD / Math.max(1, outgrewIn ?? AHEAD)));
    const grown = (full - SHARED) * haste;
    const others = fleet.workers.filter((worker) => !isLeaving(worker)).map(({ age }) => this.#residentOf(age));
    const growth = others.map((resident) => Math.min(full - resident, resident === 0 ? full - SHARED : grown));
    const all = [Math.max(OF_A_SUCCESSOR, grown), ...growth, this.#owed(large) * haste];
    return all.reduce((sum, bytes) => sum + Math.max(0, bytes), 0);
  }

  /** By the next request of each client, whoever answers it, where all leave as much behind as those so far. */
  #owed(large: readonly WorkerView[]): number {
    const each = large.map(({ age }) => (this.#residentOf(age) - BARE) / Math.max(1, this.#statsOf(age).requests));
    const clients = this.#state.fleet.workers.reduce((sum, { age }) => sum + this.#statsOf(age).connections, 0);
    return Math.max(0, ...each) * clients;
  }

  #residentOf(age: number): number {
    return this.#lastOf(age)?.usage.resident ?? 0;
  }

  #statsOf(age: number): WorkerStats {
    return this.#lastOf(age)?.stats ?? NO_STATS;
  }
}

/** Bytes that the limit leaves; undefined where there is none. What the kernel keeps of files, and gives back when asked, is no use. */
export function memoryLeft(machine: Machine = thisMachine): number | undefined {
  const { group: limit } = memoryLimits(machine);
  if (limit === null) return undefined;
  return limit - Math.max(0, ...controlGroups(machine, 'memory').map((group) => inUse(machine, group)));
}

/** Files that are mapped, Node's program above all, could be given back, but would be read again at once. */
const COUNTED = {
  1: ['total_rss', 'total_mapped_file'],
  2: ['anon', 'file_mapped', 'kernel_stack', 'pagetables', 'slab_unreclaimable', 'sock'],
};

function inUse(machine: Machine, { version, folders }: ControlGroup): number {
  const folder = folders.at(-1) ?? '';
  const stat = machine.readFile(join(folder, 'memory.stat')) ?? '';
  const counts = new Map([...stat.matchAll(/^(\w+) (\d+)$/gm)].map(([, name = '', count]) => [name, Number(count)]));
  const ofKernel = version === 1 ? Number(machine.readFile(join(folder, 'memory.kmem.usage_in_bytes')) ?? 0) : 0;
  return COUNTED[version].reduce((sum, name) => sum + (counts.get(name) ?? 0), ofKernel);
}
