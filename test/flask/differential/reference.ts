/** Python Flask for a test: found where Debian's packages put it, started on a free port, ended with the test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('reference.py', import.meta.url));

/** Debian's own: another python3 may come first on PATH, and would not see python3-flask. */
const INTERPRETER = '/usr/bin/python3';

export class Reference implements AsyncDisposable {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  static async start(): Promise<Reference> {
    const child = spawn(INTERPRETER, [PROGRAM], { stdio: ['ignore', 'pipe', 'pipe'] });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      errors += String(text);
    });
    const port = new Promise<number>((resolve, reject) => {
      child.stdout.setEncoding('utf8').once('data', (text) => resolve(Number(/^port (\d+)/.exec(String(text))?.[1])));
      child.once('error', reject);
      child.once('exit', (status) => reject(new Error(`Python Flask ended with status ${status}:\n${errors}`)));
    });
    return new Reference(child, await port);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
  }
}
