/**
 * The recipes that need packages of their own, with the real servers they talk to: `npm run recipes`, on the Node that runs it. What
 * needs a newer one is started on Node 24.
 */
import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import type { Flask } from '@qilin/flask';
import { describe, expect, test } from 'vitest';
import { nodeOf } from '../../scripts/test-nodes.mjs';
import { hasTool } from '../../scripts/test-tools.mjs';
import { Need, node, recipes, tool } from '../needs.ts';
import { type AskOptions, ask } from '../processes/http-client.ts';
import { startRedis } from '../processes/redis.ts';
import { command, type QilinProcess, repository, startQilin, temporaryFolder } from '../processes/server.ts';
import { startPostgres } from './postgres.ts';
import { startSmtp } from './smtp.ts';

const folder = join(repository, 'examples/recipes');
const flask = join(repository, 'packages/flask/bin/flask.js');
const postgres = new Need(hasTool('postgresql'), 'needs postgresql: npm run recipes');
const redis = tool('redis-server');

const form = (fields: Record<string, string>): AskOptions => ({
  method: 'POST',
  headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  body: String(new URLSearchParams(fields)),
});

/** Runs a command of a recipe's app. */
function runFlask(file: string, command: string, env: Record<string, string>) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [flask, '--app', file, command], {
    cwd: folder,
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
  return [status, stdout, stderr];
}

