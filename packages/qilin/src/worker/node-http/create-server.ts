/** Makes the server that the connections are handed to: plain, with TLS and HTTP/2, or the app's own. */
import { readFileSync } from 'node:fs';
import {
  createServer,
  Server as HttpServer,
  type IncomingMessage,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import { createSecureServer } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import type { Server } from 'node:net';
import type { App } from '../../contract/app.ts';
import { QilinError } from '../../contract/errors.ts';
import { type Milliseconds, type Seconds, toMilliseconds } from '../../contract/units.ts';
import type { TlsSettings, WorkerConfig } from '../../contract/worker-config.ts';
import { messageClassesFor } from '../../http/node/message-classes.ts';
import type { RequestLimits } from '../../http/request-limits.ts';
import { answerClientError } from './client-error.ts';
import { ReasonedResponse } from './reasoned-response.ts';

/** What the HTTP/1, HTTP/2 and raw servers of Node have in common for us. */
export type NodeServer = Server & { closeIdleConnections?(): void };

/** How often Node looks for requests whose head or body takes too long. */
const TIMEOUTS_CHECKED_EVERY: Milliseconds = 1_000;

/** Events of a program's own server that reach it also when TLS is put in front of it. */
const FORWARDED_EVENTS = ['upgrade', 'connect', 'checkContinue', 'checkExpectation'] as const;

export function createNodeServer(
  app: App,
  config: WorkerConfig,
  limits: RequestLimits,
  oneRequestAConnection: boolean,
): NodeServer {
  const options = httpOptions(config, limits);
  if (config.certfile === null && app.kind === 'server') return applyTo(app.server, options, limits);
  const made = { ...options, ...messageOptions(app) };
  const server = config.certfile === null ? createServer(made) : createTlsServer(config, made, oneRequestAConnection);
  if (app.kind === 'server') {
    for (const event of FORWARDED_EVENTS) {
      if (app.server.listenerCount(event) > 0) server.on(event, (...args) => app.server.emit(event, ...args));
    }
  }
  return applyTo(server, options, limits);
}

interface Http1Options {
  readonly Http1IncomingMessage?: typeof IncomingMessage;
  readonly Http1ServerResponse?: typeof ServerResponse;
}

/** As `node:http` and `node:https` call the options, and as `node:http2` does. */
function messageOptions(app: App): ServerOptions & Http1Options {
  if (app.kind === 'fetch') return { ServerResponse: ReasonedResponse, Http1ServerResponse: ReasonedResponse };
  const classes = messageClassesFor(app.kind === 'node' ? app.listener : undefined);
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
function applyTo(server: Server, options: ReturnType<typeof httpOptions>, limits: RequestLimits): NodeServer {
  Object.assign(server, options, { maxHeadersCount: limits.maxHeadersCount });
  if (server.listenerCount('clientError') === 0) server.on('clientError', answerClientError);
  return server;
}

/** HTTP/2, which has many requests on a connection, is only offered where these can be served. */
function createTlsServer(tls: TlsSettings, options: ServerOptions, oneRequestAConnection: boolean): Server {
  const { keyfile, certfile, caCerts, certReqs, ciphers } = tls;
  try {
    const secured = {
      ...options,
      key: readPem('keyfile', keyfile),
      cert: readPem('certfile', certfile),
      ...(caCerts !== null && { ca: readPem('caCerts', caCerts) }),
      ...(ciphers !== null && { ciphers }),
      requestCert: certReqs !== 'none',
      rejectUnauthorized: certReqs === 'required',
    };
    return oneRequestAConnection ? createHttpsServer(secured) : createSecureServer({ ...secured, allowHTTP1: true });
  } catch (error) {
    if (error instanceof QilinError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new QilinError('TLS_FILE', `certfile ${certfile} and keyfile ${keyfile} cannot be used: ${reason}.`);
  }
}

function readPem(setting: string, file: string | null): Buffer {
  if (file === null)
    throw new QilinError('TLS_FILE', `${setting} must be the path of a PEM file when TLS is on (got none).`);
  try {
    return readFileSync(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new QilinError('TLS_FILE', `${setting} must be a readable PEM file (got "${file}": ${reason}).`);
  }
}

/** The request listeners of a program's own server; taken from it, so that a request passes the limits first. */
export function takeRequestListeners(server: Server): readonly ((...args: unknown[]) => unknown)[] {
  const listeners = server.listeners('request').filter((listener) => typeof listener === 'function');
  if (server instanceof HttpServer) server.removeAllListeners('request');
  return listeners.map(
    (listener) =>
      (...args) =>
        Reflect.apply(listener, server, args),
  );
}
