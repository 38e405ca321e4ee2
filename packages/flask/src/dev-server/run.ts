/**
 * The development server: `app.run()`. It is Qilin's engine in this process, with a warning; in debug mode a process around
 * it starts it anew when a file changes, and errors come as a page.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { App } from '../contract.ts';
import { InternalServerError } from '../exceptions/server-errors.ts';
import { peerAddress } from '../http/peer.ts';
import { ConfigError } from './config-error.ts';
import { isReloaderChild, superviseReloads } from './reloader.ts';

/** An app that can be served. */
interface ServedApp extends App {
  readonly fetch: (request: Request, environment?: unknown) => Response | Promise<Response>;
  /** Of the module that exports it; undefined where that is not known. */
  readonly moduleFile: string | undefined;
}

/** Arguments of Flask's `app.run()`. */
export interface RunOptions {
  /** Default: 127.0.0.1, or the host of SERVER_NAME. */
  readonly host?: string;
  /** Default: 5000, or the port of SERVER_NAME. 0: one that is free. */
  readonly port?: number;
  /** Debug mode: reloads on change and shows errors in full. */
  readonly debug?: boolean;
  /** False: one request at a time. True by default: each request is served while others wait for something. */
  readonly threaded?: boolean;
  /** More than 1: as many processes, by Qilin's arbiter; the module must export the app. Not together with `threaded`. */
  readonly processes?: number;
  /** Default: in debug mode. */
  readonly useReloader?: boolean;
  /** Files whose change reloads too, relative to the app's folder. */
  readonly extraFiles?: readonly string[];
  /** Paths whose change reloads nothing, as the shell writes them. Flask's `exclude_patterns`. */
  readonly excludePatterns?: readonly string[];
  /** Certificate for TLS, with `keyfile`. Flask's `ssl_context=(cert, key)`. */
  readonly certfile?: string;
  readonly keyfile?: string;
  /** Default: in debug mode. */
  readonly useDebugger?: boolean;
  /** Shows the debug page, with its source and stack, to other machines too. */
  readonly allowRemoteDebugger?: boolean;
  /** Called when the server accepts, with its URL. */
  readonly onListening?: (url: string) => void;
}

/** `app.run()`: nothing where something else serves the app, and loads its module for that. */
export async function run(app: ServedApp, options: RunOptions): Promise<void> {
  if (isServedAlready()) app.logger.info('app.run() does nothing here: the app is served already.');
  else await runServer(app, options);
}

/** Serves until SIGINT or SIGTERM. @throws ConfigError, and what Qilin's `serve()` throws: an address in use */
export async function runServer(app: ServedApp, options: RunOptions): Promise<void> {
  if (options.debug !== undefined) app.debug = options.debug;
  const { host, port } = addressOf(app, options);
  const processes = checkProcesses(options);
  const { useReloader = app.debug } = options;
  const tls = tlsOf(options);
  if (processes > 1) return runProcesses(app, host, port, processes, tls);
  if (useReloader && !isReloaderChild()) {
    await superviseReloads(app.rootPath, (line) => print(` * ${line}`), options);
    return;
  }
  await runHere(app, host, port, options);
}

/** In a worker of Qilin, or below `flask run`: the module is only loaded for its app. */
function isServedAlready(): boolean {
  return process.env['FLASK_RUN_FROM_CLI'] === 'true' || Reflect.has(globalThis, Symbol.for('qilin.interception'));
}

function addressOf(app: ServedApp, options: RunOptions): { readonly host: string; readonly port: number } {
  const [serverHost = '', serverPort = ''] = (app.config.SERVER_NAME ?? '').split(':');
  const host = options.host ?? (serverHost === '' ? '127.0.0.1' : serverHost);
  const port = options.port ?? (serverPort === '' ? 5000 : Number(serverPort));
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return { host, port };
  throw new ConfigError(`port must be an integer from 0 to 65535 (got ${port}).`);
}

function checkProcesses({ threaded, processes = 1 }: RunOptions): number {
  if (!Number.isInteger(processes) || processes < 1) {
    throw new ConfigError(`processes must be an integer from 1 on (got ${processes}).`);
  }
  if (threaded && processes > 1) {
    throw new ConfigError(
      `threaded and processes cannot be combined (got threaded: true and processes: ${processes}).`,
    );
  }
  return processes;
}