describe.skipIf(recipes.isMissing)(recipes.named('a database'), () => {
  /** Migrates twice, then writes and reads by two workers. */
  async function notesIn(file: string, DATABASE_URL: string, between: (server: QilinProcess) => Promise<void>) {
    const env = { DATABASE_URL };
    expect(runFlask(file, 'migrate', env)).toEqual([0, 'The tables are up to date.\n', '']);
    expect(runFlask(file, 'migrate', env)).toEqual([0, 'The tables are up to date.\n', '']);
    await using server = await startQilin(['-w', '2', `examples/recipes/${file}:app`], { env });
    const texts = Array.from({ length: 20 }, (_, index) => `note ${index} '; DROP TABLE notes; --`);
    const written = await Promise.all(texts.map((text) => ask(`${server.url}/notes`, form({ text }))));
    expect(written.map(({ status }) => status)).toEqual(texts.map(() => 201));
    await between(server);
    const list: { readonly id: number; readonly text: string }[] = JSON.parse((await ask(`${server.url}/notes`)).text);
    expect(list.map(({ text }) => text).sort()).toEqual([...texts].sort());
    expect((await ask(`${server.url}/notes/${list[0]?.id}`)).text).toContain(list[0]?.text);
    for (const id of [999, 2 ** 40]) expect((await ask(`${server.url}/notes/${id}`)).status).toBe(404);
    expect((await server.stop()).status).toBe(0);
    return server.log;
  }

  test('in SQLite: made by migrations, written by two workers at once', async () => {
    using place = temporaryFolder();
    const log = await notesIn('database/sqlite/app.ts', `file:${place.path}/notes.sqlite`, async () => {});
    expect(log).not.toMatch(/\[(?:WARNING|ERROR)\]/);
  });

  test.skipIf(postgres.isMissing)(
    postgres.named('in PostgreSQL: connections that it cuts are told, and made anew'),
    async () => {
      await using database = await startPostgres();
      const others = "backend_type = 'client backend' AND pid <> pg_backend_pid()";
      const log = await notesIn('database/postgres/app.ts', database.url, async (server) => {
        const cut = database
          .query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${others}`)
          .match(/^t$/gm);
        expect(cut?.length).toBeGreaterThanOrEqual(1);
        const told = () => server.log.match(/A connection to the database was lost: terminating connection/g)?.length;
        await server.until(() => told() === cut?.length, 'a line for each connection');
      });
      expect(log).not.toContain('[ERROR]');
    },
  );
});

describe.skipIf(recipes.isMissing)(recipes.named('mail'), () => {
  test('is sent with a link that holds, and to nobody whom its fields smuggle in', async () => {
    await using smtp = await startSmtp();
    Object.assign(process.env, { FLASK_MAIL_URL: smtp.url, FLASK_SECRET_KEY: 'of this test' });
    const { app }: { app: Flask } = await import(join(folder, 'mail.ts'));
    const client = app.testClient();
    const name = 'Eve\r\nBcc: victim@example.org';
    expect((await client.post('/invitations', { data: { to: 'ana@example.org', name } })).status).toBe(204);
    const [mail] = smtp.mails;
    expect([mail?.from, mail?.to]).toEqual(['notes@example.org', ['ana@example.org']]);
    const head = mail?.lines.slice(0, mail.lines.indexOf('')) ?? [];
    expect(head).toContain('To: ana@example.org');
    expect(head.filter((line) => /^bcc:/i.test(line))).toEqual([]);
    const text = mail?.lines.join('\n').replaceAll('=\n', '').replaceAll('=3D', '=') ?? '';
    const [, path = ''] = /invites you: http:\/\/localhost(\/invitations\/\S+)/.exec(text.replaceAll('\n', ' ')) ?? [];
    expect((await client.get(path)).text).toBe('Welcome, ana@example.org!');
    expect((await client.get(`${path}x`)).status).toBe(404);

    const several = 'b@example.org, victim@example.org';
    await client.post('/invitations', { data: { to: several, name: 'Eve' } }).catch(() => undefined);
    expect(smtp.mails.slice(1).flatMap(({ to }) => to)).not.toContain('victim@example.org');
    const evil = await client.post('/invitations', {
      data: { to: 'ana@example.org', name },
      baseUrl: 'http://evil.test',
    });
    expect(evil.status).toBe(400);
  });
});

describe.skipIf(recipes.isMissing || redis.isMissing)(recipes.named(redis.named('jobs')), () => {
  test('are taken by the app, done by another process, and asked for', async () => {
    await using database = await startRedis();
    const env = { REDIS_SOCKET: database.path };
    await using server = await startQilin(['-w', '2', 'examples/recipes/jobs.ts:app'], { env });
    const taken = await ask(`${server.url}/reports`, form({ text: 'one two  three' }));
    const { location = '' } = taken.headers;
    expect([taken.status, location]).toEqual([202, `/reports/${JSON.parse(taken.text).id}`]);
    expect(JSON.parse((await ask(`${server.url}${location}`)).text)).toEqual({ state: 'waiting', result: null });

    const worker = spawn(process.execPath, [flask, '--app', 'jobs.ts', 'work'], {
      cwd: folder,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(worker, 'exit');
    try {
      await finished(database.path, JSON.parse(taken.text).id);
      expect(JSON.parse((await ask(`${server.url}${location}`)).text)).toEqual({ state: 'completed', result: 3 });
      for (const id of ['wait', randomUUID()]) expect((await ask(`${server.url}/reports/${id}`)).status).toBe(404);
    } finally {
      worker.kill('SIGTERM');
    }
    const lines: string[] = [];
    for await (const line of createInterface({ input: worker.stdout })) lines.push(line);
    expect([await ended, lines]).toEqual([[0, null], ['Works on reports.']]);
    expect((await server.stop()).status).toBe(0);
  });
});

/** Resolves when the queue has told that a job is done. */
async function finished(path: string, id: string): Promise<void> {
  const { Queue, QueueEvents } = await import(
    pathToFileURL(createRequire(join(folder, 'package.json')).resolve('bullmq')).href
  );
  const options = { connection: { path } };
  const [queue, events] = [new Queue('reports', options), new QueueEvents('reports', options)];
  try {
    await (await queue.getJob(id)).waitUntilFinished(events);
  } finally {
    await Promise.all([queue.close(), events.close()]);
  }
}

/** Takes what is exported by OTLP over HTTP as JSON, as a collector does. */
async function startCollector() {
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    if (request.url === '/v1/metrics') bodies.push(body);
    response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : expect.unreachable();
  return { bodies, url: `http://127.0.0.1:${port}`, [Symbol.dispose]: () => void server.close() };
}

const node24 = node(24);
const telemetry = recipes.isMissing ? recipes : node24;
test(telemetry.named('OpenTelemetry: what all workers have counted'), { skip: telemetry.isMissing }, async () => {
  using collector = await startCollector();
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
  const program = [nodeOf(24), command];
  await using server = await startQilin(['-w', '2', 'examples/recipes/opentelemetry.ts:app'], { env, program });
  for (let order = 0; order < 20; order++) {
    const { status } = await ask(server.url, { method: 'POST', headers: { connection: 'close' } });
    expect(status).toBe(201);
  }
  await server.stop();
  // The last of each instance: they are cumulative.
  const last = new Map<string, number>();
  for (const { resourceMetrics } of collector.bodies.map((body) => JSON.parse(body)))
    for (const { resource, scopeMetrics } of resourceMetrics) {
      const id = resource.attributes.find(({ key }: { key: string }) => key === 'service.instance.id').value
        .stringValue;
      const [{ name, sum }] = scopeMetrics[0].metrics;
      expect(name).toBe('shop.orders');
      last.set(id, Number(sum.dataPoints[0].asDouble ?? sum.dataPoints[0].asInt));
    }
  expect([...last.values()].reduce((sum, count) => sum + count, 0)).toBe(20);
});
