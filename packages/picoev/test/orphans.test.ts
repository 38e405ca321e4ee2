import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { reapOrphans } from '../src/index.ts';

const UNSHARE = ['--fork', '--pid', '--mount-proc'];
const mayUnshare = spawnSync('unshare', [...UNSHARE, 'true']).status === 0;

test('the exit of a child that Node waits for is left to Node', async () => {
  const child = spawn('true');
  const exit = once(child, 'exit');
  expect(reapOrphans([child.pid ?? 0])).toEqual([]);
  expect(await exit).toEqual([0, null]);
});

test.skipIf(!mayUnshare)('PID 1 reaps the orphans that it adopted, and not its own child', () => {
  const script = fileURLToPath(new URL('fixtures/orphans.mjs', import.meta.url));
  const { stdout, stderr } = spawnSync('unshare', [...UNSHARE, process.execPath, script], { encoding: 'utf8' });
  expect(stderr).toBe('');
  const { pid, orphan, reaped, childStatus } = JSON.parse(stdout);
  expect({ pid, reaped, childStatus }).toEqual({ pid: 1, reaped: [orphan], childStatus: 0 });
});
