/** Who may see the dashboard, and who may give orders by it. Pure. */
import { isIP } from 'node:net';

/** Of an HTTP request. */
export interface Asker {
  /** Header fields as they came. */
  readonly host: string | undefined;
  readonly authorization: string | undefined;
}

/** What a token is compared by: in the time that its length says, whatever was guessed. */
export type Compare = (one: Buffer, other: Buffer) => boolean;

/**
 * Undefined where they may see it; else what is missing.
 * @param token That was set; null where none was, and the listener is at loopback or a unix socket.
 */
export function refusalOf(
  { host, authorization }: Asker,
  token: string | null,
  compare: Compare,
): 'token' | 'host' | undefined {
  if (token !== null) return bearerIs(authorization, token, compare) ? undefined : 'token';
  return isPlainHost(host) ? undefined : 'host';
}

/** RFC 6750, section 2.1. */
function bearerIs(authorization: string | undefined, token: string, compare: Compare): boolean {
  const [, given] = /^Bearer (.+)$/i.exec(authorization ?? '') ?? [];
  if (given === undefined) return false;
  const [one, other] = [Buffer.from(given), Buffer.from(token)];
  return one.length === other.length && compare(one, other);
}

/**
 * A browser that asks by another name has been led here by a page whose name stands for loopback since (DNS rebinding), and would show that
 * page what it reads.
 */
function isPlainHost(host: string | undefined): boolean {
  if (host === undefined) return true;
  const name = host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  return name.toLowerCase() === 'localhost' || isIP(name) !== 0;
}
