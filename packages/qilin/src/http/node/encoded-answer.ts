/**
 * The answer of a Node listener, encoded on its way (setting `compress`). The methods of the response by which its head and body are
 * written stand behind these here; what the listener, or a middleware, puts in their place comes before.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { NodeListener } from '../../contract/app.ts';
import type { Coder } from '../compress/coders.ts';
import { AT_ONCE, type Compression, varyWith, weakTag } from '../compress/compression.ts';
import { type Callback, EncodedBody } from './encoded-body.ts';
import { PassedFields } from './passed-fields.ts';

/** @param compression Undefined where every body is sent as it is. */
export function encodingAnswers(listener: NodeListener, compression: Compression | undefined): NodeListener {
  if (compression === undefined) return listener;
  return (req, res) => {
    new EncodedAnswer(req, res, compression).stand();
    return listener(req, res);
  };
}

/** What may stand behind a chunk. */
type Rest = [encodingOrCallback?: BufferEncoding | Callback | null, callback?: Callback | null];

class EncodedAnswer {
  readonly #req: IncomingMessage;
  readonly #res: ServerResponse;
  readonly #compression: Compression;
  /** The response's own. */
  readonly #own: Readonly<Pick<ServerResponse, 'writeHead' | 'write' | 'end' | 'flushHeaders'>>;
  #isDecided = false;
  /** Undefined where the body stays as it is. */
  #coder: Coder | undefined = undefined;
  /** Once something was written that is not all of it. */
  #body: EncodedBody | undefined = undefined;

  constructor(req: IncomingMessage, res: ServerResponse, compression: Compression) {
    this.#req = req;
    this.#res = res;
    this.#compression = compression;
    const { writeHead, write, end, flushHeaders } = res;
    this.#own = { writeHead, write, end, flushHeaders };
  }

  /** Before the response's own methods. */
  stand(): void {
    Object.assign(this.#res, {
      writeHead: (status: number, ...args: unknown[]) => this.#writeHead(status, args),
      write: (chunk: unknown, ...rest: Rest) => this.#write(chunk, rest),
      end: (...args: unknown[]) => this.#end(args),
      flushHeaders: () => {
        this.#decideByHead();
        Reflect.apply(this.#own.flushHeaders, this.#res, []);
      },
    });
  }

  #writeHead(status: number, args: readonly unknown[]): unknown {
    const res = this.#res;
    if (this.#isDecided || res.headersSent) return Reflect.apply(this.#own.writeHead, res, [status, ...args]);
    const passed = new PassedFields(args.find((one) => typeof one === 'object' && one !== null));
    try {
      const isMoved = this.#decide(status, this.#lengthSaid(passed), passed);
      return Reflect.apply(this.#own.writeHead, res, [status, ...(isMoved ? args.filter(isText) : args)]);
    } catch (error) {
      // Another head may follow.
      this.#takeBack();
      throw error;
    }
  }

  #write(chunk: unknown, rest: Rest): unknown {
    const bytes = bytesOf(chunk, rest);
    if (bytes !== undefined) this.#decideByHead();
    if (bytes === undefined || this.#coder === undefined)
      return Reflect.apply(this.#own.write, this.#res, [chunk, ...rest]);
    return this.#bodyOf(this.#coder).write(bytes, callbackOf(rest));
  }

  #end(args: readonly unknown[]): unknown {
    const res = this.#res;
    const [chunk, ...rest] = typeof args[0] === 'function' ? [undefined, ...args] : args;
    const bytes = chunk === undefined || chunk === null ? NO_BYTES : bytesOf(chunk, rest as Rest);
    if (bytes !== undefined && !this.#isDecided && !res.headersSent)
      this.#decide(res.statusCode, bytes.byteLength || (this.#isForHead ? this.#lengthSaid() : 0));
    if (bytes === undefined || this.#coder === undefined) return Reflect.apply(this.#own.end, res, args);
    const callback = callbackOf(rest as Rest);
    if (this.#body !== undefined || bytes.byteLength > AT_ONCE) {
      this.#bodyOf(this.#coder).end(bytes, callback);
      return res;
    }
    const encoded = this.#coder.now(bytes);
    if (!res.headersSent) res.setHeader('Content-Length', encoded.byteLength);
    return this.#endBy(encoded, callback);
  }

  /** That of HTTP/2 calls write(), which is the one here. */
  #endBy(encoded: Uint8Array, callback: Callback | undefined): unknown {
    this.#coder = undefined;
    return Reflect.apply(this.#own.end, this.#res, [encoded, callback]);
  }

  #bodyOf(coder: Coder): EncodedBody {
    const res = this.#res;
    this.#body ??= new EncodedBody(res, coder, {
      write: (bytes) => Reflect.apply(this.#own.write, res, [bytes]),
      end: (last, callback) => this.#endBy(last, callback),
    });
    return this.#body;
  }

  get #isForHead(): boolean {
    return this.#req.method === 'HEAD';
  }

  #lengthSaid(passed?: PassedFields): number | undefined {
    const length = passed?.get('content-length') ?? this.#res.getHeader('content-length');
    return length === undefined ? undefined : Number(length);
  }

  /** When the head goes out before the body's end. */
  #decideByHead(): void {
    if (!this.#isDecided && !this.#res.headersSent) this.#decide(this.#res.statusCode, this.#lengthSaid());
  }

  /**
   * @param length Of the body, where it is known.
   * @param passed What writeHead() was given.
   * @returns Whether all that was passed is among the response's own fields now.
   */
  #decide(status: number, length: number | undefined, passed?: PassedFields): boolean {
    this.#isDecided = true;
    const res = this.#res;
    if (!this.#compression.isFor(status, length, (name) => passed?.get(name) ?? textOf(res.getHeader(name))))
      return false;
    for (const [name, value] of passed?.all() ?? []) res.setHeader(name, value);
    res.setHeader('Vary', varyWith(textOf(res.getHeader('vary'))));
    const coding = this.#compression.chooseFor(textOf(this.#req.headers['accept-encoding']));
    if (coding === undefined) return true;
    const etag = textOf(res.getHeader('etag'));
    if (etag !== undefined) res.setHeader('ETag', weakTag(etag));
    res.setHeader('Content-Encoding', coding.name);
    for (const name of OF_PLAIN_BODY) res.removeHeader(name);
    if (!this.#isForHead) this.#coder = coding.coder;
    return true;
  }

  #takeBack(): void {
    this.#isDecided = false;
    this.#coder = undefined;
    this.#res.removeHeader('content-encoding');
  }
}

const isText = (one: unknown): boolean => typeof one === 'string';

const NO_BYTES = new Uint8Array();

/** Its ranges are those of the body as it is: none are offered. */
const OF_PLAIN_BODY = ['content-length', 'accept-ranges'] as const;

const textOf = (value: number | string | readonly string[] | undefined): string | undefined =>
  typeof value === 'object' ? value.join(', ') : value?.toString();

/** Undefined for what is no chunk, which Node refuses by its own error. */
function bytesOf(chunk: unknown, [encoding]: Rest): Uint8Array | undefined {
  if (typeof chunk !== 'string') return chunk instanceof Uint8Array ? chunk : undefined;
  return Buffer.from(chunk, typeof encoding === 'string' ? encoding : 'utf8');
}

const callbackOf = (rest: Rest): Callback | undefined => rest.find((one) => typeof one === 'function');
