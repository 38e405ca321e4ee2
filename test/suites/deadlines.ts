/** The deadlines of clients and apps, in seconds. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, countAnswers, RawConnection } from '../processes/http-client.ts';
import { type QilinProcess, startQilin } from '../processes/server.ts';
import { type ClassUnderTest, SHAPES } from './classes.ts';
import { post } from './requests.ts';

const ACCESS = ['--access-logfile', '-', '--access-logformat', 'access %(s)s %(U)s'];

export function describeDeadlines(underTest: ClassUnderTest): void {
  describe.each(SHAPES)('deadlines with $kind', ({ app }) => {
    let server: QilinProcess;
    beforeAll(async () => {
      const deadlines = ['--headers-timeout', '0.5', '--body-timeout', '0.5', '--response-timeout', '2'];
      server = await startQilin([...underTest.flags, '-w', '3', ...deadlines, ...ACCESS, app]);
    });
    afterAll(() => server[Symbol.asyncDispose]());

    /** Sends a byte now and then until the server has enough of it. */
    async function drip(connection: RawConnection): Promise<void> {
      while (!connection.socket.destroyed) {
        await connection.send('x');
        await Promise.race([pause(200), connection.ended]);
      }
    }

    test.concurrent.each([
      { what: 'head', start: 'GET / HTTP/1.1\r\nHost: test\r\nx-slow: ' },
      { what: 'body', start: post('/length', 'Content-Length: 1000') },
    ])('a client that takes too long for its $what gets 408', async ({ start }) => {
      using connection = await RawConnection.open(server.port);
      await connection.send(start);
      await drip(connection);
      expect(connection.received).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
      expect(countAnswers(connection.received)).toBe(1);
    });

    test.concurrent('an app that never answers is given up with 503, and the worker goes on', async () => {
      const pids = server.workerPids;
      const answer = await ask(`${server.url}/never`);
      expect([answer.status, answer.headers.connection, answer.text]).toEqual([503, 'close', 'Service Unavailable\n']);
      await server.logged(/\[WARNING\] No answer to GET \/never within 2 s \(responseTimeout\): 503/);
      await server.logged(/^access 503 \/never$/m);
      expect((await ask(server.url)).status).toBe(200);
      expect(server.workerPids).toEqual(pids);
      expect(server.log).not.toMatch(/\[(ERROR|CRITICAL)\]/);
    });
  });
}