/** Both files or neither. */
function tlsOf({ certfile, keyfile }: RunOptions): { readonly certfile: string; readonly keyfile: string } | undefined {
  if (certfile === undefined && keyfile === undefined) return undefined;
  if (certfile !== undefined && keyfile !== undefined) return { certfile, keyfile };
  throw new ConfigError(
    `TLS needs certfile and keyfile (got only ${certfile === undefined ? 'keyfile' : 'certfile'}): give the other too.`,
  );
}

async function runHere(app: ServedApp, host: string, port: number, options: RunOptions): Promise<void> {
  const { serve } = await import('qilin');
  const showsErrors = options.useDebugger ?? app.debug;
  const fetch = showsErrors ? withDebugPage(app, options.allowRemoteDebugger ?? false) : app.fetch;
  const server = await serve(
    { fetch },
    {
      bind: `${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}`,
      workerClass: options.threaded === false ? 'sync' : 'async',
      ...tlsOf(options),
      accesslog: '-',
      loglevel: 'warning',
    },
  );
  banner(app);
  print(` * Running on ${server.url}`);
  print('Press Ctrl+C to stop.');
  options.onListening?.(server.url);
  await untilSignal(() => server.close());
}

function banner(app: App): void {
  print(` * Serving the app '${app.name}'`);
  print(` * Debug mode: ${app.debug ? 'on' : 'off'}`);
  print(
    'WARNING: This is the development server. In production use qilin: it keeps several workers, and replaces lost ones.',
  );
}

/** In debug mode errors come out of the app: they become a page with source, stack and request, or a 500 for who may not see it. */
function withDebugPage(app: ServedApp, everywhere: boolean): ServedApp['fetch'] {
  return async (request, environment) => {
    try {
      return await app.fetch(request, environment);
    } catch (error) {
      app.logger.exception(`Exception on ${request.method} ${request.url}`, error);
      const { debugPage, mayShowDebugPage } = await import('./debug-page.ts');
      const remoteAddr = peerAddress(request, environment);
      const isForThem = mayShowDebugPage({ host: new URL(request.url).host, remoteAddr, everywhere });
      if (!isForThem) return new InternalServerError().getResponse();
      const headers = { 'content-type': 'text/html; charset=utf-8' };
      return new Response(await debugPage(error, request), { status: 500, headers });
    }
  };
}

/** Resolves when the server that a first SIGINT or SIGTERM closes is closed. A second signal ends the process at once. */
async function untilSignal(close: () => Promise<void>): Promise<void> {
  await new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
  await close();
}

/** Qilin's own command: its arbiter loads the module in each worker. */
async function runProcesses(
  app: ServedApp,
  host: string,
  port: number,
  processes: number,
  tls: ReturnType<typeof tlsOf>,
): Promise<void> {
  const { moduleFile } = app;
  if (moduleFile === undefined) {
    throw new ConfigError('processes needs the file of the app: make it by new Flask(import.meta).');
  }
  banner(app);
  const { runCommand } = await import('./qilin-command.ts');
  const name = await exportOf(app, moduleFile);
  const spec = name === undefined ? moduleFile : `${moduleFile}:${name}`;
  const secured = tls === undefined ? [] : ['--certfile', tls.certfile, '--keyfile', tls.keyfile];
  const served = ['--workers', String(processes), '--bind', `${host}:${port}`, ...secured];
  await runCommand([...served, '--access-logfile', '-', spec]);
}

/** How long a module that calls `app.run()` may take to finish loading. In milliseconds. */
const PATIENCE = 500;

/**
 * The name under which a module exports its app. Unknown where the module waits for `run()` at its top level, and so has no
 * exports yet: its default export is taken then.
 */
async function exportOf(app: ServedApp, file: string): Promise<string | undefined> {
  const loaded = import(pathToFileURL(file).href);
  const exports: unknown = await Promise.race([loaded, pause(PATIENCE)]);
  if (typeof exports !== 'object' || exports === null) return undefined;
  return Object.entries(exports).find(([, value]) => value === app)?.[0];
}

const print = (line: string): void => {
  process.stderr.write(`${line}\n`);
};
