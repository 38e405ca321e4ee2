/** The page that shows an error with its source, stack and request: for developers, and for nobody else. */
import { BlockList, isIP } from 'node:net';
import { placesOf } from '@qilin/jinja';

/** What the page shows of the request: a web `Request` fits. */
export interface DebugRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Iterable<[string, string]>;
}

/**
 * The error as a page of HTML. Takes the place of Werkzeug's debugger, without its console: nothing can be run from it.
 * Its renderer is loaded when the first error comes.
 *
 * @param error whatever was thrown
 */
export async function debugPage(error: unknown, { method, url, headers }: DebugRequest): Promise<string> {
  const { Youch } = await import('youch');
  // No title of our own: Youch writes it into <title> as it is, and a message may hold what a client sent.
  return new Youch().toHTML(withPlaces(error), { request: { method, url, headers: Object.fromEntries(headers) } });
}

/** The error, with the lines of templates in its message: the page shows files of JavaScript alone. */
function withPlaces(error: unknown): unknown {
  const places = placesOf(error);
  if (!(error instanceof Error) || places.length === 0) return error;
  const lines = places.map(({ name, line, text }) => `${name}:${line}: ${text.trim()}`);
  return Object.create(error, { message: { value: [error.message, ...lines].join('\n') } });
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');
LOOPBACK.addSubnet('::ffff:127.0.0.0', 104, 'ipv6');

/**
 * Whether a host is this machine itself: `localhost` and the names below it (RFC 6761 section 6.3), 127.0.0.0/8, ::1.
 *
 * @param host a name or an address, with or without a port, an IPv6 address with or without brackets
 */
export function isLoopbackHost(host: string): boolean {
  const bracketed = /^\[([^\]]*)\](?::\d*)?$/.exec(host)?.[1];
  const name = (bracketed ?? (isIP(host) ? host : host.replace(/:\d*$/, ''))).toLowerCase().replace(/\.$/, '');
  const family = isIP(name);
  if (family !== 0) return LOOPBACK.check(name, family === 4 ? 'ipv4' : 'ipv6');
  return name === 'localhost' || name.endsWith('.localhost');
}

/** Where a request came from and went to. */
export interface DebugAudience {
  /** The `Host` that the client asked for. */
  readonly host: string;
  /** The address that the client has, `undefined` where the server does not tell. */
  readonly remoteAddr: string | undefined;
  /** Told so: the page is for everybody who reaches the server. */
  readonly everywhere?: boolean;
}

/**
 * Whether the page may be shown. Both ends must be this machine: the address, because the page tells source code; the
 * name, because a page from elsewhere can make a browser ask 127.0.0.1 under a name of its own (DNS rebinding).
 */
export function mayShowDebugPage({ host, remoteAddr, everywhere = false }: DebugAudience): boolean {
  return everywhere || (isLoopbackHost(host) && (remoteAddr === undefined || isLoopbackHost(remoteAddr)));
}
