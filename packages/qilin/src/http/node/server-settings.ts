/** What a program has set on its own server: what holds, and what Qilin decides by itself, which is said at start. */

import type { Server as NetServer } from 'node:net';
import { Server } from '../../contract/node-http.ts';
import type { WorkerConfig } from '../../contract/worker-config.ts';

type Setting = 'keepalive' | 'headersTimeout' | 'bodyTimeout' | 'limitRequestFields' | 'workerConnections';

/** Members of a server, and the settings that take their place. */
const REPLACED = [
  ['keepAliveTimeout', 'keepalive'],
  ['headersTimeout', 'headersTimeout'],
  ['requestTimeout', 'bodyTimeout'],
  ['maxHeadersCount', 'limitRequestFields'],
  ['maxConnections', 'workerConnections'],
] as const satisfies readonly (readonly [keyof Server, Setting])[];

/** Events of a server that are about the messages of its listener, which a fetch handler beside it has none of. */
const OF_MESSAGES = ['clientError', 'checkExpectation', 'dropRequest'] as const;

/** A sentence for the log, or none. To be asked before the server is made ready. */
export function replacedSettings(
  name: string,
  server: Server,
  config: Pick<WorkerConfig, Setting>,
): string | undefined {
  const nodes = new Server();
  const replaced = REPLACED.filter(([member]) => server[member] !== nodes[member]);
  if (replaced.length === 0) return undefined;
  const theirs = replaced.map(([member]) => `${member} = ${server[member]}`);
  const ours = replaced.map(([, setting]) => `${setting} = ${config[setting]}`);
  return `${name} sets ${listed(theirs)} on its server; what holds is ${listed(ours)}, of Qilin's settings.`;
}

/** The same of listeners that are not called where a fetch handler is served on the native engine. */
export function unheardEvents(name: string, server: Server): string | undefined {
  const unheard = OF_MESSAGES.filter((event) => server.listenerCount(event) > 0);
  if (unheard.length === 0) return undefined;
  const events = listed(unheard.map((event) => `'${event}'`));
  return `${name} exports a fetch handler and listens to ${events} of the server beside it, which is not told: the engine answers by itself; class async tells it.`;
}

const listed = (items: readonly string[]): string => items.join(' and ');

/** How requests are refused before the app sees them. */
export interface RefusalWays {
  /** A request of HTTP/1.1 without Host is a 400 (RFC 9112, 3.2). */
  readonly requiresHost: boolean;
  /** A status line and the connection's end, as of Node's server; else a length too. */
  readonly barely: boolean;
}

/** As the server was given to us first: on Node's stack the option is replaced afterwards. */
const known = new WeakMap<NetServer, RefusalWays>();

/** Of a server of HTTP/1 that the program made; of any other app, the usual ones. */
export function refusalWaysOf(server: NetServer | undefined): RefusalWays {
  if (server === undefined || !('requireHostHeader' in server)) return { requiresHost: true, barely: false };
  const ways = known.get(server) ?? { requiresHost: server.requireHostHeader !== false, barely: true };
  known.set(server, ways);
  return ways;
}
