/**
 * Runs the generators that templates are. Each yields what it has to wait for, a promise, and is given its value; one that
 * waits for nothing ends at the first step, without any promise being made.
 */

import { type Budget, currentBudget, within } from '../values/budget.ts';
import { isPlain } from '../values/dicts.ts';

/** Yielded where a stream may hand on what is written. */
export const FLUSH: unique symbol = Symbol('flush');

export type Body = Generator<unknown, unknown, unknown>;

/** Where templates write. */
export class Writer {
  s = '';
  readonly isStreaming: boolean;

  constructor(isStreaming = false) {
    this.isStreaming = isStreaming;
  }

  /** What was written since the last time. */
  take(): string {
    const text = this.s;
    this.s = '';
    return text;
  }
}

/** A dict is data, whatever its keys: a template that makes `{'then': f}` has not called `f`. */
export const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as { readonly then?: unknown }).then === 'function' &&
  !isPlain(value);

/** Runs a body to its end. @returns its value, or a promise of it if anything had to be waited for */
export function run(body: Body): unknown {
  const step = body.next();
  return step.done ? step.value : settle(body, step.value, currentBudget());
}

/** Waits for what a body yielded, and goes on with it. */
async function resume(body: Body, pending: unknown, budget: Budget | null): Promise<IteratorResult<unknown, unknown>> {
  let value: unknown;
  try {
    value = await pending;
  } catch (error) {
    return within(budget, () => body.throw(error));
  }
  return within(budget, () => body.next(value));
}

async function settle(body: Body, first: unknown, budget: Budget | null): Promise<unknown> {
  let step = await resume(body, first, budget);
  while (!step.done) step = await resume(body, step.value, budget);
  return step.value;
}

/** Runs a body, giving what it writes piece by piece: before it waits for anything, and when much has come together. */
export async function* stream(body: Body, writer: Writer, budget: Budget | null): AsyncGenerator<string, void, void> {
  const next = () => within(budget, () => body.next());
  try {
    let step = next();
    while (!step.done) {
      const text = writer.take();
      if (text !== '') yield text;
      step = step.value === FLUSH ? next() : await resume(body, step.value, budget);
    }
    const text = writer.take();
    if (text !== '') yield text;
  } finally {
    body.return(undefined);
  }
}
