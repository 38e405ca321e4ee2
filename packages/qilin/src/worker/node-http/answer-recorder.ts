/** Has each exchange on Node's HTTP stack counted, when its response is over. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ROUTE } from '../../contract/slow-requests.ts';
import type { Milliseconds } from '../../contract/units.ts';
import type { AnswerCounter } from '../answer-counter.ts';
import type { EndedRequest } from '../slow-collector.ts';
import { type Connection, connectionOf } from './connection.ts';
import { statusOfGivenUp } from './give-up.ts';

/** To be called as a request comes in. */
type RecordAnswer = (req: IncomingMessage, res: ServerResponse) => void;

interface Came {
  readonly method: string;
  readonly target: string;
  readonly at: Milliseconds;
  beganAt: Milliseconds;
  /** Of HTTP/2, a request that is over has no socket any more. */
  readonly connection: Connection | undefined;
}

const CAME = Symbol('came to be counted');

export type Counted = ServerResponse & { [CAME]?: Came };

export function createAnswerRecorder(counter: AnswerCounter<Counted>): RecordAnswer {
  // One function for all requests instead of a closure for each.
  function onClose(this: Counted): void {
    const { [CAME]: came } = this;
    if (came !== undefined) counter.end(came.method, statusOf(this), came.at, this);
  }
  // The app may rewrite method and path (method-override, Express).
  return ({ method = '', url: target = '', socket }, res: Counted) => {
    counter.begin();
    res[CAME] = { method, target, at: performance.now(), beganAt: 0, connection: connectionOf(socket) };
    const { writeHead } = res;
    res.writeHead = function (this: Counted, ...args: unknown[]): ServerResponse {
      const came = this[CAME];
      if (came !== undefined) came.beganAt = performance.now();
      return Reflect.apply(writeHead, this, args);
    };
    res.on('close', onClose);
  };
}

/** What is known of one that is over. */
export function endedRequest(res: Counted): EndedRequest | undefined {
  const { [CAME]: came, req } = res;
  if (came === undefined) return undefined;
  const { method, target, at: cameAt, beganAt, connection } = came;
  const route: unknown = Reflect.get(req, ROUTE);
  const fd = connection?.fd ?? -1;
  return {
    method,
    target,
    route: typeof route === 'string' ? route : undefined,
    status: statusOf(res),
    cameAt,
    beganAt,
    fd,
  };
}

const statusOf = (res: Counted): number => statusOfGivenUp(res) ?? (res.headersSent ? res.statusCode : 0);
