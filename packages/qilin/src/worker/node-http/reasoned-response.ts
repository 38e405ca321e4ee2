/**
 * A response that has the standard reason phrase where the app gives an empty one: a fetch app's `statusText` mostly is,
 * and `HTTP/1.1 404 ` reads badly in the tools of those who look at the wire.
 */
import {
  type IncomingMessage,
  type OutgoingHttpHeader,
  type OutgoingHttpHeaders,
  ServerResponse,
  STATUS_CODES,
} from 'node:http';

type Head = OutgoingHttpHeaders | OutgoingHttpHeader[];

export class ReasonedResponse<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {
  override writeHead(status: number, reason?: string | Head, head?: Head): this {
    if (typeof reason !== 'string') return super.writeHead(status, reason);
    return super.writeHead(status, reason === '' ? (STATUS_CODES[status] ?? '') : reason, head);
  }
}
