/** A thousand clients that drip their requests cost no worker; each is closed at its deadline, and others are served. */
import { connect, type Socket } from 'node:net';
import { setInterval as every } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { CLASSES, FETCH_APP } from '../suites/classes.ts';
import { Load } from './clients.ts';
import { startQilin } from './server.ts';

const CLIENTS = 1_000;
/** Milliseconds between two bytes of a client. */
const DRIP = 1_000;
/** Seconds. */
const DEADLINE = 3;

/** Clients that send one byte a second of a head without end, and what each of them has got. */
class SlowClients implements Disposable {
  readonly #sockets: Socket[];
  readonly #received: string[] = [];
  readonly #stop = new AbortController();
  /** Resolves when all have been closed. */
  readonly closed: Promise<unknown>;

  constructor(port: number, count: number) {
    this.#sockets = Array.from({ length: count }, () => connect({ port, host: '127.0.0.1', noDelay: true }));
    this.closed = Promise.all(this.#sockets.map((socket, index) => this.#watch(socket, index)));
    void this.#drip();
  }

  get received(): readonly string[] {
    return this.#received;
  }

  [Symbol.dispose](): void {
    this.#stop.abort();
    for (const socket of this.#sockets) socket.destroy();
  }

  #watch(socket: Socket, index: number): Promise<void> {
    this.#received[index] = '';
    socket.write('GET / HTTP/1.1\r\nHost: test\r\nX-Slow: ');
    socket.setEncoding('latin1').on('data', (text) => {
      this.#received[index] += String(text);
    });
    // A reset after the answer: the last byte crossed it.
    socket.on('error', () => {});
    return new Promise((resolve) => socket.once('close', () => resolve()));
  }

  async #drip(): Promise<void> {
    try {
      for await (const _ of every(DRIP, undefined, { signal: this.#stop.signal })) {
        for (const socket of this.#sockets) if (socket.writable) socket.write('x');
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) throw error;
    }
  }
}

// A class that has one connection at a time lets slow clients wait in the queue: it needs a proxy before it.
for (const { name, flags } of CLASSES.filter(({ lacks }) => lacks.concurrency === undefined)) {
  describe(`${CLIENTS} slow clients of class ${name}`, () => {
    test('get 408 at their deadline, while others get every answer, from the same workers', async () => {
      const settings = ['-w', '2', '--headers-timeout', String(DEADLINE), '--worker-connections', '2000'];
      await using server = await startQilin([...flags, ...settings, FETCH_APP]);
      const pids = server.workerPids;
      const begun = performance.now();
      using slow = new SlowClients(server.port, CLIENTS);
      await using load = new Load(server.port, { keepAlive: 8, oneShot: 8 });
      await load.progress(200);
      expect(slow.received.filter((text) => text !== '')).toEqual([]);
      await slow.closed;
      expect(performance.now() - begun).toBeGreaterThan(DEADLINE * 1_000 - 100);
      await load.progress(200);
      await load.stop();
      expect(load.faults).toBe('');
      const statuses = slow.received.map((text) => /^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1]);
      expect(statuses.filter((status) => status !== '408')).toEqual([]);
      expect(server.workerPids).toEqual(pids);
      expect(server.log).not.toMatch(/\[(?:WARNING|ERROR|CRITICAL)\]/);
    });
  });
}
