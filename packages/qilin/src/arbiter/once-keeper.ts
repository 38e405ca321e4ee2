/**
 * The tasks of `once`, as leases.ts has them, told to those who run them. Of the two arbiters of an upgrade the older decides: the newer
 * passes on what its workers ask, until it is alone. Invariant: whoever takes over knows what ran before, and waits for it by its pid.
 */
import type { Log } from '../contract/log.ts';
import { type OnceAsking, type OnceOrder, readOnceAsking, readOnceOrder } from '../contract/once.ts';
import type { Fleet } from './fleet.ts';
import { ask, decide, gone, hold, holders, type Leases, letGo, NO_LEASES, OF_HEIR, rankIn } from './leases.ts';

/** Of all workers: an app that asks with ever new names must not fill the arbiter's memory. */
const MOST_ASKERS = 10_000;

interface OnceWorker {
  readonly age: number;
  readonly generation: number;
  readonly pid: number;
  once(order: OnceOrder): void;
}

/** Between the arbiters of an upgrade. */
export interface OnceRelay {
  /** The one before is there. */
  readonly isSuccessor: boolean;
  tellPredecessor(message: object): void;
  tellSuccessor(message: object): void;
}

interface Parts {
  readonly fleet: () => Fleet;
  readonly log: () => Log;
  readonly relay: OnceRelay;
  readonly worker: (age: number) => OnceWorker | undefined;
  readonly isAlive: (pid: number) => boolean;
}

export class OnceKeeper {
  readonly #parts: Parts;
  #leases: Leases = NO_LEASES;
  /** What another arbiter had run when it was last heard: task and process. */
  #elsewhere: readonly (readonly [task: string, pid: number])[] = [];
  #hasToldFull = false;
  /** The last list that the new arbiter was told. */
  #toldHeld = '[]';

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  hear(worker: OnceWorker, message: OnceAsking): void {
    const { relay } = this.#parts;
    const key = `${worker.age}:${message.id}`;
    if (message.type === 'onceAsk') {
      if (this.#isFull()) return;
      const { age, generation, pid } = worker;
      this.#leases = ask(this.#leases, { key, task: message.task, age, generation, pid });
      if (relay.isSuccessor) relay.tellPredecessor({ once: { ...message, id: key, pid } });
      return;
    }
    this.#leases = letGo(this.#leases, key, message.end, performance.now());
    if (relay.isSuccessor) relay.tellPredecessor({ once: { ...message, id: key } });
  }

  /** @param isFault It was not ended by anybody's hand. */
  gone(age: number, isFault: boolean): void {
    const { relay } = this.#parts;
    const left = this.#leases.askers.filter((asker) => asker.age === age);
    this.#leases = gone(this.#leases, (asker) => asker.age === age, isFault, performance.now());
    if (!relay.isSuccessor) return;
    for (const { key } of left) relay.tellPredecessor({ once: { type: 'onceLet', id: key, end: 'left' } });
  }

  /** As the old arbiter: what the new one passes on. */
  hearSuccessor(said: Readonly<Record<string, unknown>>): void {
    const message = readOnceAsking(said);
    if (message === undefined) return;
    const key = `heir:${message.id}`;
    const { pid } = said;
    // It may know nothing yet.
    this.#toldHeld = '';
    if (message.type === 'onceLet') this.#leases = letGo(this.#leases, key, message.end, performance.now());
    else if (typeof pid === 'number' && !this.#isFull())
      this.#leases = ask(this.#leases, { key, task: message.task, age: null, generation: OF_HEIR, pid });
  }

  /** As the old arbiter: the new one has ended. Its workers may be there for a while. */
  successorGone(): void {
    const ran = holders(this.#leases).filter(({ age }) => age === null);
    this.#elsewhere = [...this.#elsewhere, ...ran.map(({ task, pid }) => [task, pid] as const)];
    this.#leases = gone(this.#leases, ({ age }) => age === null, false, performance.now());
    this.#toldHeld = '[]';
  }

  /** As the new arbiter: what the old one decides, and what its own workers run. */
  hearPredecessor(said: Readonly<Record<string, unknown>>): void {
    if (!this.#parts.relay.isSuccessor) return;
    const held = said['held'];
    if (Array.isArray(held)) this.#elsewhere = held.filter(isHeld);
    const order = readOnceOrder(said);
    if (order === undefined) return;
    const asker = this.#leases.askers.find(({ key }) => key === order.id);
    if (asker === undefined) return;
    if (order.type === 'onceRun') this.#leases = hold(this.#leases, asker.key, performance.now());
    else this.#leases = letGo(this.#leases, asker.key, 'left', performance.now());
    this.#tell(asker.key, asker.age, order.type);
  }

  /** To be called after each change, and at each tick. */
  follow(): undefined {
    const { relay, fleet, isAlive } = this.#parts;
    if (relay.isSuccessor || (this.#leases.askers.length === 0 && this.#toldHeld === '[]')) return;
    this.#elsewhere = this.#elsewhere.filter(([, pid]) => isAlive(pid));
    const blocked = new Set(this.#elsewhere.map(([task]) => task));
    const { leases, run, done } = decide(this.#leases, rankIn(fleet()), (task) => blocked.has(task), performance.now());
    this.#leases = leases;
    // First of all, should this arbiter be killed here.
    this.#tellHeld();
    for (const { key, age } of run) this.#tell(key, age, 'onceRun');
    for (const { key, age } of done) this.#tell(key, age, 'onceDone');
  }

  #tellHeld(): void {
    const held = holders(this.#leases).flatMap(({ age, task, pid }) => (age === null ? [] : [[task, pid]]));
    const text = JSON.stringify(held);
    if (text === this.#toldHeld) return;
    this.#toldHeld = text;
    this.#parts.relay.tellSuccessor({ once: { held } });
  }

  #tell(key: string, age: number | null, type: OnceOrder['type']): void {
    if (age === null) this.#parts.relay.tellSuccessor({ once: { type, id: key.slice('heir:'.length) } });
    else this.#parts.worker(age)?.once({ type, id: key.slice(key.indexOf(':') + 1) });
  }

  #isFull(): boolean {
    if (this.#leases.askers.length < MOST_ASKERS && this.#leases.tasks.size < MOST_ASKERS) return false;
    if (!this.#hasToldFull)
      this.#parts.log().error(`once() waits for ${MOST_ASKERS} tasks already: what more is asked for does not run`);
    this.#hasToldFull = true;
    return true;
  }
}

const isHeld = (value: unknown): value is readonly [string, number] =>
  Array.isArray(value) && typeof value[0] === 'string' && typeof value[1] === 'number' && value[1] > 0;
