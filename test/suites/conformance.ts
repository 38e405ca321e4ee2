/**
 * The conformance suite of the worker classes. A part is one file and one topic; each class has a test file of its own, which
 * can run beside others.
 */
import { describe } from 'vitest';
import { describeAccessLog } from './access-log.ts';
import { describeApps } from './apps.ts';
import { describeBinds } from './binds.ts';
import { describeBodies } from './bodies.ts';
import { classNamed } from './classes.ts';
import { describeClientErrors } from './client-errors.ts';
import { describeCompression } from './compression.ts';
import { describeConnections } from './connections.ts';
import { describeContexts } from './contexts.ts';
import { describeDrain } from './drain.ts';
import { describeFailures } from './failures.ts';
import { describeFetchBodies } from './fetch-bodies.ts';
import { describeFiles } from './files.ts';
import { describeLimits } from './limits.ts';
import { describeOverload } from './overload.ts';
import { describePrograms } from './programs.ts';
import { describeProxies } from './proxies.ts';
import { describeProxyProtocol } from './proxy-protocol.ts';
import { describeRefusals } from './refusals.ts';
import { describeResponseTimeout } from './response-timeout.ts';
import { describeSockets } from './sockets.ts';
import { describeTrailers } from './trailers.ts';
import { describeUpgrades } from './upgrades.ts';
import { describeWebSocketDrain } from './websocket-drain.ts';
import { describeWorkers } from './workers.ts';

export function describeClass(name: string): void {
  const underTest = classNamed(name);
  describe(`class ${name}`, () => {
    describeApps(underTest);
    describeConnections(underTest);
    describeClientErrors(underTest);
    describeRefusals(underTest);
    describeContexts(underTest);
    describeBodies(underTest);
    describeFetchBodies(underTest);
    describeTrailers(underTest);
    describeLimits(underTest);
    describeResponseTimeout(underTest);
    describeOverload(underTest);
    describeFailures(underTest);
    describePrograms(underTest);
    describeSockets(underTest);
    describeUpgrades(underTest);
    describeDrain(underTest);
    describeWebSocketDrain(underTest);
    describeWorkers(underTest);
    describeFiles(underTest);
    describeCompression(underTest);
    describeProxies(underTest);
    describeProxyProtocol(underTest);
    describeBinds(underTest);
    describeAccessLog(underTest);
  });
}
