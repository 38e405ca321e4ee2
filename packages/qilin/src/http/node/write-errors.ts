/** What a write's callback is told of bytes that are not sent: in the words, and with the codes, of Node's streams. */
import { constants } from 'node:os';

const ofWrite = (code: 'EPIPE' | 'ECANCELED'): Error =>
  Object.assign(new Error(`write ${code}`), { errno: -constants.errno[code], code, syscall: 'write' });

/** They wait for a client that has ended its side, and then left. */
export const brokenPipe = (): Error => ofWrite('EPIPE');

/** Their socket is destroyed: by the program, of which Node 20 says that nothing has failed, or since the client has reset its connection. */
export const canceledWrite = (): Error => ofWrite('ECANCELED');

/** They come too late. */
export const writeToDestroyed = (): Error =>
  Object.assign(new Error('Cannot call write after a stream was destroyed'), { code: 'ERR_STREAM_DESTROYED' });

export const writeBehindEnd = (): Error =>
  Object.assign(new Error('write after end'), { code: 'ERR_STREAM_WRITE_AFTER_END' });
