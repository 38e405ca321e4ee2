/**
 * Clients that keep a server busy and check every answer: it must be that to the client's own request. What goes wrong is noted with the connection on which it did, and with what was done to the server then.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { ClientConnection, ExchangeError, type FailureKind, fieldOf, type Reply } from './client-connection.ts';
import { LISTENING, tcpSocketsOf } from './process-table.ts';
import { type Ask, mixed, pipelined, type Question, send, streamed, uploaded } from './questions.ts';

interface Failure {
  readonly kind: FailureKind;
  /** Port of the client's end, which tells connections apart. */
  readonly port: number;
  /** When that connection was opened: ports are used again. */
  readonly openedAt: number;
  readonly detail: string;
  /** What was done to the server at that time, by `begin()`. */
  readonly during: string;
}

/** How many clients of each kind. */
export interface LoadOptions {
  /** That keep their connection as long as the server does. Default 32. */
  readonly keepAlive?: number;
  /** That open a connection for each request. Default 32. */
  readonly oneShot?: number;
  /** That keep it and ask three times before they read. Default 0. */
  readonly pipelining?: number;
  /** That keep it and send a body in chunks, slowly. Default 0. */
  readonly uploading?: number;
  /** That keep it and get an answer in pieces, slowly. Default 0. */
  readonly streaming?: number;
  /** Further ones that keep it, each with questions of its own. Default none. */
  readonly asks?: readonly Ask[];
  /** Milliseconds between an answer and the next request, chosen at random up to this. Default 8. */
  readonly think?: number;
}

/** What a process had in hand when it was killed. */
interface Pardon {
  readonly ports: ReadonlySet<number>;
  readonly at: number;
}

const saysClose = ({ pieces: [first = ''] }: Question): boolean => /^connection: close\r?$/im.test(first);

interface Outcome {
  /** While it can be used again. */
  readonly connection: ClientConnection | undefined;
  readonly left: readonly Question[];
}

/** How long clients may need for what `progress()` waits for. */
const PATIENCE = Number(process.env['QILIN_TEST_PATIENCE'] ?? 50) * 1_000;

export class Load implements AsyncDisposable {
  /** Milliseconds between an answer and the next request, chosen at random up to this. */
  think: number;
  readonly #port: number;
  readonly #clients: Promise<void>[];
  readonly #failures: Failure[] = [];
  readonly #pardons: Pardon[] = [];
  /** When each process, by its pid, has answered for the first time. */
  readonly #firstAnswers = new Map<number, number>();
  #requests = 0;
  #stopping = false;
  #leaving = false;
  #running: Promise<void> = Promise.resolve();
  #run: () => void = () => {};
  #inHand = 0;
  #onIdle: (() => void) | undefined;
  #doing = 'nothing';
  #since = performance.now();

  constructor(port: number, options: LoadOptions = {}) {
    const {
      keepAlive = 32,
      oneShot = 32,
      pipelining = 0,
      uploading = 0,
      streaming = 0,
      asks = [],
      think = 8,
    } = options;
    this.#port = port;
    this.think = think;
    const kinds = [
      ...Array<Ask>(keepAlive).fill(mixed([])),
      ...Array<Ask>(oneShot).fill(mixed(['Connection: close'])),
      ...Array<Ask>(pipelining).fill(pipelined),
      ...Array<Ask>(uploading).fill(uploaded),
      ...Array<Ask>(streaming).fill(streamed),
      ...asks,
    ];
    this.#clients = kinds.map((kind, index) => this.#client(index, kind));
  }

  /** Requests that were answered rightly so far. */
  get requests(): number {
    return this.#requests;
  }

  /** Says what is done to the server from now on, for the report. */
  begin(doing: string): void {
    this.#doing = doing;
    this.#since = performance.now();
  }

