/** Makes the server of `certfile`: HTTPS, with HTTP/2 beside HTTP/1.1 where that is offered. */
import { readFileSync } from 'node:fs';
import type { ServerOptions } from 'node:http';
import { createRequire } from 'node:module';
import type { Server } from 'node:net';
import { QilinError, reasonOf } from '../../contract/errors.ts';
import type { TlsSettings } from '../../contract/worker-config.ts';

/** Loaded when they are needed: they take a tenth of the time in which a worker without them boots. */
const require = createRequire(import.meta.url);
const https = (): typeof import('node:https') => require('node:https');
const http2 = (): typeof import('node:http2') => require('node:http2');

/** @throws QilinError TLS_FILE */
export function createTlsServer(tls: TlsSettings, options: ServerOptions, offersHttp2: boolean): Server {
  const { keyfile, certfile, caCerts, certReqs, ciphers, http2MaxStreams } = tls;
  try {
    const secured = {
      ...options,
      key: readPem('keyfile', keyfile),
      cert: readPem('certfile', certfile),
      ...(caCerts !== null && { ca: readPem('caCerts', caCerts) }),
      ...(ciphers !== null && { ciphers }),
      // As long as for the first bytes of a request; Node's own default is two minutes.
      ...(options.headersTimeout && { handshakeTimeout: options.headersTimeout }),
      requestCert: certReqs !== 'none',
      rejectUnauthorized: certReqs === 'required',
    };
    if (!offersHttp2) return https().createServer(secured);
    return http2().createSecureServer({
      ...secured,
      allowHTTP1: true,
      settings: { maxConcurrentStreams: http2MaxStreams },
    });
  } catch (error) {
    if (error instanceof QilinError) throw error;
    const reason = reasonOf(error);
    throw new QilinError('TLS_FILE', `certfile ${certfile} and keyfile ${keyfile} cannot be used: ${reason}.`);
  }
}

function readPem(setting: string, file: string | null): Buffer {
  if (file === null)
    throw new QilinError('TLS_FILE', `${setting} must be the path of a PEM file when TLS is on (got none).`);
  try {
    return readFileSync(file);
  } catch (error) {
    const reason = reasonOf(error);
    throw new QilinError('TLS_FILE', `${setting} must be a readable PEM file (got "${file}": ${reason}).`);
  }
}
