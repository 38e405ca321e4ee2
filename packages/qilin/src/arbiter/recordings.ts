/**
 * Recordings of workers (a profile, a snapshot of a heap) on their way to whoever asked. Invariant: of each there is one part here, and
 * the worker makes the next when that was taken.
 */
import type { Recording, WorkerMessage } from '../contract/messages.ts';
import type { Milliseconds } from '../contract/units.ts';
import { Refusal } from '../control/control-server.ts';
import type { WorkerHandle } from './worker-handle.ts';

/** Resolves with false when nobody takes it any more. */
export type TakePart = (part: string) => Promise<boolean>;

type Said = Extract<WorkerMessage, { type: 'recorded' | 'recordFailed' }>;

/** For the next part: a snapshot is taken at once, of a large heap for many seconds. */
const PATIENCE: Milliseconds = 60_000;

export class Recordings {
  /** By the age of the worker: who waits for its next word; `null` is its end, undefined its silence. */
  readonly #waiting = new Map<number, (said: Said | null | undefined) => void>();
  readonly #busy = new Set<number>();

  /** @throws Refusal */
  async record(worker: WorkerHandle, recording: Recording, take: TakePart): Promise<void> {
    const { age, pid } = worker;
    if (this.#busy.has(age)) throw new Refusal(`Worker ${pid} is being recorded already: wait until that is over.`);
    this.#busy.add(age);
    try {
      worker.record(recording);
      const [what, first] =
        recording.what === 'profile' ? ['profile', recording.seconds * 1000 + PATIENCE] : ['heap snapshot', PATIENCE];
      for (let said = await this.#next(worker, first); ; said = await this.#next(worker, PATIENCE)) {
        const isTaken = await take(said.part);
        if (said.isLast) return;
        if (!isTaken) throw new Refusal(`Nobody takes the ${what} of worker ${pid} any more.`);
        worker.recordNext();
      }
    } catch (error) {
      worker.recordOff();
      throw error;
    } finally {
      this.#busy.delete(age);
    }
  }

  hear(age: number, said: Said): void {
    this.#waiting.get(age)?.(said);
  }

  /** It has ended. */
  gone(age: number): void {
    this.#waiting.get(age)?.(null);
  }

  async #next({ age, pid }: WorkerHandle, limit: Milliseconds): Promise<Extract<Said, { type: 'recorded' }>> {
    const said = await new Promise<Said | null | undefined>((resolve) => {
      const timer = setTimeout(resolve, limit, undefined);
      this.#waiting.set(age, (word) => {
        clearTimeout(timer);
        resolve(word);
      });
    });
    this.#waiting.delete(age);
    if (said === undefined)
      throw new Refusal(`Worker ${pid} does not answer: \`qilinctl stacks ${pid}\` tells where it is stuck.`);
    if (said === null) throw new Refusal(`Worker ${pid} has ended meanwhile.`);
    if (said.type === 'recordFailed') throw new Refusal(said.reason);
    return said;
  }
}
