/** An operator's looks into this worker, one at a time: what records them is loaded when the first one comes. */
import { reasonOf } from '../contract/errors.ts';
import type { ArbiterMessage, WorkerMessage } from '../contract/messages.ts';
import type { Recorder } from './recorder.ts';

export type Look = Extract<ArbiterMessage, { type: 'record' | 'recordNext' | 'recordOff' }>;

export class Looks {
  readonly #send: (message: WorkerMessage) => void;
  #recorder: Recorder | undefined;
  /** Counts them: one may be called off while the recorder is loaded. */
  #number = 0;

  constructor(send: (message: WorkerMessage) => void) {
    this.#send = send;
  }

  /** @param hasThreads Whether its app is in threads, which cannot be looked into from here. */
  hear(message: Look, hasThreads: boolean): void {
    if (message.type === 'recordNext') {
      void this.#recorder?.next();
      return;
    }
    this.#number += 1;
    this.#recorder?.off();
    this.#recorder = undefined;
    if (message.type === 'record') void this.#begin(message, hasThreads);
  }

  async #begin({ recording }: Extract<Look, { type: 'record' }>, hasThreads: boolean): Promise<void> {
    const number = this.#number;
    const cure = 'run the app in class async or picoev to look into it';
    if (hasThreads) {
      this.#fail(`Worker ${process.pid} has its app in threads: ${cure}.`);
      return;
    }
    try {
      const { Recorder } = await import('./recorder.ts');
      if (number !== this.#number) return;
      this.#recorder = new Recorder(this.#send);
      await this.#recorder.begin(recording);
    } catch (error) {
      this.#fail(`Worker ${process.pid} cannot be looked into: ${reasonOf(error)}.`);
    }
  }

  #fail(reason: string): void {
    this.#send({ type: 'recordFailed', reason });
  }
}
