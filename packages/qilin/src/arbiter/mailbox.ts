/** A queue with one reader: whatever happens outside is put in with its time, and the arbiter's loop takes it out. */
import type { Milliseconds } from '../contract/units.ts';

export interface Letter<Event> {
  readonly event: Event;
  /** When it was put in, by the monotonic clock. */
  readonly at: Milliseconds;
}

export class Mailbox<Event> {
  readonly #letters: Letter<Event>[] = [];
  #wake: (() => void) | undefined;

  put(event: Event): void {
    this.#letters.push({ event, at: performance.now() });
    this.#wake?.();
  }

  /** The oldest letter, if there is one. */
  poll(): Letter<Event> | undefined {
    return this.#letters.shift();
  }

  /** The oldest letter; waits for one when there is none. */
  async take(): Promise<Letter<Event>> {
    for (;;) {
      const letter = this.poll();
      if (letter !== undefined) return letter;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }
}
