/** Clients that leave while nobody reads what they send, or with requests behind an answer that is the last: told once, and at once. */
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import net from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { HttpExchange } from '../src/http-exchange.ts';
import { addressOf, type Exchange, type HttpLoop } from '../src/index.ts';
import { Client, collect, deferred, fd, GET, get, hello, KINDS, serve } from './engine.ts';

const MEBIBYTE = 1024 * 1024;
const head = (fields: string) => `POST / HTTP/1.1\r\nHost: test\r\n${fields}\r\n\r\n`;

/** An app that does `deed` with each request, and the list of what it is told of them. */
function listen(kind: (typeof KINDS)[number], deed: (exchange: Exchange) => void) {
  const told: string[] = [];
  const { promise: asked, resolve } = deferred<Exchange>();
  const loop = serve((exchange) => {
    const { target } = exchange;
    exchange.onGone = () => told.push(`${target} gone`);
    exchange.onHalfClose = () => told.push(`${target} half closed`);
    exchange.onOver = () => told.push(`${target} over`);
    deed(exchange);
    resolve(exchange);
  }, kind);
  return { loop, told, asked };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await turn();
}

/** Each connection has ended and what was to be told of it was. */
async function settled(loop: HttpLoop): Promise<void> {
  await until(() => loop.stats.open === 0);
  for (let i = 0; i < 3; i++) await turn();
}

/** Takes a piece and wants no more. */
function pause(exchange: Exchange, told: string[]): void {
  exchange.readBody({
    data: () => false,
    end: () => told.push(`${exchange.target} end`),
    abort: () => told.push(`${exchange.target} aborted`),
  });
}

/** A client that keeps its side open until it says so itself. */
async function open(text: string | Buffer): Promise<net.Socket> {
  const address = addressOf(fd);
  const port = 'port' in address ? address.port : 0;
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {});
  await once(socket, 'connect');
  socket.write(text, 'latin1');
  return socket;
}

const PARTS = [
  ['of a known length', head('Content-Length: 10000'), 'x'.repeat(3_000)],
  ['in chunks', head('Transfer-Encoding: chunked'), `bb8\r\n${'x'.repeat(3_000)}\r\n`],
] as const;

