/** A qilin for a measurement: one worker on a free port, ended with the script. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
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
  let [port, worker] = [0, 0];
  for await (const line of createInterface({ input: child.stderr })) {
    port = Number(/Listening at: http:\/\/127\.0\.0\.1:(\d+)/.exec(line)?.[1] ?? port);
    worker = Number(/Booting worker with pid: (\d+)/.exec(line)?.[1] ?? worker);
    if (line.includes('Ready: ')) break;
  }
  if (port === 0) throw new Error('qilin did not start');
  return {
    port,
    /** Of the arbiter. */
    pid: Number(child.pid),
    /** Resident memory of the worker, in bytes: proc_pid_status(5). */
    memory: () => Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${worker}/status`, 'latin1'))?.[1]) * 1024,
    async stop() {
      child.stderr.resume();
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}
