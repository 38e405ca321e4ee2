/**
 * A function that was taken for a Node listener by the number of its parameters alone: until it has answered, its mistakes are
 * looked at, since a fetch handler would have each of its requests fail.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { NodeListener } from '../contract/app.ts';

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
    if (!(returned instanceof Promise)) return look(returned, res);
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

const CURE = ', say --interface fetch.';

const isResponse = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'status' in value && 'headers' in value && 'arrayBuffer' in value;
