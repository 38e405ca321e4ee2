/** `statsdHost`: what a StatsD server hears, over UDP and over a unix socket. */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { eventually, write } from './files.ts';
import { ask } from './http-client.ts';
import { startQilin, temporaryFolder } from './server.ts';

const APP = 'export const app = (request) => new Response("", { status: request.url.endsWith("/no") ? 404 : 200 });';

test.each(['async', 'picoev', 'threads'])(
  'tells requests, statuses, durations and workers by Gunicorn’s names: class %s',
  async (workerClass) => {
    using folder = temporaryFolder();
    const file = write(folder.path, 'app.mjs', APP);
    const listener = createSocket('udp4');
    const heard: string[] = [];
    listener.on('message', (message) => heard.push(...String(message).split('\n')));
    listener.bind(0, '127.0.0.1');
    await once(listener, 'listening');
    const to = `127.0.0.1:${listener.address().port}`;
    try {
      const settings = ['--statsd-host', to, '--statsd-prefix', 'shop', '--dogstatsd-tags', 'env:test'];
      await using server = await startQilin(['-k', workerClass, ...settings, `${file}:app`]);
      for (const path of ['', 'no', '']) await ask(`${server.url}/${path}`);
      const sumOf = (name: string) =>
        heard
          .map((line) => new RegExp(`^shop\\.gunicorn\\.${name}:(\\d+)\\|c\\|#env:test$`).exec(line))
          .reduce((sum, found) => sum + Number(found?.[1] ?? 0), 0);
      await eventually(() => sumOf('requests') === 3, 'three requests');
      expect([sumOf('request\\.status\\.200'), sumOf('request\\.status\\.404')]).toEqual([2, 1]);
      expect(
        heard.filter((line) => /^shop\.gunicorn\.request\.duration:[\d.]+\|ms\|#env:test$/.test(line)).length,
      ).toBeGreaterThan(0);
      await eventually(() => heard.includes('shop.gunicorn.workers:1|g|#env:test'), 'how many serve');
      expect(heard).toContain('shop.gunicorn.backlog:0|g|#env:test');
    } finally {
      listener.close();
    }
  },
);

test('a server that is not there costs one line of the log', async () => {
  using folder = temporaryFolder();
  const file = write(folder.path, 'app.mjs', APP);
  await using server = await startQilin(['--statsd-host', `unix:${folder.path}/nobody`, `${file}:app`]);
  expect((await ask(server.url)).status).toBe(200);
  await server.logged(/\[WARNING\] Figures for statsdHost unix:\S+ are lost: /);
});
