/** The time that an app has for its answer: `responseTimeout` runs in the app's turn alone. */
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RawConnection } from '../processes/http-client.ts';
import { type QilinProcess, startQilin } from '../processes/server.ts';
import { type ClassUnderTest, SHAPES } from './classes.ts';
import { exchange, get, post } from './requests.ts';

export function describeResponseTimeout(underTest: ClassUnderTest): void {
  describe.each(SHAPES)('the time for an answer with $kind', ({ app }) => {
    let server: QilinProcess;
    beforeAll(async () => {
      server = await startQilin([...underTest.flags, '-w', '2', '--response-timeout', '1', app]);
    });
    afterAll(() => server[Symbol.asyncDispose]());

    test.concurrent('does not run while the app reads a body that its client takes long to send', async () => {
      using connection = await RawConnection.open(server.port);
      await connection.send(post('/length', 'Content-Length: 25'));
      for (let sent = 0; sent < 25; sent++) {
        await connection.send('x');
        await pause(100);
      }
      await connection.until(/\r\n\r\n25$/);
      expect(connection.received).toMatch(/^HTTP\/1\.1 200 /);
    });

    test.concurrent('runs from the head where the app does not read the body', async () => {
      using connection = await RawConnection.open(server.port);
      await connection.send(`${post('/never', 'Content-Length: 25')}x`);
      await connection.ended;
      expect(connection.received).toMatch(/^HTTP\/1\.1 503 /);
    });

    test.concurrent('is told once, where the time for all of the request is over soon behind it', async () => {
      const limits = ['--response-timeout', '1', '--request-timeout', '1.3'];
      await using hurried = await startQilin([...underTest.flags, '-w', '2', ...limits, app]);
      // Stays open on its client's side.
      using connection = new RawConnection(connect({ port: hurried.port, host: '127.0.0.1', allowHalfOpen: true }));
      connection.send(get('/never?late'));
      await connection.until(/^HTTP\/1\.1 503 /);
      expect(await exchange(hurried, get('/never'))).toMatch(/^HTTP\/1\.1 503 /);
      expect(hurried.log.match(/No answer to GET \/never\?late /g)).toHaveLength(1);
    });
  });
}
