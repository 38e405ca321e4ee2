/** The form and the files in the body of a request. */

import { reasonOf } from '../base/thrown.ts';
import { parseOptionsHeader } from '../http/header-values.ts';
import { MultiDict } from '../http/multi-dict.ts';
import { StatusError } from '../http/status-error.ts';
import { urlDecode } from '../http/urls.ts';
import { FileStorage } from './file-storage.ts';
import { MalformedMultipart, MultipartDecoder, type PartHeaders } from './multipart.ts';
import { Spool } from './spool.ts';

/** What is needed of a request: a web `Request` fits. */
export interface FormSource {
  readonly headers: Pick<Headers, 'get'>;
  readonly body: ReadableStream<Uint8Array> | null;
}

/** How much of a body is taken; beyond it the answer is 413. Flask's config keys. */
export interface FormLimits {
  /** `MAX_CONTENT_LENGTH`: bytes of the whole body; no limit unless given. */
  readonly maxContentLength?: number | undefined;
  /** `MAX_FORM_MEMORY_SIZE`: bytes of one field that is no file, or of a form without files; no limit unless given. */
  readonly maxFormMemorySize?: number | undefined;
  /** `MAX_FORM_PARTS`: fields and files of a multipart body; 1000 unless given. */
  readonly maxFormParts?: number | undefined;
}

/** What was in the body. Mirrors what Werkzeug's `FormDataParser` returns. */
export class ParsedForm {
  readonly form: MultiDict<string>;
  readonly files: MultiDict<FileStorage>;
  /** Whether the body said that it is multipart and was not: then nothing is in here. */
  readonly isMalformed: boolean;

  constructor(form = new MultiDict<string>(), files = new MultiDict<FileStorage>(), isMalformed = false) {
    this.form = form;
    this.files = files;
    this.isMalformed = isMalformed;
  }

  /** Frees the uploaded files; to be called when the request ends. */
  async close(): Promise<void> {
    await Promise.all([...this.files.allEntries()].map(([, file]) => file.close()));
  }
}

const malformedForm = () => new ParsedForm(undefined, undefined, true);

const URLENCODED = 'application/x-www-form-urlencoded';

/** Whether a `Content-Type` is one of a form: with any other, {@link parseForm} leaves the body unread. */
export function isFormType(contentType: string | null | undefined): boolean {
  const mimetype = parseOptionsHeader(contentType).value.toLowerCase();
  return mimetype === 'multipart/form-data' || mimetype === URLENCODED;
}

/**
 * Reads the form in a request's body. A malformed multipart body is an empty form, as for Werkzeug, and says so; its rest
 * is read and dropped, so that the connection can be used again.
 *
 * @throws {StatusError} 413 when a limit is passed, 400 when the client leaves; files received until then are freed
 */
export async function parseForm({ headers, body }: FormSource, limits: FormLimits = {}): Promise<ParsedForm> {
  const { maxContentLength = Number.POSITIVE_INFINITY, maxFormMemorySize = Number.POSITIVE_INFINITY } = limits;
  const announced = Number(headers.get('content-length') ?? 0);
  if (announced > maxContentLength) throw tooLarge();
  const { value, options } = parseOptionsHeader(headers.get('content-type'));
  const mimetype = value.toLowerCase();
  if (body === null) return new ParsedForm();
  if (mimetype === URLENCODED) {
    const limit = Math.min(maxContentLength, maxFormMemorySize);
    if (announced > limit) throw tooLarge();
    return new ParsedForm(urlDecode(await readText(limited(body, limit))));
  }
  const boundary = options.get('boundary') ?? '';
  if (mimetype !== 'multipart/form-data') return new ParsedForm();
  if (boundary === '') return malformedForm();
  return readMultipart(limited(body, maxContentLength), boundary, maxFormMemorySize, limits.maxFormParts ?? 1000);
}

function tooLarge(): StatusError {
  return new StatusError(413, 'The data value transmitted exceeds the capacity limit.');
}

/** The chunks of a body, up to a number of bytes: what was announced need not be what comes. */
async function* limited(body: ReadableStream<Uint8Array>, limit: number): AsyncGenerator<Uint8Array> {
  let received = 0;
  try {
    for await (const chunk of body) {
      received += chunk.length;
      if (received > limit) throw tooLarge();
      yield chunk;
    }
  } catch (error) {
    // Errors of who takes the chunks do not come by here.
    throw error instanceof StatusError ? error : new StatusError(400, `The body broke off: ${reasonOf(error)}`);
  }
}

