/** Random streams of valid requests, in random pieces: every class sees in them what bare `node:http` sees. */
import { createServer, type Server } from 'node:http';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { app } from '../fixtures/echo.mjs';
import { RawConnection } from '../processes/http-client.ts';
import { type QilinProcess, startQilin } from '../processes/server.ts';
import { CLASSES } from '../suites/classes.ts';
import { type RawAnswer, takeAnswers } from './answers.ts';
import type { Facts } from './corpus.ts';
import { cut, randomStream } from './requests.ts';

const RUNS = 300;
const END = 'GET /end HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n';

const factsOf = ({ headers, body }: RawAnswer): Facts =>
  JSON.parse(body === '' ? decodeURIComponent(headers.get('x-facts') ?? '""') : body);

/** What the app behind the port saw of these requests, and of the one that ends the connection. */
async function seenBy(port: number, pieces: readonly string[], methods: readonly string[]): Promise<readonly Facts[]> {
  using connection = await RawConnection.open(port);
  // A server may read several at once: that is a split as well.
  for (const piece of pieces) await connection.send(Buffer.from(piece, 'latin1'));
  await connection.send(END);
  await connection.ended;
  const { answers, rest } = takeAnswers(connection.received, methods);
  expect(rest).toBe('');
  return answers.map(factsOf);
}

describe('random requests', () => {
  let node: Server;
  let nodePort: number;
  beforeAll(async () => {
    node = createServer(app);
    await new Promise<void>((resolve) => {
      node.listen(0, '127.0.0.1', resolve);
    });
    const address = node.address();
    nodePort = typeof address === 'object' && address !== null ? address.port : 0;
  });
  afterAll(() => {
    node.close();
  });

  for (const { name, flags } of CLASSES.filter(({ lacks }) => lacks.keepAlive === undefined)) {
    describe(`class ${name}`, () => {
      let server: QilinProcess;
      beforeAll(async () => {
        server = await startQilin([...flags, 'test/fixtures/echo.mjs:app']);
      });
      afterAll(() => server[Symbol.asyncDispose]());

      test('are to its app what they are to an app on node:http, and what was sent', async () => {
        await fc.assert(
          fc.asyncProperty(randomStream, async ({ requests, cuts }) => {
            const pieces = cut(requests.map(({ bytes }) => bytes).join(''), cuts);
            const methods = requests.map(({ facts }) => facts.method);
            const [ours, nodes] = await Promise.all([
              seenBy(server.port, pieces, methods),
              seenBy(nodePort, pieces, methods),
            ]);
            expect(ours).toEqual(nodes);
            expect(ours.slice(0, -1)).toEqual(requests.map(({ facts }) => facts));
          }),
          { numRuns: RUNS },
        );
      });
    });
  }
});
