/** Python Flask for a test: found where Debian's packages put it, started on a free port, ended with the test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('reference.py', import.meta.url));

/** Debian's own: another python3 may come first on PATH, and would not see python3-flask. */
const INTERPRETER = '/usr/bin/python3';

/** The line that the program begins with. */
interface Told {
  readonly port: number;
  readonly versions: Readonly<Record<string, string>>;
}

export class Reference implements AsyncDisposable {
  readonly port: number;
  /** Of `flask` and `werkzeug`. */
  readonly versions: Readonly<Record<string, string>>;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, { port, versions }: Told) {
    this.#child = child;
    this.port = port;
    this.versions = versions;
  }

  /** @param env its environment: PYTHONPATH may name another Flask than Debian's */
  static async start(env: NodeJS.ProcessEnv = process.env): Promise<Reference> {
    const child = spawn(INTERPRETER, [PROGRAM], { stdio: ['ignore', 'pipe', 'pipe'], env });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      errors += String(text);
    });
    const told = new Promise<Told>((resolve, reject) => {
      child.stdout.setEncoding('utf8').once('data', (text) => resolve(JSON.parse(String(text))));
      child.once('error', reject);
      child.once('exit', (status) => reject(new Error(`Python Flask ended with status ${status}:\n${errors}`)));
    });
    return new Reference(child, await told);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
  }
}
