/** Qilin as the init process of a container: it is told to stop by the signals to PID 1, and orphans are its children. */
import { describe, expect, test } from 'vitest';
import { needsUnshare } from '../needs.ts';
import { write } from './files.ts';
import { ask } from './http-client.ts';
import { childrenOf, statOf } from './process-table.ts';
import { drains, HeldRequest } from './requests.ts';
import { QilinProcess, temporaryFolder } from './server.ts';

const UNSHARE = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'] as const;

const pidNamespaces = needsUnshare(UNSHARE);

/** A server in a world of processes of its own, and its pid as it is called out here. */
class Init implements AsyncDisposable {
  readonly server: QilinProcess;

  private constructor(args: readonly string[]) {
    this.server = new QilinProcess(args, { launcher: UNSHARE });
  }

  /** Resolves when the log has `begun`. */
  static async start(args: readonly string[], begun = /Ready: /): Promise<Init> {
    const init = new Init(args);
    try {
      await init.server.logged(begun);
      return init;
    } catch (error) {
      await init[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The only child of `unshare`. */
  get pid(): number {
    const [pid] = childrenOf(this.server.pid);
    if (pid === undefined) throw new Error(`unshare has no child:\n${this.server.log}`);
    return pid;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // `unshare` itself heeds no signal but KILL, which ends all that it started.
    this.server.child.kill('SIGKILL');
    await this.server[Symbol.asyncDispose]();
  }
}

const APP = 'test/fixtures/app.mjs:app';

describe.skipIf(pidNamespaces.isMissing)(pidNamespaces.named('as PID 1'), () => {
  test('it stops gracefully by TERM, and answers what is in flight', async () => {
    await using init = await Init.start(['--log-level', 'debug', APP]);
    const { server, pid } = init;
    expect(server.log).toMatch(/Listening at: \S+ \(1\)/);
    using request = await HeldRequest.begin(server);
    process.kill(pid, 'SIGTERM');
    await drains(server);
    expect(await request.finish()).toContain('Connection: close');
    expect(await server.exited).toEqual({ status: 0, signal: null });
    expect(server.running).toEqual([]);
  });

  test('TERM before the first worker is ready is not lost', async () => {
    await using init = await Init.start([APP], /Starting qilin/);
    process.kill(init.pid, 'SIGTERM');
    expect(await init.server.exited).toEqual({ status: 0, signal: null });
  });

  test('it reaps the orphans that its workers leave', async () => {
    using folder = temporaryFolder();
    const code = `
      import { spawn } from 'node:child_process';
      export const app = (req, res) => {
        const shell = spawn('sh', ['-c', 'sleep 0.2 & sleep 0.1 & sleep 0.3 &'], { detached: true, stdio: 'ignore' });
        shell.on('exit', () => res.end('left three behind'));
      };\n`;
    const app = write(folder.path, 'app.mjs', code);
    await using init = await Init.start(['--log-level', 'debug', `${app}:app`]);
    const { server, pid } = init;
    expect((await ask(server.url)).text).toBe('left three behind');
    const reaped = () =>
      [...server.log.matchAll(/Reaped orphans: ([\d, ]+)/g)].flatMap(([, pids = '']) => pids.split(', '));
    await server.until(() => reaped().length === 3, 'three reaped orphans');
    // Only the worker is left.
    expect(childrenOf(pid).map((child) => statOf(child)?.state)).toEqual([expect.not.stringMatching('Z')]);
  });

  test('it still hears when a worker of its own dies', async () => {
    await using init = await Init.start([APP]);
    const { server, pid } = init;
    const [worker = 0] = childrenOf(pid);
    process.kill(worker, 'SIGKILL');
    await server.logged(/Worker exited \(pid: \d+, signal SIGKILL\)/);
    await server.until(() => server.workerPids.length === 2, 'a successor');
    expect((await ask(`${server.url}/one`)).text).toBe('GET /one ');
  });
});
