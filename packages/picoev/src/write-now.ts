/** Writing to a standard stream without waiting for its reader. */
import { addon, isFailure } from './addon.ts';
import { INT_MAX, requireInteger } from './checks.ts';
import { SocketError } from './socket-error.ts';

/**
 * Writes what a pipe, socket or terminal takes at once. Its flags are left alone: O_NONBLOCK would be in force for every process
 * that shares the stream. Before Linux 6.4 another process that writes at the same moment may still make it wait.
 *
 * @returns how many bytes were taken
 * @throws {SocketError} `EAGAIN` when it takes none now, `EPIPE` when nobody reads any more, or what else is wrong
 */
export function writeNow(fd: number, bytes: Uint8Array): number {
  requireInteger('fd', fd, 0, INT_MAX);
  const result = addon().writeNow(fd, bytes);
  if (isFailure(result)) throw new SocketError(`cannot write to descriptor ${fd}`, result);
  return result;
}
