/** Apps that fail in every way, and what their clients and the log are told. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { takeAnswers } from '../http/answers.ts';
import { ask } from '../processes/http-client.ts';
import { type QilinProcess, startQilin } from '../processes/server.ts';
import { type ClassUnderTest, FETCH_APP, LISTENER_APP, SHAPES, testIfAble } from './classes.ts';
import { exchange, get, workerOf } from './requests.ts';

export function describeFailures(underTest: ClassUnderTest): void {
  describe.each(SHAPES)('failures of $kind', ({ app }) => {
    let server: QilinProcess;
    beforeAll(async () => {
      server = await startQilin([...underTest.flags, app]);
    });
    afterAll(() => server[Symbol.asyncDispose]());

    test.each([
      { how: 'throws', path: '/throw' },
      { how: 'rejects', path: '/reject' },
    ])('one that $how is a 500 without a stack to the client, and a stack in the log', async ({ path }) => {
      const from = server.log.length;
      const { status, text } = await ask(`${server.url}${path}`);
      expect([status, text]).toEqual([500, 'Internal Server Error\n']);
      const [told] = await server.logged(/\[ERROR\] Error handling request[\s\S]*?\n {4}at .*\n/, from);
      expect(told).toContain(`Error: on purpose, ${path}\n`);
      expect(told).toMatch(/fixtures\/deeds\.mjs:\d+:\d+/);
      expect(server.log.slice(from).match(/on purpose/g)).toHaveLength(1);
      expect((await ask(server.url)).status).toBe(200);
    });

    test('one in the middle of its answer cuts the connection, so that no client takes it for a whole one', async () => {
      const from = server.log.length;
      const received = await exchange(server, get('/throw-in-stream') + get('/behind'));
      expect(takeAnswers(received, []).answers).toEqual([]);
      await server.logged(/\[ERROR\][\s\S]*Error: on purpose, \/throw-in-stream\n {4}at /, from);
      expect((await ask(server.url)).status).toBe(200);
    });
  });

  describe('an uncaught exception', () => {
    testIfAble(
      underTest,
      'oneLoop',
      'costs the worker its place, but not the requests that it has in hand',
      async () => {
        await using server = await startQilin([...underTest.flags, FETCH_APP]);
        const before = await workerOf(server);
        // A class that serves one request at a time has no other in hand.
        const isAlone = underTest.lacks.concurrency !== undefined;
        const inHand = isAlone ? [] : [ask(`${server.url}/slow?wait=400&announce`)];
        if (!isAlone) await server.logged(/began \/slow/);
        expect((await ask(`${server.url}/crash`)).text).toBe('crashing');
        await server.logged(
          /\[CRITICAL\] Uncaught exception, the worker leaves: Error: on purpose, \/crash\n {4}at .*deeds/,
        );
        expect(await workerOf(server)).not.toBe(before);
        expect((await Promise.all(inHand)).map(({ text }) => text)).toEqual(inHand.map(() => 'GET /slow '));
        await server.logged(new RegExp(`Worker exited \\(pid: ${before}, status 1\\)`));
      },
    );
  });

  test('an answer just before process.exit() reaches its client, and the worker is replaced', async () => {
    await using server = await startQilin([...underTest.flags, LISTENER_APP]);
    expect((await ask(`${server.url}/exit`)).text).toBe('leaving');
    expect((await ask(server.url)).status).toBe(200);
  });

  describe('a worker that blocks its event loop', () => {
    testIfAble(underTest, 'oneLoop', 'is replaced after `timeout`, while another one serves', async () => {
      await using server = await startQilin([...underTest.flags, '-w', '2', '--timeout', '2', FETCH_APP]);
      const blocked = ask(`${server.url}/block?announce`).catch(() => 'cut');
      const [, pid] = await server.logged(/began \/block in (\d+)/);
      expect(await workerOf(server)).not.toBe(Number(pid));
      await server.logged(new RegExp(`WORKER TIMEOUT \\(pid: ${pid}\\)`));
      expect(await blocked).toBe('cut');
      await server.until(() => server.workerPids.length === 3, 'the successor');
      expect((await ask(server.url)).status).toBe(200);
    });
  });
}
