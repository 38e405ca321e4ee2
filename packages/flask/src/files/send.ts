/** Files as responses: their type, name and age, conditional requests, ranges. */
import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { CacheControl } from '../http/cache-control.ts';
import { isResourceModified } from '../http/conditional.ts';
import { httpDate, parseDate } from '../http/dates.ts';
import { parseEtags, quoteEtag } from '../http/etags.ts';
import { contentDisposition, contentTypeOf } from '../http/header-values.ts';
import { parseRange } from '../http/ranges.ts';
import { StatusError } from '../http/status-error.ts';
import { guessType } from './mime-type.ts';
import { safeJoin } from './safe-join.ts';
import { type FileBody, type FileLike, type FileSource, openSource } from './source.ts';

/** What is needed of the request: a web `Request` fits. */
export interface FileRequest {
  readonly method: string;
  readonly headers: Pick<Headers, 'get'>;
}

/** How a file is sent. Mirrors the arguments of Flask's `send_file`. */
export interface SendFileOptions {
  /** Guessed from the name unless given. */
  readonly mimetype?: string | undefined;
  /** Whether the browser shall save it rather than show it. */
  readonly asAttachment?: boolean | undefined;
  /** The name to save it under; that of the file unless given. */
  readonly downloadName?: string | undefined;
  /** Whether to answer 304, 206 and 416; `true` unless given. */
  readonly conditional?: boolean | undefined;
  /** An entity tag without quotes; `true` makes one of path, size and time, `false` sends none. */
  readonly etag?: string | boolean | undefined;
  /** The file's own unless given. */
  readonly lastModified?: Date | undefined;
  /** Seconds that it may be kept, or what says so for a path; clients ask again each time unless given. */
  readonly maxAge?: number | ((path: string | undefined) => number | undefined) | undefined;
  /** What relative paths are relative to: the app's root path. The working directory unless given. */
  readonly rootPath?: string | undefined;
}

/**
 * Sends a file, bytes or a stream. Mirrors Flask's `send_file`: for the same request it answers the same.
 * Never give it a path that comes from the client: that is what {@link sendFromDirectory} is for.
 *
 * @throws {TypeError} when neither a name nor a type is known, or an attachment has no name
 * @throws {StatusError} 416, with `Content-Range`, when the range asked for is not there
 * @throws what the file system throws: a file that is not there is the app's fault here
 */
