/** Where a request came from: by its connection, and by what a trusted proxy says of it. */
import { formatAddress } from '../contract/address.ts';
import type { RequestOrigin } from '../contract/app.ts';
import type { Listener } from '../contract/messages.ts';
import type { ForwardedSettings } from '../contract/worker-config.ts';
import { createForwarded, createPeerTrust, type Forwarded, UNIX_PEER } from '../http/forwarded.ts';

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
  /** Whether the connection's other end is one of `forwardedAllowIps`. */
  trusts(request: R): boolean;
  /** All of it, for the access log. */
  of(request: R): Origin;
}

/** How an engine's requests tell what is asked of them here. */
export interface RequestView<R> {
  /** Makes the question whether any of these headers is there; names in lower case. */
  mentions(names: readonly string[]): (request: R) => boolean;
  /** Value of a header, repeated ones joined by commas. */
  header(request: R, name: string): string | undefined;
  /** Address of the connection's other end; undefined on a unix socket, and of one that is gone. May be a system call. */
  peer(request: R): string | undefined;
  /** The descriptor of the listener that took the connection, as noted when it did; undefined where none of ours has. */
  listener(request: R): number | undefined;
  scheme(request: R): 'http' | 'https';
}

export function createOrigins<R extends WeakKey>(
  settings: ForwardedSettings,
  listeners: readonly Listener[],
  view: RequestView<R>,
): Origins<R> {
  const resolve = createForwarded(settings);
  const isTrusted = createPeerTrust(settings.forwardedAllowIps);
  const secure = Object.keys(settings.secureSchemeHeaders).map((name) => name.toLowerCase());
  const mentions = view.mentions([...secure, 'x-forwarded-for', 'x-forwarded-host']);

  // Not by what the connection says of itself: one that the client has reset says nothing, as if it were of a unix socket.
  const listenerOf = (request: R): Listener | undefined => {
    const descriptor = view.listener(request);
    return listeners.find(({ fd }) => fd === descriptor);
  };
  const isTrustedFile = (request: R) => listenerOf(request)?.address.kind === 'unix';
  const peerOf = (request: R) => view.peer(request) ?? (isTrustedFile(request) ? UNIX_PEER : undefined);
  // The peer's address is a system call for each connection: asked for only where a header says something.
  const look = (request: R): Forwarded => resolve(peerOf(request), (name) => view.header(request, name));
  // Access log, check and app each ask of the same request, one after the other. It lives no longer for that.
  let latest: WeakRef<R> | undefined;
  let said: Forwarded = NOTHING_SAID;
  const read = (request: R): Forwarded => {
    if (!mentions(request)) return NOTHING_SAID;
    if (latest?.deref() !== request) {
      said = look(request);
      latest = new WeakRef(request);
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
    trusts: (request) => isTrusted(peerOf(request)),
    of(request) {
      const told = read(request);
      const believed = told.kind === 'forwarded' ? told : undefined;
      return {
        client: believed?.client ?? view.peer(request),
        scheme: believed?.scheme ?? view.scheme(request),
        server: serverOf(listenerOf(request) ?? listeners[0]),
      };
    },
  };
}

const NOTHING_SAID: Forwarded = { kind: 'none' };

const serverOf = (listener: Listener | undefined): string =>
  listener === undefined ? '' : formatAddress(listener.address);
