/** Why a file could not be opened or made, for who named it. */
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { hasCode, reasonOf } from '../contract/errors.ts';

/**
 * What the system said, without the path that it was asked about (root goes by descriptors, and what is written first has a name
 * of its own), and with what mends it, where that is known. Without a full stop.
 */
export function whyNot(path: string, error: unknown): string {
  const isSystems = error instanceof Error && 'syscall' in error;
  const said = isSystems ? reasonOf(error).replace(`, ${error.syscall} '`, '\n').split('\n', 1)[0] : reasonOf(error);
  return `${said}${cureOf(resolve(path), error)}`;
}

function cureOf(path: string, error: unknown): string {
  const folder = dirname(path);
  if (hasCode(error, 'ENOENT') && !existsSync(folder)) return `: make the folder ${folder} first, or name another`;
  if (!hasCode(error, 'EACCES')) return '';
  const user = process.geteuid?.();
  return user === undefined ? '' : `: user ${user} may not write there; let it, or name another folder`;
}
