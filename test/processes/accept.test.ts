/** Who takes a connection: workers share evenly, and one that is full leaves it to another, or to later. */
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { RawConnection } from './http-client.ts';
import { startQilin } from './server.ts';

const APP = 'test/fixtures/app.mjs:app';

/** The connections of a test are idle in between: they must last. */
const LASTING = ['--keep-alive', '60'];

/** Asks a connection which worker has it. */
async function workerOf(connection: RawConnection): Promise<number> {
  connection.received = '';
  connection.send('GET /pid HTTP/1.1\r\nHost: test\r\n\r\n');
  const [, pid] = await connection.until(/\r\n\r\n(\d+)$/);
  return Number(pid);
}

/** Connections that are open together; all are closed at the end of the block. */
class Connections implements Disposable {
  readonly all: RawConnection[] = [];
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  async open(): Promise<RawConnection> {
    const connection = await RawConnection.open(this.#port);
    this.all.push(connection);
    return connection;
  }

  [Symbol.dispose](): void {
    for (const connection of this.all) connection[Symbol.dispose]();
  }
}

describe('256 connections within two seconds onto four workers', () => {
  const CONNECTIONS = 256;
  const WORKERS = 4;

  /** How many connections each worker got, when they come at these moments (of 0 to 1). */
  async function spread(port: number, moments: readonly number[]): Promise<readonly number[]> {
    using connections = new Connections(port);
    const start = performance.now();
    for (const moment of moments) {
      await pause(Math.max(0, start + moment * 2_000 - performance.now()));
      await connections.open();
    }
    const counts = new Map<number, number>();
    for (const pid of await Promise.all(connections.all.map(workerOf))) counts.set(pid, (counts.get(pid) ?? 0) + 1);
    return [...counts.values()];
  }

  const evenly = () => Array.from({ length: CONNECTIONS }, (_, index) => index / CONNECTIONS);
  const atRandom = () => Array.from({ length: CONNECTIONS }, () => Math.random()).sort((a, b) => a - b);

  test.each([
    { name: 'evenly paced', moments: evenly },
    { name: 'at random', moments: atRandom },
  ])('$name: the fullest has at most one and a half times the mean', async ({ moments }) => {
    await using server = await startQilin(['-w', String(WORKERS), ...LASTING, APP]);
    for (const _ of [1, 2]) {
      const counts = await spread(server.port, moments());
      expect(Math.max(...counts), `spread ${counts.join(', ')}`).toBeLessThanOrEqual((1.5 * CONNECTIONS) / WORKERS);
    }
  });
});

describe('at workerConnections 2', () => {
  const start = (workers: number) => startQilin(['-w', String(workers), '--worker-connections', '2', ...LASTING, APP]);

  test('a second worker takes what the first has no room for', async () => {
    await using server = await start(2);
    using connections = new Connections(server.port);
    const pids: number[] = [];
    for (let opened = 1; opened <= 4; opened++) pids.push(await workerOf(await connections.open()));
    for (const pid of server.workerPids) expect(pids.filter((other) => other === pid)).toHaveLength(2);
    const waiting = workerOf(await connections.open());
    connections.all[0]?.[Symbol.dispose]();
    expect(await waiting).toBe(pids[0]);
  });

  test('connections that wait are answered by a worker that is added', async () => {
    await using server = await start(1);
    using connections = new Connections(server.port);
    for (const _ of [1, 2]) await workerOf(await connections.open());
    const waiting = workerOf(await connections.open());
    server.signal('SIGTTIN');
    expect(await waiting).toBe(server.workerPids[1]);
  });
});
