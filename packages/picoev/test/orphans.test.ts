import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { needsUnshare } from '../../../test/needs.ts';
import { OrphanReaper } from '../src/index.ts';

const UNSHARE = ['unshare', '--fork', '--pid', '--mount-proc'] as const;
const pidNamespaces = needsUnshare(UNSHARE);

test('the exit of a child that Node waits for is left to Node', async () => {
  const reaper = new OrphanReaper();
  const looks = setInterval(() => reaped.push(...reaper.reap()), 1);
  const reaped: number[] = [];
  for (let turn = 0; turn < 20; turn++) {
    expect(await once(spawn('true'), 'exit')).toEqual([0, null]);
  }
  clearInterval(looks);
  expect(reaped).toEqual([]);
});

test.skipIf(pidNamespaces.isMissing)(
  pidNamespaces.named('PID 1 reaps the orphans that it adopted, and not its own child'),
  () => {
    const [command, ...args] = UNSHARE;
    const script = fileURLToPath(new URL('fixtures/orphans.mjs', import.meta.url));
    const { stdout, stderr } = spawnSync(command, [...args, process.execPath, script], { encoding: 'utf8' });
    expect(stderr).toBe('');
    const { pid, orphan, reaped, childStatus } = JSON.parse(stdout);
    expect({ pid, reaped, childStatus }).toEqual({ pid: 1, reaped: [orphan], childStatus: 0 });
  },
);
