/** Serves a fetch handler: a light request in, whatever the handler returns out. */

import type { FetchExchange } from '@qilin/picoev';
import type { FetchEnvironment, FetchHandler } from '../../contract/app.ts';
import { isAbort } from '../client-left.ts';
import { EventStreams } from './event-streams.ts';
import { FastRequest, type ResolveOrigin } from './fast-request.ts';
import { useLightClasses } from './light-classes.ts';
import { RequestUrlError } from './request-url.ts';
import { sendResponse } from './send-response.ts';
import type { SendOptions } from './send-stream.ts';

export interface FetchServerOptions<E extends FetchExchange> extends SendOptions {
  /**
   * What `request.url` should begin with. Without it, or where it returns undefined, that is the connection's scheme and the
   * `Host` header.
   * Called at most once with each request, when its URL is asked for.
   */
  readonly resolve?: ResolveOrigin<E> | undefined;
  /** What the handler gets beside the request. */
  readonly environment?: (exchange: E) => FetchEnvironment;
}

/** An error of the app is told to `onError`; its client gets a plain 500, or a cut connection once the answer began. */
export function createFetchServer<E extends FetchExchange>(
  fetch: FetchHandler,
  options: FetchServerOptions<E>,
): (exchange: E) => void {
  const { resolve, environment = noEnvironment, leaving, onError } = options;
  useLightClasses();
  const streams = leaving && new EventStreams<E>(leaving);

  function send(exchange: E, request: FastRequest<E>, response: Response): void {
    const over = sendResponse(exchange, response, options);
    if (over !== undefined) void streams?.keep(request, over);
  }

  function fail(exchange: E, error: unknown): void {
    if (error instanceof RequestUrlError) {
      failExchange(exchange, 400, 'Bad Request');
      return;
    }
    if (!exchange.isGone || !isAbort(error)) onError(error, exchange);
    failExchange(exchange, 500, 'Internal Server Error');
  }

  async function settle(exchange: E, request: FastRequest<E>, promise: Promise<Response>): Promise<void> {
    try {
      send(exchange, request, await promise);
    } catch (error) {
      fail(exchange, error);
    }
  }

  return function serve(exchange) {
    try {
      const given = environment(exchange);
      const request = new FastRequest(exchange, resolve, given);
      const response = fetch(request, given);
      if (isPromise(response)) settle(exchange, request, response);
      else send(exchange, request, response);
    } catch (error) {
      fail(exchange, error);
    }
  };
}

/** Answers for an app that could not, or a client whose URL is none: nothing was sent yet, since an answer that has begun fails by itself. */
function failExchange(exchange: FetchExchange, status: number, phrase: string): void {
  if (exchange.isOver) return;
  exchange.takeBack();
  exchange.respond(status, 'Content-Type: text/plain; charset=UTF-8\r\n', `${phrase}\n`);
}

const NOTHING: FetchEnvironment = {};

const noEnvironment = (): FetchEnvironment => NOTHING;

function isPromise(value: Response | Promise<Response>): value is Promise<Response> {
  return typeof value === 'object' && value !== null && 'then' in value;
}
