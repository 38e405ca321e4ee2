/** `/metrics`: that its counts are the client's own, over reloads and deaths, on every class. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { DEADLINES } from '../../packages/qilin/src/contract/tally.ts';
import { eventually, write } from './files.ts';
import { ask, RawConnection } from './http-client.ts';
import { arbiterPid, reload, signal } from './operations.ts';
import { qilinctl } from './qilinctl.ts';
import { repository, startQilin, temporaryFolder } from './server.ts';

const APP = `
const statusOf = (url) => Number(new URL(url, 'http://test').pathname.slice(1));
export const app = (request) => new Response('', { status: statusOf(request.url) });
export const listener = (req, res) => {
  res.statusCode = statusOf(req.url);
  setTimeout(() => res.end('ok'), 2);
};
`;

/** Value by `name{labels}`, as the text has it. */
async function figuresAt(url: string): Promise<ReadonlyMap<string, number>> {
  const { text } = await ask(url);
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

test.each([
  ['async', 'listener'],
  ['picoev', 'app'],
  ['picoev', 'listener'],
  ['threads', 'app'],
])('counts each request once, over a reload and a kill: class %s, %s', async (workerClass, app) => {
  using folder = temporaryFolder();
  const file = write(folder.path, 'app.mjs', APP);
  await using server = await startQilin(['-k', workerClass, '-w', '2', '--admin-bind', '0', `${file}:${app}`]);
  const [, admin = ''] = await server.logged(/Health and status at: (http:\S+)/);
  const figures = () => figuresAt(`${admin}/metrics`);
  const sent = { '2xx': 0, '4xx': 0 };
  const send = async (times: number) => {
    for (let i = 0; i < times; i++) {
      const { status } = await ask(`${server.url}/${i % 3 === 0 ? 404 : 200}`, { method: i % 2 ? 'POST' : 'GET' });
      sent[status < 300 ? '2xx' : '4xx'] += 1;
    }
  };
  const isWhole = async () => {
    const now = await figures();
    const sumOf = (status: string) =>
      (now.get(`qilin_requests_total{method="GET",status="${status}"}`) ?? 0) +
      (now.get(`qilin_requests_total{method="POST",status="${status}"}`) ?? 0);
    const isSo = sumOf('2xx') === sent['2xx'] && sumOf('4xx') === sent['4xx'];
    return isSo && now.get('qilin_requests_in_flight') === 0 && now;
  };
  await send(20);
  await eventually(isWhole, 'all are counted');
  // What the old workers have done last is told as they leave.
  await send(20);
  await reload(server);
  await server.until(() => server.log.match(/Worker exited/g)?.length === 2, 'the old ones have gone');
  expect(await isWhole()).not.toBe(false);
  await send(10);
  const before = await eventually(isWhole, 'all are counted');
  const pid = server.workerPids.at(-1) ?? 0;
  process.kill(pid, 'SIGKILL');
  await server.logged(new RegExp(`Worker exited \\(pid: ${pid}, signal SIGKILL`));
  await send(10);
  const after = await eventually(isWhole, 'all are counted, those of the dead one too');
  expect(after.get('qilin_worker_ends_total{reason="crash"}')).toBe(1);
  expect(after.get('qilin_worker_ends_total{reason="order"}')).toBe(2);
  expect(after.get('qilin_worker_starts_total')).toBe(5);
  expect(after.get('qilin_reloads_total{kind="reload",outcome="done"}')).toBe(1);
  expect(after.get('qilin_request_duration_seconds_count')).toBeGreaterThanOrEqual(60);
  const fell = [...before].filter(([name, value]) => /_total|_bucket/.test(name) && (after.get(name) ?? -1) < value);
  expect(fell).toEqual([]);
});

const BEFALLS = `
const garbage = () => { for (let i = 0; i < 200; i++) globalThis.kept = Array.from({ length: 20_000 }, () => ({})); };
export const app = async (request) => {
  if (request.url.endsWith('/never')) await new Promise(() => {});
  if (request.url.endsWith('/garbage')) garbage();
  if (request.url.endsWith('/large')) return new Response(new Uint8Array(64 * 1024 * 1024));
  return new Response(await request.text());
};
`;

/** What takes too long: a head, a body, and an answer that is not taken. */
async function beLate(port: number): Promise<Disposable> {
  const late = [
    'GET / HTTP/1.1\r\nHost: te',
    'POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 9\r\n\r\nhalf',
    'GET /large HTTP/1.1\r\nHost: test\r\n\r\n',
  ].map(async (text) => {
    const connection = await RawConnection.open(port);
    if (text.includes('/large')) connection.socket.pause();
    await connection.send(text);
    return connection;
  });
  const connections = await Promise.all(late);
  return { [Symbol.dispose]: () => connections.forEach((connection) => void connection.socket.destroy()) };
}

// The first request of each thread is asked how long it has waited.
test.each(['async', 'picoev', 'threads --threads 1'])(
  'tells of waits, refusals, deadlines, garbage, memory and queues: class %s',
  async (workerClass) => {
    using folder = temporaryFolder();
    const file = write(folder.path, 'app.mjs', BEFALLS);
    const clients = ['--headers-timeout', '0.5', '--body-timeout', '0.5', '--send-timeout', '0.5'];
    const limits = [
      ...clients,
      '--response-timeout',
      '0.1',
      '--limit-request-body',
      '10',
      '--limit-request-line',
      '1000',
    ];
    await using server = await startQilin([
      '-k',
      ...workerClass.split(' '),
      '--admin-bind',
      '0',
      ...limits,
      `${file}:app`,
    ]);
    const [, admin = ''] = await server.logged(/Health and status at: (http:\S+)/);
    const asked = [
      ask(`${server.url}/${'x'.repeat(5000)}`),
      ask(server.url, { method: 'POST', body: 'x'.repeat(20) }),
      ask(`${server.url}/never`),
      ask(`${server.url}/garbage`),
    ];
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([414, 413, 503, 200]);
    using _ = await beLate(server.port);
    const figures = await eventually(async () => {
      const now = await figuresAt(`${admin}/metrics`);
      const isTold = DEADLINES.every(
        (name) => name === 'requestTimeout' || (now.get(`qilin_deadlines_passed_total{deadline="${name}"}`) ?? 0) > 0,
      );
      return isTold && (now.get('qilin_gc_total{kind="minor"}') ?? 0) > 0 && now;
    }, 'a heartbeat has told of it');
    expect(Object.fromEntries(figures)).toMatchObject({
      'qilin_requests_refused_total{reason="line_too_long"}': 1,
      'qilin_requests_refused_total{reason="body_too_large"}': 1,
      'qilin_requests_refused_total{reason="malformed"}': 0,
      'qilin_requests_refused_total{reason="other"}': 0,
      'qilin_deadlines_passed_total{deadline="headersTimeout"}': 1,
      'qilin_deadlines_passed_total{deadline="bodyTimeout"}': 1,
      'qilin_deadlines_passed_total{deadline="responseTimeout"}': 1,
      'qilin_deadlines_passed_total{deadline="sendTimeout"}': 1,
      'qilin_deadlines_passed_total{deadline="requestTimeout"}': 0,
      qilin_queue_seconds_count: 1,
      [`qilin_listener_queue{address="${new URL(server.url).host}"}`]: 0,
      qilin_app_metrics_left_out_total: 0,
    });
    expect(figures.get('qilin_gc_seconds_total{kind="minor"}')).toBeGreaterThan(0);
    for (const space of ['new', 'old', 'code'])
      expect(figures.get(`qilin_worker_memory_bytes{worker="1",space="${space}"}`)).toBeGreaterThan(10_000);
  },
);

interface Slow {
  readonly route: string;
  readonly appSeconds: number;
  readonly writingSeconds: number;
}

const SLOW = `
const pause = (time) => new Promise((resolve) => setTimeout(resolve, time));
export const app = async (request) => {
  const { pathname } = new URL(request.url);
  if (pathname === '/stream')
    return new Response(
      new ReadableStream({
        start: (to) => to.enqueue(new Uint8Array(1)),
        // When the first piece has been taken.
        async pull(to) { await pause(60); to.close(); },
      }),
    );
  if (pathname !== '/quick') await pause(30);
  return new Response('ok');
};
`;

test.each(['async', 'picoev', 'threads'])(
  'qilinctl slowest tells the slow routes, as /status does: class %s',
  async (workerClass) => {
    using folder = temporaryFolder();
    const file = write(folder.path, 'app.mjs', SLOW);
    const socket = join(folder.path, 'control');
    await using server = await startQilin([
      '-k',
      workerClass,
      '--admin-bind',
      '0',
      '--control-socket',
      socket,
      `${file}:app`,
    ]);
    const [, admin = ''] = await server.logged(/Health and status at: (http:\S+)/);
    for (const path of ['quick', 'users/1', 'users/2', 'stream']) await ask(`${server.url}/${path}`);
    const slowest = async () => JSON.parse((await qilinctl(['--socket', socket, 'slowest', '--json'])).stdout);
    const told = await eventually(async () => {
      const all: Slow[] = await slowest();
      const now = all.filter(({ route }) => route !== '/quick');
      return now.length >= 2 && now;
    }, 'both routes');
    const [stream, users] = ['/stream', '/users/*'].map((name) => told.find(({ route }) => route === name));
    expect(told).toHaveLength(2);
    expect(users).toMatchObject({ method: 'GET', status: 200 });
    expect(users?.appSeconds).toBeGreaterThan(0.02);
    expect(stream?.writingSeconds).toBeGreaterThan(0.05);
    const { slowest: inStatus } = JSON.parse((await ask(`${admin}/status`)).text);
    expect(inStatus).toEqual(expect.arrayContaining(told));
    const { stdout } = await qilinctl(['--socket', socket, 'slowest']);
    expect(stdout).toMatch(
      /^TOTAL s {2}QUEUE s {2}APP s {2}WRITING s {2}STATUS {2}METHOD {2}ROUTE\n(?:.+\n)*.*GET {2}\/stream$/m,
    );
  },
);

test.each(['async', 'picoev'])(
  'of an app of @qilin/flask the slow routes are its rules: class %s',
  async (workerClass) => {
    const flags = ['-k', workerClass, '--admin-bind', '0'];
    await using server = await startQilin([...flags, `${repository}/test/processes/fixtures/flask-routes.ts:app`]);
    const [, admin = ''] = await server.logged(/Health and status at: (http:\S+)/);
    for (const id of [7, 8]) await ask(`${server.url}/users/${id}`);
    const routes = await eventually(async () => {
      const { slowest }: { slowest: Slow[] } = JSON.parse((await ask(`${admin}/status`)).text);
      return slowest.length > 0 && slowest.map(({ route }) => route);
    }, 'it is told');
    expect(routes).toEqual(['/users/<int:id>']);
  },
);

const OWN = `
import { Counter, Gauge, Histogram, Registry } from '${repository}/node_modules/prom-client/index.js';
import { shareMetrics } from 'qilin';
const orders = new Counter({ name: 'orders_total', help: 'Orders', labelNames: ['kind'] });
new Gauge({ name: 'oldest_seconds', help: 'Oldest', aggregator: 'max' }).set(Number(process.env.QILIN_WORKER));
const took = new Histogram({ name: 'order_seconds', help: 'Took', buckets: [1] });
const other = new Registry();
new Counter({ name: 'others_total', help: 'Of a registry of its own', registers: [other] }).inc();
shareMetrics(other);
export const app = (request) => {
  if (request.url.endsWith('/block')) for (const until = Date.now() + 4000; Date.now() < until; );
  orders.inc({ kind: 'book' });
  took.observe(0.5);
  return new Response('ok');
};
`;

test("the app's own metrics of all workers are joined; what one counted stays when it has gone, or stands still", async () => {
  const file = write(join(repository, 'test/processes/fixtures'), `own-metrics-${process.pid}.mjs`, OWN);
  onTestFinished(() => rmSync(file));
  await using server = await startQilin(['-w', '2', '--admin-bind', '0', `${file}:app`]);
  const [, admin = ''] = await server.logged(/Health and status at: (http:\S+)/);
  const figures = () => figuresAt(`${admin}/metrics`);
  const send = async (times: number) => {
    for (let i = 0; i < times; i++) await ask(server.url);
  };
  await send(10);
  const before = await figures();
  expect(before.get('orders_total{kind="book"}')).toBe(10);
  expect(before.get('order_seconds_bucket{le="1"}')).toBe(10);
  expect([before.get('oldest_seconds'), before.get('others_total')]).toEqual([2, 2]);
  await reload(server);
  await server.until(() => server.log.match(/Worker exited/g)?.length === 2, 'the old ones have gone');
  await send(5);
  const after = await figures();
  expect([after.get('orders_total{kind="book"}'), after.get('others_total')]).toEqual([15, 4]);
  const stuck = ask(`${server.url}/block`);
  const text = await eventually(async () => {
    const from = performance.now();
    const answer = await ask(`${admin}/metrics`, { headers: { accept: 'application/openmetrics-text' } });
    return performance.now() - from >= 900 && answer.text;
  }, 'one does not answer');
  expect(text).toContain('# TYPE orders counter\norders_total{kind="book"} 15\n');
  expect(text.endsWith('# EOF\n')).toBe(true);
  await stuck;
});

test('an upgrade hands the counts on, with those of workers that still finish', async () => {
  using folder = temporaryFolder();
  const file = write(folder.path, 'app.mjs', APP);
  await using server = await startQilin(['--admin-bind', '0', `${file}:listener`]);
  const [, admin = ''] = await server.logged(/Health and status at: (http:\S+)/);
  const send = () => ask(`${server.url}/200`);
  const counted = async () => {
    const figures = await figuresAt(`${admin}/metrics`);
    return figures.get('qilin_requests_total{method="GET",status="2xx"}') ?? 0;
  };
  for (const total of [3, 6]) {
    for (let i = 0; i < 2; i++) await send();
    const from = server.log.length;
    const old = arbiterPid(server);
    await signal(server, 'USR2');
    await server.logged(/Ready: /, from);
    await send();
    process.kill(old, 'SIGTERM');
    await server.logged(new RegExp(`Arbiter ${old} has gone`), from);
    await eventually(async () => (await counted()) === total, `all ${total} are counted`);
  }
  process.kill(arbiterPid(server), 'SIGQUIT');
  await server.exited;
});
