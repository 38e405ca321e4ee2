/** The last answer of a connection whose client may still be sending. */
import type { Duplex } from 'node:stream';
import type { Milliseconds } from '../../contract/units.ts';

/**
 * How long a client that still sends may take to see its answer and close. Closed at once, with bytes of it unread, the
 * connection would be reset, and a client that has not read the answer by then might never see it: RFC 9112, section 9.6.
 */
const LINGER: Milliseconds = 1_000;

/** Sends the answer, says that nothing follows, and closes when the client does, or after a while. */
export function endWith(socket: Duplex, answer: string): void {
  socket.end(answer);
  const end = setTimeout(() => socket.destroy(), LINGER);
  socket.once('close', () => clearTimeout(end));
}
