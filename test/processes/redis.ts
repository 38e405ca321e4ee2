/** A redis-server of a test's own, reached through a socket in a temporary folder. Needs the tool `redis-server`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { temporaryFolder } from './server.ts';

interface RedisServer extends AsyncDisposable {
  /** Of its socket. */
  readonly path: string;
}

export async function startRedis(): Promise<RedisServer> {
  const folder = temporaryFolder();
  const path = join(folder.path, 'redis.sock');
  const options = ['--port', '0', '--unixsocket', path, '--save', '', '--dir', folder.path];
  const server = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(server, 'exit');
  for await (const line of createInterface({ input: server.stdout })) {
    if (/ready to accept connections/i.test(line)) break;
  }
  server.stdout.resume();
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      server.kill();
      await ended;
      folder[Symbol.dispose]();
    },
  };
}
