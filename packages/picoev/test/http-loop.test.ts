/** The HTTP engine in one thread, by each multiplexer and both kinds of timers, as a client and as its app see it. */
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import net from 'node:net';
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Worker as Thread } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import type { Exchange } from '../src/index.ts';
import { connect } from './clients.ts';
import { Client, collect, deferred, fd, GET, get, hello, KINDS, serve } from './engine.ts';

/** The most descriptors of select(2), counted from 0. */
const FD_SETSIZE = 1024;
const MEBIBYTE = 1024 * 1024;
describe.each(KINDS)('by $multiplexer and $timers', (kind) => {
  test('answers, keeps the connection, and answers again', async () => {
    serve(hello, kind);
    const client = await Client.open(GET);
    await client.until(/hello$/);
    client.socket.write(GET);
    const text = await client.until(/hello[\s\S]*hello$/);
    expect(text.match(/HTTP\/1\.1 200 OK\r\n/g)).toHaveLength(2);
    expect(text).toMatch(/\r\nContent-Length: 5\r\n/);
    expect(text).toMatch(/\r\nDate: \w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT\r\n/);
    client.socket.destroy();
  });

  test('answers pipelined requests in their order, whichever is ready first', async () => {
    const waiting: Exchange[] = [];
    serve((exchange) => {
      waiting.push(exchange);
      if (waiting.length === 3) for (const one of waiting.reverse()) one.respond(200, '', `<${one.target}>`);
    }, kind);
    const client = await Client.open(get('/1') + get('/2') + get('/3', 'Connection: close'));
    expect((await client.toTheEnd()).match(/<\/\d>/g)).toEqual(['</1>', '</2>', '</3>']);
  });

  test('serves more pipelined requests than may wait at once', async () => {
    let most = 0;
    const waiting: Exchange[] = [];
    serve((exchange) => {
      waiting.push(exchange);
      most = Math.max(most, waiting.length);
      setImmediate(() => waiting.shift()?.respond(200, '', 'x'));
    }, kind);
    const client = await Client.open(GET.repeat(500) + get('/', 'Connection: close'));
    expect((await client.toTheEnd()).match(/HTTP\/1\.1 200/g)).toHaveLength(501);
    expect(most).toBeLessThanOrEqual(64);
  });

  test('drains a connection by the answer to the last request that has come, whichever is ready first', async () => {
    const waiting: Exchange[] = [];
    const loop = serve((exchange) => {
      waiting.push(exchange);
      // The latter half comes to the app when earlier ones are answered.
      if (exchange.target === '/8') loop.drain();
      if (waiting.length === 8) for (const one of waiting.splice(0).reverse()) one.respond(200, '', `<${one.target}>`);
    }, kind);
    const targets = Array.from({ length: 16 }, (_, index) => `/${index + 1}`);
    const client = await Client.open(targets.map((target) => get(target)).join(''));
    const text = await client.toTheEnd();
    expect(text.match(/<\/\d+>/g)).toEqual(targets.map((target) => `<${target}>`));
    expect(text.match(/Connection: close/g)).toHaveLength(1);
  });

  test('hands a body over in pieces, and no more of it than the app takes', async () => {
    const body = Buffer.alloc(8 * MEBIBYTE, 'x');
    let seen = 0;
    let resume: (() => void) | undefined;
    const done = new Promise<number>((resolve, reject) => {
      serve((exchange) => {
        exchange.readBody({
          data(piece) {
            seen += piece.length;
            resume = () => exchange.resumeBody();
            return false;
          },
          end() {
            exchange.respond(200, '', 'done');
            resolve(seen);
          },
          abort: reject,
        });
      }, kind);
    });
    const client = await Client.open(`POST / HTTP/1.1\r\nHost: test\r\nContent-Length: ${body.length}\r\n\r\n`);
    client.socket.write(body);
    while (resume === undefined) await turn();
    // The kernel's buffers are full, and the app has had one piece.
    const before = seen;
    for (let i = 0; i < 20; i++) await turn();
    expect(seen).toBe(before);
    expect(client.socket.writableLength).toBeGreaterThan(0);
    while (seen < body.length) {
      const go = resume;
      resume = undefined;
      go?.();
      while (resume === undefined && seen < body.length) await turn();
    }
    expect(await done).toBe(body.length);
    await client.until(/done$/);
    client.socket.destroy();
  });

  test('sends a large answer as fast as the client reads, and asks the app to wait', async () => {
    const piece = Buffer.alloc(256 * 1024, 'y');
    let written = 0;
    let waits = 0;
    serve((exchange) => {
      exchange.begin(200, '', 64 * piece.length);
      const go = () => {
        while (written < 64) {
          written++;
          if (exchange.write(piece)) continue;
          waits++;
          return;
        }
        exchange.end();
      };
      exchange.onDrain = go;
      go();
    }, kind);
    const socket = await connect(fd);
    socket.write(get('/', 'Connection: close'));
    while (waits === 0) await turn();
    for (let i = 0; i < 20; i++) await turn();
    expect(written).toBeLessThan(64);
    let size = 0;
    for await (const data of socket) size += (data as Buffer).length;
    expect(size).toBeGreaterThan(64 * piece.length);
    expect(size).toBeLessThan(64 * piece.length + 300);
  });

  test('reads no further requests of a client that does not take its answers', async () => {
    let asked = 0;
    const answer = 'z'.repeat(64 * 1024);
    serve((exchange) => {
      asked++;
      exchange.respond(200, '', answer);
    }, kind);
    const client = await Client.open();
    client.socket.pause();
    client.socket.write(GET.repeat(1_000) + get('/', 'Connection: close'));
    for (let before = -1; before !== asked; await turn()) {
      before = asked;
      for (let i = 0; i < 20; i++) await turn();
    }
    expect(asked).toBeLessThan(500);
    client.socket.resume();
    const text = await client.toTheEnd();
    expect(text.length).toBeGreaterThan(1_001 * answer.length);
    expect(asked).toBe(1_001);
  });

  test('pipelined answers that stream more than may wait are asked to wait and go on, each in its turn', async () => {
    const piece = Buffer.alloc(20_000, 'p');
    const waited: string[] = [];
    const first: Exchange[] = [];
    serve((exchange) => {
      exchange.begin(200, '', undefined);
      let written = 0;
      exchange.onDrain = () => {
        while (written < 20) {
          written++;
          if (exchange.write(piece)) continue;
          waited.push(exchange.target);
          return;
        }
        exchange.write(Buffer.from(`<${exchange.target}>`));
        exchange.end();
      };
      if (exchange.target === '/1') first.push(exchange);
      else exchange.onDrain(exchange);
    }, kind);
    const client = await Client.open(get('/1') + get('/2') + get('/3') + get('/4', 'Connection: close'));
    while (waited.length < 3) await turn();
    expect(waited).toEqual(['/2', '/3', '/4']);
    for (const exchange of first) exchange.onDrain?.(exchange);
    const text = await client.toTheEnd();
    expect(text.match(/<\/\d>/g)).toEqual(['</1>', '</2>', '</3>', '</4>']);
    expect(text.length).toBeGreaterThan(4 * 20 * piece.length);
  });

  test('long answers that are ready before their turn stay with the app, and no further requests are read', async () => {
    const size = 10_000_000;
    const bodies = [Buffer.alloc(size, 'b'), 't'.repeat(size)];
    const waiting: Exchange[] = [];
    let asked = 0;
    const before = process.memoryUsage().rss;
    serve((exchange) => {
      asked++;
      if (exchange.target === '/slow') waiting.push(exchange);
      else exchange.respond(200, '', bodies[asked % 2] ?? '');
    }, kind);
    const client = await Client.open();
    let arrived = 0;
    client.socket.removeAllListeners('data').on('data', (data) => {
      arrived += data.length;
    });
    client.socket.write(get('/slow') + get('/long').repeat(62) + get('/long', 'Connection: close'));
    while (waiting.length === 0) await turn();
    for (let i = 0; i < 50; i++) await turn();
    expect(asked).toBeLessThan(20);
    expect(process.memoryUsage().rss - before).toBeLessThan(10 * size);
    waiting[0]?.respond(200, '', 'slow');
    await once(client.socket, 'close');
    expect(asked).toBe(64);
    expect(arrived).toBeGreaterThan(63 * size);
  });

  test('an informational answer begins nothing: 100 is still sent, a refusal and a deadline still take the place', async () => {
    const hints = 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n';
    serve(
      (exchange) => {
        exchange.inform(hints);
        if (exchange.target !== '/late')
          void collect(exchange).then(
            () => hello(exchange),
            () => {},
          );
      },
      { ...kind, body: 10, answerTimeout: 200 },
    );
    const put = (length: number, ...fields: string[]) =>
      get(`/${length}`, `Content-Length: ${length}`, ...fields).replace('GET', 'PUT');
    const expecting = await Client.open(put(4, 'Expect: 100-continue'));
    await expecting.until(/103 Early Hints[\s\S]*HTTP\/1\.1 100 Continue\r\n\r\n$/);
    expecting.socket.write('body');
    await expecting.until(/hello$/);
    expecting.socket.destroy();
    const chunked = await Client.open('PUT /chunks HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n');
    await chunked.until(/103/);
    chunked.socket.write('b\r\n12345678901\r\n');
    expect(await chunked.toTheEnd()).toMatch(/^HTTP\/1\.1 103 [\s\S]*\r\n\r\nHTTP\/1\.1 413 /);
    const late = await Client.open(get('/late'));
    expect(await late.toTheEnd()).toMatch(/^HTTP\/1\.1 103 [\s\S]*\r\n\r\nHTTP\/1\.1 503 /);
  });

  test('a 100 that the app sends itself is the only one', async () => {
    serve((exchange) => {
      exchange.inform('HTTP/1.1 100 Continue\r\n\r\n');
      void collect(exchange).then(() => hello(exchange));
    }, kind);
    const client = await Client.open(
      'PUT / HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n',
    );
    await client.until(/100 Continue\r\n\r\n$/);
    client.socket.write('body');
    expect((await client.until(/hello$/)).match(/100 Continue/g)).toHaveLength(1);
    client.socket.destroy();
  });

  test('closes an idle connection after its time, and one that never spoke', async () => {
    serve(hello, { ...kind, keepAliveTimeout: 200, headTimeout: 300 });
    const [used, silent] = await Promise.all([Client.open(GET), Client.open()]);
    expect(await used.toTheEnd()).toMatch(/hello$/);
    expect(await silent.toTheEnd()).toBe('');
  });

  test('tells a client that is too slow with its head, or its body, 408', async () => {
    serve((exchange) => void collect(exchange).catch(() => {}), { ...kind, headTimeout: 200, bodyTimeout: 200 });
    const [head, body] = await Promise.all([
      Client.open('GET / HTTP/1.1\r\nHo'),
      Client.open('POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n\r\nab'),
    ]);
    expect(await head.toTheEnd()).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    expect(await body.toTheEnd()).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
  });

  test('gives up an app that does not answer in time', async () => {
    let gone = 0;
    serve(
      (exchange) => {
        exchange.onGone = () => {
          gone++;
          exchange.respond(200, '', 'too late');
        };
      },
      { ...kind, answerTimeout: 200 },
    );
    expect(await (await Client.open(GET)).toTheEnd()).toMatch(/^HTTP\/1\.1 503 [\s\S]*Service Unavailable\n$/);
    expect(gone).toBe(1);
  });

  test('a client that has ended its side gets all of its answers, and the apps hear that it has ended', async () => {
    const told: string[] = [];
    const waiting: Exchange[] = [];
    serve((exchange) => {
      waiting.push(exchange);
      exchange.onHalfClose = () => told.push(`${exchange.target} ${exchange.keepsAlive}`);
      exchange.onGone = () => told.push('gone');
    }, kind);
    const client = await Client.open();
    client.socket.end(get('/1') + get('/2'));
    while (told.length < 2) await turn();
    for (const [index, exchange] of waiting.entries()) {
      exchange.begin(200, '', undefined);
      for (const piece of ['one', 'two', 'three']) {
        exchange.write(Buffer.from(`${piece} of ${index}`));
        for (let i = 0; i < 5; i++) await turn();
      }
      exchange.end();
    }
    const text = await client.toTheEnd();
    expect(text.match(/(?:one|two|three) of \d|\r\n0\r\n\r\n/g)).toEqual([
      'one of 0',
      'two of 0',
      'three of 0',
      '\r\n0\r\n\r\n',
      'one of 1',
      'two of 1',
      'three of 1',
      '\r\n0\r\n\r\n',
    ]);
    expect(text.match(/Connection: close/g)).toHaveLength(1);
    expect(told.sort()).toEqual(['/1 true', '/2 false']);
  });

  test('a client that has ended its side gets a large answer in full, however long that takes', async () => {
    const piece = Buffer.alloc(MEBIBYTE, 'y');
    serve((exchange) => {
      exchange.begin(200, '', 8 * piece.length);
      let written = 0;
      exchange.onDrain = () => {
        while (written++ < 8) if (!exchange.write(piece)) return;
        exchange.end();
      };
      setTimeout(() => exchange.onDrain?.(exchange), 400);
    }, kind);
    const client = await Client.open();
    client.socket.end(GET);
    const text = await client.toTheEnd();
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*y$/);
    expect(text.slice(text.indexOf('\r\n\r\n') + 4)).toHaveLength(8 * MEBIBYTE);
  });

  test.skipIf(kind.multiplexer === 'select')('tells the app of a client that has closed while it waited', async () => {
    const { promise: gone, resolve } = deferred<Exchange>();
    const { promise: asked, resolve: ask } = deferred<void>();
    serve((exchange) => {
      exchange.onGone = () => resolve(exchange);
      ask();
    }, kind);
    const client = await Client.open(GET);
    await asked;
    client.socket.destroy();
    expect((await gone).isHalfClosed).toBe(true);
  });

  test('tells the app once of a client that ends its side in the middle of a body, and answers what came before', async () => {
    const told: string[] = [];
    const { promise: asked, resolve: ask } = deferred<Exchange>();
    const { promise: gone, resolve } = deferred<void>();
    serve((exchange) => {
      if (exchange.target === '/before') return ask(exchange);
      exchange.onHalfClose = () => told.push('half closed');
      exchange.onGone = () => told.push('gone');
      exchange.onOver = () => resolve();
      exchange.readBody({
        data: () => true,
        end: () => told.push('end'),
        abort: (error) => told.push(String(Reflect.get(error, 'code'))),
      });
    }, kind);
    const client = await Client.open();
    client.socket.end(`${get('/before')}POST /cut HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nhalf`);
    await gone;
    (await asked).respond(200, '', 'before');
    expect(await client.toTheEnd()).toMatch(/before$/);
    expect(told).toEqual(['ECONNRESET', 'gone']);
  });

  test('tells an app that writes without a pause that its client has left, before it has written all', async () => {
    const piece = Buffer.alloc(64 * 1024, 'w');
    const { promise: gone, resolve } = deferred<number>();
    let written = 0;
    serve(async (exchange) => {
      exchange.onGone = () => resolve(written);
      exchange.begin(200, '', undefined);
      for (; written < 100_000 && !exchange.isOver; written++) {
        if (exchange.write(piece)) await undefined;
        else
          await new Promise<void>((drained) => {
            exchange.onDrain = () => drained();
          });
      }
    }, kind);
    const client = await Client.open(GET);
    await client.until(/w/);
    client.socket.destroy();
    expect(await gone).toBeLessThan(100_000);
  });

  test('an answer for a connection that is gone reaches nobody, also when its descriptor is used again', async () => {
    const late: Exchange[] = [];
    serve((exchange) => (exchange.target === '/late' ? late.push(exchange) : hello(exchange)), kind);
    const first = await Client.open(get('/late'));
    while (late.length === 0) await turn();
    const [exchange] = late;
    const over = new Promise<void>((resolve) => {
      if (exchange) exchange.onOver = () => resolve();
    });
    first.socket.resetAndDestroy();
    await over;
    const second = await Client.open();
    exchange?.respond(200, '', 'for somebody else');
    second.socket.write(get('/', 'Connection: close'));
    expect(await second.toTheEnd()).not.toContain('for somebody else');
  });

  test('no deadline runs while it is the app that sends nothing, also where the client was waited for before', async () => {
    const piece = Buffer.alloc(256 * 1024, 'y');
    const { promise: drained, resolve } = deferred<Exchange>();
    serve(
      (exchange) => {
        exchange.onDrain = () => resolve(exchange);
        exchange.begin(200, '', undefined);
        while (exchange.write(piece));
      },
      { ...kind, writeTimeout: 200, answerTimeout: 200, headTimeout: 200, keepAliveTimeout: 200, bodyTimeout: 200 },
    );
    const client = await Client.open(get('/', 'Connection: close'));
    const exchange = await drained;
    await wait(600);
    exchange.write(Buffer.from('at last'));
    exchange.end();
    expect(await client.toTheEnd()).toMatch(/\r\nat last\r\n0\r\n\r\n$/);
  });

  test('a request behind another one has as long for its answer', async () => {
    serve((exchange) => setTimeout(hello, exchange.target === '/first' ? 600 : 1_200, exchange), {
      ...kind,
      answerTimeout: 900,
    });
    const client = await Client.open(get('/first') + get('/second', 'Connection: close'));
    expect(await client.toTheEnd()).toMatch(/^HTTP\/1\.1 200 [\s\S]*helloHTTP\/1\.1 200 [\s\S]*hello$/);
  });

  test('keeps to the most connections at once; the next one waits its turn', async () => {
    const held: Exchange[] = [];
    const loop = serve((exchange) => void held.push(exchange), { ...kind, connections: 2 });
    const clients = await Promise.all([1, 2, 3].map(() => Client.open(get('/', 'Connection: close'))));
    while (held.length < 2) await turn();
    for (let i = 0; i < 10; i++) await turn();
    expect([held.length, loop.stats.open]).toEqual([2, 2]);
    for (let answered = 0; answered < 3; answered++) {
      while (held.length === 0) await turn();
      held.shift()?.respond(200, '', 'served');
    }
    for (const client of clients) expect(await client.toTheEnd()).toMatch(/served$/);
  });

  test('asks a busy client to leave when all places are taken and another one waits', async () => {
    serve((exchange) => setImmediate(hello, exchange), { ...kind, connections: 2 });
    const answers = { kept: 0, last: 0 };
    const busy = await Promise.all([1, 2].map(() => Client.open()));
    for (const client of busy) {
      client.socket.on('data', (piece) => {
        answers[/Connection: close/.test(String(piece)) ? 'last' : 'kept']++;
        client.socket.write(GET);
      });
      client.socket.write(GET);
    }
    while (answers.kept < 20) await turn();
    expect(answers.last).toBe(0);
    const waiting = await Client.open(get('/', 'Connection: close'));
    expect(await waiting.toTheEnd()).toMatch(/hello$/);
    expect(answers.last).toBe(1);
    for (const client of busy) client.socket.destroy();
  });

  test('hands the descriptor over for another protocol, with what came behind the request', async () => {
    serve((exchange) => {
      expect(exchange.asksForUpgrade).toBe(true);
      const detached = exchange.detach();
      if (detached === undefined) throw new Error('it could not be detached');
      const socket = new net.Socket({ fd: detached.fd });
      socket.write(`switched, then: ${detached.rest.toString()}`);
      socket.on('data', (data) => socket.end(`echo: ${data.toString()}`));
    }, kind);
    const client = await Client.open(`${get('/', 'Connection: Upgrade', 'Upgrade: echo')}first`);
    await client.until(/then: first$/);
    client.socket.write('second');
    expect(await client.toTheEnd()).toMatch(/echo: second$/);
  });

  test('counts a connection that was handed over towards its places, until it is told of its end', async () => {
    const { promise: handed, resolve } = deferred<() => void>();
    const loop = serve(
      (exchange) => {
        if (!exchange.asksForUpgrade) return hello(exchange);
        const detached = exchange.detach();
        if (detached === undefined) throw new Error('it could not be detached');
        new net.Socket({ fd: detached.fd }).on('close', () => resolve(detached.freePlace)).resume();
      },
      { ...kind, connections: 1 },
    );
    const upgraded = await Client.open(get('/', 'Connection: Upgrade', 'Upgrade: echo'));
    while (loop.stats.requests === 0) await turn();
    const next = await Client.open(get('/', 'Connection: close'));
    upgraded.socket.end();
    const freePlace = await handed;
    for (let i = 0; i < 10; i++) await turn();
    expect([loop.stats.open, loop.stats.accepted]).toEqual([0, 1]);
    freePlace();
    freePlace();
    expect(await next.toTheEnd()).toMatch(/hello$/);
  });

  test('says of a loop that is closed what it counted last', async () => {
    const loop = serve(hello, kind);
    const client = await Client.open(GET);
    await client.until(/hello$/);
    loop.close();
    expect(loop.stats).toMatchObject({ accepted: 1, requests: 1, open: 0 });
    expect(loop.acceptRest()).toBe(0);
    expect(() => loop.accept(fd)).toThrow(/the loop is closed/);
    loop.closeIdle();
    loop.close();
  });

  test('refuses what is no request in the order of the answers, and reads nothing that follows', async () => {
    const targets: string[] = [];
    const refusals: number[] = [];
    serve(
      (exchange) => {
        targets.push(exchange.target);
        setImmediate(() => hello(exchange));
      },
      kind,
      { onRefused: (status) => void refusals.push(status) },
    );
    const client = await Client.open(`${get('/good')}GET /bad HTTP/1.1\r\nHost : test\r\n\r\n${get('/never')}`);
    expect(await client.toTheEnd()).toMatch(
      /^HTTP\/1\.1 200 [\s\S]*helloHTTP\/1\.1 400 Bad Request\r\n[\s\S]*\r\nConnection: close/,
    );
    expect([targets, refusals]).toEqual([['/good'], [400]]);
  });

  test('refuses a body that is too long, by its length at once and by its chunks as they come', async () => {
    serve((exchange) => void collect(exchange).catch(() => {}), { ...kind, body: 10 });
    const byLength = await Client.open('POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 11\r\n\r\n');
    const head = 'POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n';
    const byChunks = await Client.open(`${head}8\r\n12345678\r\n`, '8\r\n12345678\r\n0\r\n\r\n');
    expect(await byLength.toTheEnd()).toMatch(/^HTTP\/1\.1 413 /);
    expect(await byChunks.toTheEnd()).toMatch(/^HTTP\/1\.1 413 /);
  });

  test('resets no client that has its next request on the way when an answer says Connection: close', async () => {
    const loop = serve(hello, kind);
    const client = await connect(fd, { allowHalfOpen: true });
    client.write(GET);
    await once(client, 'data');
    loop.drain();
    client.write(GET);
    await once(client.resume(), 'end');
    await new Promise((resolve) => client.write(GET, resolve));
    client.end(GET);
    expect(await once(client, 'close')).toEqual([false]);
  });

  test('drains: what is in hand is answered with Connection: close, the idle can be closed', async () => {
    const { promise: asked, resolve: ask } = deferred<Exchange>();
    const { promise: empty, resolve: onEmpty } = deferred<void>();
    const loop = serve((exchange) => (exchange.target === '/held' ? ask(exchange) : hello(exchange)), kind, {
      onEmpty: () => onEmpty(undefined),
    });
    const idle = await Client.open(GET);
    await idle.until(/hello$/);
    const busy = await Client.open(get('/held'));
    const exchange = await asked;
    loop.stopAccepting();
    loop.drain();
    loop.closeIdle();
    await idle.toTheEnd();
    expect(exchange.keepsAlive).toBe(false);
    exchange.respond(200, '', 'last');
    expect(await busy.toTheEnd()).toMatch(/\r\nConnection: close\r\n[\s\S]*last$/);
    await empty;
  });
});

