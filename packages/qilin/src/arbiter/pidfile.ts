/** The pid file: says which process is the arbiter, and keeps a second one from starting with the same file. */
import { readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { QilinError } from '../contract/errors.ts';

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
      const draft = `${path}.${process.pid}`;
      writeFileSync(draft, `${process.pid}\n`, { mode: 0o644, flag: 'wx' });
      renameSync(draft, path);
    } catch (error) {
      throw new QilinError('PIDFILE', `the pid file ${path} cannot be written: ${describe(error)}.`);
    }
    return new PidFile(path);
  }

  get path(): string {
    return this.#path;
  }

  /**
   * After an upgrade, `NAME.2` becomes `NAME`.
   * @throws QilinError PIDFILE
   */
  rename(path: string): void {
    try {
      renameSync(this.#path, path);
    } catch (error) {
      throw new QilinError('PIDFILE', `the pid file ${this.#path} cannot be renamed to ${path}: ${describe(error)}.`);
    }
    this.#path = path;
  }

  /** Removes the file, unless another process has meanwhile written its own pid there. */
  remove(): void {
    if (readPid(this.#path) === process.pid) unlinkSync(this.#path);
  }
}

function readPid(path: string): number | undefined {
  try {
    const pid = Number(readFileSync(path, 'utf8').trim());
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

function runningOwner(path: string): number | undefined {
  const pid = readPid(path);
  if (pid === undefined || pid === process.pid) return undefined;
  try {
    process.kill(pid, 0);
    return pid;
  } catch (error) {
    // EPERM: it runs, but belongs to somebody else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM' ? pid : undefined;
  }
}

const describe = (error: unknown) => (error instanceof Error ? error.message : String(error));
