/** Which settings cannot be combined, and which combinations are hardly meant. */
import { type Bind, formatAddress, isLoopback } from '../contract/address.ts';
import { QilinError } from '../contract/errors.ts';
import { isDeepStrictEqual } from '../contract/node-util.ts';
import { chooseWorkerClass, ownWorkerClass } from '../contract/worker-classes.ts';
import { addressFor } from './bind.ts';
import type { Config, Origins, PlainName } from './config.ts';
import { SETTINGS } from './table.ts';

/** One error for each combination that cannot work. */
export function conflicts(config: Config, origins: Origins): readonly QilinError[] {
  const named = (name: PlainName): string => `${name} (${origins[name]})`;
  return [
    ...classErrors(config, origins),
    ...[
      ...tlsConflicts(config, named),
      ...engineConflicts(config, named),
      ...threadConflicts(config, named),
      ...bindConflicts(config, named),
      ...fileConflicts(config, named),
      ...dashboardConflicts(config, named),
    ].map((message) => new QilinError('SETTINGS_CONFLICT', message)),
  ];
}

/** A class from outside is looked for by the workers, as the app is. */
function* classErrors({ workerClass, threads }: Config, origins: Origins): Generator<QilinError> {
  const choice = chooseWorkerClass(workerClass, threads);
  if (choice.kind === 'unknown') {
    yield new QilinError('WORKER_CLASS_UNKNOWN', `${origins.workerClass}: ${choice.message}`);
  }
}

type Named = (name: PlainName) => string;

function* tlsConflicts(config: Config, named: Named): Generator<string> {
  const { certfile, keyfile, caCerts, certReqs, ciphers } = config;
  if (certfile !== null && keyfile === null) yield `${named('certfile')} needs keyfile too.`;
  if (keyfile !== null && certfile === null) yield `${named('keyfile')} needs certfile too.`;
  if (certfile !== null || keyfile !== null) return;
  // Without TLS these would be silently ignored, and an operator would believe that clients are being checked.
  if (certReqs !== 'none') yield `${named('certReqs')} needs certfile and keyfile: without them there is no TLS.`;
  if (caCerts !== null) yield `${named('caCerts')} needs certfile and keyfile: without them there is no TLS.`;
  if (ciphers !== null) yield `${named('ciphers')} needs certfile and keyfile: without them there is no TLS.`;
}

/** Each thread has its share of the connections. */
function* threadConflicts({ workerClass, threads, workerConnections }: Config, named: Named): Generator<string> {
  if (ownWorkerClass(workerClass, threads) !== 'threads' || threads <= workerConnections) return;
  yield `${named('threads')} must be at most workerConnections, ${workerConnections} (got ${threads}).`;
}

/** The native engine reads what comes as HTTP: it knows no TLS. */
function* engineConflicts(config: Config, named: Named): Generator<string> {
  const { workerClass, threads, threadEngine, certfile } = config;
  if (certfile === null) return;
  const rule = 'has no TLS: with certfile use async, or a proxy that ends TLS.';
  const own = ownWorkerClass(workerClass, threads);
  if (own === 'picoev') yield `${named('workerClass')} ${workerClass} ${rule}`;
  if (own === 'threads' && threadEngine === 'picoev') yield `${named('threadEngine')} picoev ${rule}`;
}

/** It shows what the log says, and may change the server. */
function* dashboardConflicts({ dashboard, dashboardToken, adminBind }: Config, named: Named): Generator<string> {
  if (dashboard === 'off') return;
  if (adminBind === null) yield `${named('dashboard')} needs adminBind: it is a page there.`;
  if (dashboardToken !== null) return;
  if (dashboard === 'control')
    yield `${named('dashboard')} control needs dashboardToken: whoever knows that may give orders.`;
  else if (adminBind?.kind === 'tcp' && !isLoopback(adminBind.host))
    yield `${named('dashboard')} needs dashboardToken where other machines reach ${named('adminBind')} ${formatAddress(adminBind)}.`;
}

/** Elsewhere `-p` is the port. */
function* fileConflicts({ pidfile }: Config, named: Named): Generator<string> {
  if (pidfile === null || !/^\d+$/.test(pidfile)) return;
  yield `${named('pidfile')} is the file of the process id: write --bind 127.0.0.1:${pidfile} for a port, ./${pidfile} for a file.`;
}

function* bindConflicts(config: Config, named: Named): Generator<string> {
  const { bind, reusePort, workers } = config;
  const portless = bind.find((address) => addressFor(address, 1)?.kind !== 'tcp');
  if (reusePort && portless !== undefined) {
    yield `${named('reusePort')} cannot be combined with ${named('bind')} ${formatAddress(portless)}, which has no port.`;
  }
  const seen = new Set<string>();
  for (const [address, worker] of bind.flatMap((each) => forWorkers(each, workers))) {
    const found = address.kind === 'named' ? address : addressFor(address, worker);
    if (found === undefined) {
      yield `${named('bind')} ${formatAddress(address)} makes no address for worker ${worker} of ${workers}: write it so that each has one.`;
      return;
    }
    const text = formatAddress(found);
    if (seen.has(text) && !(found.kind === 'tcp' && found.port === 0)) {
      yield `${named('bind')} names ${text} twice.`;
    }
    seen.add(text);
  }
  const own = bind.find(({ kind }) => kind === 'eachWorker');
  if (own !== undefined && config.workerBounds !== null) {
    yield `${named('bind')} ${formatAddress(own)} is an address for each worker: ${named('workers')} must be one number then, without bounds.`;
  }
  if (own !== undefined && workers === 0) {
    yield `${named('bind')} ${formatAddress(own)} is an address for each worker, and ${named('workers')} is 0.`;
  }
}

/** With the number of each worker that it makes an address for. */
const forWorkers = (bind: Bind, workers: number): (readonly [Bind, number])[] =>
  Array.from({ length: bind.kind === 'eachWorker' ? workers : 1 }, (_, index) => [bind, index + 1]);

/** Sentences about combinations that work, but probably not as they are meant. */
export function* notes(config: Config): Generator<string> {
  if (config.daemon && config.errorlog === '-') {
    yield 'daemon is set and errorlog is "-": a daemon has no terminal, so its error log is lost.';
  }
  if (config.maxRequestsJitter > 0 && config.maxRequests === 0) {
    yield 'maxRequestsJitter has no effect while maxRequests is 0.';
  }
  if (config.maxAgeJitter > 0 && config.maxAge === 0) yield 'maxAgeJitter has no effect while maxAge is 0.';
  if (config.heapSnapshot !== null && config.maxMemory === 0) {
    yield 'heapSnapshot has no effect while maxMemory is 0.';
  }
  if (config.threads > 1 && ownWorkerClass(config.workerClass, config.threads) !== 'threads') {
    yield `threads has no effect with the worker class ${config.workerClass}.`;
  }
  for (const name of ['staticFallback', 'staticMaxAge', 'staticImmutable', 'staticSymlinks'] as const) {
    if (config[name] && Object.keys(config.static).length === 0) yield `${name} has no effect without static.`;
  }
  for (const name of ['compressEncodings', 'compressMinimum', 'compressTypes', 'compressLevel'] as const) {
    if (!config.compress && !isDeepStrictEqual(config[name], SETTINGS[name].default))
      yield `${name} has no effect without compress.`;
  }
  if (config.reloadExtraFiles.length > 0 && !config.reload) {
    yield 'reloadExtraFiles has no effect while reload is off.';
  }
}
