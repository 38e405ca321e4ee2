/** Where a request came from: by its connection, and by what a trusted proxy says of it. */
import { type Address, formatAddress } from '../contract/address.ts';
import type { RequestOrigin } from '../contract/app.ts';
import type { Listener } from '../contract/messages.ts';
import type { ForwardedSettings } from '../contract/worker-config.ts';
import { createForwarded, type Forwarded, UNIX_PEER } from '../http/forwarded.ts';

export interface Origin {
  /** Address of the client, as far as it is believed; undefined on a unix socket. */
  readonly client: string | undefined;
  readonly scheme: 'http' | 'https';
  /** Printed address of the listener that took the connection. */
  readonly server: string;
}

export interface Origins<R> {
  /** What `request.url` and `request.ip` should say where a trusted proxy told it; undefined where nothing is said. */
  forwarded(request: R): RequestOrigin | undefined;
  /** A trusted proxy said that the client came by HTTPS, and that it did not: to be answered with 400, as Gunicorn does. */
  contradict(request: R): boolean;
  /** All of it, for the access log. */
  of(request: R): Origin;
}

/** How an engine's requests tell what is asked of them here. */
export interface RequestView<R> {
  /** Makes the question whether any of these headers is there; names in lower case. */
  mentions(names: readonly string[]): (request: R) => boolean;
  /** Value of a header, repeated ones joined by commas. */
  header(request: R, name: string): string | undefined;
  /** Address of the connection's other end; undefined on a unix socket. May be a system call. */
  peer(request: R): string | undefined;
  localPort(request: R): number | undefined;
  scheme(request: R): 'http' | 'https';
}

export function createOrigins<R>(
  settings: ForwardedSettings,
  listeners: readonly Listener[],
  view: RequestView<R>,
): Origins<R> {
  const resolve = createForwarded(settings);
  const addresses = listeners.map(({ address }) => address);
  const secure = Object.keys(settings.secureSchemeHeaders).map((name) => name.toLowerCase());
  const mentions = view.mentions([...secure, 'x-forwarded-for', 'x-forwarded-host']);

  /** By the local port; a connection without one came by a unix socket. */
  const listenerOf = (request: R): Address => {
    const [only = NOWHERE, ...others] = addresses;
    if (others.length === 0) return only;
    const port = view.localPort(request);
    const isMine = (address: Address) => (address.kind === 'tcp' ? address.port === port : port === undefined);
    return addresses.find(isMine) ?? only;
  };
  const peerOf = (request: R) => view.peer(request) ?? (listenerOf(request).kind === 'unix' ? UNIX_PEER : undefined);
  // The peer's address is a system call for each connection: asked for only where a header says something.
  const look = (request: R): Forwarded =>
    mentions(request) ? resolve(peerOf(request), (name) => view.header(request, name)) : NOTHING_SAID;
  // Access log, check and app each ask of the same request, one after the other.
  let latest: R | undefined;
  let said: Forwarded = NOTHING_SAID;
  const read = (request: R): Forwarded => {
    if (latest !== request) {
      said = look(request);
      latest = request;
    }
    return said;
  };
  return {
    forwarded(request) {
      const told = read(request);
      if (told.kind !== 'forwarded') return undefined;
      const host = told.host ?? view.header(request, 'host');
      return host === undefined
        ? undefined
        : { client: told.client, scheme: told.scheme ?? view.scheme(request), host };
    },
    contradict: (request) => read(request).kind === 'contradiction',
    of(request) {
      const told = read(request);
      const believed = told.kind === 'forwarded' ? told : undefined;
      return {
        client: believed?.client ?? view.peer(request),
        scheme: believed?.scheme ?? view.scheme(request),
        server: formatAddress(listenerOf(request)),
      };
    },
  };
}

const NOTHING_SAID: Forwarded = { kind: 'none' };

const NOWHERE: Address = { kind: 'unix', path: '' };
