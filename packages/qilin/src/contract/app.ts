/** What an app is, once it is loaded: one of three shapes, each of which every worker class can serve. */
import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:net';

/** What a fetch handler gets beside the request. `incoming` and `outgoing` are there where Node's HTTP stack serves. */
export interface FetchEnvironment {
  readonly incoming?: IncomingMessage;
  readonly outgoing?: ServerResponse;
}

/** What a trusted proxy told of a request's client. */
export interface RequestOrigin {
  /** Its address; undefined where nothing valid was said of it. */
  readonly client: string | undefined;
  /** The scheme and the host that it used. */
  readonly scheme: 'http' | 'https';
  /** With its port, when that is not the scheme's own. */
  readonly host: string;
}

export type FetchHandler = (request: Request, env: FetchEnvironment) => Response | Promise<Response>;

export type NodeListener = (req: IncomingMessage, res: ServerResponse) => unknown;

/** Called once, when the worker has answered its last request and before it exits. */
export type OnShutdown = () => void | Promise<void>;

interface AppBase {
  /** As the user wrote it, `examples/hello.ts:app`, for messages. */
  readonly name: string;
  readonly onShutdown: OnShutdown | undefined;
}

interface Exported {
  /**
   * What the same module lets listen: its requests are the export's, all else of it holds, such as its upgrades and its timeouts.
   */
  readonly beside?: HttpServer | undefined;
}

export type App =
  /** Hono, H3, Elysia, any `{ fetch }`, a function of one argument. */
  | (AppBase & Exported & { readonly kind: 'fetch'; readonly fetch: FetchHandler })
  /** Express, Koa, Fastify, connect, a function of `(req, res)`. */
  | (AppBase & Exported & { readonly kind: 'node'; readonly listener: NodeListener; readonly speaksHttp2: boolean })
  /** An unstarted server, or the first one on which the program called `listen()`. Usually an `http.Server`. */
  | (AppBase & { readonly kind: 'server'; readonly server: Server });

/** How the app is called, when it should not be found out: setting `interface`. */
export const INTERFACES = ['auto', 'fetch', 'node'] as const;
export type Interface = (typeof INTERFACES)[number];

/** The endings of files that can be an app, a config file or a worker class, in the order in which they are tried. */
export const MODULE_EXTENSIONS = ['.ts', '.mts', '.cts', '.tsx', '.js', '.mjs', '.cjs', '.jsx'] as const;
