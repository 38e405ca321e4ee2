/**
 * Runs the arbiter's hooks beside its mailbox, which awaits none of them. Those of one kind run in order, one after the other;
 * those of different kinds do not wait for each other, so that one that hangs costs no more than what it was for. Invariant:
 * each call is over in `limit` from when it begins: done, failed or given up, and told of. One that hangs takes with it those that wait
 * behind it, and of more than `MOST_CALLS` the last is refused: so no queue waits for long behind what does not come back.
 */
import { explain, QilinError } from '../contract/errors.ts';
import type { ArbiterHooks } from '../contract/hooks.ts';
import type { Log } from '../contract/log.ts';
import type { Milliseconds } from '../contract/units.ts';

interface HookRules {
  readonly hooks: Partial<ArbiterHooks>;
  /** 0 for ever. */
  readonly limit: Milliseconds;
  readonly log: Log;
}

type HookName = keyof ArbiterHooks;
/** At work or waiting, of all kinds. */
const MOST_CALLS = 1_000;

/** What became of a call, to the one that waits behind it. */
type Outcome = 'over' | 'given up';

type CallHook = (hooks: Partial<ArbiterHooks>) => void | Promise<void>;

export class HookRunner {
  readonly #rules: () => HookRules;
  /** Of each kind, what the next call has to wait for. */
  readonly #last = new Map<HookName, Promise<Outcome>>();
  /** What ends the waiting for each call that is not over. */
  readonly #giveUps = new Set<(why: string) => void>();

  /** @param rules Asked at each call: a reload changes them. */
  constructor(rules: () => HookRules) {
    this.#rules = rules;
  }

  has(name: HookName): boolean {
    return this.#rules().hooks[name] !== undefined;
  }

  /**
   * Resolves when the hook has come back, at once where there is none.
   * @throws QilinError HOOK_FAILED when it threw, or has not come back in time
   */
  async run(name: HookName, call: CallHook): Promise<void> {
    const { hooks } = this.#rules();
    if (hooks[name] === undefined) return;
    if (this.#giveUps.size >= MOST_CALLS) {
      throw new QilinError(
        'HOOK_FAILED',
        `the hook ${name} of the config file is not called: ${MOST_CALLS} calls of hooks wait.`,
      );
    }
    const over = this.#waitFor(name, this.#last.get(name), async () => call(hooks));
    const settled = over.then(
      (): Outcome => 'over',
      (error: unknown): Outcome => (error instanceof GivenUp ? 'given up' : 'over'),
    );
    this.#last.set(name, settled);
    try {
      await over;
    } finally {
      if (this.#last.get(name) === settled) this.#last.delete(name);
    }
  }

  /** The same for a hook whose failure costs nothing but a line of the log. What waits for it says so by `finally`. */
  async call(name: HookName, call: CallHook): Promise<void> {
    try {
      await this.run(name, call);
    } catch (error) {
      this.#rules().log.error(explain(error));
    }
  }

  /** Resolves when all calls are over; those that are not in `patience` are given up. */
  async finish(patience: Milliseconds): Promise<void> {
    const last = setTimeout(() => {
      for (const giveUp of this.#giveUps) giveUp('the arbiter leaves without it');
    }, patience);
    await Promise.all(this.#last.values());
    clearTimeout(last);
  }

  #waitFor(name: HookName, before: Promise<Outcome> | undefined, call: () => Promise<void>): Promise<void> {
    const { limit, log } = this.#rules();
    let since = performance.now();
    return new Promise((resolve, reject) => {
      let isCalled = false;
      let isOver = false;
      let timer: NodeJS.Timeout | undefined;
      const finish = (settle: () => void) => {
        clearTimeout(timer);
        isOver = true;
        this.#giveUps.delete(giveUp);
        settle();
      };
      const giveUp = (why: string) => {
        const been = ((performance.now() - since) / 1000).toFixed(1);
        const what = isCalled ? 'has not come back' : 'could not be called, since the call before has not come back,';
        const message = `the hook ${name} of the config file ${what} for ${been} s; ${why}.`;
        finish(() => reject(new GivenUp('HOOK_FAILED', message)));
      };
      this.#giveUps.add(giveUp);
      const fail = (cause: unknown) => {
        const error = new QilinError('HOOK_FAILED', `the hook ${name} of the config file threw.`, { cause });
        if (isOver) log.error(explain(error));
        else finish(() => reject(error));
      };
      const start = () => {
        if (isOver) return;
        isCalled = true;
        since = performance.now();
        if (limit > 0) timer = setTimeout(giveUp, limit, TIME_IS_UP);
        call().then(() => {
          if (!isOver) finish(resolve);
        }, fail);
      };
      const follow = (outcome: Outcome) => {
        if (outcome === 'over') start();
        else if (!isOver) giveUp(TIME_IS_UP);
      };
      if (before === undefined) start();
      else void before.then(follow);
    });
  }
}

const TIME_IS_UP = 'the arbiter goes on (hookTimeout)';

class GivenUp extends QilinError {}
