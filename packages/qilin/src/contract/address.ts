/** Where a listening socket is: the parsed form of one `bind` value, its printed form, and what the kernel made of it. */
import { addressOf } from '@qilin/picoev';

export type Address =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'fd'; readonly fd: number };

/** One address for each worker: `{worker}` in its text stands for the worker's number, from 1 on. */
export interface WorkerAddress {
  readonly kind: 'eachWorker';
  readonly text: string;
}

/** Sockets that systemd passes, by the name that `FileDescriptorName=` of their unit gives them. */
export interface NamedSockets {
  readonly kind: 'named';
  readonly name: string;
}

/** One value of the setting `bind`. */
export type Bind = Address | WorkerAddress | NamedSockets;

/** The printed form of an address; `--bind` reads it back as the same address. */
export function formatAddress(address: Bind): string {
  switch (address.kind) {
    case 'tcp':
      return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
    case 'unix':
      return `unix:${address.path}`;
    case 'fd':
      return `fd://${address.fd}`;
    case 'named':
      return `fd://${address.name}`;
    case 'eachWorker':
      return address.text;
  }
}

/** The address as a URL to tell a user: `http://127.0.0.1:8000`, `unix:/run/app.sock`, `fd://3`. */
export function formatUrl(address: Address, scheme: 'http' | 'https'): string {
  return address.kind === 'tcp' ? `${scheme}://${formatAddress(address)}` : formatAddress(address);
}

/** Where a socket that was opened for an address listens: with the port that the kernel chose for 0, inherited ones too. */
export function actualAddress(fd: number, requested: Address): Address {
  if (requested.kind === 'unix') return requested;
  const found = addressOf(fd);
  return 'path' in found ? { kind: 'unix', path: found.path } : { kind: 'tcp', host: found.host, port: found.port };
}

/** Whether only programs of this machine reach it. */
export const isLoopback = (host: string): boolean =>
  /^127(?:\.\d{1,3}){3}$/.test(host) || host === '::1' || host === 'localhost';
