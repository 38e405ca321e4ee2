/** The time that an app has for its answer: `responseTimeout` runs in the app's turn alone. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RawConnection } from '../processes/http-client.ts';
import { type QilinProcess, startQilin } from '../processes/server.ts';
import { type ClassUnderTest, SHAPES } from './classes.ts';
import { post } from './requests.ts';

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
  });
}
