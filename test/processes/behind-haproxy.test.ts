/** What docs/proxies.md says of HAProxy: whose a connection is, of both versions and all families, and health by the arbiter. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { ipv6, tool } from '../needs.ts';
import { makeCertificate } from './certificates.ts';
import { freePort } from './files.ts';
import { startHaproxy } from './haproxy.ts';
import { ask } from './http-client.ts';
import { Http2Connection } from './http2-client.ts';
import { type QilinProcess, repository, startQilin, temporaryFolder } from './server.ts';

const PROGRAM = 'test/fixtures/clients.mjs';
const haproxy = tool('haproxy');
const test6 = test.skipIf(haproxy.isMissing || ipv6.isMissing);

const DEFAULTS = `
  defaults
    mode tcp
    timeout connect 5s
    timeout client 30s
    timeout server 30s`;

/** The configuration of the document, with other addresses. */
function documented(front: string, app: string, admin: number): string {
  const text = readFileSync(join(repository, 'docs/proxies.md'), 'utf8');
  const [, config] = /```haproxy\n(defaults[\s\S]+?)```/.exec(text) ?? [];
  if (config === undefined) throw new Error('docs/proxies.md says no more how HAProxy is set up');
  const found = [':80\n', '127.0.0.1:8000 ', 'check port 9000'];
  for (const each of found) if (!config.includes(each)) throw new Error(`docs/proxies.md says no more ${each}`);
  const placed = config.replace('bind :80', `bind ${front}`).replace('127.0.0.1:8000', app);
  return placed.replace('check port 9000', `check port ${admin} inter 100`);
}

async function adminPort(server: QilinProcess): Promise<number> {
  const [, url = ''] = await server.logged(/Health and status at: (http:\S+)/);
  return Number(new URL(url).port);
}

describe.each(['picoev', 'async', 'threads'])('class %s behind HAProxy', (name) => {
  test6(haproxy.named('knows the client, whatever the families of both sides, by both versions'), async () => {
    using folder = temporaryFolder();
    const unix = join(folder.path, 'app.sock');
    const flags = ['-k', name, '--proxy-protocol', '--bind', `unix:${unix}`, '--bind', '[::1]:0'];
    await using server = await startQilin([...flags, PROGRAM]);
    const at = [...server.log.matchAll(/http:\/\/(\S+?:\d+)[,\s]/g)].map(([, address = '']) => address);
    const backs = [...new Set(at), `unix@${unix}`];
    expect(backs).toHaveLength(3);
    const ways = await Promise.all(
      backs.flatMap((back) =>
        ['send-proxy', 'send-proxy-v2', 'send-proxy-v2 proxy-v2-options crc32c,unique-id'].map(async (how) => ({
          back,
          how,
          port: await freePort(),
        })),
      ),
    );
    const sections = ways.map(
      ({ back, how, port }, number) => `
  listen way${number}
    bind 127.0.0.1:${port}
    bind [::1]:${port}
    bind ${folder.path}/${number}.sock
    unique-id-format %{+X}o%ci:%cp
    server app ${back} ${how}`,
    );
    await using _proxy = await startHaproxy(
      [DEFAULTS, ...sections, ''].join('\n'),
      `http://127.0.0.1:${ways[0]?.port}`,
    );
    for (const [number, { port, back, how }] of ways.entries()) {
      const told = `${how} to ${back}`;
      const v4 = await ask(`http://127.0.0.1:${port}`, { localAddress: '127.0.0.9' });
      expect(v4.text, told).toMatch(/^127\.0\.0\.9 \d+ IPv4\n$/);
      expect((await ask(`http://[::1]:${port}`)).text, told).toMatch(/^::1 \d+ IPv6\n$/);
      // Of a client without an address it is HAProxy's own.
      const own = back.startsWith('unix') ? /^\s+$/ : /^(?:127\.0\.0\.1|::1) \d+ IPv[46]\n$/;
      expect((await ask('http://test/', { socketPath: join(folder.path, `${number}.sock`) })).text, told).toMatch(own);
    }
    expect(server.log).not.toMatch(/\[(?:WARNING|ERROR|CRITICAL)\]/);
  });

  test.skipIf(haproxy.isMissing)(haproxy.named('is left in peace by it as soon as it drains'), async () => {
    const front = `127.0.0.1:${await freePort()}`;
    const flags = ['-k', name, '--proxy-protocol', '--admin-bind', '0', '--drain-delay', '3'];
    await using first = await startQilin([...flags, PROGRAM]);
    await using second = await startQilin([...flags, PROGRAM]);
    const config = documented(front, `127.0.0.1:${first.port}`, await adminPort(first));
    const other = `  server app2 127.0.0.1:${second.port} send-proxy-v2 check port ${await adminPort(second)} inter 100\n`;
    await using _proxy = await startHaproxy(config + other, `http://${front}`);
    let isOver = false;
    const over = first.exited.then(() => {
      isOver = true;
    });
    let asked = 0;
    first.signal('SIGTERM');
    // Also while HAProxy does not know it yet.
    while (!isOver) {
      expect((await ask(`http://${front}`, { localAddress: '127.0.0.9' })).text).toMatch(/^127\.0\.0\.9 \d+ IPv4\n$/);
      asked += 1;
    }
    await over;
    expect(asked).toBeGreaterThan(10);
    expect(await first.exited).toEqual({ status: 0, signal: null });
    expect((await ask(`http://${front}`)).status).toBe(200);
    for (const { log } of [first, second]) expect(log).not.toMatch(/\[(?:WARNING|ERROR|CRITICAL)\]/);
  });
});

test.skipIf(haproxy.isMissing)(
  haproxy.named('TLS that HAProxy passes on: the client is known behind it, over both HTTPs'),
  async () => {
    using folder = temporaryFolder();
    const { keyfile, certfile, cert } = makeCertificate(folder.path, 'server', 'first');
    const flags = ['--proxy-protocol', '--keyfile', keyfile, '--certfile', certfile];
    const logs = ['--access-logfile', '-', '--access-logformat', 'from %(h)s by %(H)s'];
    await using server = await startQilin([...flags, ...logs, 'test/fixtures/client-ip.mjs']);
    const front = `127.0.0.1:${await freePort()}`;
    const config = `${DEFAULTS}\n  listen web\n    bind ${front}\n    server app 127.0.0.1:${server.port} send-proxy-v2\n`;
    await using _proxy = await startHaproxy(config, `https://${front}`, { ca: cert });
    const { text } = await ask(`https://${front}`, { ca: cert, localAddress: '127.0.0.9' });
    expect(text).toBe('127.0.0.9');
    const [host = '', port] = front.split(':');
    const from = { host, port: Number(port), localAddress: '127.0.0.9', ca: cert };
    using client = await Http2Connection.open(`https://${front}`, {
      createConnection: () => connect({ ...from, ALPNProtocols: ['h2'], rejectUnauthorized: false }),
    });
    expect((await client.ask('/')).text).toBe('127.0.0.9');
    for (const protocol of ['HTTP/1.1', 'HTTP/2.0'])
      await server.logged(new RegExp(`^from 127\\.0\\.0\\.9 by ${protocol}$`, 'm'));
  },
);
