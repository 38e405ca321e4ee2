/** A worker whose arbiter has gone. */
import { expect, test } from 'vitest';
import { eventually, write } from './files.ts';
import { statOf } from './process-table.ts';
import { startQilin, temporaryFolder } from './server.ts';

test('a worker that hangs is ended also when its arbiter was killed meanwhile', async () => {
  using folder = temporaryFolder();
  const code = "export default (req, res) => { res.write('hangs'); setTimeout(() => { for (;;); }); };\n";
  const app = write(folder.path, 'app.mjs', code);
  await using server = await startQilin([app, '--timeout', '1']);
  const [worker = 0] = server.workerPids;
  // Its first bytes show that the loop hangs from here on.
  const answer = await fetch(server.url);
  await answer.body?.getReader().read();
  process.kill(server.pid, 'SIGKILL');
  await eventually(() => [undefined, 'Z'].includes(statOf(worker)?.state), 'the worker has gone');
  expect((await server.exited).signal).toBe('SIGKILL');
});
