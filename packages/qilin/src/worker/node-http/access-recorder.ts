/** Makes an access log entry of each exchange on Node's HTTP stack, when its response is over. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AccessEntry, AccessLog } from '../../contract/worker-class.ts';
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
    const countBytes = countBody(req, res);
    const writtenHeader = keepHead(res);
    res.once('close', () => {
      const microseconds = Number((process.hrtime.bigint() - start) / 1000n);
      accessLog.write(
        new NodeAccessEntry(req, res, { ...origin, method, target, microseconds, bytes: countBytes(), writtenHeader }),
      );
    });
  };
}

interface Facts extends Origin {
  readonly method: string;
  readonly target: string;
  readonly microseconds: number;
  readonly bytes: number;
  readonly writtenHeader: HeaderOf;
}

/** Value of a response header, name in lower case. */
type HeaderOf = (name: string) => string | undefined;

class NodeAccessEntry implements AccessEntry {
  readonly method: string;
  readonly target: string;
  readonly protocol: string;
  readonly status: number;
  readonly bytes: number;
  readonly microseconds: number;
  readonly client: string | undefined;
  readonly scheme: 'http' | 'https';
  readonly server: string;
  readonly #writtenHeader: HeaderOf;
  readonly #req: IncomingMessage;
  readonly #res: ServerResponse;

  constructor(req: IncomingMessage, res: ServerResponse, facts: Facts) {
    this.method = facts.method;
    this.target = facts.target;
    this.protocol = `HTTP/${req.httpVersion}`;
    // A client that left before the answer: nginx's 499, since a status that was never sent would mislead.
    this.status = statusOfGivenUp(res) ?? (res.headersSent ? res.statusCode : 499);
    this.bytes = facts.bytes;
    this.microseconds = facts.microseconds;
    this.client = facts.client;
    this.scheme = facts.scheme;
    this.server = facts.server;
    this.#writtenHeader = facts.writtenHeader;
    this.#req = req;
    this.#res = res;
  }

  requestHeader(name: string): string | undefined {
    return joined(this.#req.headers[name]);
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
function countBody(req: IncomingMessage, res: ServerResponse): () => number {
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
  return () => (hasBody(req.method, res.statusCode) ? bytes : 0);
}

function sizeOf(chunk: unknown, encoding: unknown): number {
  if (typeof chunk === 'string') {
    return Buffer.byteLength(chunk, typeof encoding === 'string' && Buffer.isEncoding(encoding) ? encoding : 'utf8');
  }
  return chunk instanceof Uint8Array ? chunk.byteLength : 0;
}

/** RFC 9110, section 6.4.1. */
const hasBody = (method: string | undefined, status: number) => method !== 'HEAD' && status !== 204 && status !== 304;
