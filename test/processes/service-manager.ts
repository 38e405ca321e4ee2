/** A systemd of the test's own (fixtures/systemd.py), with one service, and what it says of it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { command, repository } from './server.ts';

type Order = 'kill' | 'freeze' | 'hup' | 'usr2' | 'term' | 'stop';

/** How long anything may take, in milliseconds. */
export const PATIENCE = Number(process.env['QILIN_TEST_PATIENCE'] ?? 50) * 1_000;

export class ServiceManager implements AsyncDisposable {
  /** All that it has said. */
  readonly events: string[] = [];
  /** What the service has printed. */
  log = '';
  readonly #child;
  readonly #lines;
  readonly #ended;

  /**
   * Starts the service: `qilin` with these arguments.
   * @param names Of the sockets that it passes, which listen at ports of their own.
   */
  constructor(folder: string, watchdog: number, names: readonly string[], args: readonly string[]) {
    const fixture = join(repository, 'test/processes/fixtures/systemd.py');
    const service = [process.execPath, command, ...args];
    this.#child = spawn('python3', [fixture, folder, String(watchdog), names.join(',') || '-', ...service], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#ended = once(this.#child, 'close');
    this.#lines = createInterface({ input: this.#child.stdout });
    this.#lines.on('line', (line) => this.events.push(line));
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.log += text;
    });
  }

  order(order: Order): void {
    this.#child.stdin.write(`${order}\n`);
  }

  /** The first event from `from` on that matches, as its match, with the number of the one behind it. */
  async heard(pattern: RegExp, from = 0): Promise<{ readonly found: RegExpExecArray; readonly next: number }> {
    const signal = AbortSignal.timeout(PATIENCE);
    for (let index = from; ; index += 1) {
      while (index >= this.events.length) {
        await once(this.#lines, 'line', { signal }).catch(() => {
          throw new Error(`${pattern} is not among:\n${this.events.join('\n')}\n${this.log}`);
        });
      }
      const found = pattern.exec(this.events[index] ?? '');
      if (found !== null) return { found, next: index + 1 };
    }
  }

  /** `systemctl stop`. */
  async stop(): Promise<void> {
    this.order('stop');
    await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null) this.#child.stdin.end();
    const last = setTimeout(() => this.#child.kill('SIGKILL'), 10_000);
    await this.#ended;
    clearTimeout(last);
  }
}
