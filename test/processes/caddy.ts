/** A Caddy of a test's own, with its files in a temporary folder. Needs the tool `caddy`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { eventually, write } from './files.ts';
import { ask } from './http-client.ts';
import { temporaryFolder } from './server.ts';

/** @param config All of it. @param url Where it answers once it has started. */
export async function startCaddy(config: string, url: string): Promise<AsyncDisposable> {
  const folder = temporaryFolder();
  const file = write(folder.path, 'Caddyfile', config);
  const home = { HOME: folder.path, XDG_DATA_HOME: folder.path, XDG_CONFIG_HOME: folder.path };
  const proxy = spawn('/usr/bin/caddy', ['run', '--adapter', 'caddyfile', '--config', file], {
    env: { ...process.env, ...home },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(proxy, 'exit');
  let said = '';
  proxy.stderr.setEncoding('utf8').on('data', (text) => {
    said += text;
  });
  const end = async () => {
    proxy.kill('SIGTERM');
    await ended;
    folder[Symbol.dispose]();
  };
  await eventually(async () => (await ask(url)).status === 200, 'Caddy served').catch(async (error) => {
    await end();
    throw new Error(`Caddy does not serve: ${said}`, { cause: error });
  });
  return { [Symbol.asyncDispose]: end };
}
