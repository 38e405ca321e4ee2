/** Node's inspector: the first worker's, on every class, however it is asked for, and after a reload the new first worker's. */
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { freePort } from './files.ts';
import { ask } from './http-client.ts';
import { QilinProcess, startQilin } from './server.ts';

const APP = 'test/fixtures/app.mjs:app';

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
}

/** A client of the DevTools protocol. */
class Debugger implements Disposable {
  readonly #socket: WebSocket;
  readonly #heard: Message[] = [];
  #sent = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (text) => {
      this.#heard.push(JSON.parse(String(text)));
      socket.emit('heard');
    });
  }

  static async attach(port: number): Promise<Debugger> {
    const [target] = JSON.parse((await ask(`http://127.0.0.1:${port}/json/list`)).text);
    const socket = new WebSocket(target.webSocketDebuggerUrl);
    await once(socket, 'open');
    return new Debugger(socket);
  }

  async #until(fits: (message: Message) => boolean): Promise<Message> {
    for (;;) {
      const found = this.#heard.find(fits);
      if (found !== undefined) return found;
      await once(this.#socket, 'heard');
    }
  }

  async call(method: string, params: object = {}): Promise<unknown> {
    this.#sent += 1;
    const id = this.#sent;
    this.#socket.send(JSON.stringify({ id, method, params }));
    return (await this.#until((message) => message.id === id)).result;
  }

  /** Resolves when it has been told so. */
  async told(method: string): Promise<void> {
    await this.#until((message) => message.method === method);
  }

  async evaluate(expression: string): Promise<unknown> {
    const found = (await this.call('Runtime.evaluate', { expression })) as { result: { value: unknown } };
    return found.result.value;
  }

  get end(): Promise<unknown> {
    return once(this.#socket, 'close');
  }

  [Symbol.dispose](): void {
    this.#socket.terminate();
  }
}

describe.each([
  ['async', ['-k', 'async']],
  ['picoev', ['-k', 'picoev']],
  ['threads', ['-k', 'threads', '--threads', '2']],
])('class %s', (name, flags) => {
  test('the first worker has the inspector, and after a reload the new first one', async () => {
    const port = await freePort();
    await using server = await startQilin([...flags, '-w', '2', `--inspect=${port}`, APP]);
    using first = await Debugger.attach(port);
    const pid = await first.evaluate('process.pid');
    expect(server.workerPids).toContain(pid);
    if (name === 'threads') {
      await first.call('NodeWorker.enable', { waitForDebuggerOnStart: false });
      await first.told('NodeWorker.attachedToWorker');
    }
    const before = server.workerPids;
    server.signal('SIGHUP');
    await first.end;
    await server.logged(/Reload done/);
    await server.until(() => server.log.match(/Inspector of worker \d+: ws:/g)?.length === 2, 'another inspector');
    using second = await Debugger.attach(port);
    const successor = await second.evaluate('process.pid');
    expect(before).not.toContain(successor);
    expect(server.workerPids).toContain(successor);
    expect((await ask(server.url)).status).toBe(200);
  });

  test('--inspect-brk: the app is loaded when a debugger lets it', async () => {
    const port = await freePort();
    await using server = new QilinProcess([...flags, '-w', '2', `--inspect-brk=${port}`, APP], {});
    await server.logged(/Debugger listening on ws:/);
    using debug = await Debugger.attach(port);
    await debug.call('Debugger.enable');
    await debug.call('Runtime.runIfWaitingForDebugger');
    await debug.told('Debugger.paused');
    expect(server.log).not.toMatch(/Ready:/);
    await debug.call('Debugger.resume');
    await server.ready();
  });
});

test('NODE_OPTIONS=--inspect is meant for the app: the arbiter has none, and no two want one port', async () => {
  const port = await freePort();
  await using server = await startQilin(['-w', '2', APP], { env: { NODE_OPTIONS: `--inspect=127.0.0.1:${port}` } });
  using debug = await Debugger.attach(port);
  expect(server.workerPids).toContain(await debug.evaluate('process.pid'));
  expect(server.log).not.toMatch(/address already in use/);
  server.signal('SIGUSR2');
  server.signal('SIGTERM');
  await server.logged(/this one takes its place/);
  await server.until(() => server.log.match(/Inspector of worker \d+: ws:/g)?.length === 2, 'another inspector');
  using after = await Debugger.attach(port);
  expect(server.workerPids.slice(2)).toContain(await after.evaluate('process.pid'));
});
