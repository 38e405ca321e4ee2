/** Memory: how large heaps may grow, on each class and each line of Node; and what becomes of a worker that has outgrown its bound. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { LINES, nodeOf } from '../../scripts/test-nodes.mjs';
import { node } from '../needs.ts';
import { Load } from './clients.ts';
import { write } from './files.ts';
import { ask } from './http-client.ts';
import { command, type QilinProcess, startQilin, temporaryFolder } from './server.ts';

vi.setConfig({ maxConcurrency: 3 });

const APP = 'test/processes/fixtures/heap-app.mjs:app';

/** Mebibytes of the heap's limit, young generation included. */
async function limitOf(url: string): Promise<{ limit: number; isMainThread: boolean }> {
  return JSON.parse((await ask(url)).text);
}

describe.each(LINES)('on Node %i', (line) => {
  const needed = node(line);
  const program = [nodeOf(line), command];

  test.skipIf(needed.isMissing).concurrent.each([
    ['async', [], 128 + 12],
    ['sync', [], 128 + 12],
    ['picoev', [], 128 + 12],
    ['threads', ['--threads', '2'], 64 + 6],
  ])(needed.named('heapLimit is what the app of class %s has'), async (workerClass, flags, expected) => {
    await using server = await startQilin(['-k', workerClass, ...flags, '--heap-limit', '128M', APP], { program });
    const { limit, isMainThread } = await limitOf(server.url);
    expect(limit).toBe(expected);
    expect(isMainThread).toBe(workerClass !== 'threads');
  });

  test.skipIf(needed.isMissing).concurrent.each([
    ['async', []],
    ['threads', ['--threads', '2']],
  ])(needed.named('NODE_OPTIONS come before it, on class %s'), async (workerClass, flags) => {
    const env = { NODE_OPTIONS: '--max-old-space-size=200 --max-semi-space-size=4' };
    const args = ['-k', workerClass, ...flags, '--heap-limit', '64M', APP];
    await using server = await startQilin(args, { program, env });
    expect((await limitOf(server.url)).limit).toBe(212);
    expect(server.log).toMatch(/\[WARNING\].*heapLimit has no effect: Node is given --max-old-space-size=200\./);
  });
});

const LEAK = 'test/processes/fixtures/leak-app.mjs:app';

/** With what the worker of each class may hold: some requests beyond what it needs. One of class sync is watched as one of async is. */
const BOUNDED = [
  ['async', ['--max-memory', '150M']],
  ['picoev', ['--max-memory', '150M']],
  ['threads', ['--threads', '2', '--max-memory', '220M']],
] as const;

/** A snapshot takes a second for each hundred thousand objects. As above, sync is left out. */
const SNAPSHOT_BOUNDED = [
  ['async', ['--max-memory', '125M']],
  ['picoev', ['--max-memory', '125M']],
  ['threads', ['--threads', '2', '--max-memory', '190M']],
] as const;

const count = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0;

async function expectEveryAnswer(server: QilinProcess, replacements: number): Promise<void> {
  // Some twenty requests a second, each of them a mebibyte.
  await using load = new Load(server.port, { keepAlive: 4, oneShot: 4, think: 800 });
  await server.until(
    () => count(server.log, /is being replaced: .*MiB/g) >= replacements,
    `${replacements} replacements for their memory`,
  );
  await load.progress(10);
  await load.stop();
  expect(load.faults).toBe('');
  expect((await server.stop()).status).toBe(0);
  expect(server.log).not.toMatch(/\[(ERROR|CRITICAL)\]|SIGKILL|out of memory/);
  expect(server.running).toEqual([]);
}

describe('maxMemory', () => {
  test.concurrent.each(BOUNDED)(
    'on class %s replaces workers of an app that leaks, and no request is lost',
    async (workerClass, flags) => {
      await using server = await startQilin(['-k', workerClass, ...flags, '-w', '2', LEAK]);
      await expectEveryAnswer(server, 4);
      expect(server.log).toMatch(
        /\[INFO\] Worker \d+ is being replaced: it holds \d+ MiB, beyond maxMemory \(\d+ MiB\): heap [\d.]+ MiB of [\d.]+ MiB \(old [\d.]+ MiB.*\); outside of the heap [\d.]+ MiB, [\d.]+ MiB of them buffers\n/,
      );
    },
  );

  test.concurrent.each([
    ['async', []],
    ['picoev', []],
    ['threads', ['--threads', '2']],
  ])('on class %s also before V8 ends one whose heap is full', async (workerClass, flags) => {
    const bounds = ['--max-memory', '1G', '--heap-limit', workerClass === 'threads' ? '160M' : '80M'];
    const env = { QILIN_TEST_LEAK: 'objects' };
    await using server = await startQilin(['-k', workerClass, ...flags, ...bounds, '-w', '2', LEAK], { env });
    await expectEveryAnswer(server, 4);
    if (workerClass === 'threads')
      expect(server.log).toMatch(/Thread \d+ of the worker is being replaced: little is left/);
    else expect(server.log).toMatch(/is being replaced: it holds [\d.]+ MiB, its heap nearly full: heap/);
  });

  test('that is too little for the app is told, and workers are replaced ever later', async () => {
    await using server = await startQilin(['-w', '2', '--max-memory', '16M', LEAK]);
    await server.logged(
      /is being replaced: it holds .* MiB, beyond maxMemory \(16.0 MiB\) as soon as it serves, too little/,
    );
    await server.logged(/\[WARNING\] Next worker in 4 s: .* starts in a row have failed/);
    expect(server.workerPids.length).toBeLessThan(12);
    expect((await ask(server.url)).status).toBe(200);
    expect((await server.stop()).status).toBe(0);
  });

  test('does nothing to workers that stay below', async () => {
    await using server = await startQilin(['-w', '2', '--max-memory', '1G', 'test/fixtures/app.mjs:app']);
    await using load = new Load(server.port, { keepAlive: 8, oneShot: 8 });
    await load.progress(1_000);
    await load.stop();
    expect(load.faults).toBe('');
    expect(server.log).not.toContain('replaced');
  });
});

