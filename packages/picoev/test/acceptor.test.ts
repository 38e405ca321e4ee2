/** One acceptor in one thread: callbacks, states, lifetime. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, unlinkSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker as Thread } from 'node:worker_threads';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Acceptor, type AcceptorOptions, closeFd, listen } from '../src/index.ts';
import { ask, connect } from './clients.ts';

const fixture = (name: string): string => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));

let fd: number;
const acceptors: Acceptor[] = [];

function accept(onConnection: (fd: number) => void, options?: AcceptorOptions): Acceptor {
  const acceptor = new Acceptor(fd, onConnection, options);
  acceptors.push(acceptor);
  return acceptor;
}

/** Resolves after the event loop has polled at least once more. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

beforeEach(() => {
  fd = listen({ host: '127.0.0.1', port: 0 });
});

afterEach(() => {
  for (const acceptor of acceptors.splice(0)) acceptor.close();
  closeFd(fd);
});

test('a descriptor becomes a net.Socket that talks both ways', async () => {
  accept((connection) => {
    const socket = new net.Socket({ fd: connection, readable: true, writable: true });
    socket.pipe(socket);
  });
  const client = await connect(fd);
  client.end('hello');
  const [answer] = await once(client, 'data');
  expect(String(answer)).toBe('hello');
});

test('tells how many connections wait', async () => {
  const acceptor = accept(closeFd);
  acceptor.pause();
  expect(acceptor.waiting).toBe(0);
  const clients = await Promise.all([connect(fd), connect(fd)]);
  expect(acceptor.waiting).toBe(process.platform === 'linux' ? 2 : 1);
  acceptor.resume();
  await Promise.all(clients.map((client) => once(client.resume(), 'close')));
  expect(acceptor.waiting).toBe(0);
  acceptor.close();
  expect(acceptor.waiting).toBe(0);
});

test('takes at once what waits, more than in one turn, unless it is paused or pauses meanwhile', async () => {
  const taken: number[] = [];
  const acceptor = accept((connection) => {
    taken.push(connection);
    if (taken.length === 20) acceptor.pause();
  });
  acceptor.pause();
  const clients = await Promise.all(Array.from({ length: 25 }, () => connect(fd)));
  expect(acceptor.takeRest()).toBeGreaterThan(0);
  expect(taken).toHaveLength(0);
  acceptor.resume();
  expect(acceptor.takeRest()).toBeGreaterThan(0);
  expect(taken).toHaveLength(20);
  acceptor.resume();
  expect(acceptor.takeRest()).toBe(0);
  expect(taken).toHaveLength(25);
  for (const connection of taken) closeFd(connection);
  await Promise.all(clients.map((client) => once(client.resume(), 'close')));
});

test('tells that somebody waits at a unix socket', async () => {
  const path = join(tmpdir(), `picoev-waiting-${process.pid}.sock`);
  const local = listen({ path });
  const acceptor = new Acceptor(local, closeFd);
  acceptor.pause();
  expect(acceptor.waiting).toBe(0);
  const client = await connect(local);
  expect(acceptor.waiting).toBe(1);
  client.destroy();
  acceptor.close();
  closeFd(local);
  unlinkSync(path);
});

test('a unix socket is accepted from as well', async () => {
  const path = join(tmpdir(), `picoev-${process.pid}.sock`);
  const local = listen({ path });
  const acceptor = new Acceptor(local, closeFd);
  expect(await ask(local)).toBe('');
  acceptor.close();
  closeFd(local);
  unlinkSync(path);
});

test('the callback runs in an async context: ticks, promises and AsyncLocalStorage work', async () => {
  const storage = new AsyncLocalStorage<string>();
  const order: string[] = [];
  await new Promise<void>((resolve) => {
    storage.run('made here', () => {
      accept((connection) => {
        closeFd(connection);
        order.push('callback');
        process.nextTick(() => order.push('tick'));
        Promise.resolve().then(() => {
          order.push(`promise, ${storage.getStore()}`);
          resolve();
        });
      });
    });
    connect(fd).then((socket) => socket.destroy());
  });
  expect(order).toEqual(['callback', 'tick', 'promise, made here']);
});

test('no more than perTurn connections are accepted in one turn', async () => {
  const turns: number[] = [];
  let inThisTurn = 0;
  const acceptor = accept(
    (connection) => {
      closeFd(connection);
      if (inThisTurn++ === 0) {
        setImmediate(() => {
          turns.push(inThisTurn);
          inThisTurn = 0;
        });
      }
    },
    { perTurn: 3 },
  );
  acceptor.pause();
  const clients = await Promise.all(Array.from({ length: 8 }, () => connect(fd)));
  acceptor.resume();
  while (acceptor.stats.accepted < 8) await turn();
  await turn();
  expect(turns).toEqual([3, 3, 2]);
  for (const client of clients) client.destroy();
});

test.each(['pause', 'close'] as const)('%s inside the callback ends the turn right there', async (method) => {
  const acceptor = accept(
    (connection) => {
      closeFd(connection);
      acceptor[method]();
    },
    { perTurn: 8 },
  );
  acceptor.pause();
  const clients = await Promise.all([connect(fd), connect(fd), connect(fd)]);
  acceptor.resume();
  while (acceptor.stats.accepted === 0) await turn();
  await turn();
  expect(acceptor.stats.accepted).toBe(1);
  for (const client of clients) client.destroy();
});

test('what waits when an acceptor is closed is there for the next one', async () => {
  const first = accept(() => {});
  first.pause();
  const answer = ask(fd);
  await connect(fd).then((socket) => socket.destroy());
  first.close();
  first.close();
  first.resume();
  const second = accept(closeFd);
  await answer;
  while (second.stats.accepted < 2) await turn();
  expect(first.stats.accepted).toBe(0);
});

test('a connection that is there before the acceptor is accepted', async () => {
  const client = await connect(fd);
  const closed = once(client, 'close');
  client.resume();
  accept(closeFd);
  await closed;
});

test('a second acceptor on the same descriptor, and one on a file, are errors', () => {
  accept(closeFd);
  expect(() => accept(closeFd)).toThrow(`cannot accept from descriptor ${fd}: file already exists (EEXIST)`);
  const file = openSync('/dev/null', 'r');
  expect(() => new Acceptor(file, closeFd)).toThrow(/^cannot accept from descriptor \d+: .* \(ENOTSOCK\)$/);
  closeSync(file);
  expect(() => accept(closeFd, { perTurn: 0 })).toThrow(RangeError);
});

test('an acceptor that nobody refers to lives until it is closed, and no longer', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const collectAll = async (): Promise<void> => {
    for (let i = 0; i < 5; i++) {
      await turn();
      collect();
    }
  };
  const start = (): WeakRef<Acceptor> => new WeakRef(new Acceptor(fd, closeFd));

  const reference = start();
  await collectAll();
  expect(await ask(fd)).toBe('');
  reference.deref()?.close();
  await collectAll();
  expect(reference.deref()).toBeUndefined();
});

test('what the callback throws is an uncaughtException, and the descriptor stays usable', () => {
  const output = execFileSync(process.execPath, [fixture('throws.mjs')], { encoding: 'utf8' });
  expect(JSON.parse(output)).toEqual(['connection 1', 'one', 'connection 1', 'two']);
});

test('threads accept from the same descriptor, and one that is terminated leaves it to the others', async () => {
  const threads = [0, 1, 2].map(() => new Thread(fixture('thread.mjs'), { workerData: { fd } }));
  await Promise.all(threads.map((thread) => once(thread, 'message')));
  const counts = threads.map(() => 0);
  threads.forEach((thread, i) => {
    thread.on('message', () => {
      counts[i] = (counts[i] ?? 0) + 1;
    });
  });
  for (let i = 0; i < 30; i++) await ask(fd);
  await threads[0]?.terminate();
  for (let i = 0; i < 30; i++) await ask(fd);
  await Promise.all(threads.map((thread) => thread.terminate()));
  expect(counts[0]).toBeGreaterThan(0);
  expect(counts[1]).toBeGreaterThan(5);
  expect(counts[2]).toBeGreaterThan(5);
});

test('a thread that is terminated while it hangs leaves the connections that it has not accepted to others', async () => {
  const thread = new Thread(fixture('hangs.mjs'), { workerData: { fd } });
  await once(thread, 'message');
  const hangs = once(thread, 'message');
  const hanging = await connect(fd);
  await hangs;
  // In the queue, and more than it would accept in one turn.
  const sockets = await Promise.all(Array.from({ length: 20 }, () => connect(fd)));
  const answers = sockets.map(async (socket) => String((await once(socket, 'data'))[0]));
  await thread.terminate();
  accept((connection) => new net.Socket({ fd: connection, readable: true, writable: true }).end('taken'));
  expect(await Promise.all(answers)).toEqual(sockets.map(() => 'taken'));
  hanging.destroy();
});
