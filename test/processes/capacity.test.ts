/** How many workers serve, whatever happens: reloads that hang or fail, workers that are killed, clients that never leave. */
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { eventually, write } from './files.ts';
import { RawConnection } from './http-client.ts';
import { childrenOf } from './process-table.ts';
import { servedBy } from './requests.ts';
import { type QilinProcess, repository, startQilin, temporaryFolder } from './server.ts';

const APP = `${repository}/test/fixtures/app.mjs:app`;

/** From then on a worker that ends has not failed at its start. Milliseconds. */
const WELL = 1_500;

/** Resolves when the three youngest workers serve. */
async function servedByAll(server: QilinProcess): Promise<void> {
  for (const young of server.workerPids.slice(-3)) await servedBy(server, (pid) => pid === young);
}

const settings = (values: Readonly<Record<string, unknown>>) => `export default ${JSON.stringify(values)};\n`;

describe('a reload to an app that never finishes loading', () => {
  const reload = async (server: QilinProcess, folder: string, limit: Readonly<Record<string, unknown>> = {}) => {
    write(folder, 'hangs.mjs', 'setInterval(() => {}, 1_000);\nawait new Promise(() => {});\n');
    write(folder, 'qilin.config.mjs', settings({ app: 'hangs.mjs', workers: 2, canary: false, ...limit }));
    const from = server.log.length;
    server.signal('SIGHUP');
    await server.logged(/Booting[\s\S]*Booting/, from);
  };

  test('leaves the serving workers complete: those that die are replaced', async () => {
    using folder = temporaryFolder();
    write(folder.path, 'qilin.config.mjs', settings({ app: APP, workers: 2 }));
    await using server = await startQilin([], { cwd: folder.path });
    const old = server.workerPids;
    await reload(server, folder.path);
    for (const pid of old) process.kill(pid, 'SIGKILL');
    const served = await servedBy(server, () => true);
    expect(old).not.toContain(served);
    await servedBy(server, (pid) => pid !== served);
  });

  test('is called off after bootTimeout', async () => {
    using folder = temporaryFolder();
    write(folder.path, 'qilin.config.mjs', settings({ app: APP, workers: 2 }));
    await using server = await startQilin([], { cwd: folder.path });
    const old = server.workerPids;
    await reload(server, folder.path, { bootTimeout: 1 });
    // Who notices first, the worker or the arbiter, is a matter of how busy the machine is.
    await server.logged(/Reload called off: .*; the old workers keep serving/);
    await eventually(() => childrenOf(server.pid).length === 2, 'the new workers have gone');
    expect(old).toContain(await servedBy(server, () => true));
  });

  test('and TTOU, TTIN or WINCH meanwhile: the count holds when it has been called off', async () => {
    using folder = temporaryFolder();
    write(folder.path, 'qilin.config.mjs', settings({ app: APP, workers: 3 }));
    await using server = await startQilin([], { cwd: folder.path });
    for (const { signals, count } of [
      { signals: ['SIGTTOU'] as const, count: 2 },
      { signals: ['SIGTTIN', 'SIGTTIN'] as const, count: 4 },
      { signals: ['SIGWINCH'] as const, count: 0 },
    ]) {
      const { length: begin } = server.log;
      await reload(server, folder.path, { workers: 3, bootTimeout: 2 });
      for (const signal of signals) {
        const from = server.log.length;
        server.signal(signal);
        await server.logged(/Handling signal/, from);
      }
      await server.logged(/Reload called off/, begin);
      await eventually(() => childrenOf(server.pid).length === count, `${count} workers are there after ${signals}`);
    }
  });
});

describe('workers that are killed', () => {
  test('one after the other are replaced at once, each time', { timeout: 120_000 }, async () => {
    await using server = await startQilin(['-w', '3', APP]);
    await pause(WELL);
    for (let round = 0; round < 4; round++) {
      const [oldest = 0] = childrenOf(server.pid).sort((one, other) => one - other);
      process.kill(oldest, 'SIGKILL');
      await server.until(() => server.workerPids.length === round + 4, 'another worker');
      await servedByAll(server);
    }
    expect(server.log).not.toContain('Next worker in');
  });

  test('by themselves, now and then, are replaced at once too', async () => {
    using folder = temporaryFolder();
    const code = `setTimeout(() => process.exit(1), 2_500 + Math.random() * 1_000);
      export default (req, res) => res.end(String(process.pid));\n`;
    write(folder.path, 'app.mjs', code);
    await using server = await startQilin(['-w', '2', 'app.mjs'], { cwd: folder.path });
    await server.until(() => server.workerPids.length === 6, 'four deaths');
    expect(server.log).not.toContain('Next worker in');
  });
});

test('reloads while clients never leave end the oldest generation beyond drainGenerations', async () => {
  using folder = temporaryFolder();
  const code = `export default (req, res) => { res.write('event of ' + process.pid + ' '); };\n`;
  write(folder.path, 'app.mjs', code);
  await using server = await startQilin(['--drain-generations', '1', 'app.mjs'], { cwd: folder.path });
  const clients: RawConnection[] = [];
  for (let round = 0; round < 3; round++) {
    // The worker that is replaced may be the one that takes a client which comes at that moment.
    const newest = `event of ${server.workerPids.at(-1)} `;
    while (!clients.at(-1)?.received.includes(newest)) {
      const client = await RawConnection.open(server.port);
      clients.push(client);
      client.send('GET / HTTP/1.1\r\nHost: test\r\n\r\n');
      await client.until(/event of \d+ /);
    }
    const from = server.log.length;
    server.signal('SIGHUP');
    await server.logged(/Reload done/, from);
  }
  const [first, second] = server.workerPids;
  for (const pid of [first, second]) {
    await server.logged(
      new RegExp(`Worker ${pid} is ended: more than 1 replaced generations drain \\(drainGenerations\\)`),
    );
  }
  await eventually(() => childrenOf(server.pid).length === 2, 'one that drains and one that serves');
  for (const client of clients) client[Symbol.dispose]();
});
