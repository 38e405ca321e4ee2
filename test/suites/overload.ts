/** Requests that have waited for too long (`queueTimeout`) are not handed to the app, whoever keeps the event loop busy. */
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { makeCertificate } from '../processes/certificates.ts';
import { eventually } from '../processes/files.ts';
import { ask, RawConnection } from '../processes/http-client.ts';
import { type QilinProcess, startQilin, temporaryFolder } from '../processes/server.ts';
import { alone, type ClassUnderTest, FETCH_APP, SHAPES, testIfAble } from './classes.ts';
import { get, post } from './requests.ts';

const LIMIT = 400;
/** The worker stands still. */
const LONG = 5 * LIMIT;
/** Longer than whatever a test waits for. */
const FOR_EVER = 60_000;

export function describeOverload(underTest: ClassUnderTest): void {
  const start = (app: string, ...args: string[]) =>
    startQilin([...alone(underTest), '--queue-timeout', String(LIMIT), ...args, app]);

  /** From now on the only event loop stands still. */
  async function block(server: QilinProcess, milliseconds: number): Promise<RawConnection> {
    const connection = await RawConnection.open(server.port);
    await connection.send(get(`/block?ms=${milliseconds}`));
    await server.logged(/^blocks$/m);
    return connection;
  }

  /** Milliseconds in which a new client has 503. */
  async function timeToRefusal(server: QilinProcess): Promise<number> {
    const began = performance.now();
    using client = await RawConnection.open(server.port);
    await client.send(get('/late'));
    await client.until(/^HTTP\/1\.1 503 /);
    return performance.now() - began;
  }

  describe.each(SHAPES)('overload with $kind', ({ app }) => {
    testIfAble(
      underTest,
      'keepAlive',
      'answers what has waited for longer than queueTimeout with 503, and serves on',
      async () => {
        await using server = await start(app, '--timeout', '0');
        const clients = await Promise.all(Array.from({ length: 4 }, () => RawConnection.open(server.port)));
        for (const client of clients) {
          await client.send(get('/first'));
          await client.until(/GET \/first $/);
          client.received = '';
        }
        using blocking = await block(server, LONG);
        for (const [index, client] of clients.entries()) {
          await client.send(
            index % 2 === 0 ? get('/late?announce') : `${post('/late?announce', 'Content-Length: 4')}body`,
          );
        }
        for (const client of clients) await client.until(/^HTTP\/1\.1 503 [\s\S]*Service Unavailable\n/);
        expect(blocking.received).toMatch(/blocked/);
        for (const client of clients) expect(client.received).toMatch(/\r\nRetry-After: 1\r\n/i);
        expect(server.log).not.toContain('began /late');
        await server.logged(/Requests have waited for longer than queueTimeout \(400 ms\)/);
        // The connection of a request without a body serves on.
        const [client] = clients;
        if (client === undefined) throw new Error('no client');
        client.received = '';
        await client.send(get('/again'));
        await client.until(/^HTTP\/1\.1 200 [\s\S]*GET \/again $/);
        for (const each of clients) each.socket.destroy();
        expect(server.log.match(/Requests have waited/g)).toHaveLength(1);
        await server.logged(/No request waits for so long any more: 4 were answered with 503 in/);
      },
    );
  });

  describe('overload', () => {
    testIfAble(underTest, 'concurrency', 'is not what waits behind the answers of its own connection', async () => {
      await using server = await start(FETCH_APP);
      using connection = await RawConnection.open(server.port);
      // More than are handed to an app at once, and more that comes when no more is read.
      await connection.send(get(`/slow?wait=${2 * LIMIT}&announce`).repeat(12));
      await server.logged(/began \/slow/);
      await connection.send(get('/later') + get('/last', 'Connection: close'));
      await connection.ended;
      expect(connection.received.match(/HTTP\/1\.1 200 /g)).toHaveLength(14);
    });

    test('where no worker turns, is answered by the arbiter, while they are stuck', async () => {
      await using server = await start(FETCH_APP, '--admin-bind', '0', '--timeout', '0');
      const [, admin = ''] = await server.logged(/Health and status at: (http:\S+)/);
      using blocking = await block(server, FOR_EVER);
      const clients = await Promise.all(Array.from({ length: 20 }, () => RawConnection.open(server.port)));
      for (const client of clients) await client.send(post('/late', 'Content-Length: 100000'));
      for (const client of clients) {
        await client.until(
          /^HTTP\/1\.1 503 Service Unavailable\r\n[\s\S]*\r\nRetry-After: 1\r\n[\s\S]*Service Unavailable\n$/,
        );
        await client.send('x'.repeat(100_000));
      }
      expect(blocking.received).toBe('');
      await Promise.all(clients.map(({ ended }) => ended));
      // On a busy machine some have to wait until it gets to them.
      await eventually(async () => (await timeToRefusal(server)) < 2 * LIMIT, 'a new client is answered in time');
      expect(server.log.match(/No worker turns/g)).toHaveLength(1);
      const status = JSON.parse((await ask(`${admin}/status`)).text);
      expect(status.shedByArbiter).toBeGreaterThan(20);
      process.kill(server.workerPids[0] ?? 0, 'SIGKILL');
      await eventually(async () => (await ask(server.url).catch(() => undefined))?.status === 200, 'another serves');
      await server.logged(/The arbiter answers nobody any more: \d+ clients got 503/);
    });

    test('of clients that come while the worker stands still: each has 503 as it is accepted, and the app sees none', async () => {
      await using server = await start(FETCH_APP, '--admin-bind', '0', '--timeout', '0');
      const [, admin = ''] = await server.logged(/Health and status at: (http:\S+)/);
      using blocking = await block(server, LONG);
      // The arbiter would answer them first.
      server.signal('SIGSTOP');
      const late = await Promise.all(Array.from({ length: 8 }, () => RawConnection.open(server.port)));
      for (const client of late) await client.send(get('/late?announce'));
      await blocking.until(/blocked/);
      for (const client of late) await client.until(/^HTTP\/1\.1 503 [\s\S]*\r\nRetry-After: 1\r\n/i);
      server.signal('SIGCONT');
      for (const client of late) client.socket.destroy();
      await server.logged(/Requests have waited for longer than queueTimeout/);
      expect(server.log).not.toContain('began /late');
      const { shedByArbiter } = JSON.parse((await ask(`${admin}/status`)).text);
      expect(shedByArbiter).toBe(0);
      expect((await ask(server.url)).status).toBe(200);
    });

    test('at a unix socket has the same answer', async () => {
      using folder = temporaryFolder();
      const path = `${folder.path}/app.sock`;
      await using server = await start(FETCH_APP, '-b', `unix:${path}`, '-b', '127.0.0.1:0', '--timeout', '0');
      using _blocking = await block(server, FOR_EVER);
      const socket: Socket = connect({ path });
      using client = new RawConnection(socket);
      await client.send(get('/late'));
      await client.until(/^HTTP\/1\.1 503 /);
      await client.ended;
    });

    const ofTls = 'ends the connection of a client of TLS';
    const hasTls = underTest.name !== 'picoev';
    test.skipIf(!hasTls)(hasTls ? ofTls : `${ofTls} (class picoev speaks HTTP alone)`, async () => {
      using folder = temporaryFolder();
      const { certfile, keyfile } = makeCertificate(folder.path, 'server');
      const tls = ['--certfile', certfile, '--keyfile', keyfile, '--timeout', '0'];
      await using server = await start(FETCH_APP, ...tls);
      const blocking = connectTls({ port: server.port, host: '127.0.0.1', rejectUnauthorized: false });
      blocking.on('error', () => {}).write(get(`/block?ms=${FOR_EVER}`));
      await server.logged(/^blocks$/m);
      using client = await RawConnection.open(server.port);
      await client.ended;
      expect(client.received).toBe('');
      blocking.destroy();
      process.kill(server.workerPids[0] ?? 0, 'SIGKILL');
    });

    test('is none without queueTimeout, nor before that: who waits is served', async () => {
      await using server = await startQilin([...alone(underTest), '--timeout', '0', FETCH_APP]);
      using _blocking = await block(server, LONG);
      const late = await ask(`${server.url}/late`);
      expect(late.status).toBe(200);
      await using patient = await startQilin([
        ...alone(underTest),
        '--queue-timeout',
        '60000',
        '--timeout',
        '0',
        FETCH_APP,
      ]);
      using _busy = await block(patient, LONG);
      await pause(LIMIT);
      expect((await ask(`${patient.url}/late`)).status).toBe(200);
    });
  });
}
