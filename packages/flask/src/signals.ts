/** Signals: others hear what happens in an app without being part of it. Flask's `signals`. */
import type { Flask } from './app.ts';
import type { FlashedMessage } from './context.ts';

/** Called with the app that sends, and what it tells. */
export type Receiver<S, D> = (sender: S, detail: D) => void;

/** One kind of event. */
export class Signal<S extends object, D = undefined> {
  readonly name: string;
  readonly #receivers = new Map<Receiver<S, D>, S | undefined>();

  constructor(name: string) {
    this.name = name;
  }

  /** Whether anybody listens: what nobody hears need not be said. */
  get hasReceivers(): boolean {
    return this.#receivers.size > 0;
  }

  /** @param sender only what this one sends; any by default. @returns a function that disconnects */
  connect(receiver: Receiver<S, D>, sender?: S): () => void {
    this.#receivers.set(receiver, sender);
    return () => this.disconnect(receiver);
  }

  /** The receiver hears no more. */
  disconnect(receiver: Receiver<S, D>): void {
    this.#receivers.delete(receiver);
  }

  /** Calls the receivers in the order in which they connected; what one throws goes to the caller. */
  send(sender: S, detail: D): void {
    for (const [receiver, wanted] of [...this.#receivers]) {
      if (wanted === undefined || wanted === sender) receiver(sender, detail);
    }
  }
}

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
