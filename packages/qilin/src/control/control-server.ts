/**
 * The arbiter's end of the control socket: reads requests, has them carried out one after the other, and answers. Whoever is at the
 * other end can make it hold no more than a bounded number of connections, and of each one request and one answer.
 */
import { Server, type Socket } from 'node:net';
import { LineReader } from '../contract/line-reader.ts';
import type { Milliseconds } from '../contract/units.ts';
import type { Order } from './commands.ts';
import { type Answer, encodeAnswer, LONGEST_REQUEST, parseRequest } from './protocol.ts';

/** More than any operator has terminals; further ones are closed at once. */
const MOST_CONNECTIONS = 32;
/** For a request to come, and for its answer to be taken. */
const PATIENCE: Milliseconds = 60_000;
const REFUSAL_TAKES: Milliseconds = 1_000;

/** A command that cannot be carried out. The message is one sentence for the operator, and says what would be right. */
export class Refusal extends Error {}

export interface ControlSource {
  /**
   * The result, or a promise of it where the command is one to wait for; one that never resolves is answered by the end of the server.
   * @throws Refusal
   */
  carryOut(order: Order): unknown;
  /** A fault, of the socket or of this program. */
  onError(error: unknown): void;
}

export class ControlServer {
  readonly #server: Server;
  readonly #connections = new Set<Connection>();

  /** @param fd A listening socket; from now on the server's own. */
  constructor(fd: number, source: ControlSource) {
    this.#server = new Server({ allowHalfOpen: true }, (socket) => {
      const connection = new Connection(socket, source);
      this.#connections.add(connection);
      socket.once('close', () => this.#connections.delete(connection));
    });
    this.#server.maxConnections = MOST_CONNECTIONS;
    this.#server.on('error', (error) => source.onError(error));
    this.#server.listen({ fd });
  }

  /** Takes no further request. Who waits for an answer has it yet. */
  close(): void {
    this.#server.close();
    for (const connection of this.#connections) connection.leave();
  }
}

/** `working` may take as long as a reload does; for all else a client has PATIENCE. */
type Doing = 'reading' | 'working' | 'writing' | 'refusing';

class Connection {
  readonly #socket: Socket;
  readonly #source: ControlSource;
  /** Requests of what was read last that wait for the one before. */
  #waiting: string[] = [];
  #doing: Doing = 'reading';
  /** Ends when what it has asked is answered. */
  #isLeaving = false;

  constructor(socket: Socket, source: ControlSource) {
    this.#socket = socket;
    this.#source = source;
    const lines = new LineReader(
      LONGEST_REQUEST,
      (line) => void this.#waiting.push(line),
      () => void this.#waiting.push(''),
    );
    socket.setEncoding('utf8').on('data', (text: string) => {
      if (this.#doing === 'refusing') return;
      lines.push(text);
      this.#next();
    });
    socket.on('end', () => this.leave());
    // Its end is all there is to say of it.
    socket.on('error', () => {});
    socket.setTimeout(PATIENCE, () => {
      if (this.#doing !== 'working') socket.destroy();
    });
  }

  leave(): void {
    this.#isLeaving = true;
    this.#next();
  }

  #next(): void {
    if (this.#doing !== 'reading') return;
    const line = this.#waiting.shift();
    if (line !== undefined) void this.#take(line);
    else if (this.#isLeaving) this.#socket.end();
  }

  async #take(line: string): Promise<void> {
    const request = parseRequest(line);
    if (!request.ok) {
      this.#refuse(request);
      return;
    }
    this.#doing = 'working';
    // What follows stays in the kernel meanwhile.
    this.#socket.pause();
    await this.#write(await this.#carryOut(request.order));
    this.#doing = 'reading';
    this.#socket.resume();
    this.#next();
  }

  /** Who does not speak the protocol is told so once. What more it says is thrown away, for as long as it may take to hear that. */
  #refuse(answer: Answer): void {
    this.#waiting = [];
    this.#doing = 'refusing';
    this.#socket.end(encodeAnswer(answer));
    setTimeout(() => this.#socket.destroy(), REFUSAL_TAKES).unref();
  }

  async #carryOut(order: Order): Promise<Answer> {
    try {
      return { ok: true, result: await this.#source.carryOut(order) };
    } catch (error) {
      if (error instanceof Refusal) return { ok: false, error: error.message };
      this.#source.onError(error);
      return { ok: false, error: 'A fault of qilin itself: the log of the server has it.' };
    }
  }

  /** Resolves when the kernel has it, or there is nobody any more. */
  #write(answer: Answer): Promise<void> {
    this.#doing = 'writing';
    return new Promise((resolve) => {
      if (this.#socket.writable) this.#socket.write(encodeAnswer(answer), () => resolve());
      else resolve();
    });
  }
}
