/** The app's console in the error log: what it writes to stdout and stderr becomes messages, line by line. */
import { StringDecoder } from 'node:string_decoder';
import type { Log } from '../contract/log.ts';

type WriteCallback = (error?: Error | null) => void;

/** A line without an end is logged in parts of this many characters, so that it cannot fill the memory. */
const MAX_LINE = 64 * 1024;

/**
 * Sends `process.stdout` to the log as info and `process.stderr` as error; `loglevel` decides as for other messages. What
 * child processes write to inherited descriptors is not seen. Returns the function that undoes it.
 */
export function captureOutput(log: Log): () => void {
  const restoreStdout = captureStream(process.stdout, (line) => log.info(line));
  const restoreStderr = captureStream(process.stderr, (line) => log.error(line));
  return () => {
    restoreStdout();
    restoreStderr();
  };
}

function captureStream(stream: NodeJS.WriteStream, logLine: (line: string) => void): () => void {
  const original = stream.write;
  const lines = new LineSplitter(logLine);

  function write(
    chunk: string | Uint8Array,
    encoding?: BufferEncoding | WriteCallback,
    callback?: WriteCallback,
  ): boolean {
    lines.push(toBytes(chunk, typeof encoding === 'string' ? encoding : 'utf8'));
    const done = typeof encoding === 'function' ? encoding : callback;
    if (done !== undefined) process.nextTick(done, null);
    return true;
  }
  const finish = (): void => lines.finish();

  stream.write = write;
  process.once('exit', finish);
  return () => {
    lines.finish();
    process.off('exit', finish);
    if (stream.write === write) stream.write = original;
  };
}

/** As `stream.write` does it: text in its encoding, bytes as they are, nothing else. */
function toBytes(chunk: unknown, encoding: BufferEncoding): Buffer {
  if (typeof chunk === 'string') return Buffer.from(chunk, encoding);
  if (chunk instanceof Uint8Array) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  throw new TypeError(
    `The "chunk" argument must be of type string or an instance of Uint8Array (got ${typeof chunk}).`,
  );
}

class LineSplitter {
  readonly #emit: (line: string) => void;
  readonly #decoder = new StringDecoder('utf8');
  #partial = '';

  constructor(emit: (line: string) => void) {
    this.#emit = emit;
  }

  push(bytes: Buffer): void {
    const lines = (this.#partial + this.#decoder.write(bytes)).split('\n');
    this.#partial = lines.pop() ?? '';
    for (const line of lines) this.#emit(line.endsWith('\r') ? line.slice(0, -1) : line);
    if (this.#partial.length >= MAX_LINE) {
      this.#emit(this.#partial);
      this.#partial = '';
    }
  }

  /** The last line may lack its newline. */
  finish(): void {
    const rest = this.#partial + this.#decoder.end();
    this.#partial = '';
    if (rest !== '') this.#emit(rest);
  }
}
