/** What proxies say of the client, as the app and the access log see it. */

import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ask, RawConnection } from '../processes/http-client.ts';
import { startQilin, temporaryFolder } from '../processes/server.ts';
import { type ClassUnderTest, FETCH_APP } from './classes.ts';
import { get } from './requests.ts';

const FORWARDED = {
  'X-Forwarded-Proto': 'https',
  'X-Forwarded-Host': 'example.com',
  'X-Forwarded-For': '192.0.2.7',
};

export function describeProxies({ flags }: ClassUnderTest): void {
  const start = (...args: string[]) =>
    startQilin([...flags, '--access-logfile', '-', '--access-logformat', 'from %(h)s %(U)s', ...args, FETCH_APP]);

  describe('what a proxy says of the client', () => {
    test('is believed by default when the proxy is on this machine; what contradicts itself gets 400', async () => {
      await using server = await start();
      expect((await ask(`${server.url}/url?x`, { headers: FORWARDED })).text).toBe('https://example.com/url?x');
      await server.logged(/^from 192\.0\.2\.7 \/url$/m);
      const chain = { ...FORWARDED, 'X-Forwarded-Proto': 'https,http', 'X-Forwarded-For': '192.0.2.8, 127.0.0.1' };
      expect((await ask(`${server.url}/url?chain`, { headers: chain })).text).toBe('https://example.com/url?chain');
      await server.logged(/^from 192\.0\.2\.8 \/url$/m);
      const headers = { 'X-Forwarded-Proto': 'https', 'X-Forwarded-Ssl': 'off' };
      expect((await ask(`${server.url}/contradiction`, { headers })).status).toBe(400);
    });

    test('is not believed of a client that resets its connection, where a unix socket is served too', async () => {
      using folder = temporaryFolder();
      const socketPath = join(folder.path, 'app.sock');
      await using server = await start('--bind', `unix:${socketPath}`, '--forwarded-allow-ips', '10.0.0.1');
      const fields = Object.entries(FORWARDED).map(([name, value]) => `${name}: ${value}`);
      for (let i = 0; i < 20; i++) {
        const connection = await RawConnection.open(server.port);
        // In one turn of the server's loop, mostly: then the connection has no addresses any more when it is asked for them.
        connection.socket.write(get('/reset', ...fields));
        connection.socket.resetAndDestroy();
      }
      expect((await ask('http://localhost/url', { socketPath, headers: FORWARDED })).text).toBe(
        'https://example.com/url',
      );
      await server.logged(/^from 192\.0\.2\.7 \/url$/m);
      expect(server.log).not.toContain('from 192.0.2.7 /reset');
    });

    test('is not believed of an address that is not allowed', async () => {
      await using server = await start('--forwarded-allow-ips', '10.0.0.1');
      expect((await ask(`${server.url}/url?x`, { headers: FORWARDED })).text).toBe(`${server.url}/url?x`);
      await server.logged(/^from 127\.0\.0\.1 \/url$/m);
    });
  });
}
