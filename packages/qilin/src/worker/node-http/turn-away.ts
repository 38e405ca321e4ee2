/**
 * Turns away, as it is accepted, who has waited in the queue for longer than `queueTimeout`. Its request could be refused like any other, but
 * what Node makes of a connection before that costs half a millisecond on a busy machine, ten times of this: time that those lack who are served.
 */
import { readSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { closeFd } from '@qilin/picoev';
import { OVERLOADED_ANSWER, OVERLOADED_HEAD } from '../../contract/overloaded.ts';
import type { Milliseconds } from '../../contract/units.ts';

/** More than a head without a body has, as a rule. */
const room = Buffer.allocUnsafeSlow(16 * 1024);

/** One whole request without a body, and nothing behind it. */
const WHOLE = /^(?:GET|HEAD) \S+ HTTP\/1\.[01]\r\n(?:(?!content-length:|transfer-encoding:)[^\r\n]+\r\n)*\r\n$/i;

/** Connections that linger at the same time: they take no place of `workerConnections`, and descriptors all the same. */
const MOST_LINGERING = 128;

/** How long a client that is still sending may take to see the answer. Closed at once it would be reset, and the answer lost with it. */
const LINGER: Milliseconds = 1_000;

export class TurnAway {
  readonly #lingering = new Set<Socket>();

  /** Clients that were told, and have not closed yet. */
  get lingering(): number {
    return this.#lingering.size;
  }

  /** @returns the method where that is known; undefined where nothing has come yet: the connection is as it was */
  take(fd: number): string | undefined {
    const length = readWhatCame(fd);
    if (length === 0) return undefined;
    const text = room.toString('latin1', 0, length);
    if (!WHOLE.test(text)) {
      if (this.#lingering.size < MOST_LINGERING) this.#answerAndLinger(fd);
      // It sees the answer or, where it still sends, a reset.
      else answerAndClose(fd, OVERLOADED_ANSWER);
      return '-';
    }
    const method = text.startsWith('HEAD') ? 'HEAD' : 'GET';
    // Of what it has sent nothing is left unread, which the kernel would answer with a reset.
    answerAndClose(fd, method === 'HEAD' ? OVERLOADED_HEAD : OVERLOADED_ANSWER);
    return method;
  }

  #answerAndLinger(fd: number): void {
    const socket = openSocket(fd);
    if (socket === undefined) return;
    this.#lingering.add(socket);
    const late = setTimeout(() => socket.destroy(), LINGER).unref();
    socket
      .on('error', () => {})
      .once('close', () => {
        clearTimeout(late);
        this.#lingering.delete(socket);
      });
    socket.resume().end(OVERLOADED_ANSWER);
  }
}

function answerAndClose(fd: number, answer: string): void {
  try {
    writeSync(fd, answer, null, 'latin1');
  } catch {
    // It has left.
  }
  closeFd(fd);
}

function readWhatCame(fd: number): number {
  try {
    return readSync(fd, room);
  } catch {
    // Nothing has come (EAGAIN), or it has left: as for every other connection, that shows when it is read.
    return 0;
  }
}

/** Undefined where its client has gone already. */
function openSocket(fd: number): Socket | undefined {
  try {
    return new Socket({ fd, readable: true, writable: true });
  } catch {
    closeFd(fd);
    return undefined;
  }
}
