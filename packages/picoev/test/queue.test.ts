/** How long clients have waited, and taking those out that wait. */
import { once } from 'node:events';
import net from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { closeFd, listen, measureQueue, takeConnection } from '../src/index.ts';
import { connect } from './clients.ts';

let listener: number;
beforeEach(() => {
  listener = listen({ host: '127.0.0.1', port: 0 });
});
afterEach(() => closeFd(listener));

/** The event loop stands still. */
function block(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

test('a listening socket gives the connection away that came first, then none', async () => {
  expect(takeConnection(listener)).toBeUndefined();
  const [first, second] = [await connect(listener), await connect(listener)];
  const taken = [takeConnection(listener), takeConnection(listener)];
  expect(takeConnection(listener)).toBeUndefined();
  for (const [index, fd] of taken.entries()) {
    if (fd === undefined) throw new Error('nobody waited');
    new net.Socket({ fd, writable: true }).end(String(index));
  }
  expect([String(await once(first, 'data')), String(await once(second, 'data'))]).toEqual(['0', '1']);
  for (const socket of [first, second]) socket.destroy();
});

test.runIf(process.platform === 'linux')('what came over TCP has waited since the kernel has it', async () => {
  const waited = measureQueue();
  const socket = await connect(listener);
  const fd = takeConnection(listener) ?? -1;
  await new Promise<void>((resolve) => socket.write('x', () => resolve()));
  block(200);
  const late = waited(fd);
  await new Promise<void>((resolve) => socket.write('x', () => resolve()));
  // Within a tick of the kernel's clock.
  expect(late).toBeGreaterThanOrEqual(190);
  expect(waited(fd)).toBeLessThan(late);
  closeFd(fd);
  socket.destroy();
});

test('elsewhere it has waited for as long as the loop was busy at most, and no longer than that', async () => {
  const waited = measureQueue();
  const [reader, writer] = [new net.Socket(), new net.Socket()];
  const server = net.createServer((socket) => {
    socket.on('data', () => times.push(waited(fdOf(socket))));
  });
  const times: number[] = [];
  const path = `\0qilin-queue-${process.pid}`;
  server.listen(path);
  await once(server, 'listening');
  writer.connect(path);
  await once(writer, 'connect');
  const tells = async (count: number) => {
    while (times.length < count) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  // The loop waits for it.
  setTimeout(() => writer.write('x'), 300);
  await tells(1);
  // It waits for the loop.
  writer.write('x');
  block(300);
  await tells(2);
  const [prompt = 0, late = 0] = times;
  expect(late).toBeGreaterThanOrEqual(290);
  expect(prompt).toBeLessThan(late);
  for (const socket of [reader, writer]) socket.destroy();
  server.close();
});

/** By a member that Node's types leave out. */
function fdOf(socket: net.Socket): number {
  const { _handle } = socket as net.Socket & { readonly _handle?: { readonly fd: number } };
  return _handle?.fd ?? -1;
}
