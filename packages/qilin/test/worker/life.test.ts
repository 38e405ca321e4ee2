/** A life that is lived on a port of the test's own: what it does, in what order, and when. */
import { setImmediate as turnOfEventLoop } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type Clock, type LifePort, LivedLife } from '../../src/worker/life.ts';
import type { LeaveSignal, News } from '../../src/worker/life-terms.ts';

/** As many as a life waits before its last words. */
async function turns(): Promise<void> {
  await turnOfEventLoop();
  await turnOfEventLoop();
}

/** Notes all that a life does; each of its works ends when the test says so. */
class Deeds implements LifePort, Clock {
  readonly done: string[] = [];
  readonly #ends = new Map<string, (error?: Error) => void>();
  readonly #timers: { readonly at: number; readonly run: () => void }[] = [];
  time = 0;
  onStop: () => void = () => {};
  onQuiet: () => void = () => {};

  readonly load = () => this.#work('load');
  readonly start = () => this.#work('start');
  readonly sayLastWords = () => this.#work('last words');

  drain(onQuiet: () => void): Promise<void> {
    this.onQuiet = onQuiet;
    return this.#work('drain');
  }

  async deliver(signal: LeaveSignal | undefined): Promise<number> {
    await this.#work(`deliver ${signal}`);
    return 0;
  }

  stop(): void {
    this.done.push('stop');
    this.onStop();
  }

  tell(news: News): void {
    this.done.push(`tell ${news.type}`);
  }

  finish(status: number): void {
    this.done.push(`finish ${status}`);
  }

  now(): number {
    return this.time;
  }

  after(delay: number, run: () => void): void {
    this.#timers.push({ at: this.time + delay, run });
  }

  /** Resolves when the life has heard of it. */
  async end(work: string, error?: Error): Promise<void> {
    await turns();
    const end = this.#ends.get(work);
    if (end === undefined) throw new Error(`${work} has not begun: ${this.done}`);
    end(error);
    await turns();
  }

  /** Timers run a moment early, as Node's may. */
  pass(milliseconds: number): void {
    this.time = Math.ceil(this.time) + milliseconds - 0.4;
    const due = this.#timers.filter(({ at }) => at <= this.time + 0.4);
    for (const timer of due) {
      this.#timers.splice(this.#timers.indexOf(timer), 1);
      timer.run();
    }
  }

  #work(name: string): Promise<void> {
    this.done.push(name);
    return new Promise((resolve, reject) => {
      this.#ends.set(name, (error) => (error === undefined ? resolve() : reject(error)));
    });
  }
}

async function serving(): Promise<{ deeds: Deeds; life: LivedLife }> {
  const deeds = new Deeds();
  const life = new LivedLife(deeds, deeds);
  life.happen({ type: 'boot' });
  await deeds.end('load');
  life.happen({ type: 'serve' });
  await deeds.end('start');
  expect(deeds.done.splice(0)).toEqual(['load', 'tell loaded', 'start', 'tell ready']);
  return { deeds, life };
}

test('it does its works one after the other, and waits for each', async () => {
  const { deeds, life } = await serving();
  expect(life.mayExit).toBe(true);
  life.happen({ type: 'drain', reason: 'x', signal: 'SIGTERM', limit: 10_000 });
  expect(life.mayExit).toBe(false);
  await deeds.end('drain');
  await deeds.end('deliver SIGTERM');
  await deeds.end('last words');
  expect(deeds.done).toEqual([
    'tell draining',
    'drain',
    'tell deaf',
    'tell drained',
    'stop',
    'deliver SIGTERM',
    'stop',
    'last words',
    'finish 0',
  ]);
});

test('a start that fails ends it', async () => {
  const deeds = new Deeds();
  const life = new LivedLife(deeds, deeds);
  life.happen({ type: 'boot' });
  await deeds.end('load', new Error('no database'));
  expect(deeds.done).toEqual(['load', 'tell bootFailed', 'stop', 'finish 3']);
});

test('what throws is told and costs nothing else: it hears what happens, and comes to its end', async () => {
  const { deeds, life } = await serving();
  const fails = (): never => {
    throw new Error('a bug in stop()');
  };
  deeds.onStop = fails;
  life.happen({ type: 'drain', reason: 'x', limit: 10_000 });
  await deeds.end('drain', new Error('a bug in drain()'));
  life.happen({ type: 'exitAsked', status: 4 });
  await deeds.end('deliver undefined', new Error('a bug of the port'));
  await deeds.end('last words', new Error('and another'));
  expect(deeds.done.filter((deed) => deed === 'tell faulty').length).toBeGreaterThanOrEqual(4);
  expect(deeds.done.at(-1)).toBe('finish 4');
});

test('a teller that throws costs only what it had to tell', async () => {
  const { deeds, life } = await serving();
  deeds.tell = () => {
    throw new Error('a bug in stats()');
  };
  life.happen({ type: 'drain', reason: 'x', limit: 10_000 });
  deeds.pass(10_000);
  await deeds.end('last words');
  expect(deeds.done.at(-1)).toBe('finish 0');
});

test('time passes, though a timer be early', async () => {
  const { deeds, life } = await serving();
  life.happen({ type: 'drain', reason: 'x', signal: 'SIGTERM', limit: 10_000 });
  deeds.pass(9_000);
  expect(deeds.done.at(-1)).toBe('deliver SIGTERM');
  deeds.pass(1_000);
  await turns();
  expect(deeds.done.slice(-3)).toEqual(['tell overdue', 'stop', 'last words']);
  deeds.pass(1_000);
  expect(deeds.done.at(-1)).toBe('finish 0');
});

test('what a work brings about meanwhile has its turn after all that was to be done', async () => {
  const { deeds, life } = await serving();
  deeds.onStop = () => life.happen({ type: 'exitAsked', status: 5 });
  life.happen({ type: 'quit' });
  await deeds.end('last words');
  expect(deeds.done).toEqual(['stop', 'last words', 'finish 5']);
});

test('the app has its turn when only other protocols are left', async () => {
  const { deeds, life } = await serving();
  life.happen({ type: 'drain', reason: 'x', signal: 'SIGTERM', limit: 10_000 });
  deeds.onQuiet();
  expect(deeds.done.at(-1)).toBe('deliver SIGTERM');
  await deeds.end('drain');
  await deeds.end('deliver SIGTERM');
  await turns();
  expect(deeds.done.slice(-3)).toEqual(['stop', 'stop', 'last words']);
});
