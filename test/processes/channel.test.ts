/** The channel between arbiter and worker: not the app's, and proof against what it may write there. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { write } from './files.ts';
import { ask } from './http-client.ts';
import { repository, runQilin, startQilin, temporaryFolder } from './server.ts';

/** What an app may see of a parent process, in the worker and by the descriptors that a child of it inherits. */
const LOOK = `import { execFileSync } from 'node:child_process';
  export default (req, res) => {
    const { send, connected, disconnect, channel } = process;
    const open = execFileSync('sh', ['-c', 'ls -l /proc/self/fd/[3-9]*; true'], { encoding: 'utf8' });
    res.end(JSON.stringify({ given: [send, connected, disconnect, channel].map((it) => typeof it), open }));
  };\n`;

test.each(['async', 'picoev', 'threads'])('class %s: the app has no parent to talk to, as under node', async (name) => {
  using folder = temporaryFolder();
  const app = write(folder.path, 'app.mjs', LOOK);
  await using server = await startQilin(['-k', name, app]);
  const { given, open } = JSON.parse((await ask(server.url)).text);
  expect(given).toEqual(['undefined', 'undefined', 'undefined', 'undefined']);
  expect(open).not.toContain('socket:');
});

test('what an app writes there is one warning and ends nothing', async () => {
  using folder = temporaryFolder();
  const code = `import { writeSync } from 'node:fs';
  for (const line of ['null', '{"type":"retire"}', 'x'.repeat(9_000), '[]']) writeSync(3, line + '\\n');
  export default (req, res) => res.end('served');\n`;
  const app = write(folder.path, 'app.mjs', code);
  await using server = await startQilin([app]);
  expect((await ask(server.url)).text).toBe('served');
  expect(server.log.match(/says what nobody understands: .*/g)).toEqual([
    'says what nobody understands: "null" is no message',
  ]);
  expect(server.workerPids).toHaveLength(1);
});

test('an error at the start that is longer than any channel holds is told, its end cut off', async () => {
  using folder = temporaryFolder();
  const app = write(folder.path, 'app.mjs', `throw new Error('é'.repeat(2_000_000));\n`);
  const ended = await runQilin(['--bind', '127.0.0.1:0', app]);
  expect(ended.status).toBe(3);
  // Into a pipe a log writes no line that is longer than an atomic write.
  const told = ended.output.replaceAll(/é\n(?=é)/g, 'é');
  expect(told).toMatch(/failed while it was loaded:\nError: é{30000,32768}\n\(cut here: 2\d+ characters\)/);
});

test('100 000 heartbeats to an arbiter that is stopped neither wait nor pile up, and what counts follows them', async () => {
  const fixture = join(repository, 'test/processes/fixtures/beats.mjs');
  const worker = spawn(process.execPath, [fixture], { stdio: ['ignore', 'pipe', 'inherit', 'pipe'] });
  const { stdout, stdio } = worker;
  const channel = stdio[3];
  if (stdout === null || !(channel instanceof Readable)) throw new Error('these are pipes');
  await once(stdout, 'data');
  const lines: string[] = [];
  for await (const text of channel.setEncoding('utf8')) {
    lines.push(...String(text).split('\n'));
    if (lines.some((line) => line.includes('the end'))) break;
  }
  await once(worker, 'exit');
  // As many as the kernel takes for it, and not all of them.
  expect(lines.length).toBeLessThan(10_000);
});