/** The names of today, and of tomorrow for a test at midnight. */
const snapshotNames = () =>
  [0, 86_400_000].map((later) => `tested-${new Date(Date.now() + later).toISOString().slice(0, 10)}.heapsnapshot`);

const snapshotsIn = (folder: string) => readdirSync(folder).filter((name) => name.endsWith('.heapsnapshot'));

describe('heapSnapshot', () => {
  const env = { QILIN_TEST_LEAK: 'many objects' };

  test.each(SNAPSHOT_BOUNDED)(
    'on class %s writes one for its owner, of a worker that serves nobody any more, who may take longer than timeout',
    async (workerClass, flags) => {
      using folder = temporaryFolder();
      const args = ['-k', workerClass, ...flags, '--heap-snapshot', folder.path, '-n', 'tested', '--timeout', '1'];
      await using server = await startQilin([...args, LEAK], { env });
      const [first = 0] = server.workerPids;
      await using load = new Load(server.port, { keepAlive: 2, oneShot: 2, think: 200 });
      const [, took, path = ''] = await server.logged(/Heap snapshot, written in ([\d.]+) s: (.+)/);
      await server.logged(new RegExp(`Worker exited \\(pid: ${first}, status 0\\)`));
      // The next worker has outgrown it on the same day.
      await server.until(() => count(server.log, /beyond maxMemory/g) >= 2, 'another one');
      await load.stop();
      expect(load.faults).toBe('');
      expect((await server.stop()).status).toBe(0);
      expect(Number(took)).toBeGreaterThan(1);
      expect(server.log).not.toMatch(/TIMEOUT|killed|No heap snapshot/);
      expect(snapshotsIn(folder.path)).toHaveLength(1);
      expect(snapshotNames().map((name) => join(folder.path, name))).toContain(path);
      expect(statSync(path).mode & 0o777).toBe(0o600);
      expect(JSON.parse(readFileSync(path, 'utf8')).snapshot.node_count).toBeGreaterThan(100_000);
    },
  );

  test('leaves a file alone that is there', async () => {
    using folder = temporaryFolder();
    for (const name of snapshotNames()) write(folder.path, name, 'mine');
    const args = ['--max-memory', '150M', '--heap-snapshot', folder.path, '-n', 'tested', LEAK];
    await using server = await startQilin(args);
    await using load = new Load(server.port, { keepAlive: 2, oneShot: 0, think: 20 });
    await server.logged(new RegExp(`Worker exited \\(pid: ${server.workerPids[0]}, status 0\\)`));
    await load.stop();
    for (const name of snapshotNames()) expect(readFileSync(join(folder.path, name), 'utf8')).toBe('mine');
    expect(server.log).not.toContain('eap snapshot');
  });

  test('that cannot be written is told, and the worker leaves all the same', async () => {
    using folder = temporaryFolder();
    const args = ['--max-memory', '150M', '--heap-snapshot', folder.path, '-n', 'tested', LEAK];
    await using server = await startQilin(args);
    folder[Symbol.dispose]();
    await using load = new Load(server.port, { keepAlive: 2, oneShot: 0, think: 20 });
    await server.logged(/\[ERROR\] No heap snapshot: ENOENT/);
    await server.logged(new RegExp(`Worker exited \\(pid: ${server.workerPids[0]}, status 0\\)`));
    await load.stop();
    expect(load.faults).toBe('');
  });
});

describe('a worker that ends since its heap is full', () => {
  describe.each(LINES)('on Node %i', (line) => {
    const needed = node(line);
    test.skipIf(needed.isMissing).each(['async', 'picoev', 'sync'])(
      needed.named('is told as that, with the limit that it had: class %s'),
      async (workerClass) => {
        const env = { QILIN_TEST_LEAK: 'objects' };
        const program = [nodeOf(line), command];
        await using server = await startQilin(['-k', workerClass, '--heap-limit', '64M', LEAK], { env, program });
        await using _load = new Load(server.port, { keepAlive: 4, oneShot: 0, think: 20 });
        const [first] = server.workerPids;
        await server.logged(
          new RegExp(
            `Worker exited \\(pid: ${first}, signal SIGABRT\\): .*heap .*out of memory.* \\(limit 70 MiB, in use`,
          ),
        );
        await server.until(() => server.workerPids.length >= 2, 'a successor');
      },
    );

    test.skipIf(needed.isMissing)(needed.named('is told as that where it is a thread, which alone ends'), async () => {
      const env = { QILIN_TEST_LEAK: 'objects' };
      const program = [nodeOf(line), command];
      const args = ['-k', 'threads', '--threads', '2', '--heap-limit', '128M', LEAK];
      await using server = await startQilin(args, { env, program });
      await using _load = new Load(server.port, { keepAlive: 4, oneShot: 0, think: 20 });
      await server.logged(
        /Thread \d of the worker ended since its JavaScript heap is out of memory \(limit 70.0 MiB\)/,
      );
      await server.logged(/Thread 3 of the worker is ready/);
      expect(server.workerPids).toHaveLength(1);
    });
  });
});
