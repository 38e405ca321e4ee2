/** An uploaded file, and a name for it that is safe on disk. */
import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseOptionsHeader } from '../http/header-values.ts';
import type { PartHeaders } from './multipart.ts';
import { Spool } from './spool.ts';

/** An uploaded file: a value of `request.files`. It ends with its request. Mirrors Werkzeug's `FileStorage`. */
export class FileStorage {
  /** The form field's name. */
  readonly name: string;
  /** What the client calls the file: never to be trusted, see {@link secureFilename}. Empty when none was chosen. */
  readonly filename: string;
  /** The headers of the part, by name in lower case. */
  readonly headers: PartHeaders;
  readonly #spool: Spool;

  constructor(name: string, filename: string, headers: PartHeaders = new Map(), spool = new Spool()) {
    this.name = name;
    this.filename = filename;
    this.headers = headers;
    this.#spool = spool;
  }

  /** The `Content-Type` that the client claims. */
  get contentType(): string | undefined {
    return this.headers.get('content-type');
  }

  /** The content type without its parameters, in lower case. */
  get mimetype(): string {
    return parseOptionsHeader(this.contentType).value.toLowerCase();
  }

  /** The parameters of the content type, such as `charset`. */
  get mimetypeParams(): ReadonlyMap<string, string> {
    return parseOptionsHeader(this.contentType).options;
  }

  /** How many bytes were received. */
  get size(): number {
    return this.#spool.size;
  }

  /** The `Content-Length` that the client claims for the part, 0 without one: as Werkzeug has it. See {@link size}. */
  get contentLength(): number {
    const value = this.headers.get('content-length') ?? '';
    return /^\d+$/.test(value) ? Number(value) : 0;
  }

  /** The bytes as a stream; each call begins at the first. */
  stream(): ReadableStream<Uint8Array> {
    const chunks = this.#spool.read();
    return new ReadableStream({
      async pull(controller) {
        const { done, value } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await chunks.return(undefined);
      },
    });
  }

  /** The bytes in one piece. */
  async bytes(): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.#spool.read()) chunks.push(chunk);
    return new Uint8Array(Buffer.concat(chunks));
  }

  /** The bytes as UTF-8. */
  async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes());
  }

  /**
   * Writes the file to a path, over what is there, or to a stream.
   *
   * @throws what the file system throws
   */
  async save(destination: string | URL | Writable): Promise<void> {
    const isPath = typeof destination === 'string' || destination instanceof URL;
    await pipeline(this.#spool.read(), isPath ? createWriteStream(destination) : destination);
  }

  /** Frees memory and disk; the app does so when the request ends. */
  close(): Promise<void> {
    return this.#spool.close();
  }
}

/**
 * A file name without folders, spaces and anything that a shell or a file system could take amiss; it may come out
 * empty. Mirrors Werkzeug's `secure_filename`.
 *
 * @example secureFilename('../../../etc/passwd') === 'etc_passwd'
 */
export function secureFilename(filename: string): string {
  const words = filename
    .normalize('NFKD')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is "ASCII"
    .replace(/[^\x00-\x7f]/g, '')
    .replace(process.platform === 'win32' ? /[/\\]/g : /\//g, ' ')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they separate words in Python
    .split(/[\s\x1c-\x1f]+/)
    .filter((word) => word !== '')
    .join('_');
  return stripEnds(words.replace(/[^A-Za-z0-9_.-]/g, ''), '._');
}

/** Takes characters off both ends; an expression such as `/[._]+$/` would need time in the square of the length. */
function stripEnds(text: string, chars: string): string {
  let [start, end] = [0, text.length];
  while (start < end && chars.includes(text.charAt(start))) start++;
  while (end > start && chars.includes(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}
