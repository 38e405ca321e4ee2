import { expect, test } from 'vitest';
import { present } from '../../src/control/present.ts';

const NOW = new Date('2026-11-27T12:00:00Z');

test('the status is a line of facts and a row for each worker; what an older server does not tell is a dash', () => {
  const worker = {
    pid: 12,
    generation: 3,
    state: 'ready',
    since: '2026-11-27T11:00:00Z',
    silentSeconds: 0.2,
    cpuSeconds: 1.5,
  };
  const status = {
    version: '1.2.3',
    pid: 7,
    state: 'serving',
    startedAt: '2026-11-27T11:58:50Z',
    generation: 3,
    workersReady: 2,
    workersWanted: 2,
    lastReload: {
      by: 'HUP',
      at: '2026-11-27T11:00:00Z',
      endedAt: '2026-11-27T11:00:10Z',
      outcome: 'called off',
      reason: 'x',
    },
    workers: [
      { ...worker, requests: 10_000, residentBytes: 100 * 2 ** 20 },
      { ...worker, pid: 4711, stuckAt: 'match (/srv/search.ts:13)' },
    ],
  };
  expect(present('status', status, NOW)).toEqual({
    status: 0,
    text: `qilin 1.2.3, arbiter 7, serving, up 70 s, generation 3, 2 of 2 workers serve
last reload: called off, 59 min ago: x

 PID  GEN  STATE   SINCE  SILENT s  REQUESTS  CONNS  SHED  CPU s  RSS MiB  HEAP MiB  STUCK AT
  12    3  ready  60 min       0.2     10000      -     -    1.5    100.0         -
4711    3  ready  60 min       0.2         -      -     -    1.5        -         -  match (/srv/search.ts:13)
`,
  });
  expect(present('status', 'nonsense', NOW).text).toContain('qilin -, arbiter -');
});

test('a reload that was called off has the reason, the own words of what failed, and exit status 1', () => {
  const result = {
    outcome: 'called off',
    generation: 2,
    reason: 'a new worker failed to boot',
    said: ['Error: no database'],
  };
  expect(present('reload', result, NOW)).toEqual({
    status: 1,
    text: 'Called off: a new worker failed to boot; the old workers keep serving\nError: no database\n',
  });
  expect(present('reload', { outcome: 'done', generation: 2, reason: null, said: [] }, NOW)).toEqual({
    status: 0,
    text: 'Done: generation 2 serves\n',
  });
  expect(present('reload', { message: 'The reload has begun' }, NOW).text).toBe('The reload has begun\n');
});

test('stacks', () => {
  const stacks = [
    { pid: 1, thread: 0, stuckSeconds: 0, stack: null },
    { pid: 2, thread: 3, stuckSeconds: 1.5, stack: ['spin (/srv/app.ts:4:5)', 'serve (/srv/app.ts:9:1)'] },
    { pid: 3, thread: 0, stuckSeconds: 2.5, stack: null },
  ];
  expect(present('stacks', stacks, NOW).text).toBe(`worker 1: its event loop turns

worker 2, thread 3: stuck for 1.5 s
    at spin (/srv/app.ts:4:5)
    at serve (/srv/app.ts:9:1)

worker 3: no sign of life for 2.5 s, nor word of where it is
`);
});
