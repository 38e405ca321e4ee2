/** Has each exchange on Node's HTTP stack counted, when its response is over. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Milliseconds } from '../../contract/units.ts';
import type { AnswerCounter } from '../answer-counter.ts';
import { statusOfGivenUp } from './give-up.ts';

/** To be called as a request comes in. */
type RecordAnswer = (req: IncomingMessage, res: ServerResponse) => void;

interface Came {
  readonly method: string;
  readonly at: Milliseconds;
}

const CAME = Symbol('came to be counted');

type Counted = ServerResponse & { [CAME]?: Came };

export function createAnswerRecorder(counter: AnswerCounter): RecordAnswer {
  // One function for all requests instead of a closure for each.
  function onClose(this: Counted): void {
    const { [CAME]: came } = this;
    if (came === undefined) return;
    const status = statusOfGivenUp(this) ?? (this.headersSent ? this.statusCode : 0);
    counter.end(came.method, status, came.at);
  }
  // The app may rewrite the method (method-override does).
  return ({ method = '' }, res: Counted) => {
    counter.begin();
    res[CAME] = { method, at: performance.now() };
    res.on('close', onClose);
  };
}
