/** The pid file: says which process is the arbiter, and keeps a second one from starting with the same file. */
import { closeSync, constants, openSync, readSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { QilinError } from '../contract/errors.ts';
import { inFolder, openInFolder } from '../files/in-folder.ts';
import { whyNot } from '../files/why-not.ts';
import { isAlive } from './is-alive.ts';

/** More than any pid has digits. */
const LONGEST = 32;

export class PidFile {
  #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /**
   * Writes this process's pid. A file whose process no longer runs is stale and is replaced.
   * @throws QilinError PIDFILE when the process it names runs, or the file cannot be written
   */
  static create(path: string): PidFile {
    const owner = runningOwner(path);
    if (owner !== undefined) {
      throw new QilinError(
        'PIDFILE',
        `the pid file ${path} names process ${owner}, which is running: stop it first, or give another --pid.`,
      );
    }
    try {
      // In one step, so that nobody reads half of it; not through a link that someone else may have put there.
      inFolder(path, putPid);
    } catch (error) {
      throw new QilinError('PIDFILE', `the pid file ${path} cannot be written: ${whyNot(path, error)}.`);
    }
    return new PidFile(path);
  }

  get path(): string {
    return this.#path;
  }

  /**
   * After an upgrade, `NAME.2` becomes `NAME`, in the same folder.
   * @throws QilinError PIDFILE
   */
  rename(path: string): void {
    try {
      const name = basename(this.#path);
      inFolder(path, (file) => renameSync(`${dirname(file)}/${name}`, file));
    } catch (error) {
      throw new QilinError(
        'PIDFILE',
        `the pid file ${this.#path} cannot be renamed to ${path}: ${whyNot(path, error)}.`,
      );
    }
    this.#path = path;
  }

  /**
   * Removes the file, unless another process has meanwhile written its own pid there.
   * @throws QilinError PIDFILE
   */
  remove(): void {
    if (readPid(this.#path) !== process.pid) return;
    try {
      inFolder(this.#path, unlinkSync);
    } catch (error) {
      throw new QilinError('PIDFILE', `the pid file ${this.#path} cannot be removed: ${whyNot(this.#path, error)}.`);
    }
  }
}

/** By a name that nobody can have taken before: the pid of a container's first process is always the same. */
function putPid(file: string): void {
  const draft = `${file}.${crypto.randomUUID()}`;
  const fd = openSync(draft, 'wx', 0o644);
  try {
    writeFileSync(fd, `${process.pid}\n`);
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
}

function readPid(path: string): number | undefined {
  try {
    const pid = Number(readStart(path).trim());
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** Without waiting, whatever is in the file's place. */
function readStart(path: string): string {
  const fd = openInFolder(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const bytes = Buffer.alloc(LONGEST);
    return bytes.toString('utf8', 0, readSync(fd, bytes));
  } finally {
    closeSync(fd);
  }
}

function runningOwner(path: string): number | undefined {
  const pid = readPid(path);
  return pid === undefined || pid === process.pid || !isAlive(pid) ? undefined : pid;
}
