/**
 * What a sandboxed rendering may still use. It is the rendering's own while its functions run, so that whatever makes much of
 * little, or goes through much, can count here without being told of it; outside of a sandbox nothing is counted.
 */
import { SecurityError } from '../errors.ts';

export class Budget {
  readonly #deadline: number;
  readonly #output: number;
  #steps = 0;

  /** @param time Milliseconds from now @param output Characters of one text */
  constructor(time: number, output: number) {
    this.#deadline = Date.now() + time;
    this.#output = output;
  }

  /** @throws SecurityError when the time is over, which is looked at after some thousand steps */
  spend(steps: number): void {
    this.#steps += steps;
    if (this.#steps < STEPS) return;
    this.#steps = 0;
    if (Date.now() > this.#deadline) throw new SecurityError('the template ran for longer than the sandbox lets it');
  }

  /** @throws SecurityError for a text that is too long */
  checkText(length: number): void {
    if (length > this.#output) throw new SecurityError(`the template wrote more than ${this.#output} characters`);
  }

  /** @throws SecurityError for a list that is too long */
  checkList(length: number): void {
    if (length > MOST_ITEMS) throw new SecurityError(`the template made a list of more than ${MOST_ITEMS} items`);
  }
}

/** So many steps take far less than a millisecond. */
const STEPS = 4096;

/** The longest list that a sandboxed template may make: sorting it takes a second or so. */
const MOST_ITEMS = 1 << 20;

let current: Budget | null = null;

export const currentBudget = (): Budget | null => current;

/** Does some work, which waits for nothing, at the cost of a budget. */
export function within<T>(budget: Budget | null, work: () => T): T {
  const outer = current;
  current = budget;
  try {
    return work();
  } finally {
    current = outer;
  }
}

/** Counts what is gone through: an item, a value that is shown. */
export function spend(steps: number): void {
  if (current !== null) current.spend(steps);
}

/** Asks before a text of this length is made, and returns the length. */
export function textOf(length: number): number {
  if (current !== null) current.checkText(length);
  return length;
}

/** Asks before a list of this length is made, and returns the length. */
export function listOf(length: number): number {
  if (current === null) return length;
  current.checkList(length);
  current.spend(length);
  return length;
}
