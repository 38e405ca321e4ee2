/** Lives a life: keeps its state, and does what lifecycle.ts says is to be done. */
import { setImmediate as turnOfEventLoop } from 'node:timers/promises';
import type { Milliseconds } from '../contract/units.ts';
import type { Effect, LeaveSignal, LifeEvent, News } from './life-terms.ts';
import { mayExit, step, UNBORN } from './lifecycle.ts';

/** What a life needs of whoever has it: a worker's process, a thread, a program. */
export interface LifePort {
  load(): Promise<void>;
  start(): Promise<void>;
  /** Resolves when no connection is open. Calls `onQuiet` before, when what is open speaks no HTTP any more. */
  drain(onQuiet: () => void, takesQueue: boolean): Promise<void>;
  stop(): void;
  /**
   * Calls the app's handlers of the signal. Resolves, with the exit status that the app wishes, when it has nothing left to do:
   * at once when it has no handler, and did not close its server either.
   */
  deliver(signal: LeaveSignal | undefined): Promise<number>;
  /** The app's `onShutdown`, and the hooks. */
  sayLastWords(): Promise<void>;
  tell(news: News): void;
  /** There is nothing left to do. */
  finish(status: number): void;
}

export interface Clock {
  now(): Milliseconds;
  after(delay: Milliseconds, run: () => void): void;
}

const CLOCK: Clock = {
  now: () => performance.now(),
  // It need not keep a process that has nothing else to do.
  after: (delay, run) => setTimeout(run, delay).unref(),
};

export class LivedLife {
  #life = UNBORN;
  /** What happened while an effect was at work: its turn comes when all effects are done. */
  readonly #waiting: (readonly [LifeEvent, Milliseconds])[] = [];
  #isAtWork = false;
  readonly #port: LifePort;
  readonly #clock: Clock;

  constructor(port: LifePort, clock = CLOCK) {
    this.#port = port;
    this.#clock = clock;
  }

  get at() {
    return this.#life.at;
  }

  /** Whether `process.exit` of the app ends the process at once. */
  get mayExit(): boolean {
    return mayExit(this.#life);
  }

  happen(event: LifeEvent, now = this.#clock.now()): void {
    this.#waiting.push([event, now]);
    if (this.#isAtWork) return;
    this.#isAtWork = true;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const { life, effects } = step(this.#life, ...next);
      this.#life = life;
      for (const effect of effects) this.#try(effect);
    }
    this.#isAtWork = false;
  }

  /** Whatever a class of the user's throws: the life goes on to its end, and hears what happens meanwhile. */
  #try(effect: Effect): void {
    try {
      this.#perform(effect);
    } catch (error) {
      this.#tellFault(effect, error);
    }
  }

  #tellFault({ type: effect }: Effect, error: unknown): void {
    try {
      this.#port.tell({ type: 'faulty', effect, error });
    } catch {
      // To tell is what fails.
    }
  }

  #perform(effect: Effect): void {
    const port = this.#port;
    switch (effect.type) {
      case 'load':
        this.#boot(port.load(), { type: 'loaded' });
        break;
      case 'start':
        this.#boot(port.start(), { type: 'started' });
        break;
      case 'drain':
        this.#follow(
          effect,
          port.drain(() => this.happen({ type: 'quiet' }), effect.takesQueue).then(() => ({ type: 'drained' })),
          { type: 'drained' },
        );
        break;
      case 'stop':
        port.stop();
        break;
      case 'deliver':
        this.#follow(
          effect,
          port.deliver(effect.signal).then((status) => ({ type: 'idle', status })),
          { type: 'idle', status: 1 },
        );
        break;
      case 'sayLastWords':
        this.#follow(
          effect,
          this.#sayLastWords().then(() => ({ type: 'lastWordsSaid' })),
          { type: 'lastWordsSaid' },
        );
        break;
      case 'wakeAt': {
        const { moment } = effect;
        // A timer may be early by a fraction of a millisecond.
        const wake = () => this.happen({ type: 'wake' }, Math.max(moment, this.#clock.now()));
        this.#clock.after(Math.max(0, moment - this.#clock.now()), wake);
        break;
      }
      case 'tell':
        port.tell(effect.news);
        break;
      case 'finish':
        port.finish(effect.status);
        break;
    }
  }

  /** What was closed tells so first: `close()` of the app's server calls back, the access log hears of what was cut. */
  async #sayLastWords(): Promise<void> {
    // libuv closes behind its immediates: those of the turn after that are the first to know.
    await turnOfEventLoop();
    await turnOfEventLoop();
    await this.#port.sayLastWords();
  }

  #boot(work: Promise<void>, event: LifeEvent): void {
    work.then(
      () => this.happen(event),
      (error: unknown) => this.happen({ type: 'bootFailed', error }),
    );
  }

  /** What is done on the way out is over also when it fails. */
  #follow(effect: Effect, work: Promise<LifeEvent>, otherwise: LifeEvent): void {
    work.then(
      (event) => this.happen(event),
      (error: unknown) => {
        this.#tellFault(effect, error);
        this.happen(otherwise);
      },
    );
  }
}
