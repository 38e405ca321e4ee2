/** A real `qilinctl` for a test. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { repository } from './server.ts';

export const controlCommand = join(repository, 'packages/qilin/bin/qilinctl.js');

interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs it to its end. @param uid As this user, which is root's privilege. */
export function qilinctl(args: readonly string[], uid?: number): Promise<Ended> {
  return new Promise((resolve) => {
    const options = uid === undefined ? {} : { uid, gid: uid };
    execFile(process.execPath, [controlCommand, ...args], options, (error, stdout, stderr) => {
      resolve({ status: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, stdout, stderr });
    });
  });
}
