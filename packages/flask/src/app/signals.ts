/** What others hear of an app without being part of it. Flask's `signals`. */
import { Signal } from '../base/signal.ts';
import type { App, FlashedMessage } from '../contract.ts';

/** A request is about to be handled. Flask's `request_started`. */
export const requestStarted = new Signal<App>('request-started');
/** A response is ready to be sent. Flask's `request_finished`. */
export const requestFinished = new Signal<App, { readonly response: Response }>('request-finished');
/** A request ended in an error that nobody handled. Flask's `got_request_exception`. */
export const gotRequestException = new Signal<App, { readonly exception: unknown }>('got-request-exception');
/** The request's context ends; `error` is what was thrown and not handled. Flask's `request_tearing_down`. */
export const requestTearingDown = new Signal<App, { readonly error: unknown }>('request-tearing-down');
/** The app's context ends. Flask's `appcontext_tearing_down`. */
export const appcontextTearingDown = new Signal<App, { readonly error: unknown }>('appcontext-tearing-down');
/** A message was flashed. Flask's `message_flashed`. */
export const messageFlashed = new Signal<App, { readonly message: FlashedMessage; readonly category: string }>(
  'message-flashed',
);
/** A template was rendered. Flask's `template_rendered`. */
export const templateRendered = new Signal<
  App,
  { readonly template: string; readonly context: Readonly<Record<string, unknown>> }
>('template-rendered');
