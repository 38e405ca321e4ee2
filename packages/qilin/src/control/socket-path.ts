/** Where the control socket of a server is when nobody says: beside its pid file, else in the folder of what runs. */
import { lstatSync, mkdirSync } from 'node:fs';
import { resolve } from 'node:path';

/** Of the file's name: by it a tool finds the sockets of all servers. */
export const SUFFIX = '.qilinctl';

/** `/run/app.pid` brings `/run/app.qilinctl`. */
export const besidePidFile = (pidFile: string): string => `${resolve(pidFile).replace(/\.pid$/, '')}${SUFFIX}`;

interface User {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number;
  readonly platform: NodeJS.Platform;
}

/** This process. */
export const self = (): User => ({ env: process.env, uid: process.geteuid?.() ?? 0, platform: process.platform });

/** systemd's for a service, the desktop's for a user; else root's own, or one in /tmp that is the user's alone. */
export function runtimeFolder({ env, uid, platform }: User): string {
  const [service = ''] = (env['RUNTIME_DIRECTORY'] ?? '').split(':');
  if (service !== '') return service;
  const { XDG_RUNTIME_DIR: ofUser = '' } = env;
  if (ofUser !== '') return `${ofUser}/qilin`;
  if (uid === 0) return platform === 'linux' ? '/run/qilin' : '/var/run/qilin';
  return `/tmp/qilin-${uid}`;
}

/**
 * Makes that folder where it is not there yet.
 * @throws Error when it cannot be made, or others could put their own sockets there
 */
export function prepareRuntimeFolder(user: User): string {
  const folder = runtimeFolder(user);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = lstatSync(folder);
  const isOurs = found.isDirectory() && found.uid === user.uid && (found.mode & 0o022) === 0;
  if (!isOurs) throw new Error(`the folder ${folder} must belong to this user, and be writable by nobody else`);
  return folder;
}
