/** Async contexts: what one client's request leaves in an AsyncLocalStorage is not found by another's. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RawConnection } from '../processes/http-client.ts';
import { type QilinProcess, startQilin } from '../processes/server.ts';
import { type ClassUnderTest, SHAPES, testIfAble } from './classes.ts';
import { post } from './requests.ts';

const USERS = Array.from({ length: 12 }, (_, index) => `user-${index}`);

const upload = (user: string) => post('/', `X-User: ${user}`, 'Content-Length: 9');

/** The first has found nobody, as under Node, and none another user. */
function expectOwn(user: string, list: string): void {
  const [first, ...later] = list.split(',');
  expect(first).toBe('nobody');
  for (const store of later) expect(['nobody', user]).toContain(store);
}

export function describeContexts(underTest: ClassUnderTest): void {
  describe.each(SHAPES)('the async contexts of $kind', ({ kind }) => {
    let server: QilinProcess;
    beforeAll(async () => {
      const app = kind === 'a fetch handler' ? 'fetchApp' : 'app';
      server = await startQilin([...underTest.flags, `test/fixtures/contexts.mjs:${app}`]);
    });
    afterAll(() => server[Symbol.asyncDispose]());

    test('are those of one request each, also where they come at once and their bodies later', async () => {
      const connections = await Promise.all(USERS.map(() => RawConnection.open(server.port)));
      // A class that serves one request at a time takes them one by one: it has no other in hand.
      for (const [index, user] of USERS.entries()) connections[index]?.send(upload(user));
      for (const piece of ['abc', 'def', 'ghi']) {
        for (const connection of connections) await connection.send(piece);
      }
      for (const [index, user] of USERS.entries()) {
        const answer = await connections[index]?.until(new RegExp(`${user}: ([\\w,-]+)`));
        expectOwn(user, answer?.[1] ?? '');
      }
      for (const connection of connections) connection[Symbol.dispose]();
    });

    testIfAble(underTest, 'concurrency', 'are kept apart too where clients leave', async () => {
      const from = server.log.length;
      const connections = await Promise.all(USERS.map(() => RawConnection.open(server.port)));
      await Promise.all(connections.map((connection, index) => connection.send(`${upload(USERS[index] ?? '')}abc`)));
      await Promise.all(connections.map((connection) => connection.send('def')));
      for (const { socket } of connections) socket.resetAndDestroy();
      for (const user of USERS) {
        const [, list = ''] = await server.logged(new RegExp(`${user} left: ([\\w,-]+)`), from);
        expectOwn(user, list);
      }
    });
  });
}
