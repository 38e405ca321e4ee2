/** The kinds of address that a class serves. test/processes/binds.test.ts has what becomes of their files. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ipv6 } from '../needs.ts';
import { ask } from '../processes/http-client.ts';
import { startQilin, temporaryFolder } from '../processes/server.ts';
import { type ClassUnderTest, FETCH_APP } from './classes.ts';

export function describeBinds({ flags }: ClassUnderTest): void {
  describe('addresses', () => {
    test('a unix socket is served, beside a port', async () => {
      using folder = temporaryFolder();
      const socketPath = join(folder.path, 'app.sock');
      await using server = await startQilin([...flags, '--bind', `unix:${socketPath}`, FETCH_APP]);
      expect((await ask('http://localhost/url', { socketPath })).text).toBe('http://localhost/url');
      expect((await ask(`${server.url}/url`)).text).toBe(`${server.url}/url`);
    });

    test.skipIf(ipv6.isMissing)(ipv6.named('an IPv6 address is served'), async () => {
      await using server = await startQilin([...flags, FETCH_APP], { bind: '[::1]:0' });
      expect((await ask(`${server.url}/url`)).text).toBe(`${server.url}/url`);
    });
  });
}
