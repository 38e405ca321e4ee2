/**
 * Clients that keep a server busy and check every answer. One half keeps its connections, the other opens one for each
 * request; what goes wrong is noted with the connection on which it did.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

type FailureKind = 'refused' | 'reset' | 'cut off' | 'wrong answer' | 'no answer' | 'closed while idle';

interface Failure {
  readonly kind: FailureKind;
  /** Port of the client's end, which tells connections apart. */
  readonly port: number;
  readonly detail: string;
}

interface LoadOptions {
  /** Clients that keep their connection as long as the server does. Default 32. */
  readonly keepAlive?: number;
  /** Clients that open a connection for each request. Default 32. */
  readonly oneShot?: number;
  /** Milliseconds between an answer and the next request, chosen at random up to this. Default 8. */
  readonly think?: number;
}

/** How long an answer may take. */
const PATIENCE = 20_000;

export class Load implements AsyncDisposable {
  readonly #port: number;
  readonly #think: number;
  readonly #clients: Promise<void>[];
  readonly #failures: Failure[] = [];
  readonly #forgiven = new Set<number>();
  #requests = 0;
  #stopping = false;
  #running: Promise<void> = Promise.resolve();
  #run: () => void = () => {};
  #inHand = 0;
  #onIdle: (() => void) | undefined;

  constructor(port: number, { keepAlive = 32, oneShot = 32, think = 8 }: LoadOptions = {}) {
    this.#port = port;
    this.#think = think;
    const kinds = [...Array<boolean>(keepAlive).fill(true), ...Array<boolean>(oneShot).fill(false)];
    this.#clients = kinds.map((keeps, index) => this.#client(index, keeps));
  }

  /** Requests that were answered rightly so far. */
  get requests(): number {
    return this.#requests;
  }

  /** Resolves when so many more requests have been answered: the clients are at work. */
  async progress(requests: number): Promise<void> {
    const goal = this.#requests + requests;
    const deadline = performance.now() + PATIENCE;
    while (this.#requests < goal) {
      if (performance.now() > deadline) throw new Error(`only ${this.#requests} of ${goal} requests: ${this.report()}`);
      await pause(5);
    }
  }

