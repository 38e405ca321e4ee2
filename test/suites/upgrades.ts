/** Upgraded connections: a program of the package `ws`, unmodified, and one with a protocol of its own. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { ask, RawConnection } from '../processes/http-client.ts';
import { drains } from '../processes/requests.ts';
import { startQilin } from '../processes/server.ts';
import type { ClassUnderTest } from './classes.ts';
import { exchange, get } from './requests.ts';

export function describeUpgrades(underTest: ClassUnderTest): void {
  describe('upgrades', () => {
    test('a ws server talks with its clients, and serves plain HTTP', async () => {
      await using server = await startQilin([...underTest.flags, '-w', '2', 'test/fixtures/websocket.mjs']);
      const client = new WebSocket(server.url.replace('http:', 'ws:'));
      await once(client, 'open');
      client.send('hello');
      expect(String((await once(client, 'message'))[0])).toBe('hello');
      const large = randomBytes(1024 * 1024);
      client.send(large);
      const [back] = await once(client, 'message');
      expect(large.equals(back)).toBe(true);
      expect((await ask(server.url)).text).toBe('plain HTTP');
      client.close(1000);
      expect((await once(client, 'close'))[0]).toBe(1000);
      expect((await server.stop()).status).toBe(0);
      expect(server.log).not.toMatch(/\[(?:WARNING|ERROR|CRITICAL)\]/);
    });

    test('an upgrade listener gets the connection, and all that comes on it', async () => {
      await using server = await startQilin([...underTest.flags, 'test/fixtures/upgrade.mjs']);
      using connection = await RawConnection.open(server.port);
      // What comes in the same packet is the new protocol's already.
      connection.send('GET / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nzero');
      await connection.until(/^HTTP\/1\.1 101 Switching Protocols\r\n[\s\S]*\r\n\r\nzero$/);
      connection.send('one');
      await connection.until(/zeroone$/);
      connection.socket.end();
      await connection.ended;
      expect((await ask(server.url)).text).toBe('plain HTTP\n');
      expect((await server.stop()).status).toBe(0);
    });

    test('an upgrade without a Host is the listener’s, a request without one is none', async () => {
      await using server = await startQilin([...underTest.flags, 'test/fixtures/upgrade.mjs']);
      using upgraded = await RawConnection.open(server.port);
      upgraded.send('GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nzero');
      await upgraded.until(/^HTTP\/1\.1 101 [\s\S]*zero$/);
      upgraded.socket.end();
      await upgraded.ended;
      expect(await exchange(server, 'GET / HTTP/1.1\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
    });

    test('an upgraded connection outlives `keepalive` in a drain, whatever came on it before', async () => {
      const lasting = ['--keep-alive', '0.5', '--graceful-timeout', '20', '--log-level', 'debug'];
      await using server = await startQilin([...underTest.flags, ...lasting, 'test/fixtures/upgrade.mjs']);
      using upgraded = await RawConnection.open(server.port);
      if (underTest.lacks.keepAlive === undefined) {
        // As a proxy does that keeps its connections.
        upgraded.send(get('/'));
        await upgraded.until(/plain HTTP\n$/);
      }
      upgraded.received = '';
      upgraded.send(get('/', 'Connection: Upgrade', 'Upgrade: echo'));
      await upgraded.until(/^HTTP\/1\.1 101 /);
      // Where one worker has many, a connection that says nothing tells when the others would be closed.
      using silent = underTest.lacks.concurrency === undefined ? await RawConnection.open(server.port) : undefined;
      server.signal('SIGTERM');
      await drains(server);
      await silent?.ended;
      upgraded.send('still here');
      await upgraded.until(/still here$/);
      upgraded.socket.end();
      await upgraded.ended;
      expect((await server.exited).status).toBe(0);
      expect(server.log).not.toContain('Graceful timeout');
    });
  });
}
