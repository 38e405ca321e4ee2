/** PROXY protocol: whom the app, the access log and the rules of X-Forwarded-* take for the client, and what is closed. */
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ask, RawConnection } from '../processes/http-client.ts';
import { binary, IPV4, IPV6, LOCAL, line, PROXY, tlv, UNIX } from '../processes/proxy-headers.ts';
import { type QilinProcess, startQilin, temporaryFolder } from '../processes/server.ts';
import { alone, type ClassUnderTest, FETCH_APP } from './classes.ts';
import { get } from './requests.ts';

const PROGRAM = 'test/fixtures/clients.mjs';
const LOGS = ['--access-logfile', '-', '--access-logformat', 'from %(h)s %(U)s'];
/** So is all that the proxies of the tests append. */
const TLVS = Buffer.concat([tlv(0x01, 'h2'), tlv(0x04, ''), tlv(0xee, 'x'.repeat(1_000))]);
const V4 = '203.0.113.7 4711 IPv4';
const V6 = '2001:db8::1 4711 IPv6';
/** The proxy's own. */
const ITSELF = /^127\.0\.0\.1 \d+ IPv4$/;

const HEADERS: readonly (readonly [string, Buffer, string | RegExp])[] = [
  ['version 1, TCP4', line('TCP4 203.0.113.7 10.0.0.1 4711 80'), V4],
  ['version 1, TCP6', line('TCP6 2001:db8::1 ::1 4711 80'), V6],
  ['version 1, UNKNOWN', line('UNKNOWN ffff::1 ffff::2 65535 65535'), ITSELF],
  ['version 2, TCP over IPv4', binary(PROXY, 0x11, IPV4), V4],
  ['version 2, TCP over IPv6', binary(PROXY, 0x21, IPV6), V6],
  ['version 2 with more behind the addresses', binary(PROXY, 0x11, Buffer.concat([IPV4, TLVS])), V4],
  ['version 2, a unix socket', binary(PROXY, 0x31, UNIX), ITSELF],
  ['version 2, LOCAL', binary(LOCAL, 0x00, Buffer.alloc(0)), ITSELF],
];

/** What is closed without an answer, each with what a request behind it may not change. */
const REFUSED: readonly (readonly [string, Buffer])[] = [
  ['no header', Buffer.alloc(0)],
  ['garbage', Buffer.from([0, 1, 2, 3])],
  ['a line without an end', Buffer.from(`PROXY TCP4 ${'1'.repeat(120)}`)],
  ['a line of another family', line('UDP4 203.0.113.7 10.0.0.1 4711 80')],
  ['a line with an address that is none', line('TCP4 203.0.113.777 10.0.0.1 4711 80')],
  ['a length that is less than its addresses', binary(PROXY, 0x21, IPV6, 12)],
  ['a length that is more than a header may have', binary(PROXY, 0x11, IPV4, 0xffff)],
  ['a family that does not exist', binary(PROXY, 0x41, IPV4)],
  ['a version that does not exist', binary(0x11, 0x11, IPV4)],
  ['a TLV that is longer than the header', binary(PROXY, 0x11, Buffer.concat([IPV4, Buffer.from([1, 0xff, 0xff])]))],
  ['a wrong checksum', binary(PROXY, 0x11, Buffer.concat([IPV4, tlv(0x03, 'abcd')]))],
];

const LAST = get('/', 'Connection: close');

/** All that comes back until the server closes. @param pieces each sent by itself */
async function talk(port: number, ...pieces: readonly (Uint8Array | string)[]): Promise<string> {
  using connection = await RawConnection.open(port);
  for (const piece of pieces) await connection.send(piece);
  await connection.ended;
  return connection.received;
}

const bodyOf = (answer: string): string => answer.split('\r\n\r\n')[1]?.trim() ?? `no body in ${answer}`;

async function unproxied(server: QilinProcess): Promise<number> {
  const [, admin] = await server.logged(/Health and status at: (http:\S+)/);
  const { workers } = JSON.parse((await ask(`${admin}/status`)).text);
  return workers[0].unproxied;
}

