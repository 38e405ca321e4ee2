/** An HAProxy of a test's own, with its files in a temporary folder. Needs the tool `haproxy`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { eventually, write } from './files.ts';
import { type AskOptions, ask } from './http-client.ts';
import { temporaryFolder } from './server.ts';

/** @param config All of it. @param url Where it answers once it has started. */
export async function startHaproxy(config: string, url: string, options: AskOptions = {}): Promise<AsyncDisposable> {
  const folder = temporaryFolder();
  const file = write(folder.path, 'haproxy.cfg', config);
  const proxy = spawn('/usr/sbin/haproxy', ['-db', '-f', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(proxy, 'exit');
  let said = '';
  proxy.stderr.setEncoding('utf8').on('data', (text) => {
    said += text;
  });
  await eventually(async () => (await ask(url, options)).status === 200, 'haproxy served').catch((error) => {
    proxy.kill('SIGTERM');
    throw new Error(`haproxy does not serve: ${said}`, { cause: error });
  });
  return {
    [Symbol.asyncDispose]: async () => {
      proxy.kill('SIGTERM');
      await ended;
      folder[Symbol.dispose]();
    },
  };
}
