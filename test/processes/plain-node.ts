/** A program on node:http alone, to compare with. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from './files.ts';
import { repository } from './server.ts';

export class PlainNode {
  readonly port: number;
  output = '';
  readonly #child: ChildProcess;

  /**
   * @param program Listens on PORT of its environment, and prints `listening` then.
   * @param binary Of Node.
   */
  static async start(program: string, binary = process.execPath): Promise<PlainNode> {
    const node = new PlainNode(program, await freePort(), binary);
    await node.told(/listening/);
    return node;
  }

  private constructor(program: string, port: number, binary: string) {
    this.port = port;
    this.#child = spawn(binary, [join(repository, program)], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, PORT: String(port) },
    });
    if (this.#child.stdout === null) throw new Error('the program has no output');
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      this.output += `${line}\n`;
      this.#child.emit('line');
    });
  }

  async told(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.output);
      if (match !== null) return match;
      await once(this.#child, 'line');
    }
  }

  async stop(): Promise<void> {
    const exit = once(this.#child, 'exit');
    this.#child.kill();
    await exit;
  }
}
