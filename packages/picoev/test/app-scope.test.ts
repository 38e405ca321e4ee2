/** The async contexts that the engine calls an app in. */
import { AsyncLocalStorage, executionAsyncId } from 'node:async_hooks';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type BodySink, currentExchange, type Exchange, knowsOwners } from '../src/index.ts';
import { Client, deferred, get, hello, serve } from './engine.ts';

const users = new AsyncLocalStorage<string>();

/** Clients whose connections are accepted: what they send in one go comes in one turn of the loop. */
async function openClients(count: number): Promise<Client[]> {
  const clients = await Promise.all(Array.from({ length: count }, () => Client.open(get('/first'))));
  await Promise.all(clients.map((client) => client.until(/hello$/)));
  for (const client of clients) client.text = '';
  return clients;
}

const closeAll = (clients: readonly Client[]) => {
  for (const { socket } of clients) socket.destroy();
};

describe('what a request leaves in an AsyncLocalStorage', () => {
  test('is not found by the other requests of its turn, of its connection, or of later turns', async () => {
    const found: unknown[] = [];
    serve((exchange) => {
      if (exchange.target === '/first') return hello(exchange);
      found.push(users.getStore());
      users.enterWith(exchange.target);
      hello(exchange);
    });
    const clients = await openClients(3);
    for (let turn = 0; turn < 2; turn++) {
      for (const { socket } of clients) socket.write(get('/a') + get('/b'));
      await Promise.all(clients.map((client) => client.until(/hello[\s\S]*hello$/)));
      for (const client of clients) client.text = '';
    }
    expect(found).toEqual(Array(12).fill(undefined));
    closeAll(clients);
  });

  test('nor by what another one is told later: its body, room to write, that its client has left', async () => {
    const seen = new Map<string, Set<unknown>>();
    const see = (exchange: Exchange) => seen.get(exchange.target)?.add(users.getStore());
    const over: Promise<void>[] = [];
    serve((exchange) => {
      if (exchange.target === '/first') return hello(exchange);
      seen.set(exchange.target, new Set());
      see(exchange);
      users.enterWith(exchange.target);
      const sink: BodySink = {
        data: () => {
          see(exchange);
          return true;
        },
        end: () => see(exchange),
        abort: () => see(exchange),
      };
      exchange.onDrain = () => see(exchange);
      over.push(
        new Promise((resolve) => {
          exchange.onGone = () => {
            see(exchange);
            resolve();
          };
        }),
      );
      exchange.readBody(sink);
      exchange.begin(200, '', undefined);
      exchange.write(Buffer.alloc(4 * 1024 * 1024));
    });
    const clients = await openClients(3);
    for (const [index, { socket }] of clients.entries())
      socket.write(`POST /${index} HTTP/1.1\r\nHost: test\r\nContent-Length: 20\r\n\r\n`);
    await Promise.all(clients.map((client) => client.until(/200 OK/)));
    for (const { socket } of clients) socket.write('0123456789');
    await Promise.all(clients.map(({ socket }) => once(socket, 'data')));
    for (const { socket } of clients) socket.resetAndDestroy();
    await Promise.all(over);
    expect(seen.size).toBe(3);
    for (const [target, stores] of seen) for (const store of stores) expect([undefined, target]).toContain(store);
  });
});

test.skipIf(!knowsOwners)('whose request code is at work for is known until that is over', async () => {
  const found: unknown[] = [];
  const look = () => found.push(currentExchange()?.target);
  serve(async (exchange) => {
    await users.run('a', () => new Promise((resolve) => setTimeout(resolve, 1)));
    users.run('b', look);
    hello(exchange);
    look();
  });
  const client = await Client.open(get('/a'), get('/b'));
  await client.until(/hello[\s\S]*hello$/);
  expect(found).toEqual(['/a', undefined, '/b', undefined]);
  expect(currentExchange()).toBeUndefined();
  client.socket.destroy();
});

test('each request is an async resource of its own', async () => {
  const ids = new Set<number>();
  serve((exchange) => {
    ids.add(executionAsyncId());
    hello(exchange);
  });
  const client = await Client.open(get('/') + get('/') + get('/'));
  await client.until(/hello[\s\S]*hello[\s\S]*hello$/);
  expect(ids.size).toBe(3);
  client.socket.destroy();
});

test('ticks and promises run between what two connections have sent, as under Node, though it came in one turn', async () => {
  const order: string[] = [];
  serve((exchange) => {
    if (exchange.target === '/first') return hello(exchange);
    order.push('request');
    process.nextTick(() => order.push('tick'));
    Promise.resolve().then(() => order.push('promise'));
    hello(exchange);
  });
  const clients = await openClients(3);
  for (const { socket } of clients) socket.write(get('/'));
  await Promise.all(clients.map((client) => client.until(/hello$/)));
  expect(order).toEqual(['request', 'tick', 'promise', 'request', 'tick', 'promise', 'request', 'tick', 'promise']);
  closeAll(clients);
});

const isEven = (index: unknown) => Number(index) % 2 === 0;

describe('what an app throws', () => {
  const caught: string[] = [];
  let listeners: NodeJS.UncaughtExceptionListener[] = [];

  beforeEach(() => {
    caught.length = 0;
    listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', ({ message }) => caught.push(`${message}, of ${users.getStore()}`));
  });

  afterEach(() => {
    process.removeAllListeners('uncaughtException');
    for (const listener of listeners) process.on('uncaughtException', listener);
  });

  test('is an uncaughtException in the context of its request, and costs the others of the turn nothing', async () => {
    serve((exchange) => {
      if (exchange.target === '/first') return hello(exchange);
      users.enterWith(exchange.target);
      hello(exchange);
      if (isEven(exchange.target.slice(1))) throw new Error('by a handler');
      process.nextTick(() => {
        throw new Error('in a tick');
      });
    });
    const clients = await openClients(9);
    for (let turn = 0; turn < 3; turn++) {
      for (const [index, { socket }] of clients.entries()) socket.write(get(`/${index}`));
      await Promise.all(clients.map((client) => client.until(/hello$/)));
      for (const client of clients) client.text = '';
    }
    const expected = clients.map((_, index) => `${isEven(index) ? 'by a handler' : 'in a tick'}, of /${index}`);
    expect(caught.toSorted()).toEqual([...expected, ...expected, ...expected].toSorted());
    closeAll(clients);
  });

  test('while it takes a body does not keep the rest of it away', async () => {
    const pieces: string[] = [];
    const asked = deferred<void>();
    serve((exchange) => {
      asked.resolve();
      exchange.readBody({
        data: (piece) => {
          pieces.push(String(piece));
          throw new Error('by a reader');
        },
        end: () => exchange.respond(200, '', pieces.join()),
        abort: () => {},
      });
    });
    const client = await Client.open(
      'POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n',
    );
    await asked.promise;
    for (const text of ['one', 'two']) {
      client.socket.write(`3\r\n${text}\r\n`);
      while (pieces.at(-1) !== text) await new Promise((resolve) => setImmediate(resolve));
    }
    client.socket.write('0\r\n\r\n');
    expect(await client.toTheEnd()).toMatch(/one,two$/);
    expect(caught).toHaveLength(2);
  });
});
