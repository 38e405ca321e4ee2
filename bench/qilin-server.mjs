/** A qilin for a measurement: one worker on a free port, ended with the script. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const qilin = fileURLToPath(new URL('../packages/qilin/bin/qilin.js', import.meta.url));

/**
 * Starts `qilin` with these arguments and resolves when it is ready.
 * @param {string[]} args
 */
export async function startServer(args) {
  const child = spawn(process.execPath, [qilin, '-w', '1', '-b', '127.0.0.1:0', ...args], {
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (piece) => {
    log += piece;
  });
  while (!log.includes('Ready: ')) {
    await Promise.race([once(child.stderr, 'data'), once(child, 'exit')]);
    if (child.exitCode !== null) throw new Error(`qilin did not start:\n${log}`);
  }
  const port = Number(/Listening at: http:\/\/127\.0\.0\.1:(\d+)/.exec(log)?.[1]);
  const worker = Number(/[\s\S]*Booting worker with pid: (\d+)/.exec(log)?.[1]);
  return {
    port,
    /** What it has logged so far. */
    log: () => log,
    /** Of the arbiter. */
    pid: Number(child.pid),
    /** Resident memory of the worker, in bytes: proc_pid_status(5). */
    memory: () => Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${worker}/status`, 'latin1'))?.[1]) * 1024,
    async stop() {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}
