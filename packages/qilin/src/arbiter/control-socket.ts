/** The control socket of a server: where it is by its settings, and what dead servers have left beside it. */
import { lstatSync, readdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Milliseconds } from '../contract/units.ts';
import { besidePidFile, prepareRuntimeFolder, SUFFIX, self } from '../control/socket-path.ts';
import type { Config } from '../settings/config.ts';
import { removeUnservedSocketFiles, type Socket, socketFileAt } from './sockets.ts';

/** The value of `controlSocket` that leaves the place to us. */
export const AUTO = 'auto';

/** A socket is bound for a moment before it listens. */
const OLD_ENOUGH: Milliseconds = 10_000;

/**
 * The path; null where there is to be none.
 * @param inherited That of the arbiter before this one.
 * @throws Error when there is no folder for it
 */
export function controlPath(
  { controlSocket, pidfile }: Pick<Config, 'controlSocket' | 'pidfile'>,
  inherited: Socket | undefined,
): string | null {
  if (controlSocket === null) return null;
  if (controlSocket !== AUTO) return resolve(controlSocket);
  if (pidfile !== null) return besidePidFile(pidfile);
  const folder = prepareRuntimeFolder(self());
  const before = inherited?.requested;
  // The name stays, though the pid in it is of the first arbiter.
  if (before?.kind === 'unix' && dirname(before.path) === folder) return before.path;
  sweep(folder);
  return `${folder}/${process.pid}${SUFFIX}`;
}

/** Removes what nobody listens at, of servers that were killed. */
function sweep(folder: string): void {
  const old = readdirSync(folder)
    .filter((name) => name.endsWith(SUFFIX))
    .map((name) => `${folder}/${name}`)
    .filter((path) => Date.now() - (lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > OLD_ENOUGH)
    .map((path) => ({ requested: { kind: 'unix', path } as const, file: socketFileAt(path) }));
  void removeUnservedSocketFiles(old);
}
