/** What a program has set on its own server and Qilin decides by itself: to be said at start, so that nobody wonders. Pure. */
import { Server } from 'node:http';
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
