/**
 * The app's console in the error log: what it writes to stdout and stderr becomes messages, line by line; in logs of JSON, where a
 * message may have several lines, write by write, so that a stack is one object.
 */
import { StringDecoder } from 'node:string_decoder';
import type { Log, LogSettings } from '../contract/log.ts';

type WriteCallback = (error?: Error | null) => void;

/** A line without an end is logged in parts of this many characters, so that it cannot fill the memory. */
const MAX_LINE = 64 * 1024;

/**
 * Sends `process.stdout` to the log as info and `process.stderr` as error; `loglevel` decides as for other messages. What
 * child processes write to inherited descriptors is not seen. Returns the function that undoes it.
 */
export function captureOutput(log: Log, { logFormat }: Pick<LogSettings, 'logFormat'>): () => void {
  const keepsLines = logFormat === 'json';
  const restoreStdout = captureStream(process.stdout, keepsLines, (message) => log.info(message));
  const restoreStderr = captureStream(process.stderr, keepsLines, (message) => log.error(message));
  return () => {
    restoreStdout();
    restoreStderr();
  };
}

function captureStream(stream: NodeJS.WriteStream, keepsLines: boolean, tell: (message: string) => void): () => void {
  const original = stream.write;
  const lines = new LineSplitter(tell, keepsLines);

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
  readonly #emit: (message: string) => void;
  /** The lines that one write ends are one message. */
  readonly #keepsLines: boolean;
  readonly #decoder = new StringDecoder('utf8');
  #partial = '';

  constructor(emit: (message: string) => void, keepsLines: boolean) {
    this.#emit = emit;
    this.#keepsLines = keepsLines;
  }

  push(bytes: Buffer): void {
    const lines = (this.#partial + this.#decoder.write(bytes)).split('\n');
    this.#partial = lines.pop() ?? '';
    const ended = lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
    if (!this.#keepsLines) ended.forEach((line) => void this.#emit(line));
    else if (ended.length > 0) this.#emit(ended.join('\n'));
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
