/**
 * Recordings of workers (a profile, a snapshot of a heap) on their way to whoever asked. Invariant: of each there is one part here, and
 * the worker makes the next when that was taken. Whichever end goes first, the other is free again within a second.
 */
import type { Recording, WorkerMessage } from '../contract/messages.ts';
import type { Milliseconds } from '../contract/units.ts';
import { Refusal } from '../control/refusal.ts';
import type { WorkerHandle } from './worker-handle.ts';

/** Resolves with false when nobody takes it any more. */
export type TakePart = (part: string) => Promise<boolean>;

type Said = Extract<WorkerMessage, { type: 'recorded' | 'recordFailed' }>;
type Recorded = Pick<WorkerHandle, 'age' | 'pid' | 'record' | 'recordNext' | 'recordOff'>;

/** For the next part: a snapshot is taken at once, of a large heap for many seconds. */
const PATIENCE: Milliseconds = 60_000;
/** How often to look whether anybody still waits for it: only what is written shows that. */
const LOOK_EACH: Milliseconds = 1_000;

/** What ends the wait for a worker's word: that word, the worker's end, its silence, or that of whoever asked. */
type Heard = Said | 'ended' | 'silent' | 'deserted';

export class Recordings {
  /** By the age of the worker, from the beginning to the end of a recording: who hears its next word, or its end. */
  readonly #recorded = new Map<number, (heard: Said | 'ended') => void>();

  /** @throws Refusal */
  async record(worker: Recorded, recording: Recording, take: TakePart): Promise<void> {
    const { age, pid } = worker;
    if (this.#recorded.has(age)) throw new Refusal(`Worker ${pid} is being recorded already: wait until that is over.`);
    const what = recording.what === 'profile' ? 'profile' : 'heap snapshot';
    const words = new Words(take);
    this.#recorded.set(age, (heard) => words.hear(heard));
    try {
      worker.record(recording);
      const first = recording.what === 'profile' ? recording.seconds * 1000 + PATIENCE : PATIENCE;
      for (let heard = await words.next(first); ; heard = await words.next(PATIENCE)) {
        const { part, isLast } = partIn(heard, pid, what);
        const isTaken = await take(part);
        if (isLast) return;
        if (!isTaken) throw new Refusal(desertedBy(pid, what));
        worker.recordNext();
      }
    } catch (error) {
      worker.recordOff();
      throw error;
    } finally {
      this.#recorded.delete(age);
    }
  }

  hear(age: number, said: Said): void {
    this.#recorded.get(age)?.(said);
  }

  /** It has ended. */
  gone(age: number): void {
    this.#recorded.get(age)?.('ended');
  }
}

/** Of one recording: what the worker says, kept until it is asked for, as it may end while a part of it is on its way. */
class Words {
  readonly #take: TakePart;
  #heard: Said | 'ended' | undefined;
  #onHeard: (heard: Heard) => void = () => {};

  constructor(take: TakePart) {
    this.#take = take;
  }

  hear(heard: Said | 'ended'): void {
    this.#heard = heard;
    this.#onHeard(heard);
  }

  async next(limit: Milliseconds): Promise<Heard> {
    const heard = this.#heard ?? (await this.#wait(limit));
    if (heard !== 'ended') this.#heard = undefined;
    return heard;
  }

  async #wait(limit: Milliseconds): Promise<Heard> {
    const heard = new Promise<Heard>((resolve) => {
      this.#onHeard = resolve;
    });
    const silence = setTimeout(() => this.#onHeard('silent'), limit);
    const looks = setInterval(async () => {
      if (!(await this.#take(''))) this.#onHeard('deserted');
    }, LOOK_EACH);
    try {
      return await heard;
    } finally {
      clearTimeout(silence);
      clearInterval(looks);
    }
  }
}

/** @throws Refusal where there is none */
function partIn(heard: Heard, pid: number, what: string): Extract<Said, { type: 'recorded' }> {
  if (heard === 'silent')
    throw new Refusal(`Worker ${pid} does not answer: \`qilinctl stacks ${pid}\` tells where it is stuck.`);
  if (heard === 'ended') throw new Refusal(`Worker ${pid} has ended meanwhile.`);
  if (heard === 'deserted') throw new Refusal(desertedBy(pid, what));
  if (heard.type === 'recordFailed') throw new Refusal(heard.reason);
  return heard;
}

const desertedBy = (pid: number, what: string): string => `Nobody takes the ${what} of worker ${pid} any more.`;
