/** The signals that an app sends. */
import type { Flask } from './app.ts';
import type { FlashedMessage } from './context.ts';
import { Signal } from './signals.ts';

/** A request is about to be handled. */
export const requestStarted = new Signal<Flask>('request-started');
/** A response is ready to be sent. */
export const requestFinished = new Signal<Flask, { readonly response: Response }>('request-finished');
/** A request ended in an error that nobody handled. */
export const gotRequestException = new Signal<Flask, { readonly exception: unknown }>('got-request-exception');
/** The request's context ends; `error` is what was thrown and not handled. */
export const requestTearingDown = new Signal<Flask, { readonly error: unknown }>('request-tearing-down');
/** The app's context ends. */
export const appcontextTearingDown = new Signal<Flask, { readonly error: unknown }>('appcontext-tearing-down');
/** A message was flashed. */
export const messageFlashed = new Signal<Flask, { readonly message: FlashedMessage; readonly category: string }>(
  'message-flashed',
);
/** A template was rendered. */
export const templateRendered = new Signal<
  Flask,
  { readonly template: string; readonly context: Readonly<Record<string, unknown>> }
>('template-rendered');
