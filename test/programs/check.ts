/** One program on one worker class under load: right answers, level memory, nothing lost by reloads and the end. */
import { join } from 'node:path';
import { expect } from 'vitest';
import { Load } from '../processes/clients.ts';
import { reload } from '../processes/operations.ts';
import { PlainNode } from '../processes/plain-node.ts';
import { childrenOf, residentBytes } from '../processes/process-table.ts';
import type { Ask, Question } from '../processes/questions.ts';
import { startRedis } from '../processes/redis.ts';
import { type QilinProcess, repository, startQilin } from '../processes/server.ts';
import type { ClassUnderTest } from '../suites/classes.ts';
import { CLIENTS } from './clients.ts';
import type { Program } from './manifest.mjs';
import { Talkers } from './talkers.ts';

const CLIENTS_OF_HTTP = 16;
const CLIENTS_OF_WEBSOCKETS = 8;
/** So many turns a client keeps its connection: the first ones may all be of the worker that woke first, and the other would have none. */
const TURNS_OF_A_CONNECTION = 200;
/**
 * How long clients think at most, in milliseconds, while workers boot on the same few cores: so long, and so many times as long as an
 * answer takes when all of them ask at once. Else those of a program that takes milliseconds of CPU for each leave the new workers none.
 * And not so long that `keepalive`, 2 s, closes their connections.
 */
const WHILE_OTHERS_BOOT = { least: 100, timesAnAnswer: 4, most: 1_000 };
/** In milliseconds: a site of Next has booted in 3 s, and in more than 30 on a machine with much else to do. */
const PATIENCE = 300_000;
/** How often, in the course of all requests, memory is looked at. */
const LOOKS = 32;
const MEBIBYTE = 1024 * 1024;
/** What a heap may grow by without a leak; with so many requests as make a run of length, 200 bytes for each of them are more. */
const ROOM = 24 * MEBIBYTE;
const GROWTH = 1.15;
/**
 * V8 doubles its young generation when it sees fit, up to 192 MB in each thread on Node 24 (48 on Node 20): a step of 64 MB in the midst
 * of a run was measured, by http-proxy-middleware, with no more objects alive after it than before. Held small, growth is the program's.
 */
const STEADY_HEAP = '--max-semi-space-size=8';

export interface Findings {
  readonly perSecond: number;
  /** The worker that grew most: bytes in the second quarter of the requests and in the last one, each time the least. */
  readonly early: number;
  readonly late: number;
}

interface Length {
  /** Answers and messages that are checked before the reloads. */
  readonly requests: number;
  readonly reloads: number;
}

export async function checkProgram(
  program: Program,
  { flags }: ClassUnderTest,
  { requests, reloads }: Length,
): Promise<Findings> {
  const clients = CLIENTS[program.name];
  if (clients === undefined) throw new Error(`clients.ts has nothing to ask of ${program.name}`);
  await using needs = await provide(program);
  const cwd = join(repository, 'test/programs', program.folder);
  const env = { ...needs.env, NODE_OPTIONS: STEADY_HEAP };
  await using server = await startQilin(['-w', '2', ...flags, ...program.start.split(' ')], {
    cwd,
    env,
    patience: PATIENCE,
  });
  const asks = Array.from({ length: CLIENTS_OF_HTTP }, (_, index) =>
    leaving(clients.ask(), Math.round((TURNS_OF_A_CONNECTION / CLIENTS_OF_HTTP) * index)),
  );
  await using load = new Load(server.port, { keepAlive: 0, oneShot: 0, asks, think: 0 });
  await using talkers = new Talkers(server.url, clients.talk, CLIENTS_OF_WEBSOCKETS);
  const told = () => [load.report(), talkers.faults, server.log].join('\n');

  try {
    const findings = await serve(server, () => load.requests + talkers.messages, requests, load);
    const answer = (CLIENTS_OF_HTTP / findings.perSecond) * 1000;
    const { least, timesAnAnswer, most } = WHILE_OTHERS_BOOT;
    load.think = Math.min(Math.max(least, answer * timesAnAnswer), most);
    for (let turn = 1; turn <= reloads; turn++) {
      load.begin(`reload ${turn}`);
      await reload(server);
      await load.progress(CLIENTS_OF_HTTP * 10);
    }
    load.begin('the end');
    const parted = Promise.all([load.leave(), talkers.stop()]);
    server.signal('SIGTERM');
    await parted;
    expect(await server.exited, told()).toEqual({ status: 0, signal: null });
    expect(load.faults + talkers.faults, server.log).toBe('');
    expect(server.log).not.toMatch(/\[(?:WARNING|ERROR|CRITICAL)\]|UnhandledPromise/);
    return findings;
  } catch (error) {
    throw new Error(told(), { cause: error });
  }
}

/**
 * Tells the server with the last of a connection's turns that it will go, and comes again by another. Each client does at another turn:
 * of those that come at once on a busy machine, one worker may take all.
 */
const leaving =
  (ask: Ask, first: number): Ask =>
  (token, turn) => {
    const isLast = (turn + first) % TURNS_OF_A_CONNECTION === TURNS_OF_A_CONNECTION - 1;
    return isLast ? ask(token, turn).map(closing) : ask(token, turn);
  };

function closing({ pieces: [first = '', ...others], ...question }: Question): Question {
  return { ...question, pieces: [first.replace('\r\n', '\r\nConnection: close\r\n'), ...others] };
}

async function serve(server: QilinProcess, count: () => number, requests: number, load: Load): Promise<Findings> {
  const from = performance.now();
  const early = new Map<number, number>();
  const late = new Map<number, number>();
  const workers = childrenOf(server.pid);
  for (let look = 1; look <= LOOKS; look++) {
    while (count() < (requests * look) / LOOKS) await load.progress(CLIENTS_OF_HTTP);
    const quarter = Math.ceil((look / LOOKS) * 4);
    const least = quarter === 2 ? early : late;
    if (quarter === 2 || quarter === 4)
      for (const pid of workers)
        least.set(pid, Math.min(least.get(pid) ?? Number.POSITIVE_INFINITY, residentBytes(pid)));
  }
  const perSecond = Math.round((count() / (performance.now() - from)) * 1000);
  expect(childrenOf(server.pid), 'the workers that served').toEqual(workers);
  const [most] = workers
    .map((pid) => ({ perSecond, early: early.get(pid) ?? 0, late: late.get(pid) ?? 0 }))
    .sort((one, other) => other.late - other.early - (one.late - one.early));
  if (most === undefined) throw new Error('there is no worker');
  return most;
}

/** @throws AssertionError when memory grew by more than a heap does that has found its size */
export function expectLevel({ early, late }: Findings): void {
  expect(late / MEBIBYTE, 'MiB of a worker at the end').toBeLessThan((early * GROWTH + ROOM) / MEBIBYTE);
}

interface Provided extends AsyncDisposable {
  readonly env: NodeJS.ProcessEnv;
}

async function provide({ needs, env = {} }: Program): Promise<Provided> {
  if (needs === 'redis') {
    const redis = await startRedis();
    return { env: { ...env, REDIS: redis.path }, [Symbol.asyncDispose]: () => redis[Symbol.asyncDispose]() };
  }
  if (needs === 'upstream') {
    const upstream = await PlainNode.start('test/programs/upstream.mjs');
    const UPSTREAM = `http://127.0.0.1:${upstream.port}`;
    return { env: { ...env, UPSTREAM }, [Symbol.asyncDispose]: () => upstream.stop() };
  }
  return { env, [Symbol.asyncDispose]: async () => {} };
}
