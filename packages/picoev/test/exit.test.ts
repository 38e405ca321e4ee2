/** What was answered before the process ends reaches its client. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const FIXTURE = fileURLToPath(new URL('fixtures/exit.mjs', import.meta.url));

test.each([
  ['a whole answer', '/whole', 'whole'],
  ['a streamed one', '/streamed', 'streamed'],
  ['one that Node framed', '/raw', 'raw'],
  ['one outside of a request', '/later', 'later'],
  ['one that is given when the process exits', '/at-exit', 'at exit'],
  ['one before an uncaught exception', '/thrown', 'thrown'],
])('%s, just before the end', async (_what, path, body) => {
  const child = spawn(process.execPath, [FIXTURE], { stdio: ['ignore', 'pipe', 'ignore'] });
  const exited = once(child, 'exit');
  const [port] = await once(child.stdout.setEncoding('utf8'), 'data');
  const answer = await fetch(`http://127.0.0.1:${Number(port)}${path}`, { headers: { connection: 'close' } });
  expect([answer.status, await answer.text()]).toEqual([200, body]);
  await exited;
});
