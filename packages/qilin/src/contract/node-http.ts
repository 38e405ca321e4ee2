/**
 * Node's own `node:http`, by require: an `import` of it asks for every export, and with `WebSocket` Node 22 and later load all of
 * undici and HTTP/2 (a third of the time in which a worker boots). What its types are, files take from `node:http` itself.
 */
import { createRequire } from 'node:module';

const http: typeof import('node:http') = createRequire(import.meta.url)('node:http');

export const { createServer, IncomingMessage, request, Server, ServerResponse, STATUS_CODES } = http;
export type IncomingMessage = import('node:http').IncomingMessage;
export type Server = import('node:http').Server;
export type ServerResponse = import('node:http').ServerResponse;

/** With it a server listens to 'connection', and reads requests from the sockets; not in its types. */
export const connectionListener: unknown = Reflect.get(http, '_connectionListener');
