/** An nginx of a test's own, on a free port, all of its files in a temporary folder. Needs the tool `nginx-light`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { eventually, freePort, write } from './files.ts';
import { ask } from './http-client.ts';
import { temporaryFolder } from './server.ts';

interface Nginx extends AsyncDisposable {
  readonly url: string;
}

const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

/** @param http What stands in its `http` block; it listens on port 80, in whose place it gets another. */
export async function startNginx(http: string): Promise<Nginx> {
  const folder = temporaryFolder();
  const address = `127.0.0.1:${await freePort()}`;
  const config = `
    daemon off; master_process off; pid nginx.pid;
    events {}
    http {
      access_log off;
      ${TEMPORARY.map((name) => `${name}_temp_path ${name};`).join(' ')}
      ${http.replace('listen 80;', `listen ${address};`)}
    }`;
  const args = ['-p', folder.path, '-e', 'stderr', '-c', write(folder.path, 'nginx.conf', config)];
  const server = spawn('/usr/sbin/nginx', args, { stdio: ['ignore', 'inherit', 'inherit'] });
  const ended = once(server, 'exit');
  const url = `http://${address}`;
  await eventually(() => ask(url), 'nginx listened');
  return {
    url,
    [Symbol.asyncDispose]: async () => {
      server.kill();
      await ended;
      folder[Symbol.dispose]();
    },
  };
}
