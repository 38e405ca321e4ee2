/**
 * How the engine calls into an app. Each request has an async context of its own, for its handler and all that it is told later:
 * what one client's request leaves in an `AsyncLocalStorage` is never seen by another's. Whose request the code that runs now is at
 * work for, `currentOwner()` tells, where Node lets us know.
 *
 * Invariant: no function of the app runs in the context of the loop's turn itself, which all of them are made from.
 */
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { addon } from './addon.ts';

const CURRENT = new AsyncLocalStorage<AppScope>();

/**
 * From Node 24 on V8 carries a _frame_ through every promise, timer and callback: a map from storages to values, which an
 * `AsyncResource` has under a symbol. `run()` makes two of them, for 0.6 µs; a scope of ours that stands for one costs nothing.
 */
export class AppScope extends AsyncResource implements Iterable<readonly [object, AppScope]> {
  /** Whose code runs in it; what has ended is not kept by what still runs. */
  owner: object | undefined;

  [name: symbol]: unknown;

  /** Made in the loop's turn. `type` is what async_hooks call it. */
  constructor(type: 'HTTPINCOMINGMESSAGE' | 'TCPWRAP' | 'TickObject', owner?: object) {
    super(type);
    this.owner = owner;
    // Where the turn has a frame itself, that one stays.
    if (owner !== undefined && FRAME !== undefined && this[FRAME] === undefined) this[FRAME] = this;
  }

  /** Calls a function of the app. What it throws is an uncaughtException at once, as under Node, and not the caller's affair. */
  call<A, R>(listener: (argument: A) => R, receiver: unknown, argument: A): R | undefined {
    return this.runInAsyncScope(callSafely<A, R>, receiver, listener, argument);
  }

  // All that Node does with a frame.

  has(storage: object): boolean {
    return storage === CURRENT;
  }

  get(storage: object): AppScope | undefined {
    return storage === CURRENT ? this : undefined;
  }

  [Symbol.iterator](): Iterator<readonly [object, AppScope]> {
    return [[CURRENT, this] as const].values();
  }

  disable(): void {}
}

/** Nothing of that is documented: where a Node does otherwise than 24 and 26, nobody is known as the owner. */
const FRAME = Object.getOwnPropertySymbols(new AsyncResource('TickObject')).find(
  (name) => name.description === 'context_frame' && standsForFrame(name),
);

function standsForFrame(name: symbol): boolean {
  const scope = new AppScope('TickObject');
  scope[name] = scope;
  const other = new AsyncLocalStorage<string>();
  const found = () => [CURRENT.getStore() === scope, other.getStore()].join();
  const look = () => [found(), other.run('a', found), other.run('b', () => other.exit(found)), found()];
  try {
    return scope.runInAsyncScope(look).join(';') === 'true,;true,a;true,;true,';
  } catch {
    return false;
  }
}

/** Whether owners are known: from Node 24 on. */
export const knowsOwners = FRAME !== undefined;

/** Whose scope the code that runs now was begun in, by whatever way it has come since; in a listener to 'uncaughtException' that threw. */
export const currentOwner = (): object | undefined => CURRENT.getStore()?.owner;

/** Within the scope, so that who listens to uncaughtException finds the request's own context. */
function callSafely<A, R>(this: unknown, listener: (argument: A) => R, argument: A): R | undefined {
  try {
    return listener.call(this, argument);
  } catch (error) {
    addon().reportException(error);
    return undefined;
  }
}

/** Node's own function for what runs between two timers; without it ticks run when the turn is over. */
const runNextTicks: unknown = Reflect.get(process, '_tickCallback');

/** Runs the ticks and promise reactions that wait, as Node does between what two connections have sent. */
export function runTicks(scope: AppScope): void {
  if (typeof runNextTicks === 'function') scope.call(runNextTicks as () => void, process, undefined);
}
