/** Whom the valve answers, with real clients at a real socket: who waits for a worker that stands still, and those whom it holds when that is over. */
import { once } from 'node:events';
import { type Socket as Client, connect } from 'node:net';
import { closeFd, listen } from '@qilin/picoev';
import { afterAll, afterEach, expect, test } from 'vitest';
import type { Crew } from '../../src/arbiter/crew.ts';
import type { Generations } from '../../src/arbiter/generations.ts';
import type { Socket } from '../../src/arbiter/sockets.ts';
import type { ArbiterState } from '../../src/arbiter/state.ts';
import type { Succession } from '../../src/arbiter/succession.ts';
import { Valve } from '../../src/arbiter/valve.ts';
import { actualAddress } from '../../src/contract/address.ts';
import { FleetWorld, wanted } from './fleet-world.ts';

const LIMIT = 300;
const ANSWER = /^HTTP\/1\.1 503 Service Unavailable\r\n[\s\S]*Service Unavailable\n$/;

const address = { kind: 'tcp', host: '127.0.0.1', port: 0 } as const;
const fd = listen(address, { backlog: 16, reusePort: false });
const socket: Socket = { fd, requested: address, actual: actualAddress(fd, address), file: '' };
const clients: Client[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
});
afterAll(() => closeFd(fd));

/** A client that has come, and what it is told until its connection ends. */
async function arrive(): Promise<{ told: Promise<string> }> {
  const port = 'port' in socket.actual ? socket.actual.port : 0;
  const client = connect(port, '127.0.0.1');
  clients.push(client);
  let text = '';
  client.setEncoding('latin1').on('data', (piece) => {
    text += piece;
  });
  await once(client, 'connect');
  client.write('GET / HTTP/1.1\r\nHost: test\r\n\r\n');
  return { told: once(client, 'end').then(() => text) };
}

/** A server of one worker that has been silent for so long; what is changed here the valve sees. */
function serverWith(silence: number) {
  const world = new FleetWorld(wanted(1));
  world.boot();
  const said: string[] = [];
  const server = { silence, limit: LIMIT, lent: [{ socket, place: null }], said };
  const state = {
    get config() {
      return { queueTimeout: server.limit, certfile: null };
    },
    fleet: world.fleet,
    log: { warning: (text: string) => said.push(text) },
  };
  const valve = new Valve(
    state as unknown as ArbiterState,
    { get: () => server } as unknown as Generations,
    { speaksForServer: () => true } as unknown as Succession,
    { hasStarted: true, silenceOf: () => server.silence } as unknown as Crew,
    () => {},
  );
  return { server, valve };
}

/** One that it has taken before its time: it has just come. */
async function holdOne() {
  const { server, valve } = serverWith(LIMIT);
  const { told } = await arrive();
  valve.look();
  expect(valve.total).toBe(0);
  return { server, valve, told };
}

test('takes nobody while a worker turns', async () => {
  const { valve, server } = serverWith(LIMIT - 1);
  const { told } = await arrive();
  valve.look();
  expect(valve.total).toBe(0);
  // It is still in the queue.
  server.silence = LIMIT;
  server.limit = 1;
  while (valve.total === 0) valve.look();
  expect(await told).toMatch(ANSWER);
  valve.close();
});

test('answers each when it has waited for as long, and no sooner', async () => {
  const came = performance.now();
  const { valve, told } = await holdOne();
  while (valve.total === 0) {
    valve.look();
    await new Promise((resolve) => setImmediate(resolve));
  }
  // The kernel counts in some milliseconds.
  expect(performance.now() - came).toBeGreaterThanOrEqual(LIMIT - 10);
  expect(await told).toMatch(ANSWER);
  valve.close();
});

test.each<[string, (of: Awaited<ReturnType<typeof holdOne>>) => void]>([
  [
    'a worker turns again',
    ({ server, valve }) => {
      server.silence = 0;
      valve.look();
    },
  ],
  [
    'a reload has closed the socket by which it came',
    ({ server, valve }) => {
      server.lent = [];
      valve.look();
    },
  ],
  [
    'queueTimeout is off since a reload',
    ({ server, valve }) => {
      valve.follow();
      server.limit = 0;
      valve.follow();
    },
  ],
])('lets go whom it holds, with the answer, when %s: nobody can be given back', async (_, happens) => {
  const held = await holdOne();
  happens(held);
  expect(held.valve.total).toBe(1);
  expect(await held.told).toMatch(ANSWER);
  held.valve.close();
});

test.runIf(process.platform === 'linux')(
  'takes one alone before its time: those behind it have come later',
  async () => {
    const { valve } = serverWith(LIMIT);
    await Promise.all(Array.from({ length: 8 }, arrive));
    valve.look();
    valve.look();
    // It lets go whom it holds; the others wait in the queue.
    valve.close();
    expect(valve.total).toBe(1);
  },
);
