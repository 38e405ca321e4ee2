/**
 * Server-sent events, which have no end of their own: when the worker is to leave, the `signal` of each such request is aborted,
 * so that the app can end its stream, and the client come again. Nothing is cut by that.
 */
import type { FetchExchange } from '@qilin/picoev';
import { abortRequest, type FastRequest } from './fast-request.ts';

/** Of the fields of an answer: the HTML standard's type of an event stream. */
const EVENT_STREAM = /^content-type:[ \t]*text\/event-stream(?:[ \t]*;|[ \t]*$)/im;

export const isEventStream = (fields: string): boolean => EVENT_STREAM.test(fields);

export class EventStreams<E extends FetchExchange> {
  readonly #leaving: AbortSignal;
  readonly #open = new Set<FastRequest<E>>();

  /** @param leaving Aborted when the worker is to leave. */
  constructor(leaving: AbortSignal) {
    this.#leaving = leaving;
    leaving.addEventListener('abort', () => {
      for (const request of this.#open) end(request);
    });
  }

  /** @param over Resolves at the end of the answer. */
  async keep(request: FastRequest<E>, over: Promise<void>): Promise<void> {
    if (this.#leaving.aborted) end(request);
    this.#open.add(request);
    await over;
    this.#open.delete(request);
  }
}

const end = <E extends FetchExchange>(request: FastRequest<E>): void =>
  abortRequest(request, new DOMException('The worker leaves: end the event stream', 'AbortError'));
