/** What is said of a thrown value: anything can be thrown, and whoever tells of it has an answer to give after it. */
import { inspect } from 'node:util';

/** What is said of a value that lets nobody look at it: its getters or its proxy throw. */
const UNREADABLE = 'a value that throws when it is read';

/** The stack of an error, and with it what caused it. Never throws. */
export const stackOf = (error: unknown): string => readable(() => withCause(error));

/** Its message alone, as a part of a sentence. Never throws. */
export const reasonOf = (error: unknown): string =>
  readable(() => (error instanceof Error ? String(error.message) : textOf(error)));

function withCause(error: unknown): string {
  if (!(error instanceof Error)) return textOf(error);
  const stack = typeof error.stack === 'string' ? error.stack : inspect(error);
  // Who adds to the message later, as templates do with file and line, leaves the stack as it was.
  const own = stack.includes(error.message) ? stack : `${error.name}: ${error.message}\n${framesOf(stack)}`;
  const { cause } = error;
  const isTold = cause === undefined || (cause instanceof Error && framesOf(String(cause.stack)) === framesOf(stack));
  return isTold ? own : `${own}\nCaused by: ${stackOf(cause)}`;
}

const framesOf = (stack: string): string => stack.slice(stack.search(/^ {4}at /m));

const textOf = (value: unknown): string => (typeof value === 'string' ? value : inspect(value));

function readable(read: () => string): string {
  try {
    return read();
  } catch {
    return UNREADABLE;
  }
}
