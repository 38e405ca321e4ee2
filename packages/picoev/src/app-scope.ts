/**
 * How the engine calls into an app. Each request has an async context of its own, for its handler and all that it is told later:
 * what one client's request leaves in an `AsyncLocalStorage` is never seen by another's.
 *
 * Invariant: no function of the app runs in the context of the loop's turn itself, which all of them are made from.
 */
import { AsyncResource } from 'node:async_hooks';
import { addon } from './addon.ts';

export class AppScope extends AsyncResource {
  /** Made in the loop's turn. `type` is what async_hooks call it. */
  constructor(type: 'HTTPINCOMINGMESSAGE' | 'TCPWRAP' | 'TickObject') {
    super(type);
  }

  /** Calls a function of the app. What it throws is an uncaughtException at once, as under Node, and not the caller's affair. */
  call<A, R>(listener: (argument: A) => R, receiver: unknown, argument: A): R | undefined {
    return this.runInAsyncScope(callSafely<A, R>, receiver, listener, argument);
  }
}

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
