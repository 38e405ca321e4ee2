/** What a file's name says of its content. */
import { extname } from 'node:path';
import mime from 'mime';

const ENCODINGS: ReadonlyMap<string, string> = new Map([
  ['.gz', 'gzip'],
  ['.Z', 'compress'],
  ['.bz2', 'bzip2'],
  ['.xz', 'xz'],
  ['.br', 'br'],
]);

/** Endings that stand for two. */
const SHORT_ENDINGS: ReadonlyMap<string, string> = new Map([
  ['.svgz', '.svg.gz'],
  ['.tgz', '.tar.gz'],
  ['.taz', '.tar.gz'],
  ['.tbz2', '.tar.bz2'],
  ['.txz', '.tar.xz'],
]);

export interface GuessedType {
  /** The MIME type of what is inside, once decoded. */
  readonly type: string | undefined;
  /** How it is encoded: a value for `Content-Encoding`. */
  readonly encoding: string | undefined;
}

/** Guesses from a file's name, as Python's `mimetypes.guess_type`: `page.html.gz` is HTML, encoded by gzip. */
export function guessType(filename: string): GuessedType {
  const ending = extname(filename);
  const short = SHORT_ENDINGS.get(ending.toLowerCase());
  const name = short === undefined ? filename : filename.slice(0, -ending.length) + short;
  const encoding = ENCODINGS.get(extname(name));
  const inner = extname(encoding === undefined ? name : name.slice(0, -extname(name).length));
  return { type: inner === '' ? undefined : (mime.getType(inner) ?? undefined), encoding };
}
