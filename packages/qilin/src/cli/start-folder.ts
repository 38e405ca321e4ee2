/** The folder of the start, by the name that the user has for it. */
import { statSync } from 'node:fs';
import { isAbsolute } from 'node:path';

/**
 * Where releases have a folder each and a link tells the current one, a server that was started in the link goes by the link: a
 * reload finds the new release there. The kernel knows where the link led at the start alone; the shell's `PWD` has its
 * name. As Gunicorn does (`util.getcwd`).
 * @param told `PWD` of the environment, which may be of another folder: a parent may have changed it and not told
 * @param real `process.cwd()`
 */
export function startFolder(told: string | undefined, real: string): string {
  if (told === undefined || !isAbsolute(told)) return real;
  return identityOf(told) === identityOf(real) ? told : real;
}

/** What a folder is, by whatever name; a name that nobody may look behind stands for itself. */
function identityOf(folder: string): string {
  try {
    const { dev, ino } = statSync(folder);
    return `${dev}:${ino}`;
  } catch {
    return folder;
  }
}
