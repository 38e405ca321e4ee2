/** What views say of the request that is current: let this see it, do that with its response. Flask's `ctx`. */
import type { AfterFunction } from '../hooks/functions.ts';
import { currentContext, currentRequestContext, requireRequestContext, runIn } from './context.ts';

/**
 * `work`, bound to the request that is current now: for a callback that runs when the request may be over; Flask's
 * `copy_current_request_context`.
 * @throws Error outside of a request
 */
export function copyCurrentRequestContext<A extends unknown[], R>(work: (...args: A) => R): (...args: A) => R {
  const context = requireRequestContext();
  return (...args) => runIn(context, () => work(...args));
}

/**
 * A generator that sees the current request while it is streamed, after its view has returned; Flask's
 * `stream_with_context`.
 * @throws Error outside of a request
 */
export function streamWithContext<T>(
  generator: Iterable<T> | AsyncIterable<T> | (() => Iterable<T> | AsyncIterable<T>),
): AsyncIterableIterator<T> {
  const context = requireRequestContext();
  const source = typeof generator === 'function' ? runIn(context, generator) : generator;
  const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  return {
    next: async () => runIn(context, () => iterator.next()),
    return: async (value?: unknown) => {
      await runIn(context, () => iterator.return?.(value));
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/**
 * Registers a function for the response of this request alone; Flask's `after_this_request`.
 * @throws Error outside of a request
 */
export function afterThisRequest(work: AfterFunction): AfterFunction {
  const context = requireRequestContext();
  context.afterFunctions ??= [];
  context.afterFunctions.push(work);
  return work;
}

/** Whether there is a current request. Flask's `has_request_context`. */
export const hasRequestContext = (): boolean => currentRequestContext() !== undefined;

/** Whether there is a current app. Flask's `has_app_context`. */
export const hasAppContext = (): boolean => currentContext() !== undefined;
