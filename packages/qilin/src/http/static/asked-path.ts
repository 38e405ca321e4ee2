/**
 * What path below a folder a request target asks for. Pure, and the first of two guards: nothing that could be read in two ways
 * comes through, be it harmless. The other one is real-file.ts.
 */

/** Beyond, no file system has such a path (Linux's PATH_MAX). */
const MOST_CHARACTERS = 4096;

export interface AskedPath {
  /** Names with `/` between them, decoded; empty for the folder itself. Never `.`, `..`, an empty or a hidden name. */
  readonly path: string;
  /** It ends in a slash: a folder is asked for, not a file. */
  readonly isFolder: boolean;
}

/** The part of a request target that is a path, still encoded; undefined for one that has none: `*`. */
export function pathOfTarget(target: string): string | undefined {
  const start = target.startsWith('/') ? 0 : startOfPath(target);
  if (start === undefined) return undefined;
  const query = target.indexOf('?', start);
  return query === -1 ? target.slice(start) : target.slice(start, query);
}

/** Of the absolute form: RFC 9112, section 3.2.2. */
function startOfPath(target: string): number | undefined {
  const authority = /^https?:\/\/[^/?#]+/i.exec(target)?.[0];
  return authority !== undefined && target[authority.length] === '/' ? authority.length : undefined;
}

/**
 * The path below a prefix (`/assets`; empty for all), where it is one that a file can have and that says one thing only.
 *
 * Undefined otherwise: another prefix, an escape that is none or not UTF-8, an encoded slash, a backslash, a control
 * character, a fragment, an empty name, `.` and `..`, and hidden names but `.well-known` (RFC 8615).
 */
export function askedPath(path: string, prefix: string): AskedPath | undefined {
  if (path.length > MOST_CHARACTERS || !path.startsWith(prefix)) return undefined;
  const rest = path.slice(prefix.length);
  if (rest === '') return { path: '', isFolder: false };
  if (!rest.startsWith('/')) return undefined;
  const isFolder = rest.endsWith('/');
  const encoded = rest.slice(1, isFolder ? -1 : undefined);
  if (encoded === '') return rest === '/' ? { path: '', isFolder } : undefined;
  const decoded = decode(encoded);
  if (decoded === undefined || UNWANTED.test(decoded) || !decoded.split('/').every(isPlainName)) return undefined;
  return { path: decoded, isFolder };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const UNWANTED = /[\x00-\x1f\x7f\\#]/;
const ENCODED_SLASH = /%2f/i;

function decode(encoded: string): string | undefined {
  if (!encoded.includes('%')) return encoded;
  if (ENCODED_SLASH.test(encoded)) return undefined;
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}

const isPlainName = (name: string): boolean => name !== '' && (!name.startsWith('.') || name === '.well-known');
