/** What a Node listener is told when its client leaves: the same, in the same order, on node:http itself and on each class. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RawConnection } from './http-client.ts';
import { PlainNode } from './plain-node.ts';
import { startQilin } from './server.ts';

const PROGRAM = 'test/fixtures/leaving.mjs';
const CLASSES = [
  ['-k', 'async'],
  ['-k', 'picoev'],
  ['-k', 'threads', '--threads', '1'],
];

/** How a client leaves: by a reset, or by ending its side in the middle of what it sends. */
type Leaves = 'reset' | 'end';

interface Scenario {
  /** What the program does: it waits, reads, pauses, streams, answers. */
  readonly deed: string;
  readonly sent: 'get' | 'part of a body' | 'whole body';
  readonly leaves: Leaves;
}

const DEEDS = ['wait', 'read', 'pause-read', 'stream', 'stream-read', 'answer', 'answer-read', 'pause-answer'];
const SENT = ['get', 'part of a body', 'whole body'] as const;

const SCENARIOS: readonly Scenario[] = [
  ...DEEDS.flatMap((deed) => SENT.map((sent) => ({ deed, sent, leaves: 'reset' as const }))),
  // A client that ends its side behind a whole request is answered: connections.ts.
  ...DEEDS.map((deed) => ({
    deed,
    sent: 'part of a body' as const,
    leaves: 'end' as const,
  })),
];

const LENGTH = 1000;

function request({ deed, sent, leaves }: Scenario): { readonly path: string; readonly text: string } {
  const path = `/${deed}/${sent.replaceAll(' ', '-')}/${leaves}`;
  if (sent === 'get') return { path, text: `GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n` };
  const body = 'b'.repeat(sent === 'whole body' ? LENGTH : 10);
  return { path, text: `POST ${path} HTTP/1.1\r\nHost: test\r\nContent-Length: ${LENGTH}\r\n\r\n${body}` };
}

/** Where the answer is complete before the body is read, which of the two comes first is a matter of ticks. */
const inAnyOrder = (deed: string) => deed === 'answer-read' || deed === 'pause-answer';

/**
 * A body that is cut off is an error of Node's parser, which Node makes one of the socket. Qilin refuses the request, and ends the
 * connection in order.
 */
const isUnlike = ({ leaves }: Scenario, event: string) =>
  leaves === 'end' && /^socket (?:error|finish|close)/.test(event);

/** Who tells what the program has written so far. */
type Told = (pattern: RegExp) => Promise<RegExpExecArray>;

async function eventsOf(scenario: Scenario, port: number, told: Told): Promise<string[]> {
  const { path, text } = request(scenario);
  const { deed, sent } = scenario;
  using connection = await RawConnection.open(port);
  await connection.send(text);
  // What happens without the client has happened then.
  const reads = sent !== 'get' && /read|pause/.test(deed);
  const last = deed.includes('answer') ? 'res close' : reads ? 'req (?:data|paused)' : 'asked';
  await told(new RegExp(`${path}: ${last}`));
  if (sent === 'whole body' && reads && !deed.includes('pause')) await told(new RegExp(`${path}: req close`));
  if (sent === 'get' && deed.includes('read') && !deed.includes('answer')) await told(new RegExp(`${path}: req close`));
  if (scenario.leaves === 'reset') connection.socket.resetAndDestroy();
  else connection.socket.end();
  const { input } = await told(new RegExp(`${path}: over`));
  const all = [...input.matchAll(new RegExp(`^${path}: (.*)$`, 'gm'))].map(([, event = '']) => event);
  const events = all.filter((event) => !isUnlike(scenario, event));
  return inAnyOrder(deed) ? events.sort() : events;
}

const nameOf = ({ deed, sent, leaves }: Scenario) => `${deed}, ${sent}, ${leaves}`;
const expected = new Map<string, string[]>();

beforeAll(async () => {
  const node = await PlainNode.start(PROGRAM);
  for (const scenario of SCENARIOS) {
    expected.set(nameOf(scenario), await eventsOf(scenario, node.port, (pattern) => node.told(pattern)));
  }
  await node.stop();
});

describe.each(CLASSES)('%s %s', (...flags) => {
  let server: Awaited<ReturnType<typeof startQilin>>;
  beforeAll(async () => {
    server = await startQilin([...flags, PROGRAM]);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test.each(SCENARIOS.map((scenario) => [nameOf(scenario), scenario] as const))('%s', async (name, scenario) => {
    expect(await eventsOf(scenario, server.port, (pattern) => server.logged(pattern))).toEqual(expected.get(name));
  });
});
