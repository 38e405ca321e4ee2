/**
 * Answers clients in the place of workers that do not turn (setting `queueTimeout`). Where nobody who accepts from a socket has shown
 * a sign of life for so long, those at the head of its queue that have waited for as long get 503, without a byte of theirs being read as a
 * request. Invariant: while a worker turns, none is taken.
 */
import { Socket as Connection } from 'node:net';
import { closeFd, measureQueue, takeConnection } from '@qilin/picoev';
import { LEAST_SILENCE } from '../contract/messages.ts';
import { OVERLOADED_ANSWER } from '../contract/overloaded.ts';
import type { Milliseconds } from '../contract/units.ts';
import { Episode } from '../observe/episode.ts';
import { lookBehindNews } from './behind-news.ts';
import type { Crew } from './crew.ts';
import { isServing } from './fleet.ts';
import type { Generations } from './generations.ts';
import type { Socket } from './sockets.ts';
import type { ArbiterState } from './state.ts';
import type { Succession } from './succession.ts';

export interface ValveEvent {
  readonly type: 'valve';
}

/** A connection that was taken before its time had come: where the system does not tell how long it has waited, or by a hair. */
interface Early {
  readonly fd: number;
  readonly listener: Socket;
  /** When it began to wait. */
  readonly since: Milliseconds;
}

/** Connections that are held at the same time, answered or early. */
const MOST = 128;

/**
 * How long a client may take to see the answer and close. Closed at once, with bytes of it unread, the connection would be reset, and
 * the answer with it.
 */
const LINGER: Milliseconds = 1_000;

/** How often to look within the silence by which it is known that none turns. */
const LOOKS = 4;

const CALM: Milliseconds = 5_000;

export class Valve {
  readonly #state: ArbiterState;
  readonly #generations: Generations;
  readonly #succession: Succession;
  readonly #crew: Crew;
  readonly #put: (event: ValveEvent) => void;
  /** Made when it is first asked for: it loads the addon. */
  #waited: ((fd: number) => number) | undefined;
  readonly #answered = new Set<Connection>();
  #early: readonly Early[] = [];
  #stopLooking = () => {};
  #interval: Milliseconds | undefined;
  readonly #episode = new Episode(
    CALM,
    () =>
      this.#state.log.warning(
        `No worker turns: clients that have waited for longer than queueTimeout (${this.#limit} ms) get 503 from the arbiter`,
      ),
    (times, lasted) =>
      this.#state.log.warning(
        `The arbiter answers nobody any more: ${times} clients got 503 from it in ${(lasted / 1000).toFixed(1)} s`,
      ),
  );

  constructor(
    state: ArbiterState,
    generations: Generations,
    succession: Succession,
    crew: Crew,
    put: (event: ValveEvent) => void,
  ) {
    this.#state = state;
    this.#generations = generations;
    this.#succession = succession;
    this.#crew = crew;
    this.#put = put;
  }

  /** Clients that were answered so. */
  get total(): number {
    return this.#episode.total;
  }

  /** Looks from now on as often as the settings ask for, or no more. To be called after each change. */
  follow(): undefined {
    const interval = this.#isWanted ? this.#silence / LOOKS : undefined;
    if (interval === this.#interval) return;
    this.#interval = interval;
    this.#stopLooking();
    // A worker that has shown a sign of life while this process was held up is not stuck.
    if (interval !== undefined) this.#stopLooking = lookBehindNews(() => this.#put({ type: 'valve' }), interval);
    else this.#letGo(this.#early);
  }

  /** Nothing of it is left. */
  close(): void {
    this.#stopLooking();
    this.#letGo(this.#early);
    for (const connection of this.#answered) connection.destroy();
  }

  look(): void {
    if (!this.#isWanted) return;
    const { serving } = this.#state.fleet;
    const lent = this.#generations.get(serving.number)?.lent ?? [];
    // A reload may have closed the socket by which they came.
    this.#letGo(this.#early.filter(({ listener }) => lent.every(({ socket }) => socket !== listener)));
    for (const { socket, place } of lent) {
      const early = this.#early.filter(({ listener }) => listener === socket);
      if (this.#isStuck(place)) this.#relieve(socket, early);
      // They cannot be given back.
      else this.#letGo(early);
    }
  }

  get #limit(): Milliseconds {
    return this.#state.config.queueTimeout;
  }

  get #silence(): Milliseconds {
    return Math.max(this.#limit, LEAST_SILENCE);
  }

  /** The other arbiter of an upgrade has workers of its own. */
  get #isWanted(): boolean {
    const { hasStarted } = this.#crew;
    return (
      this.#limit > 0 && hasStarted && this.#state.fleet.goal === 'serve' && this.#succession.speaksForServer(true)
    );
  }

  /** @param place As in `Lent`. */
  #isStuck(place: number | null): boolean {
    const servers = this.#state.fleet.workers.filter(
      (worker) => isServing(worker) && (place === null || worker.place === place),
    );
    return servers.every((worker) => this.#crew.silenceOf(worker) >= this.#silence);
  }

  #relieve(listener: Socket, early: readonly Early[]): void {
    const now = performance.now();
    const due = early.filter(({ since }) => now - since >= this.#limit);
    this.#letGo(due);
    let isBehindEarly = due.length < early.length;
    const tellsWait = listener.actual.kind === 'tcp' && process.platform === 'linux';
    while (this.#answered.size + this.#early.length < MOST && !(tellsWait && isBehindEarly)) {
      const fd = takeConnection(listener.fd);
      if (fd === undefined) return;
      const taken = { fd, listener, since: tellsWait ? now - this.#waitedOf(fd) : now };
      this.#early = [...this.#early, taken];
      if (now - taken.since >= this.#limit) this.#letGo([taken]);
      // Those behind it have come later.
      else isBehindEarly = true;
    }
  }

  #waitedOf(fd: number): Milliseconds {
    this.#waited ??= measureQueue();
    return this.#waited(fd);
  }

  #letGo(taken: readonly Early[]): void {
    this.#early = this.#early.filter((one) => !taken.includes(one));
    for (const { fd } of taken) this.#answer(fd);
  }

  #answer(fd: number): void {
    this.#episode.happens();
    // In TLS there is nothing to say without a handshake.
    if (this.#state.config.certfile !== null) {
      closeFd(fd);
      return;
    }
    const connection = openConnection(fd);
    if (connection === undefined) return;
    this.#answered.add(connection);
    const late = setTimeout(() => connection.destroy(), LINGER);
    connection.on('error', () => {});
    connection.once('close', () => {
      clearTimeout(late);
      this.#answered.delete(connection);
    });
    connection.resume();
    connection.end(OVERLOADED_ANSWER);
  }
}

/** Undefined where its client has gone already: some systems do not even tell of what kind it was then. */
function openConnection(fd: number): Connection | undefined {
  try {
    return new Connection({ fd, readable: true, writable: true });
  } catch {
    closeFd(fd);
    return undefined;
  }
}
