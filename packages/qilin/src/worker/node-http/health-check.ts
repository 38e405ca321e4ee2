/**
 * Asks a new app, before anybody else can reach it, for the path of the setting `healthCheck`, or what its function asks for. Each request
 * comes by a connection within this process, over Node's own HTTP stack, whatever the worker class.
 */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { App, NodeListener } from '../../contract/app.ts';
import { QilinError } from '../../contract/errors.ts';
import type { HealthCheck } from '../../contract/health-check.ts';
import type { Log } from '../../contract/log.ts';
import { createServer, request } from '../../contract/node-http.ts';
import { inspect } from '../../contract/node-util.ts';
import { toMilliseconds } from '../../contract/units.ts';
import type { WorkerConfig } from '../../contract/worker-config.ts';
import type { Origins } from '../origin.ts';
import { streamPair } from '../stream-pair.ts';
import { createAppListener } from './app-listener.ts';

/** Nothing is told of this client. */
const NOWHERE: Origins<IncomingMessage> = {
  forwarded: () => undefined,
  contradict: () => false,
  trusts: () => false,
  of: () => ({ client: undefined, scheme: 'http', server: '' }),
};

/** Characters of an answer that are told. */
const EXCERPT = 200;

interface Answer {
  readonly head: IncomingMessage;
  readonly body: Buffer;
}

interface Check {
  readonly name: string;
  /** What is said of it where its time is over, and where an error has come instead of a verdict. */
  readonly late: string;
  readonly broken: string;
  /** Rejects with a QilinError HEALTH_CHECK, or with whatever was thrown. */
  pass(ask: (path: string) => Promise<Answer>): Promise<void>;
}

/**
 * @param setting A path, or what is to be asked otherwise
 * @throws QilinError HEALTH_CHECK when the app does not stand it within `timeout`, or `bootTimeout` where that is 0
 */
export async function checkHealth(
  app: App,
  setting: string | HealthCheck,
  config: WorkerConfig,
  log: Log,
): Promise<void> {
  const limit = config.timeout > 0 ? config.timeout : config.bootTimeout;
  const late = limit > 0 ? AbortSignal.timeout(toMilliseconds(limit)) : new AbortController().signal;
  const listener = createAppListener(app, NOWHERE, log);
  const check = typeof setting === 'string' ? ofPath(setting) : ofFunction(setting);
  const verdict = check.pass((path) => askWithin(listener, path, late));
  try {
    await Promise.race([verdict, once(late, 'abort').then(() => late.throwIfAborted())]);
  } catch (cause) {
    if (cause instanceof QilinError) throw cause;
    if (late.aborted) throw failed(`${check.name} ${check.late} in ${limit} s`);
    throw new QilinError('HEALTH_CHECK', `${check.name} ${check.broken}:`, { cause });
  }
}

function ofPath(path: string): Check {
  const name = `GET ${path} (healthCheck)`;
  return {
    name,
    late: 'was not answered',
    broken: 'has no answer',
    async pass(ask) {
      const { head, body } = await ask(path);
      const { statusCode = 0 } = head;
      if (statusCode >= 200 && statusCode < 300) return;
      throw failed(`${name} was answered with ${statusCode}, and must be with 2xx: ${excerptOf(body.toString())}`);
    },
  };
}

function ofFunction(approve: HealthCheck): Check {
  return {
    name: 'healthCheck',
    late: 'did not end',
    broken: 'threw',
    async pass(ask) {
      const verdict: unknown = await approve(async (path) => responseFrom(await ask(path)));
      if (verdict === undefined || verdict === true) return;
      if (verdict === false) throw failed('healthCheck said false: the app is not well');
      throw failed(`healthCheck must return true, false or nothing (got ${inspect(verdict, { depth: 0 })})`);
    },
  };
}

async function askWithin(listener: NodeListener, path: string, late: AbortSignal): Promise<Answer> {
  const thrown = new AbortController();
  const signal = AbortSignal.any([late, thrown.signal]);
  const server = createServer((req, res) => {
    // One that throws at once throws in here, too.
    void (async () => listener(req, res))().catch((error: unknown) => thrown.abort(error));
  });
  const [client, connection] = streamPair();
  server.emit('connection', connection);
  try {
    const headers = { Host: 'localhost', 'User-Agent': 'qilin-health-check', Connection: 'close' };
    const asked = request({ path, headers, createConnection: () => client, signal }).end();
    const [head]: IncomingMessage[] = await once(asked, 'response', { signal });
    if (head === undefined) throw new Error('a response without a message');
    return { head, body: await buffer(head) };
  } catch (error) {
    throw thrown.signal.aborted ? thrown.signal.reason : error;
  } finally {
    client.destroy();
    connection.destroy();
  }
}

/** @throws RangeError where the status is none that a Response may have: 600 and above */
function responseFrom({ head, body }: Answer): Response {
  const { statusCode = 0, statusMessage = '', headersDistinct } = head;
  const headers = Object.entries(headersDistinct).flatMap(([name, values = []]) =>
    values.map((value): [string, string] => [name, value]),
  );
  const hasBody = ![204, 205, 304].includes(statusCode);
  return new Response(hasBody ? body : null, { status: statusCode, statusText: statusMessage, headers });
}

const failed = (message: string) => new QilinError('HEALTH_CHECK', message);

const excerptOf = (said: string) => JSON.stringify(said.length > EXCERPT ? `${said.slice(0, EXCERPT)}...` : said);
