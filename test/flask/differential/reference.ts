/** Python Flask for a test: found where Debian's packages put it, started on a free port, ended with the test. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('reference.py', import.meta.url));

/** The reference is Flask 2.2: later ones differ in details, and the cases state this one's. */
const PROBE = 'import importlib.metadata as m; assert m.version("flask").startswith("2.2.")';

/** The Python that has it, or undefined. */
export function findPython(): string | undefined {
  const candidates = ['/usr/bin/python3', 'python3'];
  return candidates.find((python) => spawnSync(python, ['-c', PROBE], { stdio: 'ignore' }).status === 0);
}

export class Reference implements AsyncDisposable {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  static async start(python: string): Promise<Reference> {
    const child = spawn(python, [PROGRAM], { stdio: ['ignore', 'pipe', 'pipe'] });
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
