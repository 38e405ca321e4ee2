/** Sends parts of a file, no faster than the client takes them. A file that is not any more what was promised cuts the connection. */
import type { FetchExchange } from '@qilin/picoev';
import { whenGone } from '../client-left.ts';
import type { OpenFile } from './open-file.ts';
import type { ByteRange } from './ranges.ts';

/** Bytes that are read at once. */
const PIECE = 64 * 1024;

/** A text of ours, or bytes of the file. */
export type Part = string | ByteRange;

/**
 * After `exchange.begin()` with the length of all parts; ends the answer. The file is held until then.
 *
 * @param onError Gets what the file system throws, and what is told of a file that was changed.
 */
export function sendParts(
  exchange: FetchExchange,
  file: OpenFile,
  parts: Iterable<Part>,
  onError: (error: unknown) => void,
): void {
  const pieces = piecesOf(file, parts);
  let isHeld = true;
  const letGo = (): void => {
    if (isHeld) file.release();
    isHeld = false;
  };
  const pump = (): void => {
    if (!isHeld || exchange.isOver) {
      letGo();
      return;
    }
    try {
      for (let { done, value } = pieces.next(); !done && value !== undefined; { done, value } = pieces.next())
        if (!exchange.write(value) || !isHeld) return;
      exchange.end();
    } catch (error) {
      onError(error);
      exchange.abort();
    }
    letGo();
  };
  file.hold();
  whenGone(exchange, letGo);
  exchange.onDrain = pump;
  pump();
}

function* piecesOf(file: OpenFile, parts: Iterable<Part>): Generator<Buffer, undefined> {
  for (const part of parts) {
    if (typeof part === 'string') yield Buffer.from(part, 'latin1');
    else
      for (let { start } = part; start < part.end; start += PIECE)
        yield file.read(start, Math.min(part.end, start + PIECE));
  }
}
