/** Joins a path that a client asked for to a folder, and to nothing outside it. */
import { posix, win32 } from 'node:path';

/**
 * The path below `directory`, or `undefined` when it would lead out of it: `..`, absolute paths, NUL bytes, and on
 * Windows drives and backslashes. Mirrors Werkzeug's `safe_join`.
 *
 * As in Werkzeug, symbolic links are followed: what the app's owner linked into the folder is meant to be served.
 *
 * @param directory trusted; `.` when empty
 * @param paths not trusted, with `/` between their parts
 */
export function safeJoin(directory: string, ...paths: readonly string[]): string | undefined {
  const parts = [directory === '' ? '.' : directory];
  for (const path of paths) {
    // Python's normpath drops a trailing slash, Node's keeps it.
    const normal = path === '' ? '' : posix.normalize(path).replace(/(?<=.)\/$/, '');
    if (normal.includes('\0') || posix.isAbsolute(normal) || normal === '..' || normal.startsWith('../')) {
      return undefined;
    }
    if (process.platform === 'win32' && (normal.includes('\\') || win32.parse(normal).root !== '')) return undefined;
    parts.push(normal);
  }
  return posix.join(...parts);
}
