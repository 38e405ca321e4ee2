/**
 * What a thread prints goes to the process's descriptors at once, as what a process prints does. Node would send it through
 * the main thread when this one next waits: too late for one that hangs or is terminated, and out of order with the logs.
 */
import { StringDecoder } from 'node:string_decoder';
import { openLineFile } from '../../observe/line-file.ts';

type Callback = (error?: Error | null) => void;

export function printDirectly(): void {
  redirect(process.stdout, 1);
  redirect(process.stderr, 2);
}

function redirect(stream: NodeJS.WriteStream, descriptor: 1 | 2): void {
  const decoder = new StringDecoder('utf8');
  // A standard stream that takes nothing cannot be helped, and there is nobody to tell.
  const onFailure = () => {};
  const onDropped = (lines: number) => `... ${lines} lines were dropped here: the reader did not keep up\n`;
  const file = openLineFile({ name: '-', standard: descriptor, bufferSize: 0, flushInterval: 0, onFailure, onDropped });
  stream.write = (piece: string | Uint8Array, encoding?: BufferEncoding | Callback, callback?: Callback): boolean => {
    const bytes =
      typeof piece === 'string' ? Buffer.from(piece, typeof encoding === 'string' ? encoding : 'utf8') : piece;
    file.write(decoder.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)));
    const done = typeof encoding === 'function' ? encoding : callback;
    if (done !== undefined) process.nextTick(done, null);
    return true;
  };
}
