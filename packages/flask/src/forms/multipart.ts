/**
 * Decodes `multipart/form-data` (RFC 7578) piece by piece, without I/O: bytes in, parts out. Each byte is looked at a
 * bounded number of times, however the body is cut into pieces. Mirrors Werkzeug's `MultipartDecoder`.
 */
import { parseOptionsHeader } from '../http/header-values.ts';

/** The body is no multipart body. Werkzeug takes it for an empty form. */
export class MalformedMultipart extends Error {
  override readonly name = 'MalformedMultipart';
}

/** Headers of a part, by name in lower case. */
export type PartHeaders = ReadonlyMap<string, string>;

export type PartEvent =
  | {
      readonly kind: 'begin';
      /** `undefined` for a part without one: nobody can ask for it. */
      readonly name: string | undefined;
      /** `undefined` for a field; a file has one, though it may be empty. */
      readonly filename: string | undefined;
      readonly headers: PartHeaders;
    }
  | { readonly kind: 'data'; readonly bytes: Uint8Array }
  | { readonly kind: 'end' };

/** A part's headers may not be longer than this many bytes: real ones have some two hundred. */
const MAX_HEADER_BYTES = 16 * 1024;

/** Blanks allowed behind a boundary (RFC 2046 section 5.1.1 allows them, nobody sends them). */
const MAX_PADDING = 256;

const [TAB, LF, CR, SPACE, DASH] = [9, 10, 13, 32, 45];

type State = 'preamble' | 'headers' | 'data' | 'epilogue';

/** Where a boundary was found. `partial`: it may begin at `start`, more bytes will tell. */
type Boundary =
  | { readonly kind: 'next' | 'last'; readonly start: number; readonly end: number }
  | { readonly kind: 'partial'; readonly start: number }
  | { readonly kind: 'none' };

export class MultipartDecoder {
  readonly #delimiter: Buffer;
  #buffer: Buffer = Buffer.alloc(0);
  #state: State = 'preamble';
  /** Whether the buffer begins behind a line break: at the start of the body, and behind a part's headers. */
  #atLineStart = true;

  /** @param boundary of the `Content-Type` header */
  constructor(boundary: string) {
    this.#delimiter = Buffer.from(`--${boundary}`, 'latin1');
  }

  /**
   * Takes the next bytes of the body; the events come in order.
   *
   * @throws {MalformedMultipart}
   */
  *push(chunk: Uint8Array): Generator<PartEvent> {
    this.#buffer = this.#buffer.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#buffer, chunk]);
    let progress = true;
    while (progress) {
      switch (this.#state) {
        case 'preamble':
        case 'data':
          progress = yield* this.#readUntilBoundary(this.#state === 'data');
          break;
        case 'headers':
          progress = yield* this.#readHeaders();
          break;
        case 'epilogue':
          this.#buffer = Buffer.alloc(0);
          progress = false;
      }
    }
  }

  /**
   * Says that the body is over.
   *
   * @throws {MalformedMultipart} when the last boundary has not come
   */
  end(): void {
    if (this.#state !== 'epilogue') throw new MalformedMultipart('The body ended before its last boundary.');
  }

  #take(length: number): Buffer {
    const taken = this.#buffer.subarray(0, length);
    this.#buffer = this.#buffer.subarray(length);
    if (length > 0) this.#atLineStart = false;
    return taken;
  }

  *#readUntilBoundary(isPart: boolean): Generator<PartEvent, boolean> {
    const boundary = this.#findBoundary();
    // What could still be the beginning of a boundary with the line break before it is kept back.
    const certain = boundary.kind === 'none' ? this.#buffer.length - this.#delimiter.length - 1 : boundary.start;
    const bytes = this.#take(Math.max(0, certain));
    if (isPart && bytes.length > 0) yield { kind: 'data', bytes };
    if (boundary.kind === 'none' || boundary.kind === 'partial') return false;
    if (isPart) yield { kind: 'end' };
    this.#take(boundary.end - boundary.start);
    this.#state = boundary.kind === 'last' ? 'epilogue' : 'headers';
    return true;
  }

  #findBoundary(): Boundary {
    let index = this.#buffer.indexOf(this.#delimiter);
    while (index >= 0) {
      const lineBreak = this.#lineBreakBefore(index);
      const boundary = lineBreak === undefined ? undefined : this.#boundaryAt(index - lineBreak, index);
      if (boundary !== undefined) return boundary;
      index = this.#buffer.indexOf(this.#delimiter, index + 1);
    }
    return { kind: 'none' };
  }

  /** The length of the line break before an index; 0 where one was taken already; `undefined` when there is none. */
  #lineBreakBefore(index: number): number | undefined {
    if (index === 0) return this.#atLineStart ? 0 : undefined;
    const last = this.#buffer[index - 1];
    if (last === LF) return index > 1 && this.#buffer[index - 2] === CR ? 2 : 1;
    return last === CR ? 1 : undefined;
  }

  /** Looks behind the delimiter: two dashes, or blanks and a line break. */
  #boundaryAt(start: number, index: number): Boundary | undefined {
    const buffer = this.#buffer;
    const behind = index + this.#delimiter.length;
    if (buffer[behind] === DASH) {
      if (behind + 1 >= buffer.length) return { kind: 'partial', start };
      return buffer[behind + 1] === DASH ? { kind: 'last', start, end: behind + 2 } : undefined;
    }
    let position = behind;
    while (buffer[position] === SPACE || buffer[position] === TAB) position++;
    if (position - behind > MAX_PADDING) return undefined;
    if (position >= buffer.length) return { kind: 'partial', start };
    if (buffer[position] === LF) return { kind: 'next', start, end: position + 1 };
    if (buffer[position] !== CR) return undefined;
    if (position + 1 >= buffer.length) return { kind: 'partial', start };
    return { kind: 'next', start, end: position + (buffer[position + 1] === LF ? 2 : 1) };
  }

  *#readHeaders(): Generator<PartEvent, boolean> {
    const text = this.#buffer.toString('latin1', 0, MAX_HEADER_BYTES + 4);
    const blank = /^(?:\r\n|\r|\n)|\r\n\r\n|\r\r|\n\n/.exec(text);
    if (blank === null) {
      if (text.length > MAX_HEADER_BYTES) throw new MalformedMultipart("A part's headers are too long.");
      return false;
    }
    const headers = parseHeaders(this.#take(blank.index));
    this.#take(blank[0].length);
    // RFC 2046, section 5.1.1: the blank line may be the line break of the boundary, when the part is empty.
    this.#atLineStart = true;
    const disposition = headers.get('content-disposition');
    if (disposition === undefined) throw new MalformedMultipart('A part has no Content-Disposition.');
    const { options } = parseOptionsHeader(disposition);
    yield { kind: 'begin', name: options.get('name'), filename: options.get('filename'), headers };
    this.#state = 'data';
    return true;
  }
}

function parseHeaders(block: Buffer): PartHeaders {
  const headers = new Map<string, string>();
  const unfolded = decodeUtf8(block).replace(/(?:\r\n|\r|\n)[ \t]/g, ' ');
  for (const line of unfolded.split(/\r\n|\r|\n/)) {
    const colon = line.indexOf(':');
    if (colon < 0) throw new MalformedMultipart(`A part's header has no colon: ${JSON.stringify(line.slice(0, 80))}.`);
    headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return headers;
}

function decodeUtf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new MalformedMultipart("A part's headers are not UTF-8.");
  }
}