export function describeProxyProtocol(underTest: ClassUnderTest): void {
  const { flags, lacks } = underTest;
  const start = (...args: string[]) => startQilin([...flags, '--proxy-protocol', ...LOGS, ...args]);

  describe('PROXY protocol', () => {
    test('tells the program and the access log whose a connection is', async () => {
      await using server = await start(PROGRAM);
      for (const [name, header, expected] of HEADERS) {
        const body = bodyOf(await talk(server.port, Buffer.concat([header, Buffer.from(LAST)])));
        if (typeof expected === 'string') expect(body, name).toBe(expected);
        else expect(body, name).toMatch(expected);
        await server.logged(new RegExp(`^connected ${body}$`, 'm'));
        await server.logged(new RegExp(`^from ${body.split(' ')[0]} /$`, 'm'));
      }
      expect(server.log).not.toMatch(/\[(?:WARNING|ERROR|CRITICAL)\]/);
    });

    test('takes a header byte by byte, and all that follows it, pipelined too', async () => {
      await using server = await start(PROGRAM);
      for (const header of [line('TCP6 2001:db8::1 ::1 4711 80'), binary(PROXY, 0x21, Buffer.concat([IPV6, TLVS]))]) {
        const bytes = [...header.subarray(0, 60)].map((byte) => Uint8Array.of(byte));
        expect(bodyOf(await talk(server.port, ...bytes, header.subarray(60), LAST))).toBe(V6);
      }
      if (lacks.keepAlive !== undefined) return;
      const both = Buffer.concat([line('TCP4 203.0.113.7 10.0.0.1 4711 80'), Buffer.from(get('/1') + LAST)]);
      const answers = await talk(server.port, both);
      expect(answers.match(/203\.0\.113\.7 4711 IPv4/g)).toHaveLength(2);
    });

    test('tells a connection that is upgraded, too', async () => {
      await using server = await start(PROGRAM);
      const asked = get('/', 'Connection: Upgrade', 'Upgrade: facts');
      expect(bodyOf(await talk(server.port, binary(PROXY, 0x11, IPV4), asked))).toBe(V4);
    });

    test('is what forwardedAllowIps is about: a client cannot make up another address', async () => {
      await using server = await start('--forwarded-allow-ips', '127.0.0.1,203.0.113.0/24', FETCH_APP);
      const forged = ['X-Forwarded-Host: example.com', 'X-Forwarded-For: 192.0.2.7', 'Connection: close'];
      const from = (address: string) =>
        talk(server.port, line(`TCP4 ${address} 10.0.0.1 4711 80`), get('/url', ...forged));
      expect(bodyOf(await from('198.51.100.1'))).toContain('http://test/url');
      await server.logged(/^from 198\.51\.100\.1 \/url$/m);
      expect(bodyOf(await from('203.0.113.7'))).toContain('http://example.com/url');
      await server.logged(/^from 192\.0\.2\.7 \/url$/m);
    });

    test('closes, counts and tells of what has no valid header, and serves on', async () => {
      await using server = await startQilin([
        ...alone(underTest),
        '--proxy-protocol',
        ...['--admin-bind', '0', '--log-level', 'info'],
        PROGRAM,
      ]);
      for (const [name, header] of REFUSED) {
        expect(await talk(server.port, Buffer.concat([header, Buffer.from(LAST)])), name).toBe('');
      }
      // One that is cut; and one that says nothing at all, as a health check does, which is nobody's fault.
      for (const sent of [line('TCP4 203.0.113.7 10.0.0.1 4711 80').subarray(0, 20), Buffer.alloc(0)]) {
        using connection = await RawConnection.open(server.port);
        connection.socket.end(sent);
        await connection.ended;
        expect(connection.received).toBe('');
      }
      expect(bodyOf(await talk(server.port, line('TCP4 203.0.113.7 10.0.0.1 4711 80'), LAST))).toBe(V4);
      expect(server.log.match(/^.*\(proxyProtocol\).*$/gm)).toHaveLength(1);
      expect(server.log).toMatch(
        /\[WARNING\] A connection of 127\.0\.0\.1 was closed: it does not begin with a PROXY header \(proxyProtocol\)$/m,
      );
      // With the next sign of life.
      for (const until = Date.now() + 20_000; Date.now() < until && (await unproxied(server)) <= REFUSED.length; );
      expect(await unproxied(server)).toBe(REFUSED.length + 1);
    });

    test('closes who sends no whole header in time, and gives his place to the next', async () => {
      const few = ['--worker-connections', '1', '--headers-timeout', '1'];
      await using server = await startQilin([...alone(underTest), '--proxy-protocol', ...few, PROGRAM]);
      for (const begun of ['', 'PROXY TCP4 203.0.113.7 ']) {
        const silent = await RawConnection.open(server.port);
        if (begun !== '') await silent.send(begun);
        const next = talk(server.port, binary(PROXY, 0x11, IPV4), LAST);
        await silent.ended;
        expect(silent.received).toBe('');
        expect(bodyOf(await next)).toBe(V4);
      }
      await server.logged(/closed: its PROXY header did not come in time/);
    });

    test('is believed of no peer but proxyAllowFrom, and of whoever may connect to a unix socket', async () => {
      using folder = temporaryFolder();
      const socketPath = join(folder.path, 'app.sock');
      const rules = ['--proxy-allow-from', '10.0.0.0/8,2001:db8::1', '--bind', `unix:${socketPath}`];
      await using server = await start(...rules, PROGRAM);
      expect(await talk(server.port, line('TCP4 203.0.113.7 10.0.0.1 4711 80'), LAST)).toBe('');
      await server.logged(/of 127\.0\.0\.1 was closed: it does not come from one of proxyAllowFrom/);
      const { text } = await askBehind(socketPath, binary(PROXY, 0x11, IPV4));
      expect(text).toBe(V4);
      expect((await askBehind(socketPath, line('UNKNOWN'))).text).toBe('');
    });

    test('does not hold up a worker that leaves', async () => {
      await using server = await start('--keep-alive', '0.5', '--graceful-timeout', '30', PROGRAM);
      using silent = await RawConnection.open(server.port);
      await silent.send('PROXY ');
      server.signal('SIGTERM');
      await silent.ended;
      expect((await server.exited).status).toBe(0);
      expect(server.log).not.toContain('Graceful timeout');
    });

    test('is garbage where it is not asked for', async () => {
      await using server = await startQilin([...flags, PROGRAM]);
      expect(await talk(server.port, line('TCP4 203.0.113.7 10.0.0.1 4711 80'), LAST)).toMatch(/^HTTP\/1\.1 400 /);
    });
  });
}

/** On a unix socket. */
async function askBehind(socketPath: string, header: Uint8Array): Promise<{ readonly text: string }> {
  using connection = new RawConnection(connect(socketPath));
  await connection.send(Buffer.concat([header, Buffer.from(LAST)]));
  await connection.ended;
  return { text: bodyOf(connection.received) };
}
