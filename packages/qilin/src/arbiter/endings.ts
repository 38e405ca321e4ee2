/**
 * What may end an arbiter. Nothing else does:
 *
 * 1. It is told to: TERM, INT or QUIT. Status 0.
 * 2. Its start fails: a setting, `onStarting`, the log, the user, the pid file, an address, the first worker. The status is
 *    that of the error, and what it was is told.
 * 3. Code of the user's calls `process.exit` in it. Told, and the pid file goes.
 * 4. What no code holds out against: KILL, no memory left, a fault in native code. The workers notice and finish.
 *
 * A config file or hook that never comes back is left behind (hook-runner.ts, settings/file.ts). One that never lets go of
 * the event loop is not: the arbiter is deaf as long, and its workers serve on.
 */
import { explain } from '../contract/errors.ts';
import type { Log } from '../contract/log.ts';

interface Guarded {
  log(): Log;
  /** The process is about to end, by 3. */
  onExit(): void;
}

/** Errors that nobody catches are told, and survived: they are the user's code's. Returns what takes the guard away. */
export function guardArbiter({ log, onExit }: Guarded): () => void {
  const survive = (error: unknown, origin: NodeJS.UncaughtExceptionOrigin) => {
    const what = origin === 'unhandledRejection' ? 'A rejection' : 'An error';
    log().error(`${what} that nobody caught, of the config file or a hook; the arbiter goes on: ${explain(error)}`);
  };
  const tell = (status: number) => {
    log().critical(`The config file or a hook has ended this process (status ${status})`);
    log().flush();
    onExit();
  };
  process.on('uncaughtException', survive);
  process.on('exit', tell);
  return () => {
    process.off('uncaughtException', survive);
    process.off('exit', tell);
  };
}

/** A fault of this program is told once, however often each tick meets it. */
export class Faults {
  readonly #log: () => Log;
  #told = '';

  constructor(log: () => Log) {
    this.#log = log;
  }

  tell(fault: unknown): void {
    const text = explain(fault);
    if (text !== this.#told)
      this.#log().critical(`A fault of Qilin itself, please report it; the arbiter goes on: ${text}`);
    this.#told = text;
  }
}
