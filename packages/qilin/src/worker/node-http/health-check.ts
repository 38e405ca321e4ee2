/**
 * Asks a new app, before anybody else can reach it, for the path of the setting `healthCheck`. The request comes by a connection within
 * this process, over Node's own HTTP stack, whatever the worker class.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { App } from '../../contract/app.ts';
import { QilinError } from '../../contract/errors.ts';
import type { Log } from '../../contract/log.ts';
import { toMilliseconds } from '../../contract/units.ts';
import type { WorkerConfig } from '../../contract/worker-config.ts';
import type { Origins } from '../origin.ts';
import { streamPair } from '../stream-pair.ts';
import { createAppListener } from './app-listener.ts';

/** Nothing is told of this client. */
const NOWHERE: Origins<IncomingMessage> = {
  forwarded: () => undefined,
  contradict: () => false,
  of: () => ({ client: undefined, scheme: 'http', server: '' }),
};

/** Characters of an answer that are told. */
const EXCERPT = 200;

/** @throws QilinError HEALTH_CHECK when the app does not answer 2xx within `timeout`, or `bootTimeout` where that is 0 */
export async function checkHealth(app: App, path: string, config: WorkerConfig, log: Log): Promise<void> {
  const limit = config.timeout > 0 ? config.timeout : config.bootTimeout;
  const late = limit > 0 ? AbortSignal.timeout(toMilliseconds(limit)) : new AbortController().signal;
  const thrown = new AbortController();
  const signal = AbortSignal.any([late, thrown.signal]);
  const listener = createAppListener(app, NOWHERE, log);
  const server = createServer((req, res) => {
    // One that throws at once throws in here, too.
    void (async () => listener(req, res))().catch((error: unknown) => thrown.abort(error));
  });
  const [client, connection] = streamPair();
  server.emit('connection', connection);
  try {
    const headers = { Host: 'localhost', 'User-Agent': 'qilin-health-check', Connection: 'close' };
    const asked = request({ path, headers, createConnection: () => client, signal }).end();
    const [response]: IncomingMessage[] = await once(asked, 'response', { signal });
    const said = response === undefined ? '' : await text(response);
    const status = response?.statusCode ?? 0;
    if (status >= 200 && status < 300) return;
    throw failed(`GET ${path} (healthCheck) was answered with ${status}, and must be with 2xx: ${excerptOf(said)}`);
  } catch (cause) {
    if (cause instanceof QilinError) throw cause;
    if (late.aborted) throw failed(`GET ${path} (healthCheck) was not answered in ${limit} s`);
    const { aborted, reason } = thrown.signal;
    throw new QilinError('HEALTH_CHECK', `GET ${path} (healthCheck) has no answer:`, {
      cause: aborted ? reason : cause,
    });
  } finally {
    client.destroy();
    connection.destroy();
  }
}

const failed = (message: string) => new QilinError('HEALTH_CHECK', message);

const excerptOf = (said: string) => JSON.stringify(said.length > EXCERPT ? `${said.slice(0, EXCERPT)}...` : said);
