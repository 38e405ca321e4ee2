/**
 * An app that leaves a mebibyte behind with each request, in a control group of 256: it is full in a second or two. Workers come and
 * go all the time, no request is lost, and the kernel has to end nobody.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { Load } from '../processes/clients.ts';
import { MemoryGroup, needsMemoryGroup } from '../processes/control-group.ts';
import { startQilin } from '../processes/server.ts';

const { QILIN_CHAOS_MINUTES: minutes } = process.env;
/** Milliseconds under load, where that is what counts. */
const LENGTH = minutes === undefined ? 0 : Math.min(10, Number(minutes)) * 60_000;
/** And so many workers have outgrown their memory, however long that takes: all of the first, their successors, and theirs. */
const REPLACED = 6;
const PATIENCE = LENGTH + 300_000;
const LOOK_EVERY = 50;

const MIB = 2 ** 20;
const LIMIT = 256 * MIB;
const APP = 'test/processes/fixtures/leak-app.mjs:app';
/** Twenty, of five kinds; each asks five times a second where the server has time for it. */
const CLIENTS = { keepAlive: 6, oneShot: 6, pipelining: 2, uploading: 3, streaming: 3, think: 400 };

const CLASSES = [
  { name: 'async', flags: ['--max-memory', '100M'] },
  { name: 'picoev', flags: ['--max-memory', '100M'] },
];

const ALARM = /\[(ERROR|CRITICAL)\]|SIGKILL|out of memory/;

const need = needsMemoryGroup();
const count = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0;
const mebibytes = (bytes: number) => (bytes / MIB).toFixed(0);

describe.skipIf(need.isMissing).concurrent(need.named('256 MiB, two workers, and a leak of 1 MiB a request'), () => {
  test.each(CLASSES)(
    'class $name: the kernel ends nobody, and every request is answered',
    async ({ name, flags }) => {
      await using group = new MemoryGroup(LIMIT);
      const args = ['-k', name, '-w', '2', ...flags, APP];
      await using server = await startQilin(args, { launcher: group.launcher });
      await using load = new Load(server.port, CLIENTS);
      let most = 0;
      const end = performance.now() + LENGTH;
      const replaced = () => count(server.log, /is being replaced: it holds/g);
      while (group.kills === 0 && (performance.now() < end || replaced() < REPLACED)) {
        most = Math.max(most, group.used);
        await pause(LOOK_EVERY);
      }
      await load.stop();
      const memory = `at most ${mebibytes(most)} of ${mebibytes(LIMIT)} MiB`;
      console.log(`${name}: ${load.requests} requests, ${replaced()} workers replaced, ${memory}`);
      const all = `${load.report()}\n${server.log}`;
      expect(group.kills, all).toBe(0);
      expect(load.faults, all).toBe('');
      expect((await server.stop()).status).toBe(0);
      // Where a second is enough to outgrow it, the next one pauses, which is a warning.
      expect(server.log.split('\n').filter((line) => ALARM.test(line))).toEqual([]);
      expect(server.running).toEqual([]);
    },
    PATIENCE,
  );
});
