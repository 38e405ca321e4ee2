/** Makes the server that the connections are handed to: plain, with TLS and HTTP/2, or the app's own. */
import type { IncomingMessage, ServerOptions, ServerResponse } from 'node:http';
import type { Server } from 'node:net';
import type { App } from '../../contract/app.ts';
import { createServer } from '../../contract/node-http.ts';
import { type Milliseconds, type Seconds, toMilliseconds } from '../../contract/units.ts';
import type { WorkerConfig } from '../../contract/worker-config.ts';
import { messageClassesFor, preferMessageClasses, prototypesOf } from '../../http/node/message-classes.ts';
import { forwardEvents, isPlainHttp, serverOf } from '../../http/node/program-server.ts';
import { nodesDefaults, refusalWaysOf } from '../../http/node/server-settings.ts';
import type { ServerTies } from '../../http/node/server-ties.ts';
import type { RequestLimits } from '../../http/request-limits.ts';
import { answerClientErrors, type OnClientError } from './client-error.ts';
import { createTlsServer } from './tls-server.ts';

/** How often Node looks for requests whose head or body takes too long. */
const TIMEOUTS_CHECKED_EVERY: Milliseconds = 1_000;

/** Events of a program's own server that reach it also when TLS is put in front of it. */
const FORWARDED_EVENTS = ['upgrade', 'connect', 'checkContinue', 'checkExpectation', 'clientError'] as const;

/**
 * @param http2 Whether TLS clients may choose it.
 * @param onClientError Told what is answered in the place of the app.
 */
export function createNodeServer(
  ties: ServerTies,
  app: App,
  config: WorkerConfig,
  limits: RequestLimits,
  http2: boolean,
  onClientError: OnClientError,
): Server {
  const theirs = serverOf(app);
  const { barely } = refusalWaysOf(theirs);
  const options = httpOptions(config, limits);
  if (config.certfile === null && theirs !== undefined) {
    if (isPlainHttp(theirs)) preferMessageClasses(theirs, messageClassesFor(prototypesOf(app)));
    return applyTo(ties, theirs, options, limits, barely, onClientError);
  }
  const made = { ...options, ...messageOptions(app) };
  const server = config.certfile === null ? createServer(made) : createTlsServer(config, made, http2);
  if (theirs !== undefined) forwardEvents(ties, FORWARDED_EVENTS, server, theirs);
  return applyTo(ties, server, options, limits, barely, onClientError);
}

interface Http1Options {
  readonly Http1IncomingMessage?: typeof IncomingMessage;
  readonly Http1ServerResponse?: typeof ServerResponse;
}

/** As `node:http` and `node:https` call the options, and as `node:http2` does. */
function messageOptions(app: App): ServerOptions & Http1Options {
  const classes = messageClassesFor(prototypesOf(app));
  return {
    ...classes,
    Http1IncomingMessage: classes.IncomingMessage,
    Http1ServerResponse: classes.ServerResponse,
  };
}

function httpOptions(config: WorkerConfig, limits: RequestLimits) {
  const { keepalive, headersTimeout, bodyTimeout } = config;
  // A sync worker that waits for a slow client serves nobody else: it may wait as long as for the app.
  const patience = config.workerClass === 'sync' ? config.timeout : 0;
  const wholeRequest = headersTimeout === 0 || bodyTimeout === 0 ? 0 : headersTimeout + bodyTimeout;
  return {
    maxHeaderSize: limits.maxHeaderSize,
    keepAliveTimeout: toMilliseconds(keepalive),
    connectionsCheckingInterval: TIMEOUTS_CHECKED_EVERY,
    // The engine refuses such a request itself: Node would still call the app with those pipelined behind it.
    requireHostHeader: false,
    headersTimeout: toMilliseconds(shorter(headersTimeout, patience)),
    requestTimeout: toMilliseconds(shorter(wholeRequest, patience)),
  } satisfies ServerOptions;
}

/** Of two times, either of which may be 0 for ever. */
const shorter = (one: Seconds, other: Seconds): Seconds =>
  one === 0 || other === 0 ? Math.max(one, other) : Math.min(one, other);

/** Sets what can be set on a server that exists; one that the program made keeps its own ways in all else. */
function applyTo(
  ties: ServerTies,
  server: Server,
  options: ReturnType<typeof httpOptions>,
  limits: RequestLimits,
  barely: boolean,
  onClientError: OnClientError,
): Server {
  // A client may say that it has asked all that it wants, and read its answer: RFC 9112, section 9.6.
  ties.set(server, {
    ...nodesDefaults(server),
    ...options,
    maxHeadersCount: limits.maxHeadersCount,
    httpAllowHalfOpen: true,
  });
  answerClientErrors(ties, server, barely, onClientError);
  return server;
}
