/** What a write's callback is told of bytes that are not sent: in the words, and with the codes, of Node's streams. */
import { constants } from 'node:os';

const ofWrite = (code: 'EPIPE' | 'ECANCELED'): Error =>
  Object.assign(new Error(`write ${code}`), { errno: -constants.errno[code], code, syscall: 'write' });

/** They wait for a client which has left. */
export const brokenPipe = (): Error => ofWrite('EPIPE');

/** The program has destroyed the socket that sends them. (Node 20 itself says that nothing has failed.) */
export const canceledWrite = (): Error => ofWrite('ECANCELED');

/** They come too late. */
export const writeToDestroyed = (): Error =>
  Object.assign(new Error('Cannot call write after a stream was destroyed'), { code: 'ERR_STREAM_DESTROYED' });

export const writeBehindEnd = (): Error =>
  Object.assign(new Error('write after end'), { code: 'ERR_STREAM_WRITE_AFTER_END' });