test('select closes a connection beyond what it can hold, says so, and serves the others', async () => {
  const told: [number, string][] = [];
  serve(hello, { multiplexer: 'select' }, { onUnwatchable: (descriptor, code) => void told.push([descriptor, code]) });
  const before = await Client.open(GET);
  await before.until(/hello$/);
  const others = Array.from({ length: FD_SETSIZE }, () => openSync('/dev/null', 'r'));
  try {
    expect(await (await Client.open(GET)).toTheEnd()).toBe('');
    expect(told.map(([descriptor, code]) => [descriptor >= FD_SETSIZE, code])).toEqual([[true, 'EMFILE']]);
    before.socket.write(get('/', 'Connection: close'));
    expect(await before.toTheEnd()).toMatch(/hello[\s\S]*hello$/);
  } finally {
    for (const other of others) closeSync(other);
  }
});

test('sends texts as UTF-8, bytes as they are, and no body to HEAD', async () => {
  serve((exchange) => {
    if (exchange.target === '/bytes') exchange.respond(200, '', Uint8Array.of(0, 128, 255));
    else exchange.respond(200, '', 'grüße, 麒麟');
  });
  const client = await Client.open(get('/') + get('/').replace('GET', 'HEAD') + get('/bytes', 'Connection: close'));
  const [, text = '', head = '', bytes = ''] = (await client.toTheEnd()).split('HTTP/1.1 200 OK\r\n');
  expect(Buffer.from(text.split('\r\n\r\n')[1] ?? '', 'latin1').toString()).toBe('grüße, 麒麟');
  expect(text).toContain('Content-Length: 15\r\n');
  expect(head).toContain('Content-Length: 15\r\n');
  expect(head.endsWith('\r\n\r\n')).toBe(true);
  expect(bytes.endsWith('\r\n\r\n\x00\x80\xff')).toBe(true);
});

