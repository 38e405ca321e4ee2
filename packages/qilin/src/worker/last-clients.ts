/** What a worker that leaves does for the last of its clients. */
import { setTimeout as pause } from 'node:timers/promises';
import { type Milliseconds, type Seconds, toMilliseconds } from '../contract/units.ts';

/** The first request of who was accepted at last is on its way, also where `keepalive` is 0. */
const FIRST_REQUEST: Milliseconds = 2_000;

/** Who finds no place waits so long for one: others may come all the while, and other workers take them. */
const FOR_A_PLACE: Milliseconds = 1_000;
/** Where nobody else will take them. Not for longer: whoever comes meanwhile is let in by the kernel, and refused when it is over. */
const FOR_THE_LAST_PLACE: Milliseconds = 5_000;
const LOOK_EVERY: Milliseconds = 5;

/** How long it waits for the next request of silent connections. */
export const lastPatience = (keepalive: Seconds): Milliseconds => Math.max(toMilliseconds(keepalive), FIRST_REQUEST);

/** The queues of the listening sockets. */
interface Queues {
  /** Accepts what there is room for, and returns how many still wait. */
  takeRest(): number;
  /** How many have been accepted so far. */
  readonly accepted: number;
}

export class LastClients {
  #serverEnds = false;

  /** Nobody takes the place of this worker, nor its clients. */
  serverEnds(): void {
    this.#serverEnds = true;
  }

  /**
   * Resolves when nothing waits in the queues, or not for longer. Where the arbiter has closed its own sockets, the kernel resets what is in
   * a queue when the last worker closes its: so where the server ends, those who were there before have 5 s for a place, since idle
   * connections alone keep theirs for 2 s; half of `gracefulTimeout` at most, as the other half is for their requests.
   */
  async empty(queues: Queues, gracefulTimeout: Seconds): Promise<void> {
    const begin = performance.now();
    const longest = Math.min(FOR_THE_LAST_PLACE, toMilliseconds(gracefulTimeout) / 2);
    const wereThere = queues.takeRest() + queues.accepted;
    const goesOn = () => {
      const waited = performance.now() - begin;
      if (waited < FOR_A_PLACE) return true;
      return this.#serverEnds && waited < longest && queues.accepted < wereThere;
    };
    while (queues.takeRest() > 0 && goesOn()) await pause(LOOK_EVERY);
  }
}
