/** Connections that are turned away unseen: what each client is told, by what it has sent. */
import { once } from 'node:events';
import { connect, type Socket, Socket as Taken } from 'node:net';
import { closeFd, listen, takeConnection } from '@qilin/picoev';
import { afterAll, expect, test } from 'vitest';
import { actualAddress } from '../../src/contract/address.ts';
import { TurnAway } from '../../src/worker/node-http/turn-away.ts';

const address = { kind: 'tcp', host: '127.0.0.1', port: 0 } as const;
const listener = listen(address, { backlog: 8, reusePort: false });
afterAll(() => closeFd(listener));

/** A client that has sent this, and the other end of its connection. */
async function arrive(text: string): Promise<{ client: Socket; received: () => string; fd: number }> {
  const actual = actualAddress(listener, address);
  if (actual.kind !== 'tcp') throw new Error('it listens elsewhere');
  const client = connect(actual.port, actual.host);
  let received = '';
  client.setEncoding('latin1').on('data', (piece) => {
    received += piece;
  });
  await once(client, 'connect');
  if (text !== '') await new Promise((resolve) => client.write(text, resolve));
  const fd = takeConnection(listener);
  if (fd === undefined) throw new Error('nobody waits');
  return { client, received: () => received, fd };
}

const get = (method: string): string => `${method} / HTTP/1.1\r\nHost: test\r\n\r\n`;
const HEAD = /^HTTP\/1\.1 503 Service Unavailable\r\n[\s\S]*\r\nRetry-After: 1\r\n[\s\S]*\r\n\r\n/;

test.each([
  { method: 'GET', body: 'Service Unavailable\n' },
  { method: 'HEAD', body: '' },
])('$method has 503 and the end of its connection', async ({ method, body }) => {
  const { client, received, fd } = await arrive(get(method));
  expect(new TurnAway().take(fd)).toBe(method);
  await once(client, 'end');
  expect(received()).toMatch(HEAD);
  expect(received().replace(HEAD, '')).toBe(body);
});

test.each([
  { what: 'a body that is not all there', text: 'POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 500000\r\n\r\nxxx' },
  { what: 'a GET with a body', text: 'GET / HTTP/1.1\r\ncontent-length: 4\r\n\r\n' },
  { what: 'two requests', text: get('GET').repeat(2) },
  { what: 'half a head', text: 'GET / HT' },
  { what: 'no HTTP', text: '\x16\x03\x01' },
])('who has sent $what can send on, and is told the same', async ({ text }) => {
  const { client, received, fd } = await arrive(text);
  expect(new TurnAway().take(fd)).toBe('-');
  client.write('x'.repeat(500_000));
  await once(client, 'end');
  expect(received()).toMatch(HEAD);
  client.destroy();
});

test('no more linger than have room; the others are told too', async () => {
  const away = new TurnAway();
  const arrived = [];
  for (let i = 0; i < 150; i++) arrived.push(await arrive('GET / HT'));
  for (const { fd } of arrived) expect(away.take(fd)).toBe('-');
  expect(away.lingering).toBe(128);
  await Promise.all(arrived.map(({ client }) => once(client, 'close')));
  for (const { received } of arrived) expect(received()).toMatch(HEAD);
  await expect.poll(() => away.lingering).toBe(0);
});

test('who has sent nothing yet is left alone', async () => {
  const { client, fd } = await arrive('');
  expect(new TurnAway().take(fd)).toBeUndefined();
  const taken = new Taken({ fd, readable: true, writable: true });
  client.write('hello');
  expect(String((await once(taken, 'data'))[0])).toBe('hello');
  client.destroy();
  taken.destroy();
});
