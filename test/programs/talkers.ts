/** Clients that talk over WebSockets, one short conversation after the other, and check every word. */
import { WebSocket } from 'ws';

/** One conversation: from the connection to its end. `heard` is called for each message that was right. */
export type Talk = (origin: string, heard: () => void) => Promise<void>;

const MESSAGES = 20;
/** What a worker that leaves tells its clients (RFC 6455, section 7.4.1, and 1012 of IANA's registry): they come again. */
const LEAVING = [1001, 1012];
const PATIENCE = 30_000;

export class Talkers implements AsyncDisposable {
  /** Right ones, so far. */
  messages = 0;
  readonly #failures: string[] = [];
  readonly #talkers: Promise<void>[];
  #stopping = false;

  constructor(origin: string, talk: Talk | undefined, count: number) {
    this.#talkers = talk === undefined ? [] : Array.from({ length: count }, () => this.#talker(origin, talk));
  }

  /** Empty when every message was right and no conversation was cut; one whose worker told it of its leaving was not. */
  get faults(): string {
    const { length } = this.#failures;
    return length === 0 ? '' : `${length} conversations failed: ${this.#failures.slice(0, 8).join('; ')}`;
  }

  /** Resolves when those conversations have ended that were going on. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#talkers);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #talker(origin: string, talk: Talk): Promise<void> {
    const heard = () => {
      this.messages += 1;
    };
    while (!this.#stopping) {
      try {
        await talk(origin, heard);
      } catch (error) {
        if (error instanceof Told) continue;
        this.#failures.push(error instanceof Error ? error.message : String(error));
      }
    }
  }
}

/** By the server, in a Close frame, that it leaves. It may cross with what the client says. */
class Told extends Error {}

/** A WebSocket whose messages are taken one by one. */
class Line {
  readonly #socket: WebSocket;
  readonly #messages: string[] = [];
  #settle: (() => void) | undefined;
  #end: string | undefined;
  #code: number | undefined;

  constructor(url: string) {
    this.#socket = new WebSocket(url, { handshakeTimeout: PATIENCE });
    this.#socket.on('open', () => this.#settle?.());
    this.#socket.on('message', (data) => {
      this.#messages.push(String(data));
      this.#settle?.();
    });
    this.#socket.on('error', ({ message }) => this.#finish(message));
    this.#socket.on('close', (code) => {
      this.#code = code;
      this.#finish(`closed with code ${code}`);
    });
  }

  async open(): Promise<void> {
    await this.#until(() => this.#socket.readyState === WebSocket.OPEN || undefined, 'it was open');
  }

  say(text: string): void {
    this.#socket.send(text);
  }

  /** @throws Error when it is another message, or none comes */
  async hear(expected: string | RegExp): Promise<void> {
    const message = await this.#until(() => this.#messages.shift(), `${expected} was heard`);
    const isRight = typeof expected === 'string' ? message === expected : expected.test(message);
    if (!isRight) throw new Error(`${message} was heard instead of ${expected}`);
  }

  /** By the handshake of RFC 6455, section 7.1.2. */
  async close(): Promise<void> {
    this.#socket.close(1000);
    await this.#until(() => this.#code === 1000 || undefined, 'it was closed with 1000');
  }

  #finish(why: string): void {
    this.#end ??= why;
    this.#settle?.();
  }

  async #until<T>(attempt: () => T | undefined, what: string): Promise<T> {
    const patience = setTimeout(() => {
      this.#finish(`${PATIENCE / 1000} s passed`);
      this.#socket.terminate();
    }, PATIENCE);
    try {
      for (;;) {
        const result = attempt();
        if (result !== undefined) return result;
        if (this.#code !== undefined && LEAVING.includes(this.#code)) throw new Told();
        if (this.#end !== undefined) throw new Error(`${this.#end} before ${what}`);
        await new Promise<void>((resolve) => {
          this.#settle = resolve;
        });
      }
    } finally {
      clearTimeout(patience);
    }
  }
}

const urlOf = (origin: string, path: string) => `${origin.replace(/^http/, 'ws')}${path}`;

/** A server that says back what it hears. */
export const echoed =
  (path: string): Talk =>
  async (origin, heard) => {
    const line = new Line(urlOf(origin, path));
    await line.open();
    for (let count = 0; count < MESSAGES; count++) {
      const text = `${count} `.repeat(1 + count * 20);
      line.say(text);
      await line.hear(text);
      heard();
    }
    await line.close();
  };

/** Its protocol (Engine.IO 4, Socket.IO 5): `0` and `40` open, `42` is an event, `420` one that is to be answered by `430`. */
export const socketIo: Talk = async (origin, heard) => {
  const line = new Line(urlOf(origin, '/socket.io/?EIO=4&transport=websocket'));
  await line.hear(/^0\{/);
  line.say('40');
  await line.hear(/^40\{/);
  const room = `room ${Math.random()}`;
  for (let count = 0; count < MESSAGES; count += 2) {
    line.say(`420${JSON.stringify(['ask', `${count}`])}`);
    await line.hear(`430${JSON.stringify([`${count}`])}`);
    heard();
    line.say(`42${JSON.stringify(['say', room, `${count}`])}`);
    await line.hear(`42${JSON.stringify(['said', `${count}`])}`);
    heard();
  }
  await line.close();
};
