/** Where a listening socket is: the parsed form of one `bind` value, and its printed form. */

export type Address =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'fd'; readonly fd: number };

/** The printed form of an address; `--bind` reads it back as the same address. */
export function formatAddress(address: Address): string {
  switch (address.kind) {
    case 'tcp':
      return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
    case 'unix':
      return `unix:${address.path}`;
    case 'fd':
      return `fd://${address.fd}`;
  }
}

/** The address as a URL to tell a user: `http://127.0.0.1:8000`, `unix:/run/app.sock`, `fd://3`. */
export function formatUrl(address: Address, scheme: 'http' | 'https'): string {
  return address.kind === 'tcp' ? `${scheme}://${formatAddress(address)}` : formatAddress(address);
}
