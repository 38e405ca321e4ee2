/** Several processes at one listening socket. */
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { closeFd, listen } from '../src/index.ts';
import { ask, connect } from './clients.ts';
import { Worker } from './workers.ts';

const path = join(tmpdir(), `picoev-sharing-${process.pid}.sock`);
let fd: number;
const workers: Worker[] = [];

async function start(count: number): Promise<readonly Worker[]> {
  for (let i = 0; i < count; i++) workers.push(await Worker.start(fd, String(i)));
  return workers;
}

beforeEach(() => {
  fd = listen({ host: '127.0.0.1', port: 0 });
});

afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.stop()));
  closeFd(fd);
  rmSync(path, { force: true });
});

test('one connection wakes one of four idle processes, each in its turn', async () => {
  const four = await start(4);
  const connections = 200;
  for (let i = 0; i < connections; i++) await ask(fd);

  const figures = await Promise.all(four.map(async (worker) => (await worker.order('stats')).stats));
  const accepted = figures.map((stats) => stats.accepted);
  const wakeups = figures.reduce((sum, stats) => sum + stats.wakeups, 0);
  expect(accepted.reduce((sum, n) => sum + n)).toBe(connections);
  expect(wakeups).toBeLessThanOrEqual(connections * 1.15);
  expect(Math.max(...accepted)).toBeLessThanOrEqual((connections / 4) * 1.5);
});

test('connections that come all at once are spread too', async () => {
  const four = await start(4);
  const connections = 256;
  await Promise.all(Array.from({ length: connections }, () => ask(fd)));

  const figures = await Promise.all(four.map(async (worker) => (await worker.order('stats')).stats.accepted));
  expect(figures.reduce((sum, n) => sum + n)).toBe(connections);
  expect(Math.min(...figures)).toBeGreaterThan(0);
});

test('a process whose event loop stands still holds up nobody', async () => {
  const [busy] = await start(4);
  await busy?.block(1_500);
  const begin = performance.now();
  for (let i = 0; i < 40; i++) expect(await ask(fd)).not.toBe('0');
  expect(performance.now() - begin).toBeLessThan(1_000);
});

test('a paused process gets no connection, and its share again when it resumes', async () => {
  const [first] = await start(2);
  await first?.order('pause');
  for (let i = 0; i < 10; i++) expect(await ask(fd)).toBe('1');
  await first?.order('resume');
  const answers = [];
  for (let i = 0; i < 20; i++) answers.push(await ask(fd));
  const share = answers.filter((name) => name === '0').length;
  expect(share).toBeGreaterThan(5);
  expect(share).toBeLessThan(15);
});

test('a connection that arrives while all are paused is served by the first that resumes', async () => {
  const both = await start(2);
  await Promise.all(both.map((worker) => worker.order('pause')));
  const answer = ask(fd);
  await connect(fd).then((socket) => socket.destroy());
  await both[1]?.order('resume');
  expect(await answer).toBe('1');
});

test('a process that runs out of descriptors hands the connection to one that has some, at once', async () => {
  workers.push(await Worker.start(fd, 'poor', { descriptors: 64 }));
  workers.push(await Worker.start(fd, 'rich'));
  await workers[0]?.order('exhaust');

  const poor = async () => (await workers[0]?.order('stats'))?.stats;
  // Which of two idle processes the kernel wakes first is its own affair.
  do expect(await ask(fd)).toBe('rich');
  while ((await poor())?.exhausted === 0);

  const begin = performance.now();
  for (let i = 0; i < 4; i++) expect(await ask(fd)).toBe('rich');
  expect(performance.now() - begin).toBeLessThan(500);
  expect(await poor()).toMatchObject({ accepted: 0, exhausted: 1 });
});

test('a connection at a unix socket whose wake-up was lost is found by another process within a second', async () => {
  const local = listen({ path });
  workers.push(await Worker.start(local, 'poor', { descriptors: 64 }));
  workers.push(await Worker.start(local, 'rich'));
  await workers[0]?.order('exhaust');

  const begin = performance.now();
  expect(await ask(local)).toBe('rich');
  expect(performance.now() - begin).toBeLessThan(1_500);
  closeFd(local);
});

test('a connection waits without a spin while there are no descriptors, and is then served', async () => {
  const worker = await Worker.start(fd, 'poor', { descriptors: 64 });
  workers.push(worker);
  const before = await worker.order('exhaust');

  const told = worker.told('exhausted');
  const answer = ask(fd);
  expect(await told).toMatchObject({ code: 'EMFILE' });
  // The passing of time is what is measured here.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const during = await worker.order('stats');
  expect(during.stats.wakeups - before.stats.wakeups).toBeLessThanOrEqual(12);
  expect(during.errors).toBe(1);
  expect(during.cpu.user + during.cpu.system - before.cpu.user - before.cpu.system).toBeLessThan(200_000);

  await worker.order('free');
  expect(await answer).toBe('poor');
  expect((await worker.order('stats')).stats).toMatchObject({ accepted: 1, exhausted: 1 });
});

test('a process that was killed leaves its connections to the others', async () => {
  const [first, second] = await start(2);
  first?.signal('SIGSTOP');
  const answers = Array.from({ length: 8 }, () => ask(fd));
  first?.signal('SIGKILL');
  const names = await Promise.all(answers);
  expect(names.filter((name) => name === '1')).toHaveLength(8);
  expect((await second?.order('stats'))?.stats.accepted).toBe(8);
});

test('a process ends by itself when its acceptor is closed, and leaves the socket to the others', async () => {
  const [first] = await start(2);
  expect(await first?.leave()).toBe(0);
  for (let i = 0; i < 4; i++) expect(await ask(fd)).toBe('1');
});