export async function sendFile(file: FileLike, request: FileRequest, options: SendFileOptions = {}): Promise<Response> {
  const source = await openSource(file, options.rootPath ?? process.cwd());
  try {
    const headers = describe(source, options);
    if (options.conditional !== false && ['GET', 'HEAD'].includes(request.method)) {
      return await conditionalResponse(source, request, headers);
    }
    return await wholeResponse(source, request, headers);
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** The headers of the whole file. */
function describe(source: FileSource, options: SendFileOptions): Headers {
  const { asAttachment = false, etag = true } = options;
  const headers = new Headers();
  const name = options.downloadName ?? (source.path === undefined ? undefined : basename(source.path));
  if (name === undefined && options.mimetype === undefined) {
    throw new TypeError('A file without a name needs a type: set "downloadName" or "mimetype", or send a path.');
  }
  if (name === undefined && asAttachment) {
    throw new TypeError('An attachment needs a name: set "downloadName", or send a path.');
  }
  const guessed = guessType(name ?? '');
  headers.set('Content-Type', contentTypeOf(options.mimetype ?? guessed.type ?? 'application/octet-stream'));
  if (options.mimetype === undefined && guessed.encoding !== undefined && !asAttachment) {
    headers.set('Content-Encoding', guessed.encoding);
  }
  if (name !== undefined) {
    headers.set('Content-Disposition', contentDisposition(asAttachment ? 'attachment' : 'inline', name));
  }
  if (source.size !== undefined) headers.set('Content-Length', String(source.size));
  const lastModified = options.lastModified ?? source.modified?.date;
  if (lastModified !== undefined) headers.set('Last-Modified', httpDate(lastModified));
  setAge(headers, typeof options.maxAge === 'function' ? options.maxAge(source.path) : options.maxAge);
  const tag = typeof etag === 'string' ? etag : etag ? fileTag(source) : undefined;
  if (tag !== undefined) headers.set('ETag', quoteEtag(tag));
  return headers;
}

function setAge(headers: Headers, maxAge: number | undefined): void {
  const control = new CacheControl();
  if (maxAge === undefined || maxAge <= 0) control.set('no-cache', true);
  else control.set('public', true);
  headers.set('Cache-Control', String(control.set('max-age', maxAge)));
  if (maxAge !== undefined) headers.set('Expires', httpDate(new Date(Date.now() + maxAge * 1000)));
}

/** The same tag as Werkzeug's, so that caches stay good when an app moves: time, size, and checksum of the path. */
function fileTag({ path, size, modified }: FileSource): string | undefined {
  if (path === undefined || modified === undefined) return undefined;
  const { nanoseconds } = modified;
  const seconds = Number(nanoseconds / 1_000_000_000n) + 1e-9 * Number(nanoseconds % 1_000_000_000n);
  return `${Number.isInteger(seconds) ? `${seconds}.0` : seconds}-${size}-${adler32(Buffer.from(path))}`;
}

/** The checksum of RFC 1950 section 8.2. */
function adler32(bytes: Uint8Array): number {
  let a = 1;
  let b = 0;
  for (const byte of bytes) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  return b * 65536 + a;
}

/** 200, 206, 304 or 412. */
async function conditionalResponse(source: FileSource, request: FileRequest, headers: Headers): Promise<Response> {
  const validators = {
    etag: headers.get('etag') ?? undefined,
    lastModified: parseDate(headers.get('last-modified')),
  };
  headers.set('Accept-Ranges', 'bytes');
  const rangeHeader = request.headers.get('range');
  const sameAsBefore =
    request.headers.get('if-range') === null || !isResourceModified(request.headers, validators, { useIfRange: true });
  if (source.size !== undefined && source.size > 0 && rangeHeader !== null && sameAsBefore) {
    return partialResponse(source, source.size, request, headers);
  }
  if (isResourceModified(request.headers, validators)) return wholeResponse(source, request, headers);
  await source.close();
  const status = parseEtags(request.headers.get('if-match')).empty ? 304 : 412;
  // RFC 9110 section 15.4.5: a 304 describes the copy that the client has no further than to name it.
  for (const name of ['Content-Type', 'Content-Length', 'Content-Encoding', 'Last-Modified']) headers.delete(name);
  return new Response(null, { status, headers });
}

async function partialResponse(
  source: FileSource,
  size: number,
  request: FileRequest,
  headers: Headers,
): Promise<Response> {
  const range = parseRange(request.headers.get('range'));
  const bounds = range?.rangeForLength(size);
  const contentRange = range?.toContentRange(size);
  if (bounds === undefined || contentRange === undefined) {
    throw new StatusError(416, 'The server cannot provide the requested range.', [
      ['Content-Range', `bytes */${size}`],
    ]);
  }
  const [start, end] = bounds;
  headers.set('Content-Length', String(end - start));
  headers.set('Content-Range', contentRange);
  return new Response(await bodyFor(source, request, start, end), { status: 206, headers });
}

async function wholeResponse(source: FileSource, request: FileRequest, headers: Headers): Promise<Response> {
  return new Response(await bodyFor(source, request, 0, source.size ?? 0), { headers });
}

/** No body for HEAD: its file is closed at once, as nobody would read it to the end. */
async function bodyFor(source: FileSource, request: FileRequest, start: number, end: number): Promise<FileBody | null> {
  if (request.method !== 'HEAD') return source.body(start, end);
  await source.close();
  return null;
}

/**
 * Sends a file below a folder, by a path that comes from the client. Mirrors Flask's `send_from_directory`.
 *
 * @param directory trusted; relative to `rootPath`
 * @param path not trusted
 * @throws {StatusError} 404 when it is not there, leads out of the folder, or is no regular file; 416 as {@link sendFile}
 */
export async function sendFromDirectory(
  directory: string,
  path: string,
  request: FileRequest,
  options: SendFileOptions = {},
): Promise<Response> {
  const joined = safeJoin(directory, path);
  const full = joined === undefined ? undefined : resolve(options.rootPath ?? process.cwd(), joined);
  if (full === undefined || !(await isFile(full))) throw new StatusError(404, 'The requested file was not found.');
  return sendFile(full, request, options);
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    // Not there, not allowed, too long a name, a file where a folder should be: as Python's os.path.isfile.
    return false;
  }
}
