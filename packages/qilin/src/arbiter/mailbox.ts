/** A queue with one reader: whatever happens outside is put in with its time, and the arbiter's loop takes it out. */
import type { Milliseconds } from '../contract/units.ts';

interface Letter<Event> {
  readonly event: Event;
  /** When it was put in, by the monotonic clock. */
  readonly at: Milliseconds;
}

export class Mailbox<Event> {
  #letters: Letter<Event>[] = [];
  #wake: (() => void) | undefined;

  put(event: Event): void {
    this.#letters.push({ event, at: performance.now() });
    this.#wake?.();
  }

  /** All letters, the oldest first; waits for one when there is none. */
  async take(): Promise<readonly Letter<Event>[]> {
    while (this.#letters.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const letters = this.#letters;
    this.#letters = [];
    return letters;
  }
}
