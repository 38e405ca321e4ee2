/** An nginx of a test's own, on a free port, all of its files in a temporary folder. Needs the tool `nginx-light`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { userInfo } from 'node:os';
import { eventually, freePort, write } from './files.ts';
import { ask } from './http-client.ts';
import { temporaryFolder } from './server.ts';

interface Nginx extends AsyncDisposable {
  readonly url: string;
  /** Tells it to go by another `http` block, if it `reloads`. That it does, its answers tell. */
  reload(http: string): void;
}

const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

/**
 * @param http What stands in its `http` block; it listens on port 80, in whose place it gets another.
 * @param reloads Whether it is to reload, which one process alone does not do.
 */
export async function startNginx(http: string, reloads = false): Promise<Nginx> {
  const folder = temporaryFolder();
  const address = `127.0.0.1:${await freePort()}`;
  const configured = (block: string) => `
    daemon off; pid nginx.pid; ${reloads ? `user ${userInfo().username};` : 'master_process off;'}
    events {}
    http {
      access_log off;
      ${TEMPORARY.map((name) => `${name}_temp_path ${name};`).join(' ')}
      ${block.replace('listen 80;', `listen ${address};`)}
    }`;
  const configure = (block: string) => write(folder.path, 'nginx.conf', configured(block));
  const args = ['-p', folder.path, '-e', 'stderr', '-c', configure(http)];
  const server = spawn('/usr/sbin/nginx', args, { stdio: ['ignore', 'inherit', 'inherit'] });
  const ended = once(server, 'exit');
  const url = `http://${address}`;
  await eventually(() => ask(url), 'nginx listened');
  return {
    url,
    reload(block) {
      configure(block);
      server.kill('SIGHUP');
    },
    [Symbol.asyncDispose]: async () => {
      server.kill();
      await ended;
      folder[Symbol.dispose]();
    },
  };
}
