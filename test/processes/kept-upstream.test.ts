/** What docs/proxies.md says of nginx, and HAProxy beside it: they keep their connections to a server, and a reload loses no request. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tool } from '../needs.ts';
import { Load } from './clients.ts';
import { eventually, freePort } from './files.ts';
import { startHaproxy } from './haproxy.ts';
import { ask } from './http-client.ts';
import { startNginx } from './nginx.ts';
import { reload } from './operations.ts';
import { type QilinProcess, repository, startQilin } from './server.ts';

const APP = 'test/fixtures/app.mjs:app';
const nginx = tool('nginx-light');
const haproxy = tool('haproxy');

/** Its `http` block, with the server's address. */
function documented(port: number): string {
  const text = readFileSync(join(repository, 'docs/proxies.md'), 'utf8');
  const [, http] = /```nginx\n(upstream app [\s\S]+?)```/.exec(text) ?? [];
  if (http === undefined || !http.includes('127.0.0.1:8000') || !http.includes('keepalive_timeout 10s'))
    throw new Error('docs/proxies.md says no more how nginx is set up');
  // In proportion: an old worker waits for it.
  return http.replace('127.0.0.1:8000', `127.0.0.1:${port}`).replace('timeout 10s', 'timeout 2s');
}

/** Connections and requests so far, of the workers that there are. */
async function counts(server: QilinProcess): Promise<{ accepted: number; requests: number }> {
  const urls = [...server.log.matchAll(/Health and status at: (http:\S+)/g)].map(([, url = '']) => url);
  const { workers } = JSON.parse((await ask(`${urls.at(-1)}/status`)).text);
  const sum = (name: string) =>
    workers.reduce((total: number, worker: Record<string, number | null>) => total + (worker[name] ?? 0), 0);
  return { accepted: sum('accepted'), requests: sum('requests') };
}

/** Its clients lose nothing, and its connections are kept. */
async function holds(server: QilinProcess, port: number): Promise<void> {
  await using load = new Load(port, { keepAlive: 16, oneShot: 8, uploading: 2, streaming: 2 });
  await load.progress(300);
  const old = server.workerPids;
  load.begin('the reload');
  await reload(server);
  for (const pid of old) await server.logged(new RegExp(`Worker exited \\(pid: ${pid}, status 0\\)`));
  const before = await counts(server);
  await load.progress(500);
  // Workers tell them once a second.
  const after = await eventually(async () => {
    const now = await counts(server);
    return now.requests - before.requests >= 500 && now;
  }, 'the workers have told of all requests');
  await load.stop();
  expect(load.faults).toBe('');
  expect(after.accepted - before.accepted).toBeLessThan((after.requests - before.requests) / 4);
}

/** A reload of two workers under load takes its time on a busy machine. */
const PATIENCE = 150_000;
const FLAGS = ['-w', '2', '--admin-bind', '0', '--keep-alive', '3'];

describe.each(['picoev', 'async', 'threads'])('class %s', (name) => {
  test.skipIf(nginx.isMissing)(
    nginx.named('behind an nginx that keeps its connections'),
    async () => {
      await using server = await startQilin(['-k', name, ...FLAGS, APP]);
      await using proxy = await startNginx(documented(server.port));
      await holds(server, Number(new URL(proxy.url).port));
    },
    PATIENCE,
  );
  test.skipIf(haproxy.isMissing)(
    haproxy.named('behind an HAProxy that keeps its connections'),
    async () => {
      await using server = await startQilin(['-k', name, ...FLAGS, APP]);
      const port = await freePort();
      const config = `
  defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
    http-reuse always
  listen web
    bind 127.0.0.1:${port}
    server app 127.0.0.1:${server.port} pool-purge-delay 500ms
`;
      await using _proxy = await startHaproxy(config, `http://127.0.0.1:${port}/`);
      await holds(server, port);
    },
    PATIENCE,
  );
});
