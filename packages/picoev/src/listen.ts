/** Listening sockets: made, taken over, asked for their address, closed. */
import { addon, isFailure, type NativeFailure } from './addon.ts';
import { INT_MAX, requireInteger } from './checks.ts';
import { holderOf } from './holder.ts';
import { SocketError } from './socket-error.ts';

/** A TCP address. */
export interface TcpAddress {
  /**
   * A numeric address, or a name, which is resolved synchronously. Empty or `*` is every IPv4 address of the machine (every
   * IPv6 one with `ipv6Only`), as Gunicorn has it; `::` is every address of both kinds.
   */
  readonly host: string;
  /** 0 lets the system choose; {@link addressOf} tells what it chose. */
  readonly port: number;
}

/** A unix socket in the file system. */
export interface UnixAddress {
  /** At most 107 bytes on Linux, 103 on macOS: unix(7). */
  readonly path: string;
}

/** A socket that listens already: systemd's socket activation, or a parent process. */
export interface InheritedAddress {
  readonly fd: number;
}

export type ListenAddress = TcpAddress | UnixAddress | InheritedAddress;

export interface ListenOptions {
  /**
   * Connections that may wait to be accepted, default 2048 as Gunicorn's. The kernel caps it (net.core.somaxconn) without
   * a word; what comes beyond it is refused or, on Linux, left to the client's retries: listen(2).
   */
  readonly backlog?: number;
  /** Whether several sockets may listen at one port: SO_REUSEPORT, socket(7). Default false. TCP only. */
  readonly reusePort?: boolean;
  /** Whether `::` leaves IPv4 alone: IPV6_V6ONLY, RFC 3493 section 5.3. Default false. */
  readonly ipv6Only?: boolean;
  /** Permission bits of a unix socket's file. Default `0o777 & ~umask`. */
  readonly mode?: number;
}

/** Gunicorn's `backlog`: gunicorn/config.py, class Backlog. */
const DEFAULT_BACKLOG = 2048;

/**
 * Opens a listening socket: non-blocking, close-on-exec, with SO_REUSEADDR, and with TCP_NODELAY for its connections.
 * The caller owns the descriptor and, for a unix socket, the file.
 *
 * A unix socket's file that a dead server left behind is replaced. One that is being served is `EADDRINUSE`, and any other
 * file in its place is `ENOTSOCK` and stays untouched.
 *
 * An inherited `fd` is checked to be a stream socket that listens, gets the same flags, and its backlog is set anew.
 *
 * @returns the descriptor; for `{ fd }`, the same one.
 * @throws {SocketError} with `code`, `errno`, `syscall` and a sentence that names the address.
 * @throws {RangeError} when a port, backlog, mode or descriptor is not a possible one.
 */
export function listen(address: ListenAddress, options: ListenOptions = {}): number {
  const { backlog = DEFAULT_BACKLOG, reusePort = false, ipv6Only = false, mode } = options;
  requireInteger('backlog', backlog, 0, INT_MAX);

  if ('fd' in address) {
    requireInteger('fd', address.fd, 0, INT_MAX);
    return orThrow(addon().adoptListener(address.fd, backlog), `cannot listen at descriptor ${address.fd}`);
  }
  if ('path' in address) {
    if (mode !== undefined) requireInteger('mode', mode, 0, 0o777);
    const bound = addon().listenUnix(address.path, backlog, mode ?? -1);
    return orThrow(namingHolder(bound, address), `cannot bind unix:${address.path}`);
  }
  const { host, port } = address;
  requireInteger('port', port, 0, 65_535);
  const attempt = `cannot bind ${host.includes(':') ? `[${host}]` : host}:${port}`;
  const bound = addon().listenTcp(host, port, backlog, reusePort, ipv6Only);
  return orThrow(namingHolder(namingPrivilege(bound, port), address), attempt);
}

/** The ports that Linux keeps for root: ip(7), net.ipv4.ip_unprivileged_port_start. */
const FIRST_FREE_PORT = 1024;

/** A port that only root may have, says so. */
function namingPrivilege(result: number | NativeFailure, port: number): number | NativeFailure {
  if (!isFailure(result) || result.code !== 'EACCES' || port >= FIRST_FREE_PORT) return result;
  const cure = `ports below ${FIRST_FREE_PORT} are root's: take a higher one behind a proxy, or a socket of systemd's`;
  return { ...result, reason: `${result.reason}, since ${cure}` };
}

/** A failure for want of the address says who has it, where that can be known. */
function namingHolder(result: number | NativeFailure, address: TcpAddress | UnixAddress): number | NativeFailure {
  if (!isFailure(result) || result.code !== 'EADDRINUSE') return result;
  const holder = holderOf(address);
  return holder === undefined ? result : { ...result, reason: `${result.reason} by ${holder}` };
}

/**
 * The address that a socket is bound to. Tells the port that was chosen for port 0, and where an inherited one listens.
 * The host is numeric. The path is empty when a unix socket has no name in the file system.
 *
 * @throws {SocketError} when `fd` is not a socket.
 */
export function addressOf(fd: number): TcpAddress | UnixAddress {
  return orThrow(addon().addressOf(fd), `cannot tell the address of descriptor ${fd}`);
}

/**
 * Closes a descriptor. It must not be one that Node owns, such as a `net.Socket`'s. The file of a unix socket stays.
 *
 * @throws {SocketError} `EBADF` when it is not open.
 */
export function closeFd(fd: number): void {
  orThrow(addon().closeFd(fd), `cannot close descriptor ${fd}`);
}

/**
 * A second descriptor of the same socket, close-on-exec: each may be closed without the other. Threads of one process share
 * their descriptors, so one that closes a listening socket for itself alone needs its own. Close it with {@link closeFd};
 * one that is still open when its thread ends is closed then, also when the thread is terminated.
 *
 * @throws {SocketError} `EBADF` when it is not open, `EMFILE` when there are no more.
 */
export function duplicateFd(fd: number): number {
  requireInteger('fd', fd, 0, INT_MAX);
  return orThrow(addon().duplicateFd(fd), `cannot duplicate descriptor ${fd}`);
}

function orThrow<T>(result: T | NativeFailure, attempt: string): T {
  if (isFailure(result)) throw new SocketError(attempt, result);
  return result;
}
