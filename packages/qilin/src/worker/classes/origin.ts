/** Where a request came from: by its connection, and by what a trusted proxy says of it. */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { type Address, formatAddress } from '../../contract/address.ts';
import type { RequestOrigin } from '../../contract/app.ts';
import type { Listener } from '../../contract/messages.ts';
import type { ForwardedSettings } from '../../contract/worker-config.ts';
import { createForwarded, type Forwarded, UNIX_PEER } from '../../http/forwarded.ts';

export interface Origin {
  /** Address of the client, as far as it is believed; undefined on a unix socket. */
  readonly client: string | undefined;
  readonly scheme: 'http' | 'https';
  /** Printed address of the listener that took the connection. */
  readonly server: string;
}

export interface Origins {
  /** Scheme and host that `request.url` should have where a trusted proxy told them; undefined where nothing is said. */
  forwarded(req: IncomingMessage): RequestOrigin | undefined;
  /** A trusted proxy said that the client came by HTTPS, and that it did not: to be answered with 400, as Gunicorn does. */
  contradict(req: IncomingMessage): boolean;
  /** All of it, for the access log. */
  of(req: IncomingMessage): Origin;
}

export function createOrigins(settings: ForwardedSettings, listeners: readonly Listener[]): Origins {
  const resolve = createForwarded(settings);
  const addresses = listeners.map(({ address }) => address);
  const secure = Object.keys(settings.secureSchemeHeaders).map((name) => name.toLowerCase());
  const names = [...secure, 'x-forwarded-for', 'x-forwarded-host'];
  // The peer's address is a system call for each connection: asked for only where a header says something.
  const look = (req: IncomingMessage): Forwarded =>
    names.some((name) => req.headers[name] !== undefined)
      ? resolve(peerOf(req.socket, addresses), (name) => headerOf(req, name))
      : NOTHING_SAID;
  // Access log, check and app each ask of the same request, one after the other.
  let latest: { readonly req: IncomingMessage | undefined; readonly said: Forwarded } = {
    req: undefined,
    said: NOTHING_SAID,
  };
  const read = (req: IncomingMessage): Forwarded => {
    if (latest.req !== req) latest = { req, said: look(req) };
    return latest.said;
  };
  return {
    forwarded(req) {
      const said = read(req);
      if (said.kind !== 'forwarded') return undefined;
      const host = said.host ?? req.headers.host;
      return host === undefined ? undefined : { scheme: said.scheme ?? schemeOf(req.socket), host };
    },
    contradict: (req) => read(req).kind === 'contradiction',
    of(req) {
      const said = read(req);
      const believed = said.kind === 'forwarded' ? said : undefined;
      return {
        client: believed?.client ?? req.socket.remoteAddress,
        scheme: believed?.scheme ?? schemeOf(req.socket),
        server: formatAddress(listenerOf(req.socket, addresses)),
      };
    },
  };
}

function headerOf(req: IncomingMessage, name: string): string | undefined {
  const value = req.headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}

const schemeOf = (socket: Socket): 'http' | 'https' => ('encrypted' in socket ? 'https' : 'http');

function peerOf(socket: Socket, addresses: readonly Address[]): string | undefined {
  return socket.remoteAddress ?? (listenerOf(socket, addresses).kind === 'unix' ? UNIX_PEER : undefined);
}

const NOTHING_SAID: Forwarded = { kind: 'none' };

const NOWHERE: Address = { kind: 'unix', path: '' };

/** By the local port; a connection without one came by a unix socket. */
function listenerOf(socket: Socket, addresses: readonly Address[]): Address {
  const [only = NOWHERE, ...others] = addresses;
  if (others.length === 0) return only;
  const { localPort } = socket;
  const isMine = (address: Address) => (address.kind === 'tcp' ? address.port === localPort : localPort === undefined);
  return addresses.find(isMine) ?? only;
}