  /** Resolves when so many more requests have been answered: the clients are at work. */
  async progress(requests: number): Promise<void> {
    const goal = this.#requests + requests;
    await this.#until(
      () => this.#requests >= goal,
      () => `only ${this.#requests} of ${goal} requests`,
    );
  }

  /** Resolves, with the time of its first answer, when a process has answered of which `isOld` is not true. */
  async answeredByAnother(isOld: (pid: number) => boolean): Promise<number> {
    const another = () => [...this.#firstAnswers].find(([pid]) => !isOld(pid));
    await this.#until(
      () => another() !== undefined,
      () => 'no new process has answered',
    );
    return another()?.[1] ?? Number.NaN;
  }

  /** The processes that have answered so far. */
  get pids(): ReadonlySet<number> {
    return new Set(this.#firstAnswers.keys());
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
    this.#pardons.push({ ports, at: performance.now() });
  }

  /** Failures that were forgiven. */
  get forgiven(): number {
    return this.#failures.filter((failure) => this.#isForgiven(failure)).length;
  }

  /** Resolves when every client has had its last answer. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.resume();
    await Promise.all(this.#clients);
  }

  /**
   * To be called before the server is told to end: no client opens another connection. Resolves when the server has let
   * each of them go.
   */
  async leave(): Promise<void> {
    this.#leaving = true;
    this.resume();
    await Promise.all(this.#clients);
  }

  /** Empty when all went well, or what did not, with counts. */
  get faults(): string {
    return this.#failures.every((failure) => this.#isForgiven(failure)) ? '' : this.report();
  }

  report(): string {
    const counts = new Map<string, number>();
    for (const failure of this.#failures) {
      const name = this.#isForgiven(failure) ? `${failure.kind} (by the kill)` : failure.kind;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    const listed = [...counts].map(([name, count]) => `${count} ${name}`);
    const details = this.#failures.filter((failure) => !this.#isForgiven(failure)).slice(0, 12);
    return [
      `${this.#requests} answers, ${listed.join(', ') || 'no failure'}`,
      ...details.map(({ kind, port, detail, during }) => `  ${during}: ${kind} on port ${port}: ${detail}`),
    ].join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #until(isTrue: () => boolean, otherwise: () => string): Promise<void> {
    const deadline = performance.now() + PATIENCE;
    while (!isTrue()) {
      if (performance.now() > deadline) throw new Error(`${otherwise()}: ${this.report()}`);
      await pause(5);
    }
  }

  async #client(index: number, ask: Ask): Promise<void> {
    let connection: ClientConnection | undefined;
    for (let turn = 0; !this.#stopping; turn++) {
      await this.#running;
      if (this.#leaving && connection === undefined) return;
      this.#inHand += 1;
      for (let left = ask(`${index}-${turn}`, turn); left.length > 0; ) {
        ({ connection, left } = await this.#ask(connection, left));
        if (this.#leaving && connection === undefined) break;
      }
      this.#inHand -= 1;
      if (this.#inHand === 0) this.#onIdle?.();
      await pause(Math.random() * this.think);
    }
    connection?.destroy();
  }

  /**
   * Sends the requests and reads their answers. What was sent behind one whose answer says `Connection: close` is `left`,
   * to be asked on another: RFC 9112, section 9.3.2. Nothing else is asked twice. Behind one that says so itself nothing is
   * asked (section 9.6), whatever its answer says: an app may write `Connection: keep-alive` into each.
   */
  async #ask(present: ClientConnection | undefined, questions: readonly Question[]): Promise<Outcome> {
    const [{ target: first } = { target: '' }] = questions;
    if (present?.isClosed === true) this.#note('closed while idle', present, `before ${first}`);
    const connection = present?.isClosed === false ? present : new ClientConnection(this.#port);
    let asked = first;
    try {
      const sent = send(connection, questions);
      for (const [index, question] of questions.entries()) {
        asked = `${question.method} ${question.target}`;
        const reply = await connection.answer();
        this.#check(question, reply, connection);
        if (!reply.closes && !saysClose(question)) continue;
        await sent;
        connection.destroy();
        return { connection: undefined, left: questions.slice(index + 1) };
      }
      await sent;
      if (connection.unread === '') return { connection, left: [] };
      this.#note('wrong answer', connection, `more than was asked for: ${connection.unread}`);
    } catch (error) {
      if (!(error instanceof ExchangeError)) throw error;
      this.#note(error.kind, connection, `${error.message}, ${asked}`);
    }
    connection.destroy();
    return { connection: undefined, left: [] };
  }

  #check({ method, target, isAnsweredBy }: Question, reply: Reply, connection: ClientConnection): void {
    if (isAnsweredBy(reply)) {
      this.#requests += 1;
      const pid = fieldOf(reply, 'x-pid');
      if (pid !== undefined && !this.#firstAnswers.has(Number(pid)))
        this.#firstAnswers.set(Number(pid), performance.now());
    } else {
      const { head, text } = reply;
      this.#note('wrong answer', connection, `to ${method} ${target}: ${head.slice(0, 300)} ${text.slice(0, 100)}`);
    }
  }

  #note(kind: FailureKind, { port, openedAt }: ClientConnection, detail: string): void {
    const during = `${((performance.now() - this.#since) / 1000).toFixed(2)} s into ${this.#doing}`;
    this.#failures.push({ kind, port, openedAt, detail, during });
  }

  #isForgiven({ port, openedAt }: Failure): boolean {
    return this.#pardons.some(({ ports, at }) => openedAt <= at && ports.has(port));
  }
}

/**
 * The ports of the clients whose connections a process has, accepted or not yet read from: what is lost when it is
 * killed. It must be stopped (SIGSTOP), or it would take more in the meantime.
 */
export function clientPortsOf(pid: number, serverPort: number): ReadonlySet<number> {
  const connections = tcpSocketsOf(pid).filter(
    ({ localPort, state }) => localPort === serverPort && state !== LISTENING,
  );
  return new Set(connections.map(({ remotePort }) => remotePort));
}
