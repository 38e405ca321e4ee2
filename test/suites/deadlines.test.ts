/**
 * Whatever state a connection is in, a deadline ends it: the table of docs/architecture.md, on every class, for HTTP/1.1. All of
 * it is played at once, since most of it is waiting. packages/picoev/test/deadlines.test.ts has each multiplexer of the engine.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Certificate, makeCertificate } from '../processes/certificates.ts';
import { RawConnection } from '../processes/http-client.ts';
import { QilinProcess, repository, temporaryFolder } from '../processes/server.ts';
import { type ClassUnderTest, classNamed } from './classes.ts';
import { CASES, type Case, OVERDUE_CASES, ROWS, type State } from './deadline-cases.ts';
import { HTTP2_CASES, HTTP2_OVERDUE_CASES } from './http2-deadlines.ts';
import { get } from './requests.ts';

vi.setConfig({ maxConcurrency: 500 });

const FETCH = { kind: 'a fetch handler', app: 'test/fixtures/deadlines.mjs:fetchApp' };
const LISTENER = { kind: 'a Node listener', app: 'test/fixtures/deadlines.mjs:listener' };

/** In seconds. Those of clients are short, so that they come before the app's. */
const CLIENTS = ['--headers-timeout', '1.5', '--body-timeout', '1.5', '--send-timeout', '1.5', '--keep-alive', '1.5'];
/** What is short, and what clients do then. */
const EACH = { title: '', args: [...CLIENTS, '--response-timeout', '6'], http1: CASES, http2: HTTP2_CASES };
const WHOLE = {
  title: ' and requestTimeout',
  args: ['--request-timeout', '1.5'],
  http1: OVERDUE_CASES,
  http2: HTTP2_OVERDUE_CASES,
};

/** A server, and what clients do to it. */
interface Play {
  readonly name: string;
  readonly args: readonly string[];
  readonly acts: readonly { readonly name: string; readonly act: (server: QilinProcess) => Promise<void> }[];
}

/** What the app says when it is told that its client is gone. */
const goneWith = (id: string, flags = 'm') => new RegExp(`^gone \\S+\\?${id}$`, flags);

/** Plays a case until the server has ended the connection; resolves with what came back. */
async function play(server: QilinProcess, one: Case, id: string): Promise<string> {
  using connection = await RawConnection.open(server.port);
  const { socket } = connection;
  if (one.deaf) socket.pause();
  // Its own name in the log.
  if (one.send !== '') await connection.send(one.send.replace(' HTTP/1.1', `?${id} HTTP/1.1`));
  if (one.leaves !== undefined) {
    await server.logged(new RegExp(`^began \\S+\\?${id}$`, 'm'));
    if (one.leaves === 'ends') socket.end();
    else if (one.leaves === 'goes') socket.destroy();
    else socket.resetAndDestroy();
  }
  const { drip = '' } = one;
  const drops = drip === '' ? undefined : setInterval(() => socket.write(drip), 50);
  if (one.gone) await server.logged(goneWith(id));
  if (!one.deaf) await connection.ended;
  clearInterval(drops);
  return connection.received;
}

function overHttp1({ name, flags, lacks }: ClassUnderTest, { kind, app }: typeof FETCH, short = EACH): Play {
  const reachable = short.http1.filter(({ keepAlive }) => !keepAlive || lacks.keepAlive === undefined);
  const acts = reachable.map((one, index) => ({
    name: `${ROWS[one.state].state} (${one.what})`,
    async act(server: QilinProcess) {
      const id = `case${index}`;
      const received = await play(server, one, id);
      if (one.received !== undefined) expect(received).toMatch(one.received);
      expect(server.log.match(goneWith(id, 'gm'))?.length ?? 0).toBe(one.gone ? 1 : 0);
      // Nobody waits for the app on behalf of a client that has left.
      if (one.state === 'left') expect(server.log).not.toMatch(new RegExp(`No answer to .*\\?${id} `));
      expect(server.log).not.toMatch(/\[(?:ERROR|CRITICAL)\]/);
    },
  }));
  // Where a worker has one request at a time, several are needed.
  const workers = lacks.concurrency === undefined ? '1' : '6';
  return {
    name: `class ${name} with ${kind}${short.title}`,
    args: [...flags, '-w', workers, ...short.args, app],
    acts,
  };
}

function overTls(certificate: Certificate, { kind, app }: typeof FETCH, short = EACH): Play {
  const acts = short.http2.map(({ state, what, gone, play }, index) => ({
    name: `${ROWS[state].state} (${what})`,
    async act(server: QilinProcess) {
      const id = `case${index}`;
      await play(server, `?${id}`);
      if (gone) await server.logged(goneWith(id));
      expect(server.log).not.toMatch(/\[(?:ERROR|CRITICAL)\]/);
    },
  }));
  const tls = ['--keyfile', certificate.keyfile, '--certfile', certificate.certfile, '--http2', 'on'];
  return { name: `class async over TLS with ${kind}${short.title}`, args: [...tls, ...short.args, app], acts };
}

