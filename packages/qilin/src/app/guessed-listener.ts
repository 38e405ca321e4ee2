/**
 * A function that was taken for a Node listener, or for a fetch handler, by the number of its parameters alone: until it has
 * answered, its mistakes are looked at, since each request of one that is the other would fail.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FetchHandler, NodeListener } from '../contract/app.ts';
import { isThenable } from '../contract/thenable.ts';
import { callOf } from './detect.ts';

/** @param tell Is given a sentence for the operator, once. */
export function watchGuess(listener: NodeListener, name: string, tell: (sentence: string) => void): NodeListener {
  let isSure = false;
  let hasTold = false;

  function noteFailure(): void {
    if (hasTold) return;
    hasTold = true;
    tell(`${name} is served as a Node listener (req, res), and fails; if it is a fetch handler${CURE}`);
  }

  function look(returned: unknown, res: ServerResponse): unknown {
    if (res.headersSent || res.writableEnded) isSure = true;
    else if (isResponse(returned))
      throw new TypeError(`${name} returned a Response, but is served as a Node listener (req, res)${CURE}`);
    return returned;
  }

  function watch(req: IncomingMessage, res: ServerResponse): unknown {
    const returned = listener(req, res);
    if (!isThenable(returned)) return look(returned, res);
    return returned.then(
      (value: unknown) => look(value, res),
      (error: unknown) => {
        noteFailure();
        throw error;
      },
    );
  }

  return (req, res) => {
    if (isSure) return listener(req, res);
    try {
      return watch(req, res);
    } catch (error) {
      noteFailure();
      throw error;
    }
  };
}

/** The same for one that was taken for a fetch handler, though it has no parameter. */
export function watchFetchGuess(fetch: FetchHandler, name: string): FetchHandler {
  let isSure = false;

  function look(returned: Response): Response {
    isSure = isResponse(returned);
    if (isSure) return returned;
    throw new TypeError(
      `${name}, a function without parameters, is served as a fetch handler and returned no Response; ` +
        `if it makes the app, call it as ${callOf(name)}; if it is a Node listener, say --interface node.`,
    );
  }

  return (request, environment) => {
    const returned = fetch(request, environment);
    if (isSure) return returned;
    return 'then' in Object(returned) ? Promise.resolve(returned).then(look) : look(returned as Response);
  };
}

const CURE = ', say --interface fetch.';

const isResponse = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'status' in value && 'headers' in value && 'arrayBuffer' in value;
