/** What an app may do to its messages and their sockets: the same events, in the same order and states, as on the node:http of the same Node. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LINES, nodeOf } from '../../scripts/test-nodes.mjs';
import { DEEDS } from '../fixtures/message-deeds.mjs';
import { node } from '../needs.ts';
import { RawConnection } from './http-client.ts';
import { PlainNode } from './plain-node.ts';
import { command, startQilin } from './server.ts';

const PROGRAM = 'test/fixtures/messages.mjs';

/** What is not compared, with the reason. */
type Exceptions = readonly (readonly [RegExp, string])[];

const ENGINE: Exceptions = [
  [
    /^\/answer-destroy-req(-at-once)?\//,
    'a request without a body has ended by then, and its "end" is not told behind its end',
  ],
  [/^\/answer-then-read\/(get|kept)$/, 'which of two ends is told first is a matter of ticks'],
  [/-timeout\/whole$/, 'a body that nobody reads has not come, though the engine has it: the request is not complete'],
  [/^\/end-socket\/part$/, "a client's end in the middle of a body is no error of the socket's here"],
  [/^\/answer-end-socket\/(get|kept|whole)$/, 'Node waits for the client to end its side as well'],
  [
    /^\/answer-end-socket\/part$/,
    'the client has until `bodyTimeout`; which of its ends comes first differs between versions of Node',
  ],
];

const OF_LINE: Readonly<Record<number, Exceptions>> = {
  20: [[/-large-(answer|parts?)\//, 'Node 20 says of a write whose socket is destroyed that all of it was sent']],
};

const CLASSES: readonly (readonly [name: string, ...flags: string[]])[] = [['picoev'], ['threads', '--threads', '1']];

/** `kept`: without a body, behind another request on its connection, so that the event loop has turned since that was accepted. */
const BODIES = { get: '', kept: '', whole: '0123456789', part: '01234' } as const;
type Body = keyof typeof BODIES;
const BODY_NAMES: readonly Body[] = ['get', 'kept', 'whole', 'part'];

type Told = (pattern: RegExp) => Promise<RegExpExecArray>;

async function eventsOf(deed: string, body: Body, port: number, told: Told): Promise<string[]> {
  const path = `/${deed}/${body}`;
  using connection = await RawConnection.open(port);
  if (body === 'kept') {
    await connection.send(`GET /answer/before/${deed} HTTP/1.1\r\nHost: test\r\n\r\n`);
    await connection.until(/answer$/);
  }
  const hasBody = BODIES[body] !== '';
  const head = `Host: test\r\n${hasBody ? 'Content-Length: 10\r\n' : ''}\r\n${BODIES[body]}`;
  await connection.send(`${hasBody ? 'POST' : 'GET'} ${path} HTTP/1.1\r\n${head}`);
  await told(new RegExp(`${path}: settled`));
  connection.socket.resetAndDestroy();
  const { input } = await told(new RegExp(`${path}: over`));
  const events = [...input.matchAll(new RegExp(`^${path}: (.*)$`, 'gm'))].map(([, event = '']) => event);
  return events.filter((event) => event !== 'settled');
}

const SCENARIOS = Object.keys(DEEDS).flatMap((deed) =>
  BODY_NAMES.map((body) => ({ deed, body, path: `/${deed}/${body}` })),
);

describe.each(LINES)('on Node %i', (line) => {
  const needed = node(line);
  const except = [...ENGINE, ...(OF_LINE[line] ?? [])];
  const expected = new Map<string, string[]>();
  beforeAll(async () => {
    if (needed.isMissing) return;
    const plain = await PlainNode.start(PROGRAM, nodeOf(line));
    for (const { deed, body, path } of SCENARIOS)
      expected.set(path, await eventsOf(deed, body, plain.port, (pattern) => plain.told(pattern)));
    await plain.stop();
  });

  describe.skipIf(needed.isMissing).each(CLASSES)(needed.named('class %s'), (...flags) => {
    let server: Awaited<ReturnType<typeof startQilin>>;
    beforeAll(async () => {
      server = await startQilin(['-k', ...flags, PROGRAM], { program: [nodeOf(line), command] });
    });
    afterAll(() => server[Symbol.asyncDispose]());

    for (const { deed, body, path } of SCENARIOS) {
      const reason = except.find(([pattern]) => pattern.test(path))?.[1];
      test.skipIf(reason !== undefined)(reason === undefined ? path : `${path} (${reason})`, async () => {
        const events = await eventsOf(deed, body, server.port, (pattern) => server.logged(pattern));
        expect(events).toEqual(expected.get(path));
      });
    }
  });
});