  /** Resolves when no client has a request in hand; none makes another one until `resume()`. */
  async hold(): Promise<void> {
    this.#running = new Promise((resolve) => {
      this.#run = resolve;
    });
    if (this.#inHand === 0) return;
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
  }

  resume(): void {
    this.#run();
  }

  /** What happens on these connections is not counted: a process that was killed had them in hand. */
  forgive(ports: ReadonlySet<number>): void {
    for (const port of ports) this.#forgiven.add(port);
  }

  /** Resolves when every client has had its last answer. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.resume();
    await Promise.all(this.#clients);
  }

  /** Empty when all went well, or what did not, with counts. */
  get faults(): string {
    const faults = this.#failures.filter(({ port }) => !this.#forgiven.has(port));
    return faults.length === 0 ? '' : this.report();
  }

  report(): string {
    const counts = new Map<string, number>();
    for (const { kind, port } of this.#failures) {
      const name = this.#forgiven.has(port) ? `${kind} (by the kill)` : kind;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    const listed = [...counts].map(([name, count]) => `${count} ${name}`);
    const details = this.#failures.filter(({ port }) => !this.#forgiven.has(port)).slice(0, 5);
    return [
      `${this.#requests} answers, ${listed.join(', ') || 'no failure'}`,
      ...details.map(({ kind, port, detail }) => `  ${kind} on port ${port}: ${detail}`),
    ].join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #client(index: number, keeps: boolean): Promise<void> {
    let connection: ClientConnection | undefined;
    for (let turn = 0; !this.#stopping; turn++) {
      await this.#running;
      this.#inHand += 1;
      connection = await this.#exchange(connection, `${index}-${turn}`, turn, keeps);
      this.#inHand -= 1;
      if (this.#inHand === 0) this.#onIdle?.();
      await pause(Math.random() * this.#think);
    }
    connection?.destroy();
  }

  /** One request; returns the connection while it can be used again. */
  async #exchange(
    present: ClientConnection | undefined,
    token: string,
    turn: number,
    keeps: boolean,
  ): Promise<ClientConnection | undefined> {
    if (present?.isClosed === true) this.#note('closed while idle', present.port, `before ${token}`);
    const connection = present?.isClosed === false ? present : new ClientConnection(this.#port);
    // Most are quick; some have a body, some take a while, so that there is always something in flight.
    const method = turn % 4 === 1 ? 'POST' : 'GET';
    const body = method === 'POST' ? token.repeat(200) : '';
    const path = `/${token}`;
    try {
      const { status, text, closes } = await connection.request(
        method,
        `${path}${turn % 8 === 3 ? '?wait=20' : ''}`,
        body,
        keeps,
      );
      const isRight = status === 200 && text === `${method} ${path} ${body}`;
      if (isRight) this.#requests += 1;
      else this.#note('wrong answer', connection.port, `${status} ${text.slice(0, 100)} to ${method} ${path}`);
      if (keeps && !closes) return connection;
    } catch (error) {
      if (!(error instanceof ExchangeError)) throw error;
      this.#note(error.kind, connection.port, `${error.message}, ${method} ${path}`);
    }
    connection.destroy();
    return undefined;
  }

  #note(kind: FailureKind, port: number, detail: string): void {
    this.#failures.push({ kind, port, detail });
  }
}

class ExchangeError extends Error {
  readonly kind: FailureKind;

  constructor(kind: FailureKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

interface Reply {
  readonly status: number;
  readonly text: string;
  /** The server closes the connection after it. */
  readonly closes: boolean;
}

/** A connection for one request at a time, with answers that have a Content-Length. */
class ClientConnection {
  readonly #socket: Socket;
  #received = '';
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
      const reply = takeReply(this.#received);
      if (reply !== undefined) this.#finish(reply);
    });
    this.#socket.on('error', (error: NodeJS.ErrnoException) => {
      const kind = error.code === 'ECONNREFUSED' ? 'refused' : 'reset';
      this.#finish(new ExchangeError(kind, `${error.code} after ${this.#answered} answers`));
    });
    const onEnd = () => {
      this.isClosed = true;
      this.#finish(
        new ExchangeError(
          'cut off',
          `ended after ${this.#answered} answers, got ${JSON.stringify(this.#received.slice(0, 200))}`,
        ),
      );
    };
    this.#socket.on('end', onEnd);
    this.#socket.on('close', onEnd);
  }

  get port(): number {
    return this.#port;
  }

  async request(method: string, target: string, body: string, keeps: boolean): Promise<Reply> {
    const head = [`${method} ${target} HTTP/1.1`, 'Host: test', ...(keeps ? [] : ['Connection: close'])];
    if (body !== '') head.push(`Content-Length: ${body.length}`);
    this.#received = '';
    this.#socket.write(`${head.join('\r\n')}\r\n\r\n${body}`, 'latin1');
    const patience = setTimeout(() => this.#finish(new ExchangeError('no answer', `${PATIENCE} ms passed`)), PATIENCE);
    const result = await new Promise<Reply | ExchangeError>((resolve) => {
      this.#settle = resolve;
    });
    clearTimeout(patience);
    if (result instanceof ExchangeError) throw result;
    this.#answered += 1;
    return result;
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #finish(result: Reply | ExchangeError): void {
    this.#settle?.(result);
    this.#settle = undefined;
  }
}

function takeReply(received: string): Reply | undefined {
  const headEnds = received.indexOf('\r\n\r\n');
  if (headEnds < 0) return undefined;
  const head = received.slice(0, headEnds);
  const text = received.slice(headEnds + 4);
  const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? Number.NaN);
  if (text.length < length) return undefined;
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0);
  return { status, text, closes: /^connection: close/im.test(head) };
}

/**
 * The ports of the clients whose connections a process has, accepted or not yet read from: what is lost when it is
 * killed. It must be stopped (SIGSTOP), or it would take more in the meantime.
 */
export function clientPortsOf(pid: number, serverPort: number): ReadonlySet<number> {
  const inodes = new Set(readdirSync(`/proc/${pid}/fd`).flatMap((fd) => socketInode(`/proc/${pid}/fd/${fd}`)));
  const ports = new Set<number>();
  for (const line of readFileSync('/proc/net/tcp', 'latin1').split('\n').slice(1)) {
    const [, local = '', remote = '', , , , , , , inode = ''] = line.trim().split(/\s+/);
    if (inodes.has(inode) && portOf(local) === serverPort) ports.add(portOf(remote));
  }
  return ports;
}

const portOf = (address: string) => Number.parseInt(address.split(':')[1] ?? '', 16);

function socketInode(link: string): string[] {
  try {
    const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(link))?.[1];
    return inode === undefined ? [] : [inode];
  } catch {
    return [];
  }
}
