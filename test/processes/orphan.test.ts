import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startQilin } from './server.ts';

/** Resolves when no process has this pid any more. */
async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('a worker that hangs is ended also when its arbiter was killed meanwhile', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'qilin-orphan-'));
  try {
    const app = join(folder, 'app.mjs');
    writeFileSync(app, "export default (req, res) => { res.write('hangs'); setTimeout(() => { for (;;); }); };\n");
    await using server = await startQilin([app, '--timeout', '1']);
    const [worker = 0] = server.workerPids;
    // Its first bytes show that the loop hangs from here on.
    const answer = await fetch(server.url);
    await answer.body?.getReader().read();
    process.kill(server.pid, 'SIGKILL');
    await gone(worker);
    expect((await server.exited).signal).toBe('SIGKILL');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
