/** The table of raw requests against every class that keeps connections, in one piece and in all possible two. */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, RawConnection } from '../processes/http-client.ts';
import { type QilinProcess, startQilin } from '../processes/server.ts';
import { CLASSES } from '../suites/classes.ts';
import { type RawAnswer, takeAnswers } from './answers.ts';
import { type Facts, type Outcome, outcomeOn, parseCases } from './corpus.ts';

const FOLDER = new URL('cases/', import.meta.url);

const FILES = readdirSync(FOLDER).map((file) => ({
  file,
  cases: parseCases(file, readFileSync(new URL(file, FOLDER), 'utf8')),
}));

/**
 * What cases/limits.http goes by. One event loop, so that its answers come in the order in which it read; connections that last.
 */
const SETTINGS = [
  ...['--limit-request-line', '300', '--limit-request-fields', '16', '--limit-request-field-size', '200'],
  ...['--keep-alive', '60', '--backlog', '512', '--threads', '1'],
];

/** The same app in two shapes, and what each can see of a request. */
const APPS = [
  { kind: 'a Node listener', app: 'test/fixtures/echo.mjs:app', view: (facts: Facts) => facts },
  { kind: 'a fetch handler', app: 'test/fixtures/echo.mjs:fetchApp', view: asRequest },
];

type View = (facts: Facts) => object;

/** A `Request` has a URL instead of a target, names in lower case, values joined, no version, and no body with some methods. */
function asRequest({ method, target, headers, body }: Facts): object {
  const joined = new Headers();
  for (let i = 0; i < headers.length; i += 2) joined.append(headers[i] ?? '', headers[i + 1] ?? '');
  const { pathname, search } = new URL(target.startsWith('/') ? `http://test${target}` : target, 'http://test');
  return {
    method,
    target: pathname + search,
    headers: Object.fromEntries(joined),
    ...(method !== 'GET' && method !== 'HEAD' && method !== 'TRACE' && { body }),
  };
}

/** How many splits of a request are under way at once, each on a connection of its own. */
const LANES = 64;

const get = (target: string, ...fields: string[]) =>
  `${[`GET ${target} HTTP/1.1`, 'Host: test', ...fields].join('\r\n')}\r\n\r\n`;

/** Sent behind a case: answered only where the connection persists. */
const BEHIND = get('/behind', 'Connection: close');

/** A connection that has been used: so the server has accepted it, and reads each piece as it comes. */
async function openUsed(server: QilinProcess): Promise<RawConnection> {
  const connection = await RawConnection.open(server.port);
  connection.send(get('/ping'));
  await connection.until(/\r\n\r\npong$/);
  connection.received = '';
  return connection;
}

/**
 * Resolves when the server has read all that was sent before: one event loop serves the connections in the order in which
 * their bytes came, so an answer on this connection comes after that.
 */
class Barrier implements Disposable {
  readonly #connection: RawConnection;

  private constructor(connection: RawConnection) {
    this.#connection = connection;
  }

  static async open(server: QilinProcess): Promise<Barrier> {
    return new Barrier(await openUsed(server));
  }

  async pass(): Promise<void> {
    this.#connection.received = '';
    this.#connection.send(get('/ping'));
    await this.#connection.until(/\r\n\r\npong$/);
  }

  [Symbol.dispose](): void {
    this.#connection[Symbol.dispose]();
  }
}

const factsOf = ({ headers, body }: RawAnswer): Facts =>
  JSON.parse(body === '' ? decodeURIComponent(headers.get('x-facts') ?? '""') : body);

const persists = ({ version, headers }: RawAnswer): boolean =>
  version === '1.1' ? headers.get('connection') !== 'close' : headers.get('connection') === 'keep-alive';

/** How long a server may take to close a connection, before what came back is judged as it is. */
const PATIENCE = 5_000;

async function closed(connection: RawConnection): Promise<void> {
  const waiting = new AbortController();
  const patience = pause(PATIENCE, undefined, { signal: waiting.signal }).catch(() => {});
  await Promise.race([connection.ended, patience]);
  waiting.abort();
}