/** Until its worker leaves, it is the app's. */
const upgraded = ({ name, flags }: ClassUnderTest): Play => ({
  name: `class ${name} with another protocol`,
  args: [...flags, '--graceful-timeout', '1', '--log-level', 'debug', 'test/fixtures/upgrade.mjs'],
  acts: [
    {
      name: ROWS.upgraded.state,
      async act(server: QilinProcess) {
        using connection = await RawConnection.open(server.port);
        await connection.send(get('/', 'Connection: Upgrade', 'Upgrade: echo'));
        await connection.until(/^HTTP\/1\.1 101 /);
        server.signal('SIGTERM');
        await connection.ended;
        expect((await server.exited).status).toBe(0);
      },
    },
  ],
});

/** What it is told is its program's to say, which does not. */
const silent = ({ name, flags }: ClassUnderTest): Play => ({
  name: `class ${name} with a listener to 'clientError'`,
  args: [...flags, '-w', '1', 'test/fixtures/client-errors.mjs'],
  acts: [
    {
      name: ROWS.refused.state,
      async act(server: QilinProcess) {
        using connection = await RawConnection.open(server.port);
        await connection.send('silent\r\n\r\n');
        await connection.ended;
        expect(connection.received).toBe('');
        expect(server.log).toContain('clientError HPE_');
      },
    },
  ],
});

const folder = temporaryFolder();
const certificate = makeCertificate(folder.path, 'server');
afterAll(() => folder[Symbol.dispose]());

const [onNode, sync] = [classNamed('async'), classNamed('sync')];
const [native, threads] = [classNamed('picoev'), classNamed('threads')];

/** Of two classes on one stack, the second plays one shape alone. */
const STAGES: readonly { readonly stack: string; readonly plays: readonly Play[] }[] = [
  {
    stack: "Node's stack",
    plays: [
      overHttp1(onNode, FETCH),
      overHttp1(onNode, LISTENER),
      overTls(certificate, FETCH),
      overTls(certificate, LISTENER),
      overHttp1(sync, FETCH),
      overHttp1(onNode, FETCH, WHOLE),
      overHttp1(onNode, LISTENER, WHOLE),
      overTls(certificate, FETCH, WHOLE),
      overTls(certificate, LISTENER, WHOLE),
      overHttp1(sync, LISTENER, WHOLE),
      upgraded(onNode),
      silent(onNode),
      upgraded(sync),
    ],
  },
  {
    stack: 'the native engine',
    plays: [
      overHttp1(native, FETCH),
      overHttp1(native, LISTENER),
      overHttp1(threads, LISTENER),
      overHttp1(native, FETCH, WHOLE),
      overHttp1(native, LISTENER, WHOLE),
      overHttp1(threads, FETCH, WHOLE),
      upgraded(native),
      silent(native),
      upgraded(threads),
    ],
  },
];

describe.each(STAGES)('a client on $stack', ({ plays }) => {
  const servers: QilinProcess[] = [];
  // All are there before the first clients come: what a start costs would be taken from their time.
  beforeAll(async () => {
    servers.push(...plays.map(({ args }) => new QilinProcess(args, {})));
    await Promise.all(servers.map((server) => server.ready()));
  });
  afterAll(() => Promise.all(servers.map((server) => server[Symbol.asyncDispose]())));

  for (const [index, { name, acts }] of plays.entries()) {
    describe.concurrent(name, () => {
      for (const { name, act } of acts) {
        test(name, async () => {
          const server = servers[index];
          if (server === undefined) throw new Error('no server was started');
          await act(server);
        });
      }
    });
  }
});

test('docs/architecture.md has these states, with these deadlines, and no others', () => {
  const text = readFileSync(`${repository}/docs/architecture.md`, 'utf8');
  const [, section = ''] = text.split('\n## Deadlines\n');
  const lines = section.split('\n## ')[0]?.split('\n') ?? [];
  const [, , ...rows] = lines.filter((line) => line.startsWith('| '));
  const told = rows.map((line) => line.split('|').map((cell) => cell.trim()));
  const states = Object.values(ROWS);
  expect(told.map(([, state]) => state)).toEqual(states.map(({ state }) => state));
  for (const [, state, native, node, http2] of told) {
    const row = states.find((one) => one.state === state);
    const cells = { native, node, http2 };
    for (const column of ['native', 'node', 'http2'] as const)
      expect(cells[column], `${state}, ${column}`).toMatch(beginning(row?.[column] ?? '—'));
  }
});

const beginning = (text: string) => new RegExp(`^${text.replace(/[+]/g, '\\$&')}(?: |,|:|;|$)`);

test('each cell of the table has a case', () => {
  const tried: Record<'http1' | 'http2', ReadonlySet<State>> = {
    http1: new Set<State>([
      ...CASES.map(({ state }) => state),
      'overdue',
      'upgraded',
      'handshake',
      'refused',
      'proxied',
    ]),
    http2: new Set<State>([...HTTP2_CASES.map(({ state }) => state), 'overdue', 'proxied']),
  };
  for (const [state, row] of Object.entries(ROWS) as [State, (typeof ROWS)[State]][]) {
    if (row.node !== undefined) expect(tried.http1, state).toContain(state);
    if (row.http2 !== undefined) expect(tried.http2, state).toContain(state);
  }
});
