/** Whether a stream has been read or cancelled: what `bodyUsed` is about. */
import { Readable } from 'node:stream';

/** Node takes its web streams too, as its documentation says and its types do not. */
const isStreamDisturbed: (stream: never) => boolean = Readable.isDisturbed;

export function isDisturbed(stream: ReadableStream): boolean {
  return isStreamDisturbed(stream as never);
}
