/** A client's connection that reads its answers to the byte: one after the other, by Content-Length or in chunks. */
import { connect, type Socket } from 'node:net';

export type FailureKind =
  /** Nobody listened. */
  | 'refused'
  | 'reset'
  /** The server ended the connection before the end of an answer. */
  | 'cut off'
  | 'wrong answer'
  | 'no answer'
  /** The server ended a kept connection without having said so: a request may have been on its way. */
  | 'closed while idle';

export class ExchangeError extends Error {
  readonly kind: FailureKind;

  constructor(kind: FailureKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

export interface Reply {
  readonly status: number;
  /** Its lines, the status line first. */
  readonly head: string;
  /** A character for each byte. */
  readonly text: string;
  /** The server closes the connection after it. */
  readonly closes: boolean;
}

/** How long an answer may take: longer than any test has a server stopped. */
const PATIENCE = 30_000;

export class ClientConnection {
  readonly #socket: Socket;
  #received = '';
  readonly openedAt = performance.now();
  #answered = 0;
  #port = 0;
  #settle: ((result: Reply | ExchangeError) => void) | undefined;
  isClosed = false;

  constructor(port: number) {
    this.#socket = connect({ host: '127.0.0.1', port, noDelay: true });
    this.#socket.on('connect', () => {
      this.#port = this.#socket.localPort ?? 0;
    });
    this.#socket.on('data', (piece: Buffer) => {
      this.#received += piece.toString('latin1');
      this.#look();
    });
    this.#socket.on('error', (error: NodeJS.ErrnoException) => {
      const kind = error.code === 'ECONNREFUSED' ? 'refused' : 'reset';
      this.#finish(new ExchangeError(kind, `${error.code} after ${this.#answered} answers`));
    });
    const onEnd = () => {
      this.isClosed = true;
      const got = JSON.stringify(this.#received.slice(0, 200));
      this.#finish(new ExchangeError('cut off', `ended after ${this.#answered} answers, got ${got}`));
    };
    this.#socket.on('end', onEnd);
    this.#socket.on('close', onEnd);
  }

  /** Of the client's end, which tells connections apart; 0 before it is connected. */
  get port(): number {
    return this.#port;
  }

  /** Bytes of which no answer was made. */
  get unread(): string {
    return this.#received;
  }

  /** @param bytes a character for each byte */
  send(bytes: string): void {
    this.#socket.write(bytes, 'latin1');
  }

  /** The next answer. @throws ExchangeError */
  async answer(): Promise<Reply> {
    const result = await new Promise<Reply | ExchangeError>((resolve) => {
      const patience = setTimeout(
        () => this.#finish(new ExchangeError('no answer', `${PATIENCE / 1000} s passed`)),
        PATIENCE,
      );
      this.#settle = (settled) => {
        clearTimeout(patience);
        resolve(settled);
      };
      this.#look();
      if (this.isClosed) this.#finish(new ExchangeError('cut off', `ended after ${this.#answered} answers`));
    });
    if (result instanceof ExchangeError) throw result;
    this.#answered += 1;
    return result;
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #look(): void {
    if (this.#settle === undefined) return;
    const taken = takeReply(this.#received);
    if (taken === undefined) return;
    this.#received = taken.rest;
    this.#finish(taken.reply);
  }

  #finish(result: Reply | ExchangeError): void {
    this.#settle?.(result);
    this.#settle = undefined;
  }
}

/** A field of the head; undefined when it is not there. @param name in small letters */
export function fieldOf({ head }: Reply, name: string): string | undefined {
  const line = head.split('\r\n').find((each) => each.slice(0, name.length + 1).toLowerCase() === `${name}:`);
  return line?.slice(name.length + 1).trim();
}

interface Taken {
  readonly reply: Reply;
  readonly rest: string;
}

/** The first answer, when it is complete. */
function takeReply(received: string): Taken | undefined {
  const headEnds = received.indexOf('\r\n\r\n');
  if (headEnds < 0) return undefined;
  const head = received.slice(0, headEnds);
  const behind = received.slice(headEnds + 4);
  const length = /^content-length: (\d+)\r?$/im.exec(head)?.[1];
  const body = length === undefined ? takeChunks(behind) : takeBytes(behind, Number(length));
  if (body === undefined) return undefined;
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0);
  const closes = /^connection: close\r?$/im.test(head);
  return { reply: { status, head, text: body.text, closes }, rest: body.rest };
}

interface Body {
  readonly text: string;
  readonly rest: string;
}

const takeBytes = (received: string, length: number): Body | undefined =>
  received.length < length ? undefined : { text: received.slice(0, length), rest: received.slice(length) };

/** RFC 9112, section 7.1, without trailers. */
function takeChunks(received: string): Body | undefined {
  let text = '';
  let rest = received;
  for (;;) {
    const size = /^([0-9a-f]+)\r\n/i.exec(rest);
    if (size === null) return undefined;
    const [line, digits = ''] = size;
    const chunk = takeBytes(rest.slice(line.length), Number.parseInt(digits, 16) + 2);
    if (chunk === undefined) return undefined;
    text += chunk.text.slice(0, -2);
    rest = chunk.rest;
    if (/^0+$/.test(digits)) return { text, rest };
  }
}
