/**
 * Serves an app in this very process: no arbiter, no other worker, the same engine as a worker's. What gevent's `WSGIServer` is
 * to a program. The engine is loaded when something is served: importing `qilin` for a config file costs nothing.
 */
import type { RunningServer, ServeOptions } from './types.ts';

/**
 * Serves an app: an object with `fetch()`, a function of `(request)` or `(req, res)`, an app of Express, Koa, Fastify….
 *
 * @example const server = await serve(app, { bind: '127.0.0.1:5000', workerClass: 'picoev' });
 * @throws QilinError SETTING_INVALID, SETTING_UNKNOWN, SETTINGS_CONFLICT, APP_UNCLEAR, BIND_FAILED, WORKER_CLASS_UNKNOWN
 */
export async function serve(app: unknown, options: ServeOptions = {}): Promise<RunningServer> {
  const { startServer } = await import('./start.ts');
  return startServer(app, options);
}

/**
 * gevent's `WSGIServer((host, port), app).serve_forever()`.
 *
 * @example await new Server(['127.0.0.1', 5000], app).serveForever();
 */
export class Server {
  readonly #app: unknown;
  readonly #options: ServeOptions;
  #running: RunningServer | undefined;

  /** @param address `[host, port]`, or a value of the setting `bind`: `'127.0.0.1:5000'`, `'unix:/run/app.sock'` */
  constructor(
    address: readonly [host: string, port: number] | string,
    app: unknown,
    options: Omit<ServeOptions, 'bind'> = {},
  ) {
    this.#app = app;
    this.#options = { ...options, bind: typeof address === 'string' ? address : bindOf(address) };
  }

  /** Begins to accept. Throws as `serve()`. */
  async start(): Promise<RunningServer> {
    this.#running ??= await serve(this.#app, this.#options);
    return this.#running;
  }

  /** Accepts no more and answers what is in flight. */
  async stop(): Promise<void> {
    await this.#running?.close();
  }

  /**
   * Serves until SIGINT or SIGTERM comes, then answers what is in flight; resolves after that, or after `stop()`. A second
   * signal ends the process at once.
   */
  async serveForever(): Promise<void> {
    const running = await this.start();
    const leave = () => {
      running.close();
    };
    process.once('SIGINT', leave);
    process.once('SIGTERM', leave);
    await running.closed;
    process.removeListener('SIGINT', leave);
    process.removeListener('SIGTERM', leave);
  }
}

const bindOf = ([host, port]: readonly [string, number]): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`;