describe.each(KINDS)('by $multiplexer', (kind) => {
  describe.each(PARTS)('an upload %s', (_what, start, part) => {
    test('that nobody reads ends in its middle: told at once, as a loss', async () => {
      const { loop, told, asked } = listen(kind, () => {});
      const socket = await open(start);
      const exchange = await asked;
      socket.end(part);
      await settled(loop);
      expect(told).toEqual(['/ gone', '/ over']);
      // Who reads only then hears the same.
      await expect(collect(exchange)).rejects.toMatchObject({ code: 'ECONNRESET' });
    });

    test('that is paused ends in its middle: told at once, whatever waits unread', async () => {
      const { loop, told, asked } = listen(kind, (exchange) => pause(exchange, told));
      const socket = await open(start + part.slice(0, 100));
      await asked;
      socket.end(part.slice(100));
      await settled(loop);
      expect(told).toEqual(['/ aborted', '/ gone', '/ over']);
    });

    test('that is reset is told at once', async () => {
      const { loop, told, asked } = listen(kind, () => {});
      const socket = await open(start + part);
      await asked;
      socket.resetAndDestroy();
      await settled(loop);
      expect(told).toEqual(['/ gone', '/ over']);
    });

    test('ends in its middle behind a request that is answered: that answer arrives', async () => {
      const { promise: first, resolve } = deferred<Exchange>();
      const { loop, told } = listen(kind, (exchange) => exchange.target === '/first' && resolve(exchange));
      const socket = await open(get('/first') + start);
      const exchange = await first;
      socket.end(part);
      const client = new Client(socket);
      await until(() => told.includes('/ gone'));
      exchange.respond(200, '', 'x'.repeat(MEBIBYTE));
      expect((await client.toTheEnd()).length).toBeGreaterThan(MEBIBYTE);
      await settled(loop);
      expect(told.filter((what) => !what.includes('half'))).toEqual(['/ gone', '/ over', '/first over']);
    });
  });

  test.each([
    ['of a known length', head('Content-Length: 3000'), 'x'.repeat(3_000)],
    ['in chunks', head('Transfer-Encoding: chunked'), `bb8\r\n${'x'.repeat(3_000)}\r\n0\r\n\r\n`],
  ])(
    'a whole upload %s that nobody has read is read and answered behind the end of its client',
    async (_what, start, body) => {
      const { loop, told, asked } = listen(kind, () => {});
      const socket = await open(start);
      const exchange = await asked;
      socket.end(body);
      const client = new Client(socket);
      // Beyond the time after which a client that has left is found out.
      await new Promise((resolve) => setTimeout(resolve, 400));
      expect(told).toEqual([]);
      const read = await collect(exchange);
      exchange.respond(200, '', String(read.length));
      expect(await client.toTheEnd()).toMatch(/^HTTP\/1\.1 200 [\s\S]*\r\n3000$/);
      await settled(loop);
      expect(told.filter((what) => !what.includes('half'))).toEqual(['/ over']);
    },
  );

  test('a client that closes behind a whole upload which nobody reads is found out', async () => {
    const { loop, told, asked } = listen(kind, () => {});
    const socket = await open(head('Content-Length: 3000'));
    await asked;
    socket.write('x'.repeat(3_000), () => socket.destroy());
    await settled(loop);
    expect(told).toEqual(['/ gone', '/ over']);
  });

  test('requests behind an answer that is the last are told that they get none, once', async () => {
    const { promise: all, resolve } = deferred<void>();
    const exchanges: Exchange[] = [];
    const { loop, told } = listen(kind, (exchange) => {
      if (exchanges.push(exchange) === 3) resolve();
    });
    const client = await Client.open(get('/a') + get('/b') + get('/c'));
    await all;
    const [first, , third] = exchanges;
    third?.respond(200, '', 'never sent');
    first?.closeAfter();
    first?.respond(200, '', 'the last');
    expect(await client.toTheEnd()).toMatch(/the last$/);
    await settled(loop);
    expect(told).toEqual(['/c over', '/a over', '/b gone', '/b over']);
  });

  test('a request that has come while the one before it was answered, and that nobody has read yet, is answered in a drain', async () => {
    const { loop, told, asked } = listen(kind, (exchange) => {
      if (exchange.target !== '/a') hello(exchange);
    });
    const client = await Client.open(get('/a'));
    const first = await asked;
    // In the kernel at once; the loop reads with its next turn.
    client.socket.write(get('/b') + get('/c'));
    loop.drain();
    first.respond(200, '', 'first');
    const text = await client.toTheEnd();
    expect(text.match(/first|hello/g)).toEqual(['first', 'hello', 'hello']);
    expect(text).toMatch(/^(?:(?!Connection: close)[\s\S])*hello[\s\S]*\r\nConnection: close\r\n[\s\S]*hello$/);
    await settled(loop);
    expect(told).toEqual(['/a over', '/b over', '/c over']);
  });

  test('an app that is late with one of several answers: 503 in its place, and the others are told', async () => {
    const replaced: string[] = [];
    const told: string[] = [];
    const onRequest = (exchange: Exchange) => {
      exchange.onGone = () => told.push(exchange.target);
      if (exchange.target === '/a') hello(exchange);
    };
    const onReplaced = ({ target }: Exchange, status: number) => void replaced.push(`${target} ${status}`);
    const loop = serve(onRequest, { ...kind, answerTimeout: 200 }, { onReplaced });
    const client = await Client.open(get('/a') + get('/b') + get('/c'));
    expect(await client.toTheEnd()).toMatch(
      /helloHTTP\/1\.1 503 [\s\S]*\r\nConnection: close\r\n[\s\S]*Unavailable\n$/,
    );
    await settled(loop);
    expect([replaced, told]).toEqual([['/b 503'], ['/b', '/c']]);
  });

  test('an idle connection that is closed loses neither the last bytes of its answer nor a request that has come', async () => {
    const { loop } = listen(kind, (exchange) => exchange.respond(200, '', Buffer.alloc(MEBIBYTE, 'x')));
    const slow = await open(GET);
    const other = await Client.open(GET);
    // Behind it the kernel has taken both answers; the slow client has read nothing of its own, and goes on asking.
    while (other.text.length < MEBIBYTE) await once(other.socket, 'data');
    await until(() => loop.stats.requests === 2);
    loop.closeIdle();
    slow.write(GET);
    const client = new Client(slow);
    slow.once('end', () => slow.end());
    expect((await client.toTheEnd()).length).toBeGreaterThan(MEBIBYTE);
    await settled(loop);
  });

  test('closeSilent() closes connections that have sent nothing, and closeAll() those in the middle of a head', async () => {
    const { loop } = listen(kind, hello);
    const silent = await Client.open();
    const idle = await Client.open(GET);
    await idle.until(/hello$/);
    loop.closeSilent();
    expect(await silent.toTheEnd()).toBe('');
    const asking = await Client.open('GET / HTTP/1.1\r\n');
    idle.socket.write(GET);
    await idle.until(/hello[\s\S]*hello$/);
    loop.closeAll();
    await Promise.all([asking.toTheEnd(), idle.toTheEnd()]);
    await settled(loop);
  });
});

