/** Datagrams to a unix socket, which Node cannot send: sd_notify(3) is made of them. */
import { addon } from './addon.ts';
import { INT_MAX, requireInteger } from './checks.ts';
import { SocketError } from './socket-error.ts';

/**
 * Sends one datagram, at once or not at all.
 *
 * @param path Of the socket's file; one that begins with `@` is an abstract name, as systemd writes them: unix(7).
 * @param fd Passed with it: the reader gets a descriptor of its own for the same thing (SCM_RIGHTS, unix(7)).
 * @throws {SocketError} `ENOENT` or `ECONNREFUSED` when nobody is there, `EAGAIN` when its reader has no room.
 */
export function sendDatagram(path: string, text: string, fd?: number): void {
  if (fd !== undefined) requireInteger('fd', fd, 0, INT_MAX);
  const failure = addon().sendDatagram(path, text, fd ?? -1);
  if (failure !== undefined) throw new SocketError(`cannot send to unix:${path}`, failure);
}
