/**
 * What root does to files in folders that others may write. Invariant: nobody but root can turn it to another file, by a
 * symbolic link in the place of the file or of a folder on the way, nor by exchanging one meanwhile. Other users follow
 * every link, as always: what they may reach is theirs to reach.
 *
 * The way is gone step by step with each folder held open, and a link is followed only where root alone may have put it. On
 * Linux what is done at the end goes by the descriptor of the folder; elsewhere by its path, which leaves the moment between.
 */
import { closeSync, constants, existsSync, fstatSync, lstatSync, openSync, readlinkSync, statSync } from 'node:fs';
import { resolve } from 'node:path';

/** As Linux has it: a folder by which files can be reached, though it may not be listed (open(2)). Node has no name for it. */
const O_PATH = 0x20_00_00;
const FOLDER = constants.O_DIRECTORY | constants.O_NOFOLLOW;
/** The kernel's own bound (path_resolution(7)). */
const MAX_LINKS = 40;
const DESCRIPTORS = '/proc/self/fd';

const isRoot = (): boolean => process.geteuid?.() === 0;

/**
 * Calls `act` with a path of the file that only root can change the meaning of. A link in the file's own place is left to
 * `act`, which must not follow it: rename(2), unlink(2) and O_NOFOLLOW do not.
 * @throws Error what the system says, or a sentence about a link on the way, in a folder that others may write
 */
export function inFolder<T>(path: string, act: (file: string) => T): T {
  return isRoot() ? walk(path, 'keep', act) : act(path);
}

/**
 * Opens a file as open(2) does. For root without following links, but those that only root can have made.
 * @throws Error as `inFolder`, for a link in the file's own place too
 */
export function openInFolder(path: string, flags: number, mode?: number): number {
  if (!isRoot()) return openSync(path, flags, mode);
  return walk(path, 'follow', (file, { isKernels }) =>
    openSync(file, isKernels ? flags : flags | constants.O_NOFOLLOW, mode),
  );
}

function walk<T>(path: string, links: 'keep' | 'follow', act: (file: string, folder: OpenFolder) => T): T {
  const names = namesOf(resolve(path));
  let folder = open('/');
  let followed = 0;
  try {
    for (;;) {
      const name = names.shift() ?? '.';
      const isLast = names.length === 0;
      const file = `${folder.path}/${name}`;
      const isFinal = isLast && (links === 'keep' || folder.isKernels);
      const next = isFinal ? undefined : linkAt(file);
      if (next !== undefined) {
        if (!folder.isRoots) throw untrusted(name);
        followed += 1;
        if (followed > MAX_LINKS) throw new Error(`${path} leads through more than ${MAX_LINKS} links`);
        names.unshift(...namesOf(next));
        if (next.startsWith('/')) folder = enter(folder, '/');
      } else if (isLast) {
        return act(file, folder);
      } else {
        folder = enter(folder, file);
      }
    }
  } finally {
    close(folder);
  }
}

interface OpenFolder {
  /** A path that stays this folder's. */
  readonly path: string;
  readonly fd: number;
  /** Whether root alone can change what is in it. */
  readonly isRoots: boolean;
  /** Whether it is in /proc, whose links to open files (`/dev/stdout` leads to one) lead where no name does. */
  readonly isKernels: boolean;
}

/** @throws what open(2) says, ENOTDIR too when a link has come into the folder's place since it was looked at */
function open(path: string): OpenFolder {
  const byDescriptor = process.platform === 'linux' && existsSync(DESCRIPTORS);
  const fd = openSync(path, FOLDER | (byDescriptor ? O_PATH : constants.O_RDONLY));
  const found = fstatSync(fd);
  return {
    fd,
    path: byDescriptor ? `${DESCRIPTORS}/${fd}` : path,
    isRoots: found.uid === 0 && (found.mode & 0o022) === 0,
    isKernels: byDescriptor && found.dev === statSync(DESCRIPTORS).dev,
  };
}

function enter(folder: OpenFolder, path: string): OpenFolder {
  const next = open(path);
  close(folder);
  return next;
}

const close = ({ fd }: OpenFolder): void => closeSync(fd);

/** `..` too is a name: of a folder that is held open, its parent is the true one. */
const namesOf = (path: string): string[] => path.split('/').filter((name) => name !== '' && name !== '.');

/** What a link says; undefined for what is none, or is not there. */
function linkAt(file: string): string | undefined {
  const found = lstatSync(file, { throwIfNoEntry: false });
  return found?.isSymbolicLink() ? readlinkSync(file) : undefined;
}

const untrusted = (name: string): Error =>
  new Error(
    `"${name}" is a symbolic link in a folder that others than root may write, and root follows none there: give the path that it points to`,
  );
