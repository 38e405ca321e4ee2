/** A worker that has outgrown `maxMemory` leaves, whatever becomes of the folder for its snapshot. */
import { mkdtempSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Log } from '../../src/contract/log.ts';
import { NO_STATS } from '../../src/contract/stats.ts';
import type { AppHost } from '../../src/contract/worker-class.ts';
import { loadSettings } from '../../src/settings/merge.ts';
import { MemoryBound } from '../../src/worker/memory-bound.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'qilin-snapshot-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const silent = () => {};
const log: Log = {
  debug: silent,
  info: silent,
  warning: silent,
  error: silent,
  critical: silent,
  reopen: silent,
  flush: silent,
  close: silent,
};

/** What a host does whose thread ends before it has written anything. */
const host: AppHost = {
  load: async () => {},
  start: async () => {},
  drain: async () => {},
  stop: () => {},
  shutdown: async () => {},
  logCut: silent,
  reopenLogs: () => {},
  busyFor: () => 0,
  stuckFor: () => 0,
  stats: () => NO_STATS,
  heaps: () => [['thread 1', { used: 2 ** 20, limit: 2 ** 26, spaces: [] }]],
  writeSnapshot: async () => {},
};

/** Beyond its bound, and told to drain. */
async function outgrown(by = host): Promise<MemoryBound> {
  const argv = ['--max-memory', '16M', '--heap-snapshot', folder, 'app'];
  const loaded = await loadSettings({ argv, env: {}, cwd: '/' });
  if (!loaded.ok || !('config' in loaded)) throw new Error('the settings are no configuration');
  const bound = new MemoryBound(loaded.config, log, by);
  const causes: string[] = [];
  bound.begin((cause) => causes.push(cause));
  expect(causes).toEqual(['memory']);
  bound.prepareSnapshot();
  expect(readdirSync(folder)).toHaveLength(1);
  return bound;
}

test('nothing is left of a snapshot that nobody wrote', async () => {
  const bound = await outgrown();
  await bound.writeSnapshot(async () => {});
  await bound.done;
  expect(readdirSync(folder)).toEqual([]);
});

test('nor of one that is not whole, as on a full disk: it would be the only one of the day', async () => {
  const bound = await outgrown({ ...host, writeSnapshot: async (fd) => void writeSync(fd, '{') });
  await bound.writeSnapshot(async () => {
    throw new Error('no space left on device');
  });
  await bound.done;
  expect(readdirSync(folder)).toEqual([]);
});

test('it leaves at once: nothing is left', async () => {
  const bound = await outgrown();
  bound.dropSnapshot();
  await bound.writeSnapshot(async () => {});
  expect(readdirSync(folder)).toEqual([]);
});

test('the folder has gone', async () => {
  const bound = await outgrown();
  rmSync(folder, { recursive: true });
  await bound.writeSnapshot(async () => {});
  await expect(bound.done).resolves.toBeUndefined();
});

test('it leaves at once, and the folder has gone', async () => {
  const bound = await outgrown();
  rmSync(folder, { recursive: true });
  bound.dropSnapshot();
});
