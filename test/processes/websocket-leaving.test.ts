/**
 * Every way in which a worker leaves tells its WebSockets so, and with the right code. What a drain does to them is in
 * test/suites/websocket-drain.ts, on each class.
 */
import { once } from 'node:events';
import { afterAll, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { makeCertificate } from './certificates.ts';
import { write } from './files.ts';
import { ask } from './http-client.ts';
import { signal } from './operations.ts';
import { startQilin, temporaryFolder } from './server.ts';

vi.setConfig({ maxConcurrency: 2 });

const PROGRAM = 'test/fixtures/websockets.mjs';
const AT_ONCE = ['--websocket-drain', '0', '--graceful-timeout', '20'];

interface Client {
  readonly socket: WebSocket;
  /** Resolves with the code that it was told. */
  readonly closed: Promise<number>;
}

async function open(url: string, ca?: Buffer): Promise<Client> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/silent`, ca === undefined ? {} : { ca });
  const closed = new Promise<number>((resolve, reject) => {
    socket.on('error', reject);
    socket.once('close', resolve);
  });
  await once(socket, 'open');
  return { socket, closed };
}

const folder = temporaryFolder();
const { keyfile, certfile, cert } = makeCertificate(folder.path, 'server');
afterAll(() => folder[Symbol.dispose]());

test.concurrent('one that is taken away (TTOU), and all of an upgrade (USR2): 1012', async () => {
  await using server = await startQilin(['-k', 'picoev', '-w', '2', ...AT_ONCE, PROGRAM]);
  const clients: Client[] = [];
  const pids = new Set<string>();
  // Of both workers: which of them leaves is the server's to say.
  while (clients.length < 20 || pids.size < 2) {
    clients.push(await open(server.url));
    pids.add((await ask(server.url)).text);
  }
  await signal(server, 'TTOU');
  expect(await Promise.race(clients.map(({ closed }) => closed))).toBe(1012);
  const from = server.log.length;
  await signal(server, 'USR2');
  await server.logged(/Ready: /, from);
  server.signal('SIGTERM');
  expect(new Set(await Promise.all(clients.map(({ closed }) => closed)))).toEqual(new Set([1012]));
});

test.concurrent('one that has served its maxRequests: 1012, over TLS too', async () => {
  const tls = ['--keyfile', keyfile, '--certfile', certfile];
  await using server = await startQilin(['-k', 'async', '--max-requests', '3', ...AT_ONCE, ...tls, PROGRAM]);
  const { closed } = await open(server.url, cert);
  for (const _ of [1, 2, 3]) await ask(server.url, { ca: cert });
  expect(await closed).toBe(1012);
});

test.concurrent('one whose reload is overtaken by the end of the server: 1001, and nobody waits for the reload', async () => {
  // The second generation is never done with its boot.
  const config = write(
    folder.path,
    'qilin.config.mjs',
    'export const postFork = ({ generation }) => (generation > 1 ? new Promise(() => {}) : undefined);\n',
  );
  await using server = await startQilin(['-k', 'picoev', ...AT_ONCE, '-c', config, PROGRAM]);
  const { closed } = await open(server.url);
  const from = server.log.length;
  server.signal('SIGHUP');
  await server.logged(/Booting worker/, from);
  server.signal('SIGTERM');
  expect(await closed).toBe(1001);
  expect(await server.exited).toEqual({ status: 0, signal: null });
});
