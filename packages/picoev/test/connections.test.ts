/** The connection of an exchange: one object for all of its requests, told of its end once. */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { type Connection, closeFd, type Exchange } from '../src/index.ts';
import { Client, deferred, GET, get, hello, KINDS, serve } from './engine.ts';

describe.each(KINDS)('by $multiplexer', (kind) => {
  test('is the same object for all requests of a connection, and another one for another connection', async () => {
    const seen: Connection[] = [];
    serve((exchange) => {
      seen.push(exchange.connection);
      hello(exchange);
    }, kind);
    const first = await Client.open(GET, GET);
    await first.until(/hello[\s\S]*hello$/);
    const second = await Client.open(get('/', 'Connection: close'));
    await second.toTheEnd();
    expect(seen).toHaveLength(3);
    expect(seen[1]).toBe(seen[0]);
    expect(seen[2]).not.toBe(seen[0]);
    expect(seen[0]?.peer?.port).toBe(first.socket.localPort);
    first.socket.destroy();
  });

  test('tells its end once, behind the end of its exchanges, with what came and went', async () => {
    const told: string[] = [];
    const { promise: closed, resolve } = deferred<Connection>();
    const { promise: asked, resolve: ask } = deferred<Exchange>();
    serve((exchange) => {
      exchange.connection.onClose = (connection) => {
        told.push('closed');
        resolve(connection);
      };
      exchange.onGone = () => told.push('gone');
      exchange.onOver = () => told.push('over');
      if (exchange.target === '/held') ask(exchange);
      else hello(exchange);
    }, kind);
    const client = await Client.open(GET);
    const { length } = await client.until(/hello$/);
    client.socket.write(get('/held'));
    const { connection } = await asked;
    const sizes = [GET.length + get('/held').length, length];
    expect([connection.isOpen, connection.bytesRead, connection.bytesWritten]).toEqual([true, ...sizes]);
    client.socket.resetAndDestroy();
    expect(await closed).toBe(connection);
    expect([connection.isOpen, connection.bytesRead, connection.bytesWritten]).toEqual([false, ...sizes]);
    for (let i = 0; i < 5; i++) await turn();
    expect(told).toEqual(['over', 'gone', 'over', 'closed']);
  });

  test('counts what was answered in the same call', async () => {
    const written: number[] = [];
    serve((exchange) => {
      hello(exchange);
      written.push(exchange.connection.bytesWritten);
    }, kind);
    const client = await Client.open(GET);
    const text = await client.until(/hello$/);
    expect(written).toEqual([text.length]);
    client.socket.destroy();
  });

  test('is told of when it is accepted, while somebody listens, and its end too', async () => {
    const opened: Connection[] = [];
    const loop = serve(hello, kind);
    const first = await Client.open(GET);
    await first.until(/hello$/);
    const accepted = new Promise<Connection>((resolve) => {
      loop.onConnection = (connection) => {
        opened.push(connection);
        resolve(connection);
      };
    });
    const second = await Client.open();
    const connection = await accepted;
    expect(connection.peer?.port).toBe(second.socket.localPort);
    const closed = new Promise((resolve) => {
      connection.onClose = resolve;
    });
    second.socket.write(GET);
    await second.until(/hello$/);
    second.socket.destroy();
    expect(await closed).toBe(connection);
    loop.onConnection = null;
    await (await Client.open(get('/', 'Connection: close'))).toTheEnd();
    expect(opened).toEqual([connection]);
    first.socket.destroy();
  });

  test('cuts whatever is in flight when it is destroyed', async () => {
    const gone: string[] = [];
    serve((exchange) => {
      exchange.onGone = ({ target }) => gone.push(target);
      if (exchange.target === '/second') exchange.connection.destroy();
    }, kind);
    const client = await Client.open(get('/first') + get('/second'));
    expect(await client.toTheEnd()).toBe('');
    expect(gone.sort()).toEqual(['/first', '/second']);
  });

  test('is no longer open when it went over to another protocol, and tells no end', async () => {
    const told: Connection[] = [];
    const { promise: detached, resolve } = deferred<Connection>();
    const loop = serve((exchange) => {
      const { connection } = exchange;
      connection.onClose = () => told.push(connection);
      const given = exchange.detach();
      if (given === undefined) throw new Error('it could not be detached');
      closeFd(given.fd);
      resolve(connection);
    }, kind);
    const text = get('/', 'Connection: Upgrade', 'Upgrade: echo');
    const client = await Client.open(text);
    const connection = await detached;
    expect([connection.isOpen, connection.bytesRead]).toEqual([false, text.length]);
    await client.toTheEnd();
    loop.close();
    expect(told).toEqual([]);
  });

  test('ends with the loop', async () => {
    const told: Connection[] = [];
    const loop = serve((exchange) => {
      exchange.connection.onClose = (connection) => told.push(connection);
      hello(exchange);
    }, kind);
    const client = await Client.open(GET);
    const { length } = await client.until(/hello$/);
    loop.close();
    expect(told.map(({ isOpen, bytesRead, bytesWritten }) => [isOpen, bytesRead, bytesWritten])).toEqual([
      [false, GET.length, length],
    ]);
    await client.toTheEnd();
  });
});

test('may end the loop as its own end is told, where more ends wait than are told at once', async () => {
  const most = 600;
  let [asked, ended] = [0, 0];
  const { promise: closed, resolve } = deferred<void>();
  const loop = serve((exchange) => {
    exchange.connection.onClose = () => {
      ended += 1;
      loop.close();
      resolve();
    };
    if (++asked === most) setImmediate(() => loop.closeAll());
  });
  const clients = await Promise.all(Array.from({ length: most }, () => Client.open(GET)));
  await closed;
  await Promise.all(clients.map((client) => client.toTheEnd()));
  expect([asked, ended > 0, loop.stats.open]).toEqual([most, true, 0]);
});

test('one that nobody asked for while it was open knows nothing', async () => {
  const { promise: asked, resolve: ask } = deferred<Exchange>();
  serve(ask);
  const client = await Client.open(GET);
  const exchange = await asked;
  const over = new Promise<void>((resolve) => {
    exchange.onOver = () => resolve();
  });
  client.socket.resetAndDestroy();
  await over;
  const { connection } = exchange;
  expect([connection.isOpen, connection.peer, connection.bytesRead]).toEqual([false, undefined, 0]);
  expect(exchange.connection).toBe(connection);
});
