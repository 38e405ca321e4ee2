/** What a program has set on its own server: what holds, and what Qilin decides by itself, which is said at start. */
import type { Server as NetServer } from 'node:net';
import { Server } from '../../contract/node-http.ts';
import type { WorkerConfig } from '../../contract/worker-config.ts';

type Setting =
  | 'keepalive'
  | 'headersTimeout'
  | 'bodyTimeout'
  | 'limitRequestLine'
  | 'limitRequestFields'
  | 'limitRequestFieldSize'
  | 'workerConnections';

/** It holds as under Node; or settings take its place; or (none) what it is about is Qilin's to decide, and cannot be set. */
type Fate = 'holds' | readonly Setting[];

/**
 * All options of `http.createServer()`, on Node 20 to 26, and members of its server that are no option: what becomes of each, on
 * every worker class. docs/apps.md tells users.
 */
export const FATES: Readonly<Record<string, Fate>> = {
  IncomingMessage: 'holds',
  ServerResponse: 'holds',
  highWaterMark: 'holds',
  joinDuplicateHeaders: 'holds',
  optimizeEmptyRequests: 'holds',
  rejectNonStandardBodyWrites: 'holds',
  requireHostHeader: 'holds',
  shouldUpgradeCallback: 'holds',
  uniqueHeaders: 'holds',
  keepAliveTimeout: ['keepalive'],
  headersTimeout: ['headersTimeout'],
  requestTimeout: ['bodyTimeout'],
  maxHeaderSize: ['limitRequestLine', 'limitRequestFieldSize'],
  maxHeadersCount: ['limitRequestFields'],
  maxConnections: ['workerConnections'],
  // The parser is a strict one.
  insecureHTTPParser: [],
  httpValidation: [],
  // Answers are sent at once, and who has left is found out by what is sent, or by a deadline.
  noDelay: [],
  keepAlive: [],
  keepAliveInitialDelay: [],
  // Deadlines are exact, or looked at once a second.
  keepAliveTimeoutBuffer: [],
  connectionsCheckingInterval: [],
};

/** @returns sentences for the log. To be asked before the server is made ready. */
export function settingsRemarks(name: string, server: NetServer, config: Pick<WorkerConfig, Setting>): string[] {
  if (!('keepAliveTimeout' in server)) return [];
  const nodes = new Server();
  const theirs = Object.entries(FATES).flatMap(([member, fate]) => {
    const value: unknown = Reflect.get(server, member);
    return fate === 'holds' || value === Reflect.get(nodes, member) ? [] : [{ said: `${member} = ${value}`, fate }];
  });
  const say = (which: typeof theirs, what: string): string[] =>
    which.length === 0 ? [] : [`${name} sets ${listed(which.map(({ said }) => said))} on its server; ${what}`];
  const replaced = theirs.filter(({ fate }) => fate.length > 0);
  const ours = replaced.flatMap(({ fate }) => fate).map((setting) => `${setting} = ${config[setting]}`);
  return [
    ...say(replaced, `what holds is ${listed(ours)}, of Qilin's settings.`),
    ...say(
      theirs.filter(({ fate }) => fate.length === 0),
      'that has no effect: Qilin decides it by itself (docs/apps.md).',
    ),
  ];
}

/** Options of Node's parser and timers, as a server has them that was given none: those that no setting of ours takes the place of. */
export function nodesDefaults(server: NetServer): Readonly<Record<string, unknown>> {
  const nodes = new Server();
  const names = ['insecureHTTPParser', 'httpValidation', 'keepAliveTimeoutBuffer'].filter((name) => name in server);
  return Object.fromEntries(names.map((name) => [name, Reflect.get(nodes, name)]));
}

/** Events of a server that are about the messages of its listener, which a fetch handler beside it has none of. */
const OF_MESSAGES = ['clientError', 'checkExpectation', 'dropRequest'] as const;

/** A sentence for the log, or none, of listeners that are not called where a fetch handler is served on the native engine. */
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
