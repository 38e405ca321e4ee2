/** What was answered before the process ends reaches its client. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
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

test('of an answer that waits for its client the kernel gets what it takes, at the very end', async () => {
  const child = spawn(process.execPath, [FIXTURE], { stdio: ['pipe', 'pipe', 'ignore'] });
  const exited = once(child, 'exit');
  const [port] = await once(child.stdout.setEncoding('utf8'), 'data');
  const socket = net.connect(Number(port), '127.0.0.1');
  const closed = once(socket, 'close');
  let received = 0;
  socket.on('data', (piece: Buffer) => {
    received += piece.length;
  });
  socket.write('GET /long HTTP/1.1\r\nHost: test\r\n\r\n');
  let before = 0;
  do {
    before = received;
    await pause(100);
  } while (received === 0 || received > before);
  child.stdin.write('x');
  await exited;
  await closed;
  expect(received).toBeGreaterThan(before);
});
