/**
 * The arbiter's end of the control socket: reads requests, has them carried out one after the other, and answers. Whoever is at the
 * other end can make it hold no more than a bounded number of connections, and of each one request and one answer.
 */
import { Server, type Socket } from 'node:net';
import { LineReader } from '../contract/line-reader.ts';
import type { Milliseconds } from '../contract/units.ts';
import type { Order } from './commands.ts';
import { type Answer, encodeAnswer, encodePart, LONGEST_REQUEST, parseRequest } from './protocol.ts';
import { Refusal, TakenOver } from './refusal.ts';

/** More than any operator has terminals; further ones are told so. */
const MOST_CONNECTIONS = 32;
/** With those that are being told; further ones are closed at once. */
const MOST_WITH_REFUSED = 2 * MOST_CONNECTIONS;
/** For a request to come, and for its answer to be taken. */
const PATIENCE: Milliseconds = 60_000;
const REFUSAL_TAKES: Milliseconds = 1_000;
/** For the request of whoever has connected just before the other arbiter of an upgrade took over. */
const LATE_REQUEST_TAKES: Milliseconds = 1_000;

const TOO_MANY = `${MOST_CONNECTIONS} connections are open to this socket already: end a qilinctl that waits, or try again in a minute.`;

export interface ControlSource {
  /**
   * The result, or a promise of it where the command is one to wait for; one that never resolves is answered by the end of the server.
   * @param take Sends a part of a long answer, before the result; false when nobody takes it any more.
   * @throws Refusal
   */
  carryOut(order: Order, take: (part: string) => Promise<boolean>): object | Promise<object>;
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
      if (this.#connections.size > MOST_CONNECTIONS) connection.refuse(TOO_MANY);
    });
    this.#server.maxConnections = MOST_WITH_REFUSED;
    this.#server.on('error', (error) => source.onError(error));
    this.#server.listen({ fd });
  }

  /** Takes no further connection. Who waits for an answer has it yet, and who has connected just now may ask. */
  close(): void {
    this.#server.close();
    for (const connection of this.#connections) connection.leaveSoon();
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
  #hasAsked = false;
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
      this.#hasAsked = true;
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

  /** After its first request, if that is on its way. */
  leaveSoon(): void {
    if (this.#hasAsked) this.leave();
    else setTimeout(() => this.leave(), LATE_REQUEST_TAKES).unref();
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
      this.refuse(request.error);
      return;
    }
    this.#doing = 'working';
    // What follows stays in the kernel meanwhile.
    this.#socket.pause();
    await this.#write(encodeAnswer(await this.#carryOut(request.order)));
    this.#doing = 'reading';
    this.#socket.resume();
    this.#next();
  }

  /** Who does not speak the protocol is told so once. What more it says is thrown away, for as long as it may take to hear that. */
  refuse(error: string): void {
    this.#waiting = [];
    this.#doing = 'refusing';
    this.#socket.end(encodeAnswer({ ok: false, error }));
    setTimeout(() => this.#socket.destroy(), REFUSAL_TAKES).unref();
  }

  async #carryOut(order: Order): Promise<Answer> {
    try {
      return { ok: true, result: await this.#source.carryOut(order, (part) => this.#writePart(part)) };
    } catch (error) {
      if (error instanceof Refusal)
        return { ok: false, error: error.message, ...(error instanceof TakenOver && { again: true }) };
      this.#source.onError(error);
      return { ok: false, error: 'A fault of qilin itself: the log of the server has it.' };
    }
  }

  /** Resolves when the kernel has it, or there is nobody any more. */
  #write(line: string): Promise<void> {
    this.#doing = 'writing';
    return new Promise((resolve) => {
      if (this.#socket.writable) this.#socket.write(line, () => resolve());
      else resolve();
    });
  }

  async #writePart(part: string): Promise<boolean> {
    await this.#write(encodePart(part));
    this.#doing = 'working';
    return this.#socket.writable;
  }
}
