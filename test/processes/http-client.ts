/** Clients for the tests: one request at a time by `node:http`, or raw bytes on a connection of one's own. */
import { once } from 'node:events';
import { request as httpRequest, type IncomingHttpHeaders, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect, type Socket } from 'node:net';

/** How long any answer may take before its test is failed. */
const PATIENCE = 20_000;

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
  /** The body as it arrived. */
  readonly pieces: readonly Buffer[];
}

export interface AskOptions extends RequestOptions {
  readonly body?: string | Uint8Array;
  /** Of https: the certificate to believe, and the one to show with its key. */
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/** Sends one request, on a connection of its own unless an agent is given, and resolves with all of the answer. */
export function ask(url: string, { body, ...options }: AskOptions = {}): Promise<Answer> {
  const request = url.startsWith('https:') ? httpsRequest : httpRequest;
  // A socket's error has no stack of its own: which request of the test it was would stay untold.
  const { stack } = new Error(`the request for ${url}`);
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(PATIENCE);
    const outgoing = request(url, { agent: false, signal, ...options }, (incoming) => {
      const pieces: Buffer[] = [];
      incoming.on('data', (piece: Buffer) => pieces.push(piece));
      incoming.on('error', reject);
      incoming.on('end', () => {
        const whole = Buffer.concat(pieces);
        const { statusCode: status = 0, headers } = incoming;
        resolve({ status, headers, body: whole, text: whole.toString(), pieces });
      });
    });
    outgoing.on('error', (error) => reject(Object.assign(error, { stack })));
    outgoing.end(body);
  });
}

/** A connection on which a test writes what it likes. */
export class RawConnection implements Disposable {
  readonly socket: Socket;
  /** All that has come back, a character for each byte. */
  received = '';
  /** Resolves when the server has ended its side or reset the connection. */
  readonly ended: Promise<void>;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('latin1').on('data', (text) => {
      this.received += String(text);
    });
    // A reset ends it too; 'close' follows.
    socket.on('error', () => {});
    this.ended = new Promise((resolve) => socket.once('close', () => resolve()));
  }

  static async open(port: number, host = '127.0.0.1'): Promise<RawConnection> {
    const socket = connect({ port, host, noDelay: true });
    await once(socket, 'connect');
    return new RawConnection(socket);
  }

  /** Resolves when the kernel has it, whether or not the server reads it. */
  send(text: string | Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      this.socket.write(text, () => resolve());
    });
  }

  /** Resolves with the match as soon as it has come back. */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    const signal = AbortSignal.timeout(PATIENCE);
    for (;;) {
      const match = pattern.exec(this.received);
      if (match !== null) return match;
      if (this.socket.readableEnded || this.socket.destroyed) throw this.#missing(pattern, 'the connection ended');
      await Promise.race([once(this.socket, 'data', { signal }), this.ended]).catch(() => {
        throw this.#missing(pattern, `${PATIENCE / 1000} s passed`);
      });
    }
  }

  #missing(pattern: RegExp, why: string): Error {
    return new Error(`${why} before ${pattern} came, after: ${JSON.stringify(this.received)}`);
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}

/** How many answers there are in what came back. */
export const countAnswers = (received: string): number => received.match(/HTTP\/1\.1 (?!100)\d{3} /g)?.length ?? 0;
