/** Makes an access log entry of each exchange on Node's HTTP stack, when its response is over. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type LogFieldValue, logFieldOf } from '../../contract/log-fields.ts';
import type { AccessLog } from '../../contract/worker-class.ts';
import { AnsweredRequest } from '../answered-request.ts';
import type { Origin, Origins } from '../origin.ts';
import { statusOfGivenUp } from './give-up.ts';

/** To be called as a request comes in. */
export type RecordAccess = (req: IncomingMessage, res: ServerResponse) => void;

export function createAccessRecorder(accessLog: AccessLog, origins: Origins<IncomingMessage>): RecordAccess {
  return (req, res) => {
    const start = process.hrtime.bigint();
    const origin = origins.of(req);
    // The app may rewrite them (Express does, for routers mounted below a path).
    const { method = '-', url: target = '-' } = req;
    const countBytes = countBody(res);
    const writtenHeader = keepHead(res);
    res.once('close', () => {
      const microseconds = Number((process.hrtime.bigint() - start) / 1000n);
      accessLog.write(
        new AnsweredMessage(
          req,
          res,
          { method, target, microseconds, bytesWritten: countBytes(), writtenHeader },
          origin,
        ),
      );
    });
  };
}

/** Value of a response header, name in lower case. */
type HeaderOf = (name: string) => string | undefined;

/** What must be kept of a request as it came, or counted on the way. */
interface Kept {
  readonly method: string;
  readonly target: string;
  readonly microseconds: number;
  readonly bytesWritten: number;
  readonly writtenHeader: HeaderOf;
}

class AnsweredMessage extends AnsweredRequest {
  readonly #writtenHeader: HeaderOf;
  readonly #req: IncomingMessage;
  readonly #res: ServerResponse;

  constructor(req: IncomingMessage, res: ServerResponse, kept: Kept, origin: Origin) {
    const { method, target, microseconds, bytesWritten } = kept;
    const status = statusOfGivenUp(res) ?? (res.headersSent ? res.statusCode : undefined);
    super({ method, target, protocol: `HTTP/${req.httpVersion}`, microseconds, status, bytesWritten }, origin);
    this.#writtenHeader = kept.writtenHeader;
    this.#req = req;
    this.#res = res;
  }

  requestHeader(name: string): string | undefined {
    return joined(this.#req.headers[name]);
  }

  ownField(name: string): LogFieldValue {
    return logFieldOf(this.#req, name);
  }

  responseHeader(name: string): string | undefined {
    const value = this.#res.getHeader(name);
    if (value === undefined) return this.#writtenHeader(name);
    return typeof value === 'number' ? String(value) : joined(value);
  }
}

const joined = (value: string | readonly string[] | undefined): string | undefined =>
  value === undefined || typeof value === 'string' ? value : value.join(', ');

/** Keeps the headers that are given to `writeHead()` as a list: Node sends these without `getHeader()` knowing them. */
function keepHead(res: ServerResponse): HeaderOf {
  let list: readonly unknown[] = [];
  const { writeHead } = res;
  res.writeHead = function (this: ServerResponse, ...args: unknown[]): ServerResponse {
    const headers = args.at(-1);
    if (Array.isArray(headers)) list = headers.flat();
    return Reflect.apply(writeHead, this, args);
  };
  return (name) => {
    const values = list.filter((_, index) => index % 2 === 1 && String(list[index - 1]).toLowerCase() === name);
    return values.length === 0 ? undefined : values.join(', ');
  };
}

/** Counts what the app writes to the body. Node has no public count of it that leaves out heads and chunk frames. */
function countBody(res: ServerResponse): () => number {
  let bytes = 0;
  const { write, end } = res;
  res.write = function (this: ServerResponse, ...args: unknown[]): boolean {
    bytes += sizeOf(args[0], args[1]);
    return Reflect.apply(write, this, args);
  };
  res.end = function (this: ServerResponse, ...args: unknown[]): ServerResponse {
    const before = bytes;
    const returned = Reflect.apply(end, this, args);
    // HTTP/2's end() calls write() for its chunk, HTTP/1's does not.
    if (bytes === before) bytes += sizeOf(args[0], args[1]);
    return returned;
  };
  return () => bytes;
}

function sizeOf(chunk: unknown, encoding: unknown): number {
  if (typeof chunk === 'string') {
    return Buffer.byteLength(chunk, typeof encoding === 'string' && Buffer.isEncoding(encoding) ? encoding : 'utf8');
  }
  return chunk instanceof Uint8Array ? chunk.byteLength : 0;
}