/** What the server made of it, in the form of the table. `rest` is what came behind the last complete answer. */
function observe(received: string, { accepted }: Outcome) {
  const { answers, rest } = takeAnswers(
    received,
    accepted.map(({ facts }) => facts.method),
  );
  const seen = answers.map((answer) =>
    answer.status === 200
      ? { facts: factsOf(answer), keepAlive: persists(answer) }
      : { refused: answer.status, keepAlive: persists(answer) },
  );
  return { seen, rest };
}

/** What `observe` has to see when the case was sent, with `BEHIND` sent behind it. */
function expected({ accepted, refused }: Outcome, view: View) {
  const last = accepted.at(-1);
  const isOpen = refused === undefined && last?.keepAlive === true;
  const behind = {
    method: 'GET',
    target: '/behind',
    version: '1.1',
    headers: ['Host', 'test', 'Connection', 'close'],
    body: '',
  };
  return {
    seen: [
      ...accepted.map(({ facts, keepAlive }) => ({ facts: view(facts), keepAlive })),
      ...(refused === undefined ? [] : [{ refused, keepAlive: false }]),
      ...(isOpen ? [{ facts: view(behind), keepAlive: false }] : []),
    ],
    rest: '',
  };
}

/** Sends the pieces, each read before the next is sent, and resolves when the server has closed the connection. */
async function sendPieces(server: QilinProcess, barrier: Barrier, splits: readonly (readonly string[])[]) {
  const lanes = await Promise.all(splits.map(() => openUsed(server)));
  try {
    const turns = Math.max(...splits.map((pieces) => pieces.length));
    for (let turn = 0; turn < turns; turn++) {
      for (const [index, lane] of lanes.entries()) {
        const piece = splits[index]?.[turn];
        if (piece !== undefined) lane.send(Buffer.from(piece, 'latin1'));
      }
      await barrier.pass();
    }
    await Promise.all(lanes.map(closed));
    return lanes.map((lane) => lane.received);
  } finally {
    for (const lane of lanes) lane[Symbol.dispose]();
  }
}

for (const { name: className, flags } of CLASSES.filter(({ lacks }) => lacks.keepAlive === undefined)) {
  describe.each(APPS)(`class ${className} with $kind`, ({ app, view }) => {
    let server: QilinProcess;
    let barrier: Barrier;
    beforeAll(async () => {
      server = await startQilin([...flags, ...SETTINGS, app]);
      barrier = await Barrier.open(server);
    });
    afterAll(async () => {
      barrier[Symbol.dispose]();
      await server[Symbol.asyncDispose]();
    });

    const withPieces = async (outcome: Outcome, splits: readonly (readonly string[])[]) => {
      const all = await sendPieces(server, barrier, splits);
      for (const [index, received] of all.entries()) {
        expect(observe(received, outcome), `sent as ${JSON.stringify(splits[index])}`).toEqual(expected(outcome, view));
      }
    };

    for (const { file, cases } of FILES) {
      describe(file, () => {
        for (const rawCase of cases) {
          const { name, rule, bytes } = rawCase;
          const outcome = outcomeOn(rawCase, className);

          test(`${name} (${rule})`, async () => {
            using connection = await RawConnection.open(server.port);
            await connection.send(Buffer.from(bytes + BEHIND, 'latin1'));
            await closed(connection);
            expect(observe(connection.received, outcome)).toEqual(expected(outcome, view));
          });

          if (outcome.refused !== undefined) continue;

          test(`${name}, split at every point`, async () => {
            const splits = Array.from(bytes, (_, at) => [bytes.slice(0, at), bytes.slice(at) + BEHIND]).slice(1);
            for (let from = 0; from < splits.length; from += LANES) {
              await withPieces(outcome, splits.slice(from, from + LANES));
            }
          });

          test(`${name}, one byte at a time`, async () => {
            await withPieces(outcome, [[...bytes, BEHIND]]);
          });
        }
      });
    }

    test('nothing behind a refusal, or behind the end of a connection, was read as a request', async () => {
      const { text } = await ask(`${server.url}/seen`);
      const seen: readonly string[] = JSON.parse(text);
      expect(seen.length).toBeGreaterThan(0);
      expect(seen).not.toContain('/unread');
      expect(seen).not.toContain('/smuggled');
    });
  });
}
