import { describe, expect, test } from 'vitest';
import { PROBES, type Pulse } from '../../src/admin/probes.ts';

const SERVING: Pulse = { state: 'serving', hasStarted: true, ready: 2, stuckFor: 0, unreadyWhenStuck: false };
const fine = { isFine: true };
const not = (reason: string) => ({ isFine: false, reason });

describe.each([
  ['a server that serves', SERVING, { livez: fine, startupz: fine, readyz: fine }],
  [
    'one that starts',
    { ...SERVING, state: 'starting', hasStarted: false, ready: 0 },
    { livez: fine, startupz: not('starting'), readyz: not('starting') },
  ],
  [
    'one of whose first workers some serve already',
    { ...SERVING, state: 'starting', hasStarted: false, ready: 1 },
    { livez: fine, startupz: not('starting'), readyz: fine },
  ],
  [
    'one whose workers have all gone',
    { ...SERVING, ready: 0 },
    { livez: fine, startupz: fine, readyz: not('no worker ready') },
  ],
  ['one that drains', { ...SERVING, state: 'draining' }, { livez: fine, startupz: fine, readyz: not('draining') }],
  ['one that stops', { ...SERVING, state: 'stopping' }, { livez: fine, startupz: fine, readyz: not('stopping') }],
  [
    'one that is stuck, and drains',
    { ...SERVING, state: 'draining', stuckFor: 12_340 },
    { livez: fine, startupz: fine, readyz: not('draining') },
  ],
  [
    'one that is stuck',
    { ...SERVING, stuckFor: 12_340 },
    { livez: fine, startupz: fine, readyz: { isFine: true, reason: 'all workers stuck for 12.3 s' } },
  ],
  [
    'one that is stuck, with unreadyWhenStuck',
    { ...SERVING, stuckFor: 12_340, unreadyWhenStuck: true },
    { livez: fine, startupz: fine, readyz: not('all workers stuck for 12.3 s') },
  ],
] satisfies [string, Pulse, object][])('of %s', (_what, pulse, expected) => {
  test.each(Object.entries(expected))('/%s', (name, answer) => {
    expect(PROBES[`/${name}`]?.(pulse)).toEqual(answer);
  });
});
