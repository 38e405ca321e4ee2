/** What is told to systemd of each change, and how often it hears that the arbiter lives. */
import { describe, expect, test } from 'vitest';
import { newsOf, type Situation, watchdogPause, withoutNotification } from '../../src/arbiter/systemd.ts';

const serving: Situation = {
  state: 'serving',
  isReloading: false,
  status: 'all well',
  isSuccessor: false,
  heir: undefined,
  sockets: [],
};
const reloading: Situation = { ...serving, isReloading: true };

describe('news', () => {
  test.each<[string, Situation | undefined, Situation, readonly string[]]>([
    ['a start', undefined, { ...serving, state: 'starting', status: '0 of 2' }, ['STATUS=0 of 2']],
    ['it gets ready', { ...serving, state: 'starting' }, serving, ['READY=1']],
    ['nothing new', serving, serving, []],
    ['another sentence', serving, { ...serving, status: 'less well' }, ['STATUS=less well']],
    ['what an app says', serving, { ...serving, status: 'no:\nMAINPID=1' }, ['STATUS=no: MAINPID=1']],
    ['a reload begins', serving, reloading, ['RELOADING=1', 'MONOTONIC_USEC=42']],
    ['a second reload takes the place of the first', reloading, reloading, []],
    ['a reload ends', reloading, serving, ['READY=1']],
    ['it stops', serving, { ...serving, state: 'stopping' }, ['STOPPING=1']],
    ['it drains', reloading, { ...reloading, state: 'draining' }, ['STOPPING=1']],
    ['drained, it stops', { ...serving, state: 'draining' }, { ...serving, state: 'stopping' }, []],
    ['it leaves to another', serving, { ...serving, state: 'draining', heir: 7 }, ['MAINPID=7']],
    ['told already', { ...serving, state: 'draining', heir: 7 }, { ...serving, state: 'stopping', heir: 7 }, []],
    ['the one before has gone', { ...serving, isSuccessor: true }, serving, ['READY=1', 'STATUS=all well']],
  ])('%s', (_, before, now, lines) => {
    expect(newsOf(before, now, 42n)).toEqual(lines);
  });
});

describe('the watchdog hears of the arbiter', () => {
  test.each<[string, NodeJS.ProcessEnv, boolean, number | undefined]>([
    ['never, where nobody asks', {}, false, undefined],
    ['at half of its time', { WATCHDOG_USEC: '3000000', WATCHDOG_PID: '5' }, false, 1_500],
    ['never, where another process is meant', { WATCHDOG_USEC: '3000000', WATCHDOG_PID: '6' }, false, undefined],
    ['when it takes the place of the one that is meant', { WATCHDOG_USEC: '3000000', WATCHDOG_PID: '6' }, true, 1_500],
    ['never, where the time is none', { WATCHDOG_USEC: '0' }, false, undefined],
    ['never, where the time is no number', { WATCHDOG_USEC: '1e6' }, false, undefined],
  ])('%s', (_, env, isHeir, pause) => {
    expect(watchdogPause(env, 5, isHeir)).toBe(pause);
  });
});

test('a worker knows nothing of it', () => {
  expect(
    withoutNotification({ NOTIFY_SOCKET: '/run/x', WATCHDOG_USEC: '1', WATCHDOG_PID: '1', FDSTORE: '3', HOME: '/' }),
  ).toEqual({
    HOME: '/',
  });
});
