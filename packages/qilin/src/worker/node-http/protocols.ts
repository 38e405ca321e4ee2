/** Which versions of HTTP the clients of TLS may choose from: setting `http2`. */
import type { Server } from 'node:net';
import type { App } from '../../contract/app.ts';
import type { TlsSettings } from '../../contract/worker-config.ts';
import { serverOf } from '../../http/node/program-server.ts';

export interface Protocols {
  readonly http2: boolean;
  /** For the log. */
  readonly remark: string;
}

/** @param oneRequestAConnection HTTP/2, which has many on one, cannot be served. */
export function chooseProtocols(
  app: App,
  { http2 }: Pick<TlsSettings, 'http2'>,
  oneRequestAConnection: boolean,
): Protocols {
  if (oneRequestAConnection) return without('class sync has one request on a connection');
  if (http2 === 'off') return without('http2 is off');
  if (http2 === 'on') return WITH;
  switch (app.kind) {
    case 'fetch':
      return WITH;
    case 'node':
      return app.speaksHttp2
        ? WITH
        : without(`${app.name} is a Node listener, written for the messages of HTTP/1.1${CURE}`);
    case 'server':
      return isHttp2Server(app.server) ? WITH : without(`${app.name} makes a server of HTTP/1.1${CURE}`);
  }
}

const CURE = '; if it can take those of HTTP/2, say http2 = on';

const WITH: Protocols = { http2: true, remark: 'TLS clients are offered HTTP/2 and HTTP/1.1' };

const without = (reason: string): Protocols => ({
  http2: false,
  remark: `TLS clients are offered HTTP/1.1 alone: ${reason}`,
});

/** For the log: what clients that speak TLS find, where they find any. */
export function tlsRemark(
  app: App,
  { certfile }: Pick<TlsSettings, 'certfile'>,
  { remark }: Protocols,
): string | undefined {
  if (certfile !== null) return remark;
  const theirs = serverOf(app);
  if (theirs === undefined || !isTlsServer(theirs)) return undefined;
  return `${app.name} makes a server of TLS: clients reach it by https://, not by http://`;
}

/** By a method that no other server has: the class itself is in a module that takes 15 ms to load, which few workers need. */
export const isTlsServer = (server: Server): boolean => 'setSecureContext' in server;

/** Node exports no class for them; this method no other server has. */
export const isHttp2Server = (server: Server): boolean => 'updateSettings' in server;