test('an answer of unknown length is chunked, and to HTTP/1.0 ends with the connection', async () => {
  serve((exchange) => {
    exchange.begin(200, '', undefined);
    exchange.write(Buffer.from('one'));
    exchange.write(Buffer.from('two'));
    exchange.end();
  });
  const modern = await Client.open(get('/', 'Connection: close'));
  const old = await Client.open('GET / HTTP/1.0\r\n\r\n');
  expect(await modern.toTheEnd()).toMatch(/\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n$/);
  const text = await old.toTheEnd();
  expect(text).toMatch(/\r\n\r\nonetwo$/);
  expect(text).not.toMatch(/Transfer-Encoding/);
});

test('an answer that is shorter than its length cuts the connection', async () => {
  serve((exchange) => {
    exchange.begin(200, '', 10);
    exchange.write(Buffer.from('short'));
    exchange.end();
  });
  const client = await Client.open(GET);
  expect(await client.toTheEnd()).toMatch(/short$/);
});

test('a body that is read after an await is the one that was sent', async () => {
  const bodies: string[] = [];
  serve((exchange) => {
    setImmediate(async () => {
      bodies.push((await collect(exchange)).toString());
      exchange.respond(200, '', '');
    });
  });
  const post = (body: string) => `POST / HTTP/1.1\r\nHost: test\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const clients = await Promise.all(['aaaa', 'bbbb', 'cccc'].map((body) => Client.open(post(body) + post(body))));
  for (const client of clients) {
    await client.until(/200[\s\S]*200[\s\S]*\r\n\r\n$/);
    client.socket.destroy();
  }
  expect(bodies.sort()).toEqual(['aaaa', 'aaaa', 'bbbb', 'bbbb', 'cccc', 'cccc']);
});

test('tells a client to go on when its body is asked for, and not before', async () => {
  const { promise: asked, resolve: ask } = deferred<Exchange>();
  serve(ask);
  const client = await Client.open('PUT / HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n');
  const exchange = await asked;
  for (let i = 0; i < 5; i++) await turn();
  expect(client.text).toBe('');
  const body = collect(exchange);
  await client.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
  client.socket.write('body');
  expect((await body).toString()).toBe('body');
  exchange.respond(204, '', null);
  await client.until(/204 No Content/);
  expect(client.text).not.toMatch(/Content-Length/);
  client.socket.destroy();
});

test('a handler that throws costs the others of its turn nothing', async () => {
  const caught: unknown[] = [];
  const listeners = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', (error) => caught.push(error.message));
  serve((exchange) => {
    if (exchange.target === '/throw') throw new Error('thrown by a handler');
    hello(exchange);
  });
  const client = await Client.open(get('/') + get('/throw') + get('/'));
  await client.until(/hello$/);
  const other = await Client.open(get('/', 'Connection: close'));
  expect(await other.toTheEnd()).toMatch(/hello$/);
  process.removeAllListeners('uncaughtException');
  for (const listener of listeners) process.on('uncaughtException', listener);
  client.socket.destroy();
  expect(caught).toEqual(['thrown by a handler']);
});

test('threads of one process each have a loop on the same socket', async () => {
  const fixture = fileURLToPath(new URL('fixtures/http-thread.mjs', import.meta.url));
  const threads = [1, 2, 3].map((name) => new Thread(fixture, { workerData: { fd, name } }));
  await Promise.all(threads.map((thread) => once(thread, 'message')));
  const clients = await Promise.all(Array.from({ length: 30 }, () => Client.open(get('/', 'Connection: close'))));
  const texts = await Promise.all(clients.map((client) => client.toTheEnd()));
  for (const text of texts) expect(text).toMatch(/\r\n\r\nthread [123]$/);
  await Promise.all(threads.map((thread) => thread.terminate()));
});
