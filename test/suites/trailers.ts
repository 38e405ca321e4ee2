/** The fields behind a chunked body, as a Node listener has them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { takeAnswers } from '../http/answers.ts';
import { RawConnection } from '../processes/http-client.ts';
import { type QilinProcess, startQilin } from '../processes/server.ts';
import { type ClassUnderTest, LISTENER_APP } from './classes.ts';
import { exchange, post } from './requests.ts';

const LIMITS = ['--limit-request-fields', '7', '--limit-request-field-size', '200'];

const HEAD = post('/trailers', 'Transfer-Encoding: chunked', 'Trailer: X-Sum', 'Connection: close');

/** What the app told of them before the body had come, and behind it. */
function seenIn(received: string): unknown[] {
  const [answer] = takeAnswers(received, ['POST']).answers;
  return (answer?.body ?? '').split('\n').map((line) => JSON.parse(line));
}

export function describeTrailers({ name, flags }: ClassUnderTest): void {
  const isNodes = name === 'async' || name === 'sync';
  describe('trailers of a request', () => {
    let server: QilinProcess;
    beforeAll(async () => {
      server = await startQilin([...flags, ...LIMITS, LISTENER_APP]);
    });
    afterAll(() => server[Symbol.asyncDispose]());

    const FIELDS = 'X-Sum:  1 \r\nx-sum: 2\r\nX-Empty:\r\n';
    const none = { early: [] };
    const all = {
      trailers: { 'x-sum': '1, 2', 'x-empty': '' },
      rawTrailers: ['X-Sum', '1', 'x-sum', '2', 'X-Empty', ''],
      trailersDistinct: { 'x-sum': ['1', '2'], 'x-empty': [''] },
    };

    test('are there when its body has ended', async () => {
      const received = await exchange(server, `${HEAD}5\r\nhello\r\n0\r\n${FIELDS}\r\n`);
      expect(seenIn(received)).toEqual([expect.anything(), all]);
    });

    test('are there however they come', async () => {
      using connection = await RawConnection.open(server.port);
      await connection.send(`${HEAD}5\r\nhello\r\n`);
      await connection.until(/"early"/);
      for (const character of `0\r\n${FIELDS}\r\n`) await connection.send(character);
      await connection.ended;
      expect(seenIn(connection.received)).toEqual([none, all]);
    });

    test('are none of the next request', async () => {
      const first = HEAD.replace('Connection: close\r\n', '');
      const text = `${first}0\r\n${FIELDS}\r\n${HEAD}0\r\n\r\n`;
      const { answers } = takeAnswers(await exchange(server, text), ['POST', 'POST']);
      if (answers.length > 1) expect(answers[1]?.body).toMatch(/\n\{"trailers":\{\},"rawTrailers":\[\]/);
    });

    const refused = (fields: string): Promise<string> => exchange(server, `${HEAD}0\r\n${fields}\r\n`);

    test('are refused where one is too long', async () => {
      expect(await refused(`A: ${'x'.repeat(20_000)}\r\n`)).toMatch(/^HTTP\/1\.1 431 /);
    });

    test.skipIf(isNodes)(
      "are refused where they are too many with those of the head (on Node's stack, Node counts)",
      async () => {
        expect(await refused('A: 1\r\nB: 2\r\nC: 3\r\n')).toContain('"rawTrailers":["A","1","B","2","C","3"]');
        expect(await refused('A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n')).toMatch(/^HTTP\/1\.1 431 /);
      },
    );
  });
}
