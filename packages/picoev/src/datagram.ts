/** Datagrams to a unix socket, which Node cannot send: sd_notify(3) is made of them. */
import { addon } from './addon.ts';
import { SocketError } from './socket-error.ts';

/**
 * Sends one datagram, at once or not at all.
 *
 * @param path Of the socket's file; one that begins with `@` is an abstract name, as systemd writes them: unix(7).
 * @throws {SocketError} `ENOENT` or `ECONNREFUSED` when nobody is there, `EAGAIN` when its reader has no room.
 */
export function sendDatagram(path: string, text: string): void {
  const failure = addon().sendDatagram(path, text);
  if (failure !== undefined) throw new SocketError(`cannot send to unix:${path}`, failure);
}
