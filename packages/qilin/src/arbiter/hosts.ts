/** The names among the addresses to bind, looked up before the sockets are opened. */
import { isIP } from 'node:net';
import { type Address, formatAddress } from '../contract/address.ts';
import { QilinError } from '../contract/errors.ts';
import { ask } from './directory.ts';

/** The numeric addresses of each name, in the order in which they are to be tried. */
export type Hosts = ReadonlyMap<string, readonly string[]>;

/**
 * A name is not there where the machine has no getent (macOS, an image without a distribution): then it is looked up when the socket is opened.
 * @throws QilinError BIND_FAILED when a name is not known, or the answer does not come
 */
export async function resolveHosts(addresses: readonly Address[]): Promise<Hosts> {
  const found = new Map<string, readonly string[]>();
  await Promise.all(
    addresses.map(async (address) => {
      if (address.kind !== 'tcp' || !isName(address.host)) return;
      const { host } = address;
      const lines = await ask({
        command: 'getent',
        args: ['ahosts', host],
        subject: `the host "${host}"`,
        code: 'BIND_FAILED',
      });
      if (lines === undefined) {
        throw new QilinError('BIND_FAILED', `cannot bind ${formatAddress(address)}: no host "${host}" is known`);
      }
      if (lines !== null) found.set(host, addressesOf(lines));
    }),
  );
  return found;
}

/** `*` and the empty host are every address. */
const isName = (host: string): boolean => host !== '' && host !== '*' && isIP(host) === 0;

/** Each address stands there once for each type of socket. */
function addressesOf(lines: string): readonly string[] {
  return [...new Set(lines.split('\n').map((line) => line.split(/\s/, 1)[0] ?? ''))].filter((one) => isIP(one) !== 0);
}