async function readText(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const chunk of chunks) pieces.push(chunk);
  return Buffer.concat(pieces).toString('utf8');
}

async function readMultipart(
  chunks: AsyncIterable<Uint8Array>,
  boundary: string,
  maxFieldBytes: number,
  maxParts: number,
): Promise<ParsedForm> {
  const decoder = new MultipartDecoder(boundary);
  const collector = new PartCollector(maxFieldBytes, maxParts);
  let malformed = false;
  let isEmpty = true;
  try {
    for await (const chunk of chunks) {
      isEmpty &&= chunk.length === 0;
      if (malformed) continue;
      malformed = await refusesMalformed(async () => {
        for (const event of decoder.push(chunk)) {
          if (event.kind === 'begin') collector.begin(event.name, event.filename, event.headers);
          else if (event.kind === 'data') await collector.data(event.bytes);
          else collector.end();
        }
      });
    }
    if (isEmpty) return new ParsedForm();
    malformed ||= await refusesMalformed(async () => decoder.end());
  } catch (error) {
    await collector.discard();
    throw error;
  }
  if (!malformed) return collector.parsed;
  await collector.discard();
  return malformedForm();
}

/** Whether a step found the body malformed; its other errors pass. */
async function refusesMalformed(step: () => Promise<void>): Promise<boolean> {
  try {
    await step();
    return false;
  } catch (error) {
    if (error instanceof MalformedMultipart) return true;
    throw error;
  }
}

/** The part that is being received. */
type Part =
  | { readonly kind: 'field'; readonly name: string; readonly headers: PartHeaders; readonly chunks: Uint8Array[] }
  | { readonly kind: 'file'; readonly file: FileStorage; readonly spool: Spool }
  | { readonly kind: 'nameless' };

/** Puts the parts of a multipart body together. */
class PartCollector {
  readonly parsed = new ParsedForm();
  readonly #maxFieldBytes: number;
  readonly #maxParts: number;
  #part: Part | undefined;
  #parts = 0;
  #fieldBytes = 0;

  constructor(maxFieldBytes: number, maxParts: number) {
    this.#maxFieldBytes = maxFieldBytes;
    this.#maxParts = maxParts;
  }

  begin(name: string | undefined, filename: string | undefined, headers: PartHeaders): void {
    this.#parts++;
    if (this.#parts > this.#maxParts) throw tooLarge();
    this.#fieldBytes = 0;
    if (name === undefined) {
      this.#part = { kind: 'nameless' };
    } else if (filename === undefined) {
      this.#part = { kind: 'field', name, headers, chunks: [] };
    } else {
      const spool = new Spool();
      this.#part = { kind: 'file', file: new FileStorage(name, filename, headers, spool), spool };
    }
  }

  async data(bytes: Uint8Array): Promise<void> {
    if (this.#part?.kind === 'file') await this.#part.spool.write(bytes);
    if (this.#part?.kind !== 'field') return;
    this.#fieldBytes += bytes.length;
    if (this.#fieldBytes > this.#maxFieldBytes) throw tooLarge();
    this.#part.chunks.push(bytes);
  }

  end(): void {
    if (this.#part?.kind === 'file') this.parsed.files.add(this.#part.file.name, this.#part.file);
    if (this.#part?.kind === 'field') this.parsed.form.add(this.#part.name, decodeField(this.#part));
    this.#part = undefined;
  }

  /** Frees everything that was received, the unfinished file too. */
  async discard(): Promise<void> {
    if (this.#part?.kind === 'file') await this.#part.spool.close();
    await this.parsed.close();
  }
}

/** A field's text, in the charset that its own `Content-Type` names. */
function decodeField({ headers, chunks }: { readonly headers: PartHeaders; readonly chunks: readonly Uint8Array[] }) {
  const bytes = Buffer.concat(chunks);
  const charset = parseOptionsHeader(headers.get('content-type')).options.get('charset');
  if (charset === undefined) return bytes.toString('utf8');
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return bytes.toString('utf8');
  }
}
