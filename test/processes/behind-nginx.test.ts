/** What docs/apps.md says of Socket.IO's polling: each worker has an address, and nginx keeps a client with one of them. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { linux, tool } from '../needs.ts';
import { ask } from './http-client.ts';
import { startNginx } from './nginx.ts';
import { reload } from './operations.ts';
import { repository, startQilin, temporaryFolder } from './server.ts';

const APP = 'test/processes/fixtures/says-pid.mjs';
/** The more there are, the surer is it that both workers have some. */
const CLIENTS = Array.from({ length: 16 }, (_, index) => `127.0.0.${index + 2}`);

/** The configuration and the bind of the document, whose sockets are in a folder of the test. */
function documented(folder: string): { bind: string; http: string } {
  const text = readFileSync(join(repository, 'docs/apps.md'), 'utf8').replaceAll('unix:/run/', `unix:${folder}/`);
  const [, bind] = /qilin -w 2 --bind '(unix:\S+)' server\.js/.exec(text) ?? [];
  const [, http] = /```nginx\n(upstream app [\s\S]+?)```/.exec(text) ?? [];
  if (bind === undefined || http === undefined) throw new Error('docs/apps.md says no more how it is done');
  return { bind, http };
}

async function pidBySocket(url: string, localAddress: string): Promise<string> {
  const socket = new WebSocket(url.replace('http', 'ws'), { localAddress });
  const [pid] = await once(socket, 'message');
  socket.close();
  await once(socket, 'close');
  return String(pid);
}

const nginx = tool('nginx-light');
/** Elsewhere the loopback has one address. */
const isSkipped = nginx.isMissing || linux.isMissing;

test.skipIf(isSkipped)(
  linux.named(nginx.named('a client has one worker, of the same number after a reload')),
  async () => {
    using folder = temporaryFolder();
    const { bind, http } = documented(folder.path);
    await using server = await startQilin(['-w', '2', APP], { bind });
    await using proxy = await startNginx(http);

    /** Each client's worker, by its number. */
    async function workers(): Promise<number[]> {
      const numbers = await Promise.all(
        [1, 2].map(
          async (number) => (await ask('http://test/', { socketPath: join(folder.path, `app-${number}.sock`) })).text,
        ),
      );
      return Promise.all(
        CLIENTS.map(async (localAddress) => {
          const pid = (await ask(proxy.url, { localAddress })).text;
          expect((await ask(proxy.url, { localAddress })).text).toBe(pid);
          expect(await pidBySocket(proxy.url, localAddress)).toBe(pid);
          return numbers.indexOf(pid) + 1;
        }),
      );
    }

    const before = await workers();
    expect([...new Set(before)].toSorted()).toEqual([1, 2]);
    await reload(server);
    await server.until(() => server.log.match(/Worker exited/g)?.length === 2, 'the exit of the old workers');
    expect(await workers()).toEqual(before);
  },
);
