/** `process.chdir()` in a thread: the folder is the process's, so that a thread can only go where it is. */
import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { QilinError } from '../../contract/errors.ts';

/** Programs that begin with their own folder run in threads where the setting `chdir` has gone there before. */
export function holdFolder(): void {
  process.chdir = (directory) => {
    const here = realPath(process.cwd());
    const there = realPath(resolve(directory));
    if (there === here) return;
    const cure = `start with --chdir ${there}`;
    throw new QilinError('APP_UNSUPPORTED', `A thread cannot leave the folder of its process, ${here}: ${cure}.`);
  };
}

/** Links followed; the path of what is not there stays as it is. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
