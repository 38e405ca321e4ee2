/** What a test needs of files and ports. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const PATIENCE = 20_000;
const LOOK_EVERY = 20;

/** The first result that is neither undefined nor false; for what sends no event, such as a file. An error counts as none. */
export async function eventually<T>(
  attempt: () => T | Promise<T>,
  what: string,
): Promise<Exclude<T, undefined | false>> {
  const end = performance.now() + PATIENCE;
  let last: unknown;
  while (performance.now() < end) {
    try {
      const result = await attempt();
      if (result !== undefined && result !== false) return result as Exclude<T, undefined | false>;
    } catch (error) {
      last = error;
    }
    await pause(LOOK_EVERY);
  }
  throw new Error(`${PATIENCE / 1000} s passed before ${what}`, { cause: last });
}

/** Writes a file of a test and returns its path. */
export function write(folder: string, name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** Programs that are found before the system's own, by this environment: shell scripts by their names. */
export function commands(folder: string, scripts: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  for (const [name, script] of Object.entries(scripts)) chmodSync(write(bin, name, `#!/bin/sh\n${script}\n`), 0o755);
  return { PATH: [bin, process.env['PATH']].join(delimiter) };
}

export const linesOf = (path: string): string[] => readFileSync(path, 'utf8').split('\n').slice(0, -1);

/** A port of 127.0.0.1 on which nobody listens just now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  return address.port;
}
