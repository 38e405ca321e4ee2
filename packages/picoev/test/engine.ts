/** The HTTP engine under test: a listening socket for each test, loops on it that end with the test, and clients. */
import { once } from 'node:events';
import type net from 'node:net';
import { afterEach, beforeEach } from 'vitest';
import {
  type BodySink,
  closeFd,
  type Exchange,
  HttpLoop,
  type HttpLoopHandlers,
  type HttpLoopOptions,
  listen,
} from '../src/index.ts';
import { connect } from './clients.ts';
import { LOOP_OPTIONS } from './fixtures/loop-options.mjs';

export * from './basics.ts';

/** The listening socket of the test that runs. */
export let fd: number;
const loops: HttpLoop[] = [];

beforeEach(() => {
  fd = listen({ host: '127.0.0.1', port: 0 });
});

afterEach(() => {
  for (const loop of loops.splice(0)) loop.close();
  closeFd(fd);
});

/** A loop on {@link fd}. */
export function serve(
  onRequest: (exchange: Exchange) => void,
  options: Partial<HttpLoopOptions> = {},
  handlers: Partial<HttpLoopHandlers> = {},
): HttpLoop {
  const loop = new HttpLoop({ ...LOOP_OPTIONS, ...options }, { ...handlers, onRequest });
  loops.push(loop);
  loop.accept(fd);
  return loop;
}

/** Reads from a socket as far as a test wants. */
export class Client {
  readonly socket: net.Socket;
  text = '';

  constructor(socket: net.Socket) {
    this.socket = socket;
    socket.setEncoding('latin1').on('data', (piece) => {
      this.text += String(piece);
    });
    socket.on('error', () => {});
  }

  static async open(...texts: string[]): Promise<Client> {
    const client = new Client(await connect(fd));
    for (const text of texts) client.socket.write(text, 'latin1');
    return client;
  }

  /** Resolves when the pattern has come. */
  async until(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.text)) await once(this.socket, 'data');
    return this.text;
  }

  /** Resolves with all that came before the server closed. */
  async toTheEnd(): Promise<string> {
    if (!this.socket.closed) await once(this.socket, 'close');
    return this.text;
  }
}

/** The whole body of a request. */
export function collect(exchange: Exchange): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    const sink: BodySink = {
      data: (piece) => pieces.push(piece) > 0,
      end: () => resolve(Buffer.concat(pieces)),
      abort: reject,
    };
    exchange.readBody(sink);
  });
}
