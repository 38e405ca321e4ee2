/** Requests that a test has under its control: it says when they go on. */
import { connect } from 'node:net';
import { ask, RawConnection } from './http-client.ts';
import type { QilinProcess } from './server.ts';

/** A request that the app has begun to serve, and that it answers when the test says so. */
export class HeldRequest implements Disposable {
  readonly connection: RawConnection;
  /** Pid of the worker that has it. */
  readonly worker: number;

  private constructor(connection: RawConnection, worker: number) {
    this.connection = connection;
    this.worker = worker;
  }

  static async begin(server: QilinProcess): Promise<HeldRequest> {
    const from = server.log.length;
    const connection = await RawConnection.open(server.port);
    connection.send('POST /held?announce HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\n\r\n');
    const [, worker] = await server.logged(/began \/held in (\d+)/, from);
    return new HeldRequest(connection, Number(worker));
  }

  /** Lets it go on, and resolves with the whole answer. */
  async finish(): Promise<string> {
    this.connection.send('body');
    await this.connection.until(/POST \/held body$/);
    return this.connection.received;
  }

  [Symbol.dispose](): void {
    this.connection[Symbol.dispose]();
  }
}

/** Resolves when a worker, any or this one, has been told to finish and knows it. Needs the log level debug. */
export async function drains(server: QilinProcess, worker?: number): Promise<void> {
  await server.logged(new RegExp(`\\[${worker ?? '\\d+'}\\] \\[DEBUG\\] Worker drains`));
}

/** A connection that was used for a request and is kept for the next. */
export async function openIdle(server: QilinProcess): Promise<RawConnection> {
  const connection = await RawConnection.open(server.port);
  connection.send('GET /first HTTP/1.1\r\nHost: test\r\n\r\n');
  await connection.until(/GET \/first $/);
  connection.received = '';
  return connection;
}

/** Asks, a connection for each request, until a worker answers whose pid is the right one; resolves with that pid. */
export async function servedBy(server: QilinProcess, isRight: (pid: number) => boolean): Promise<number> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const pid = Number((await ask(`${server.url}/pid`)).text);
    if (isRight(pid)) return pid;
    if (performance.now() > deadline) throw new Error(`only worker ${pid} answers:\n${server.log}`);
  }
}

/** The error's code, or undefined when there was none. */
export async function tryToConnect(port: number): Promise<string | undefined> {
  const socket = connect(port, '127.0.0.1');
  const code = await new Promise<string | undefined>((resolve) => {
    socket.once('connect', () => resolve(undefined));
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
  });
  socket.destroy();
  return code;
}
