/** Runs a command in a process group of its own, which has ended when it has: what it left running, or takes too long, is ended. */
import { spawn } from 'node:child_process';

/** What is kept of its output: the end tells most. */
const KEPT = 200_000;

/**
 * @param {string} command @param {readonly string[]} args
 * @param {{ cwd: string, env: NodeJS.ProcessEnv, limit: number }} options `limit` in milliseconds
 * @returns {Promise<{ status: number | string, output: string }>} the status, or the signal, or 'late'
 */
export function execute(command, args, { cwd, env, limit }) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let isLate = false;
    const keep = (/** @type {Buffer} */ bytes) => {
      output = (output + bytes.toString()).slice(-KEPT);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const endGroup = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It has ended.
      }
    };
    const timer = setTimeout(() => {
      isLate = true;
      endGroup();
    }, limit);
    child.on('error', (error) => resolve({ status: error.message, output }));
    child.on('exit', (status, signal) => {
      clearTimeout(timer);
      endGroup();
      resolve({ status: isLate ? 'late' : (status ?? signal ?? 'lost'), output });
    });
  });
}
