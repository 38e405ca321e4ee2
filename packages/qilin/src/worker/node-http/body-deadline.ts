/** Ends a request of HTTP/2 whose body takes too long, on Node's HTTP stack, which has a limit for HTTP/1 alone: `bodyTimeout`. */
import type { IncomingMessage } from 'node:http';
import type { Deadline } from '../../contract/tally.ts';
import { type Seconds, toMilliseconds } from '../../contract/units.ts';
import { type Answer, cutAnswer } from '../../http/node/answer-failure.ts';
import { stopBody } from '../../http/node/stop-body.ts';
import { connectionOf } from './connection.ts';
import { giveUp } from './give-up.ts';

export function limitBodyTime(
  req: IncomingMessage,
  res: Answer,
  limit: Seconds,
  onLate: (deadline: Deadline) => void,
): void {
  const { stream } = res;
  if (stream === undefined || stream.endAfterHeaders) return;
  const connection = connectionOf(req.socket);
  let bytesRead = connection?.bytesRead;
  const look = () => {
    if (stream.state.remoteClose === 1) clearInterval(deadline);
    else if (!res.headersSent) {
      onLate('bodyTimeout');
      giveUp(req, res, 408);
    } else if (res.writableEnded) stopBody(stream);
    // Both speak in turn, as gRPC's streams do: as long as the client says something on its connection, be it a ping.
    else if (connection?.bytesRead !== bytesRead) bytesRead = connection?.bytesRead;
    else {
      onLate('bodyTimeout');
      cutAnswer(res);
    }
  };
  const deadline = setInterval(look, toMilliseconds(limit));
  res.once('close', () => clearInterval(deadline));
}
