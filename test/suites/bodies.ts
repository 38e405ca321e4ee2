/** Bodies both ways: large ones, ones that stop on their way, and clients that leave in the middle. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { takeAnswers } from '../http/answers.ts';
import { linux } from '../needs.ts';
import { write } from '../processes/files.ts';
import { ask, RawConnection } from '../processes/http-client.ts';
import { type QilinProcess, startQilin, temporaryFolder } from '../processes/server.ts';
import { type ClassUnderTest, SHAPES } from './classes.ts';
import { get, post, workerOf } from './requests.ts';
import { atRest, peakMemory, resetPeakMemory } from './worker-process.ts';

const MEBIBYTE = 1024 * 1024;

/** What a server may hold of a body that it cannot hand on: its own buffers, and what the collector has not got to yet. */
const BOUND = 48 * MEBIBYTE;
/** Far beyond that. */
const LARGE = 192;
/**
 * What may be resident while the whole body is passing through at full speed: that grows with what the collector leaves for later, which
 * of a plain server of Node's is 40 MB on Node 20, 57 on 24 and 66 on 26. A server that kept the body would hold all of it.
 */
const BOUND_AT_SPEED = (LARGE / 2) * MEBIBYTE;

export function describeBodies({ flags }: ClassUnderTest): void {
  describe.each(SHAPES)('bodies with $kind', ({ app }) => {
    let server: QilinProcess;
    beforeAll(async () => {
      server = await startQilin([...flags, app]);
    });
    afterAll(() => server[Symbol.asyncDispose]());

    test.each([1, 20])('of %i MiB come up whole, by length and in chunks', async (mebibytes) => {
      const body = randomBytes(mebibytes * MEBIBYTE);
      const chunked = { 'Transfer-Encoding': 'chunked' };
      for (const headers of [{}, chunked]) {
        const { text } = await ask(`${server.url}/length`, { method: 'POST', headers, body });
        expect(text).toBe(String(body.length));
      }
    });

    test('of 20 MiB come down whole', async () => {
      expect((await ask(`${server.url}/flood?mib=20`)).body.length).toBe(20 * MEBIBYTE);
    });

    test('come in many chunks of a byte each', async () => {
      using connection = await RawConnection.open(server.port);
      const chunks = '1\r\nx\r\n'.repeat(50_000);
      connection.send(`${post('/length', 'Transfer-Encoding: chunked', 'Connection: close')}${chunks}0\r\n\r\n`);
      await connection.ended;
      expect(connection.received).toMatch(/\r\n50000(?:\r\n0\r\n\r\n)?$/);
    });

    test.skipIf(linux.isMissing)(linux.named('make the server hold little when the client stops reading'), async () => {
      const pid = await workerOf(server);
      resetPeakMemory(pid);
      const before = peakMemory(pid);
      const outgoing = request(`${server.url}/flood?mib=${LARGE}`, { agent: false }).end();
      const [incoming] = await once(outgoing, 'response');
      incoming.pause();
      await atRest(pid);
      let received = 0;
      for await (const piece of incoming) received += piece.length;
      expect(received).toBe(LARGE * MEBIBYTE);
      expect(peakMemory(pid) - before).toBeLessThan(BOUND);
    });

    test.skipIf(linux.isMissing)(linux.named('make the server hold little when the app does not read'), async () => {
      using folder = temporaryFolder();
      const pid = await workerOf(server);
      resetPeakMemory(pid);
      const before = peakMemory(pid);
      using connection = await RawConnection.open(server.port);
      const signal = join(folder.path, 'read');
      const size = LARGE * MEBIBYTE;
      connection.send(post(`/length?until=${signal}`, `Content-Length: ${size}`, 'Connection: close'));
      const sent = connection.send(Buffer.alloc(size));
      await atRest(pid);
      expect(peakMemory(pid) - before).toBeLessThan(BOUND);
      expect(connection.socket.writableLength, 'bytes that the server has not taken').toBeGreaterThan(size / 2);
      write(folder.path, 'read', '');
      await sent;
      await connection.ended;
      expect(connection.received).toMatch(new RegExp(`\\r\\n${size}(?:\\r\\n0\\r\\n\\r\\n)?$`));
      expect(peakMemory(pid) - before).toBeLessThan(BOUND_AT_SPEED);
    });

    test('that the app leaves unread cost the next request nothing', async () => {
      const body = randomBytes(MEBIBYTE);
      for (const _ of [1, 2, 3]) {
        expect((await ask(`${server.url}/pid`, { method: 'POST', body })).status).toBe(200);
      }
    });

    test.each([
      { while: 'it waits for the answer', start: get('/never?announce') },
      { while: 'it sends its body', start: `${post('/length?announce', 'Content-Length: 100')}half` },
      {
        while: 'it sends its body in chunks',
        start: `${post('/echo?announce', 'Transfer-Encoding: chunked')}4\r\nhalf`,
      },
    ])('the app hears of a client that leaves while $while', async ({ start }) => {
      for (const leave of ['resetAndDestroy', 'destroy'] as const) {
        const from = server.log.length;
        using connection = await RawConnection.open(server.port);
        connection.send(start);
        await server.logged(/began \/(?:never|length|echo) /, from);
        connection.socket[leave]();
        await server.logged(/gone \/(?:never|length|echo)\n/, from);
      }
      expect((await ask(server.url)).status).toBe(200);
      expect(server.log).not.toMatch(/\[(?:WARNING|ERROR|CRITICAL)\]/);
    });

    test('the app hears of a client that leaves while a stream is silent', async () => {
      for (const leave of ['resetAndDestroy', 'destroy'] as const) {
        const from = server.log.length;
        using connection = await RawConnection.open(server.port);
        connection.send(get('/hush'));
        await connection.until(/first/);
        connection.socket[leave]();
        await server.logged(/gone \/hush\n/, from);
      }
    });

    test('a client that has ended its side gets what comes after a silence, to the byte', async () => {
      using connection = await RawConnection.open(server.port);
      connection.socket.end(get('/hush?ms=2500'));
      await connection.ended;
      const { answers } = takeAnswers(connection.received, []);
      expect(answers).toMatchObject([{ status: 200, body: 'firstlast' }]);
      expect(connection.received).toMatch(/5\r\nfirst\r\n0{1,4}4\r\nlast\r\n0\r\n\r\n$/);
    });

    test('the app hears of a client that leaves in the middle of a stream', async () => {
      const from = server.log.length;
      using connection = await RawConnection.open(server.port);
      connection.send(get('/flood?mib=1000'));
      await connection.until(/xxxx/);
      connection.socket.destroy();
      await server.logged(/gone \/flood\n/, from);
      expect((await ask(server.url)).status).toBe(200);
      expect(server.log).not.toMatch(/\[(?:WARNING|ERROR|CRITICAL)\]/);
    });
  });
}
