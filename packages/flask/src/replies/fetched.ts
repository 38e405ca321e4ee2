/**
 * Responses of `fetch()` that a view hands on. Their headers are those of the connection to the upstream, and of a body that
 * `fetch()` has decoded on the way: what is true of neither the body nor the client's connection is left out.
 */
import { constants } from 'node:zlib';
import { wholeBodyOf } from '../http/whole-response.ts';

/** RFC 9110, section 7.6.1: of one connection alone, besides what `Connection` names. */
const OF_THE_CONNECTION = ['connection', 'keep-alive', 'transfer-encoding'];
/** Said of the encoded body. */
const OF_ENCODED = ['content-encoding', 'content-length'];

/** Those that Node's `fetch()` decodes. */
const CODINGS = new Set(['gzip', 'x-gzip', 'deflate', 'br', ...(decodesZstd() ? ['zstd'] : [])]);

/** Since undici 7.11, where Node's zlib has it. */
function decodesZstd(): boolean {
  const [major = 0, minor = 0] = (process.versions['undici'] ?? '').split('.').map(Number);
  return (major > 7 || (major === 7 && minor >= 11)) && 'ZSTD_e_continue' in constants;
}

/** The server's `fetch()` marks what it has decoded so: it is known in a response that a view has made of it, too. */
const DECODED = Symbol.for('qilin.decodedBody');

/** @returns the response itself, where it is not from `fetch()`: a constructed one is of type `default` */
export function handedOn(response: Response): Response {
  if (response.type !== 'basic' && response.type !== 'cors') return ofDecodedBody(response);
  const { status, statusText, body } = response;
  const headers = new Headers(response.headers);
  const named = (headers.get('connection') ?? '').split(',').map((name) => name.trim().toLowerCase());
  for (const name of [...OF_THE_CONNECTION, ...named]) if (name !== '') headers.delete(name);
  if (body !== null && isDecoded(headers.get('content-encoding'))) for (const name of OF_ENCODED) headers.delete(name);
  return new Response(body, { status, statusText, headers });
}

function ofDecodedBody(response: Response): Response {
  // To ask one with a whole body for a stream would make one.
  if (wholeBodyOf(response) !== undefined || response.body === null || !(DECODED in response.body)) return response;
  const { status, statusText, body } = response;
  const headers = new Headers(response.headers);
  for (const name of OF_ENCODED) headers.delete(name);
  return new Response(body, { status, statusText, headers });
}

/** All of its codings are known, or none is decoded. */
function isDecoded(contentEncoding: string | null): boolean {
  if (contentEncoding === null) return false;
  const codings = contentEncoding.toLowerCase().split(',');
  return codings.every((coding) => CODINGS.has(coding.trim()));
}