describe.each(KINDS)('clients whose last request is cut, by $multiplexer', (kind) => {
  test('and that have left are found by the answer to an earlier one, which is still awaited', async () => {
    const { loop, told, asked } = listen(kind, () => {});
    const socket = await open(get('/first') + head('Transfer-Encoding: chunked'));
    await asked;
    await until(() => loop.stats.requests === 2);
    socket.destroy();
    await settled(loop);
    expect(told.filter((what) => what.endsWith('gone')).sort()).toEqual(['/ gone', '/first gone']);
  });
});

describe.each(KINDS)('clients that end their side with the request for another protocol, by $multiplexer', (kind) => {
  const UPGRADE = 'GET / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n';

  test('are handed over all the same, their end with them', async () => {
    const { promise: detached, resolve } = deferred<ReturnType<Exchange['detach']>>();
    serve((exchange) => resolve(exchange.detach()), kind);
    const client = await open('');
    client.end(UPGRADE);
    const { fd: descriptor } = (await detached) ?? {};
    expect(descriptor).toBeDefined();
    const socket = new net.Socket({ fd: descriptor, allowHalfOpen: true });
    await once(socket.resume(), 'end');
    client.resume();
    socket.end();
    await once(client, 'close');
  });

  test('are answered where they are not, and closed', async () => {
    const { loop } = listen(kind, hello);
    const client = await open('');
    client.end(UPGRADE);
    await once(client.resume(), 'end');
    await settled(loop);
  });
});

const descriptorOf = (exchange: Exchange): number => (exchange instanceof HttpExchange ? exchange.fd : -1);

describe.each(KINDS)('descriptors that are used anew, by $multiplexer', (kind) => {
  test('a client that has left is told of, though the next one has its descriptor already', async () => {
    const told: string[] = [];
    const { promise: asked, resolve } = deferred<Exchange>();
    let lost = -1;
    const loop: HttpLoop = serve(
      (exchange) => {
        exchange.onGone = () => told.push(`${exchange.target} gone`);
        if (exchange.target === '/next') {
          resolve(exchange);
          return;
        }
        if (exchange.target === '/stays') {
          lost = descriptorOf(exchange);
          return;
        }
        if (exchange.target === '/accepts') loop.acceptRest();
        told.push(exchange.target);
        hello(exchange);
      },
      { ...kind, connections: 2 },
    );
    const stays = await Client.open(get('/stays'));
    await until(() => loop.stats.requests === 1);
    const accepts = await Client.open();
    await until(() => loop.stats.accepted === 2);
    const waits = await Client.open(get('/next'));
    await turn();
    // Both in one turn of the loop: a descriptor is free, and the client that waits is accepted.
    stays.socket.resetAndDestroy();
    // The lowest that is free is to be the server's.
    const taken = [openSync('/dev/null', 'r')];
    while (taken.every((one) => one < lost)) taken.push(openSync('/dev/null', 'r'));
    accepts.socket.write(get('/accepts'));
    const next = await asked;
    for (const one of taken) closeSync(one);
    expect(descriptorOf(next)).toBe(lost);
    await until(() => told.includes('/stays gone'));
    hello(next);
    await waits.until(/hello$/);
  });

  test('an end is told behind the ticks of the request before it, whoever else asks in that turn', async () => {
    const told: string[] = [];
    const loop = serve((exchange) => {
      const { target } = exchange;
      told.push(target);
      exchange.onGone = () => told.push(`${target} gone`);
      process.nextTick(() => told.push(`${target} tick`));
      if (target !== '/resets') hello(exchange);
    }, kind);
    const resets = await Client.open();
    const other = await Client.open();
    await until(() => loop.stats.accepted === 2);
    resets.socket.write(get('/resets'));
    resets.socket.resetAndDestroy();
    other.socket.write(get('/other'));
    await other.until(/hello$/);
    await until(() => told.includes('/resets gone'));
    expect(told.filter((what) => what.startsWith('/resets'))).toEqual(['/resets', '/resets tick', '/resets gone']);
  });

  test('a request tells by which listening socket it came, also of a client that has reset the connection', async () => {
    const { promise: asked, resolve } = deferred<Exchange>();
    serve(resolve, kind);
    const client = await Client.open();
    client.socket.write(GET);
    client.socket.resetAndDestroy();
    const exchange = await asked;
    expect([exchange.listener, exchange.connection.listener]).toEqual([fd, fd]);
  });
});
