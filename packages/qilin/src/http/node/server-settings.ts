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

/** Events that the native engine acts on by itself. */
const ENGINES_OWN = ['clientError', 'checkExpectation', 'dropRequest'] as const;

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

/** The same of listeners that the native engine does not call. */
export function unheardEvents(name: string, server: Server, workerClass: string): string | undefined {
  const unheard = ENGINES_OWN.filter((event) => server.listenerCount(event) > 0);
  if (unheard.length === 0) return undefined;
  const events = listed(unheard.map((event) => `'${event}'`));
  return `${name} listens to ${events} of its server, which class ${workerClass} answers by itself; class async would call it.`;
}

const listed = (items: readonly string[]): string => items.join(' and ');
