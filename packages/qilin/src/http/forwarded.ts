/**
 * What proxies say of the client in X-Forwarded-* headers, and whom of them to believe. Invariant: nothing is taken from
 * a peer that is not trusted, and no client address from the left of an untrusted one, for there an attacker may write.
 */
import { isIP } from 'node:net';
import { Remembered } from '@qilin/picoev';
import ipaddr from 'ipaddr.js';
import { QilinError } from '../contract/errors.ts';
import type { ForwardedSettings } from '../contract/worker-config.ts';

/** The peer of a unix socket: always trusted, as in Gunicorn, since the socket file's mode says who may connect. */
export const UNIX_PEER = 'unix:';

export type Forwarded =
  /** Nothing is said, or nothing may be believed: the connection's own address and scheme hold. */
  | { readonly kind: 'none' }
  | {
      readonly kind: 'forwarded';
      /** Undefined where the proxy says nothing valid: the connection's own value holds. */
      readonly scheme: 'http' | 'https' | undefined;
      /** Address of the client, without port or brackets. */
      readonly client: string | undefined;
      /** `host` or `host:port`, safe to put into a URL. */
      readonly host: string | undefined;
    }
  /** The scheme headers contradict each other: to be answered with 400, as Gunicorn does. */
  | { readonly kind: 'contradiction'; readonly reason: string };

/**
 * @param peer Address of the connection's other end, `UNIX_PEER` on a unix socket, undefined when it is not known (the
 *   client of a TCP socket is gone): that one is never trusted.
 * @param header Value of a request header by its name in lower case, repeated ones joined by commas.
 */
export type ResolveForwarded = (peer: string | undefined, header: (name: string) => string | undefined) => Forwarded;

type IsTrusted = (address: string) => boolean;

const NONE: Forwarded = { kind: 'none' };
const CONTRADICTION: Forwarded = { kind: 'contradiction', reason: 'Contradictory scheme headers' };

/** Addresses whose decision is remembered. */
const REMEMBERED_ADDRESSES = 1024;

/** @throws QilinError SETTING_INVALID for an entry of forwardedAllowIps that is neither address, CIDR block nor `*`. */
export function createForwarded(settings: ForwardedSettings): ResolveForwarded {
  const isTrusted = createTrust(settings.forwardedAllowIps);
  const schemeHeaders = Object.entries(settings.secureSchemeHeaders).map(
    ([name, secureValue]) => [name.toLowerCase(), secureValue] as const,
  );
  return (peer, header) => {
    if (peer === undefined || (peer !== UNIX_PEER && !isTrusted(peer))) return NONE;
    const forwardedFor = header('x-forwarded-for');
    const { client, hops } = readHops(forwardedFor ?? '', isTrusted);
    const scheme = forwardedScheme(schemeHeaders, header, hops);
    if (scheme === 'contradiction') return CONTRADICTION;
    const forwardedHost = header('x-forwarded-host');
    if (scheme === undefined && forwardedFor === undefined && forwardedHost === undefined) return NONE;
    return {
      kind: 'forwarded',
      scheme,
      client,
      host: forwardedHost === undefined ? undefined : validHost(forwardedHost),
    };
  };
}

/**
 * Gunicorn's rule: the header's secure value means https, any other http, and all headers that are present must agree. Proxies
 * that follow each other append to the list, each what the one before it came by; so of several values that one counts which
 * the first of those wrote that are trusted.
 */
function forwardedScheme(
  schemeHeaders: readonly (readonly [string, string])[],
  header: (name: string) => string | undefined,
  hops: number,
): 'http' | 'https' | 'contradiction' | undefined {
  let scheme: 'http' | 'https' | undefined;
  for (const [name, secureValue] of schemeHeaders) {
    const value = header(name);
    if (value === undefined) continue;
    const values = value === secureValue ? [secureValue] : value.split(',');
    // One that does not append, but writes its own, leaves fewer of them.
    const vouched = values.at(-Math.min(Math.max(hops, 1), values.length));
    const said = vouched?.trim() === secureValue ? 'https' : 'http';
    if (scheme !== undefined && scheme !== said) return 'contradiction';
    scheme = said;
  }
  return scheme;
}

