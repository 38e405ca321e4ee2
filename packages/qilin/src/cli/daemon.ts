/**
 * Setting `daemon`: the command starts itself again in a session of its own, without a terminal, and ends when that one
 * serves, or tells what went wrong.
 */
import { spawn } from 'node:child_process';

/** Marks the process in the background, and its successors after an upgrade. */
const DAEMON = 'QILIN_DAEMON';

export const isDaemon = (): boolean => process.env[DAEMON] !== undefined;

/**
 * Resolves with the exit status for the process in the foreground.
 * @param errorlog the setting: without a terminal, `-` is read by nobody
 */
export function startDaemon(errorlog: string): Promise<number> {
  const why = errorlog === '-' ? 'it has no error log to say why: give it a --log-file' : 'its error log says why';
  const daemon = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env: { ...process.env, [DAEMON]: '1' },
  });
  return new Promise((resolve) => {
    daemon.once('message', (failure) => {
      daemon.disconnect();
      daemon.unref();
      if (failure !== '') process.stderr.write(`qilin: ${String(failure)}\n`);
      resolve(failure === '' ? 0 : 1);
    });
    daemon.once('exit', (status) => {
      process.stderr.write(`qilin: the server could not start (status ${status}): ${why}\n`);
      resolve(status ?? 1);
    });
  });
}

/** To the process in the foreground, or to the old arbiter of an upgrade: an empty text when this one serves, or why not. */
export function tellStarter(failure: string): void {
  if (!process.connected) return;
  // The old arbiter may have been killed meanwhile: then nobody hears it, which is no fault of this one.
  process.send?.(failure, undefined, undefined, () => {});
}
