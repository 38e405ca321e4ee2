/** Serves a fetch handler on the native engine: a light request in, whatever the handler returns out. */

import type { Exchange } from '@qilin/picoev';
import type { FetchHandler } from '../../contract/app.ts';
import { isAbort } from '../client-left.ts';
import { FastRequest, type ResolveOrigin } from './fast-request.ts';
import { useLightClasses } from './light-classes.ts';
import { RequestUrlError } from './request-url.ts';
import { sendResponse } from './send-response.ts';

export interface FetchServerOptions {
  /**
   * What `request.url` should begin with. Without it, or where it returns undefined, that is http and the `Host` header.
   * Called at most once with each request, when its URL is asked for.
   */
  readonly resolve?: ResolveOrigin;
  /** The app threw, rejected, returned no response, or its response's body failed. Never for a client that left. */
  readonly onError: (error: unknown) => void;
}

/** An error of the app is told to `onError`; its client gets a plain 500, or a cut connection once the answer began. */
export function createFetchServer(
  fetch: FetchHandler,
  { resolve, onError }: FetchServerOptions,
): (exchange: Exchange) => void {
  useLightClasses();

  function fail(exchange: Exchange, error: unknown): void {
    if (error instanceof RequestUrlError) {
      failExchange(exchange, 400, 'Bad Request');
      return;
    }
    if (!exchange.isGone || !isAbort(error)) onError(error);
    failExchange(exchange, 500, 'Internal Server Error');
  }

  async function settle(exchange: Exchange, promise: Promise<Response>): Promise<void> {
    try {
      sendResponse(exchange, await promise, onError);
    } catch (error) {
      fail(exchange, error);
    }
  }

  return function serve(exchange) {
    try {
      const response = fetch(new FastRequest(exchange, resolve), {});
      if (isPromise(response)) settle(exchange, response);
      else sendResponse(exchange, response, onError);
    } catch (error) {
      fail(exchange, error);
    }
  };
}

/** Answers for an app that could not, or a client whose URL is none: nothing was sent yet, since an answer that has begun fails by itself. */
function failExchange(exchange: Exchange, status: number, phrase: string): void {
  if (exchange.isOver) return;
  exchange.reason = '';
  exchange.hasDate = false;
  exchange.respond(status, 'Content-Type: text/plain; charset=UTF-8\r\n', `${phrase}\n`);
}

function isPromise(value: Response | Promise<Response>): value is Promise<Response> {
  return typeof value === 'object' && value !== null && 'then' in value;
}
