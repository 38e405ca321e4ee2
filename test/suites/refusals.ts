/** How clients of a program's own server are refused: as it was told, and in the bytes of Node's. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RawConnection } from '../processes/http-client.ts';
import { PlainNode } from '../processes/plain-node.ts';
import { type QilinProcess, startQilin } from '../processes/server.ts';
import { alone, type ClassUnderTest } from './classes.ts';
import { exchange, post } from './requests.ts';

const PROGRAM = 'test/fixtures/host-optional.mjs';

const BAD: Readonly<Record<string, string>> = {
  'a space before a colon': 'GET / HTTP/1.1\r\nHost: test\r\nx : y\r\n\r\n',
  'two Content-Lengths': post('/', 'Content-Length: 1', 'Content-Length: 2'),
  'a method that is none': 'G(T / HTTP/1.1\r\nHost: test\r\n\r\n',
};

async function answerTo(client: string, port: number): Promise<string> {
  using connection = await RawConnection.open(port);
  connection.send(client);
  await connection.ended;
  return connection.received;
}

export function describeRefusals(underTest: ClassUnderTest): void {
  describe('a program’s own server refuses as under node', () => {
    let server: QilinProcess;
    let node: PlainNode;
    beforeAll(async () => {
      server = await startQilin([...alone(underTest), PROGRAM]);
      node = await PlainNode.start(PROGRAM);
    });
    afterAll(async () => {
      await node.stop();
      await server[Symbol.asyncDispose]();
    });

    test.each(Object.entries(BAD))('%s: a status line and the end', async (_, client) => {
      const answer = await answerTo(client, server.port);
      expect(answer).toBe('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
      expect(answer).toBe(await answerTo(client, node.port));
    });

    test('requireHostHeader: false takes requests without Host', async () => {
      const client = 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n';
      expect(await answerTo(client, server.port)).toMatch(/^HTTP\/1\.1 200 OK\r\n.*host undefined$/s);
    });

    test('and refuses two all the same', async () => {
      const answer = await exchange(server, 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n');
      expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    });
  });
}
