/** A PostgreSQL of a test's own, reached through a socket in a temporary folder. Needs the tool `postgresql`. */
import { type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { temporaryFolder } from '../processes/server.ts';

interface PostgresServer extends AsyncDisposable {
  readonly url: string;
  /** Runs a statement, as its administrator. */
  query(statement: string): string;
}

const INSTALLED = '/usr/lib/postgresql';

export async function startPostgres(): Promise<PostgresServer> {
  const [version = ''] = readdirSync(INSTALLED).sort();
  const program = (name: string) => join(INSTALLED, version, 'bin', name);
  const folder = temporaryFolder();
  const user = unprivileged();
  if (user !== undefined) chownSync(folder.path, user.uid, user.gid);
  const data = join(folder.path, 'data');
  const options: SpawnOptions = { ...user, cwd: folder.path };
  const made = spawnSync(program('initdb'), ['-D', data, '-U', 'notes', '-A', 'trust', '-E', 'UTF8', '--no-sync'], {
    ...options,
    encoding: 'utf8',
  });
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`);
  const settings = ['listen_addresses=', `unix_socket_directories=${folder.path}`, 'fsync=off'];
  const server = spawn(program('postgres'), ['-D', data, ...settings.flatMap((setting) => ['-c', setting])], {
    ...user,
    cwd: folder.path,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(server, 'exit');
  for await (const line of createInterface({ input: server.stderr })) {
    if (line.includes('ready to accept connections')) break;
  }
  server.stderr.resume();
  return {
    url: `postgresql://notes@/postgres?host=${encodeURIComponent(folder.path)}`,
    query: (statement) =>
      spawnSync(program('psql'), ['-h', folder.path, '-U', 'notes', '-At', '-c', statement, 'postgres'], {
        encoding: 'utf8',
      }).stdout,
    [Symbol.asyncDispose]: async () => {
      server.kill('SIGINT'); // at once, whoever is connected
      await ended;
      folder[Symbol.dispose]();
    },
  };
}

/** It refuses to be root: then the user that Debian's package has made. */
function unprivileged(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (option: string) => Number(spawnSync('id', [option, 'postgres'], { encoding: 'utf8' }).stdout);
  return { uid: id('-u'), gid: id('-g') };
}
