/**
 * Responses of `fetch()` that an app hands on to its client. Their headers are those of the connection to the upstream, and of a
 * body that `fetch()` has decoded on the way: what is true of neither the body nor the client's connection is left out.
 */
import { constants } from 'node:zlib';
import { connectionNames } from './header-lines.ts';

/** What an app may hand on: a response of Node's own `fetch()`, or of another that has the standard's members. */
interface Fetched {
  readonly headers: Iterable<readonly [string, string]>;
  readonly body: unknown;
}

/**
 * Stands on bodies that `fetch()` has decoded, for responses that an app makes of them: `new Response(fetched.body, fetched)`.
 * @qilin/flask looks for it as well.
 */
const DECODED = Symbol.for('qilin.decodedBody');

export const isDecodedBody = (body: object): boolean => DECODED in body;

/** For each response of `fetch()`. */
export function noteFetched(response: Response): Response {
  const { body } = response;
  if (body !== null && isDecoded(response.headers.get('content-encoding')))
    Object.defineProperty(body, DECODED, { value: true });
  return response;
}

/** By its type, which one that was constructed has not. */
export const isFetched = (response: object): response is Fetched =>
  'type' in response &&
  (response.type === 'basic' || response.type === 'cors') &&
  'headers' in response &&
  'body' in response;

/** The headers of a response of `fetch()` that are the client's as well. */
export function endToEnd({ headers, body }: Fetched): [string, string][] {
  const all = [...headers];
  const said = (wanted: string) => all.find(([name]) => name === wanted)?.[1] ?? null;
  const left = new Set(connectionNames(said('connection') ?? ''));
  left.add('connection');
  if (body !== null && isDecoded(said('content-encoding'))) for (const name of OF_ENCODED) left.add(name);
  return all.flatMap(([name, value]) => (left.has(name) ? [] : [[name, value]]));
}

/** What is said of the encoded body. */
const OF_ENCODED = ['content-encoding', 'content-length'] as const;

/** Header lines without those fields. */
export function withoutFields(lines: string, names: readonly string[]): string {
  return lines.replace(/([^:\r\n]*):[^\r\n]*\r\n/g, (line, name: string) =>
    names.includes(name.toLowerCase()) ? '' : line,
  );
}

/** Whether Node's `fetch()` decodes a body with this Content-Encoding: all of its codings are known, or none is decoded. */
function isDecoded(contentEncoding: string | null): boolean {
  if (contentEncoding === null) return false;
  return contentEncoding
    .toLowerCase()
    .split(',')
    .every((coding) => CODINGS.has(coding.trim()));
}

const CODINGS = new Set(['gzip', 'x-gzip', 'deflate', 'br', ...(decodesZstd() ? ['zstd'] : [])]);

/** Since undici 7.11, where Node's zlib has it. */
function decodesZstd(): boolean {
  const [major = 0, minor = 0] = (process.versions['undici'] ?? '').split('.').map(Number);
  return (major > 7 || (major === 7 && minor >= 11)) && 'ZSTD_e_continue' in constants;
}