interface Hops {
  /** The first untrusted address from the right; where all are trusted, or one is malformed, the last that was read. */
  readonly client: string | undefined;
  /** How many addresses were read: so many proxies are trusted. */
  readonly hops: number;
}

function readHops(forwardedFor: string, isTrusted: IsTrusted): Hops {
  let client: string | undefined;
  let hops = 0;
  let end = forwardedFor.length;
  while (end >= 0) {
    const comma = end === 0 ? -1 : forwardedFor.lastIndexOf(',', end - 1);
    const address = parseForwardedAddress(forwardedFor.slice(comma + 1, end).trim());
    if (address === undefined) break;
    client = address;
    hops += 1;
    if (!isTrusted(address)) break;
    end = comma;
  }
  return { client, hops };
}

/** `1.2.3.4`, `1.2.3.4:80`, `::1`, `[::1]`, `[::1]:80` as a bare address. Zones (`%eth0`) mean nothing to others. */
function parseForwardedAddress(text: string): string | undefined {
  const bare = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(text)?.[1] ?? /^([^:]*):\d{1,5}$/.exec(text)?.[1] ?? text;
  if (isIP(bare) === 0 || bare.includes('%')) return undefined;
  return bare.includes(':') ? ipaddr.process(bare).toString() : bare;
}

const HOST = /^(?:[A-Za-z0-9_](?:[A-Za-z0-9._-]*)|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/;
const MAX_HOST_LENGTH = 253 + ':65535'.length;

/** The value that the nearest proxy wrote, the last one; undefined unless it is a plain host name or address. */
function validHost(forwardedHost: string): string | undefined {
  const host = forwardedHost.slice(forwardedHost.lastIndexOf(',') + 1).trim();
  return host.length <= MAX_HOST_LENGTH && HOST.test(host) ? host : undefined;
}

type Block = readonly [ipaddr.IPv4 | ipaddr.IPv6, number];

/** Whether an address, or `UNIX_PEER`, is one of the setting `forwardedAllowIps`; one that is not known is none. */
export function createPeerTrust(allowed: readonly string[]): (peer: string | undefined) => boolean {
  const isTrusted = createTrust(allowed);
  return (peer) => peer !== undefined && (peer === UNIX_PEER || isTrusted(peer));
}

function createTrust(allowed: readonly string[]): IsTrusted {
  if (allowed.includes('*')) return () => true;
  const blocks = allowed.map(parseBlock);
  const decisions = new Remembered<boolean>(REMEMBERED_ADDRESSES);
  return (address) => {
    const known = decisions.get(address);
    if (known !== undefined) return known;
    const decision = isInside(address, blocks);
    decisions.set(address, decision);
    return decision;
  };
}

function isInside(address: string, blocks: readonly Block[]): boolean {
  if (isIP(address) === 0) return false;
  const parsed = ipaddr.process(address);
  return blocks.some(([network, bits]) => network.kind() === parsed.kind() && parsed.match(network, bits));
}

/** An address or CIDR block; an IPv4 one written as IPv6 (`::ffff:10.0.0.0/104`) becomes IPv4. */
function parseBlock(text: string): Block {
  const [address = '', prefix, ...more] = text.split('/');
  if (isIP(address) === 0 || more.length > 0 || (prefix !== undefined && !/^\d{1,3}$/.test(prefix)))
    throw notABlock(text);
  const parsed = ipaddr.parse(address);
  const width = parsed.kind() === 'ipv4' ? 32 : 128;
  const bits = prefix === undefined ? width : Number(prefix);
  if (bits > width) throw notABlock(text);
  return parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress() && bits >= 96
    ? [parsed.toIPv4Address(), bits - 96]
    : [parsed, bits];
}

function notABlock(text: string): QilinError {
  return new QilinError(
    'SETTING_INVALID',
    `The setting forwardedAllowIps holds ${JSON.stringify(text)}: write an address (10.0.0.1), a block (10.0.0.0/8) or *.`,
  );
}
