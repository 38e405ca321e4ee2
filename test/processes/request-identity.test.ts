/** `requestId`, `logFields` and `accessLogExclude` on each class: what the app sees, the client is told, and the log says. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from './files.ts';
import { ask } from './http-client.ts';
import { startQilin, temporaryFolder } from './server.ts';

const APP = 'test/processes/fixtures/named-requests.mjs';

const TRACE = `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`;

test.each([
  ['async', 'app'],
  ['async', 'listener'],
  ['picoev', 'app'],
  ['picoev', 'listener'],
  ['threads', 'app'],
  ['sync', 'listener'],
])('each request has its id and its trace, and its line: class %s, %s', async (workerClass, app) => {
  using folder = temporaryFolder();
  const log = join(folder.path, 'access.log');
  const logging = [
    '--access-logfile',
    log,
    '--log-format',
    'json',
    '--log-fields',
    'request.x-more,response.x-request-id,tenant',
  ];
  const more = ['--request-id', '--access-log-exclude', '/healthz', '--forwarded-allow-ips', '127.0.0.1'];
  await using server = await startQilin(['-k', workerClass, ...logging, ...more, `${APP}:${app}`]);
  const send = async (path: string, headers: Record<string, string>) => {
    const { text, headers: answered } = await ask(`${server.url}${path}`, { headers });
    const [id, trace]: string[] = JSON.parse(text);
    expect(answered['x-request-id']).toBe(id);
    return { id, trace };
  };
  const made = await send('/made', { 'X-More': 'x' });
  await send('/healthz', {});
  const kept = await send('/kept', { 'X-Request-Id': 'from-proxy', traceparent: TRACE });
  expect(made.id).toMatch(/^[0-9a-f]{32}$/);
  expect(made.trace).toMatch(new RegExp(`^00-${made.id}-[0-9a-f]{16}-01$`));
  expect(kept).toEqual({ id: 'from-proxy', trace: TRACE });
  const lines = await eventually(() => {
    const found = readFileSync(log, 'utf8').trimEnd().split('\n');
    return found.length === 2 && found.map((line): unknown => JSON.parse(line));
  }, 'two lines');
  expect(lines).toMatchObject([
    { path: '/made', requestId: made.id, traceparent: made.trace, 'request.x-more': 'x', tenant: 'acme' },
    { path: '/kept', requestId: 'from-proxy', traceparent: TRACE, 'response.x-request-id': 'from-proxy' },
  ]);
});

test.each(['async', 'picoev'])(
  'a client that is no proxy chooses no id; in text the format says what it wants: %s',
  async (workerClass) => {
    using folder = temporaryFolder();
    const log = join(folder.path, 'access.log');
    const format = '%({x-request-id}i)s %({traceparent}i)s %({x-request-id}o)s';
    const logging = ['--access-logfile', log, '--access-logformat', format, '--forwarded-allow-ips', '192.0.2.1'];
    await using server = await startQilin(['-k', workerClass, ...logging, '--request-id', `${APP}:app`]);
    const { text } = await ask(server.url, { headers: { 'X-Request-Id': 'forged', traceparent: TRACE } });
    const [id]: string[] = JSON.parse(text);
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    await eventually(() => readFileSync(log, 'utf8') === `${id} ${TRACE} ${id}\n`, 'its line');
  },
);
