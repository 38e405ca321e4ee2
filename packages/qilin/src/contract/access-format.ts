/** The grammar of the setting accessLogFormat: which atoms there are, and how a format is taken apart. Pure. */

/** Gunicorn's atoms of one letter, written `%(h)s`. */
const ATOMS = ['h', 'l', 'u', 't', 'r', 'm', 'U', 'q', 'H', 's', 'B', 'b', 'f', 'a', 'T', 'D', 'M', 'L', 'p'] as const;

export type AccessAtom = (typeof ATOMS)[number];

/** Those that may also be written with `d`: `%(s)d`. */
const NUMERIC: readonly AccessAtom[] = ['s', 'B', 'T', 'D', 'M'];

/** What `{name}e` may name besides HTTP_*: the part of a WSGI environment that has a meaning here. */
const VARIABLES = [
  'REQUEST_METHOD',
  'PATH_INFO',
  'QUERY_STRING',
  'RAW_URI',
  'SERVER_PROTOCOL',
  'REMOTE_ADDR',
  'SERVER_NAME',
  'SERVER_PORT',
  'CONTENT_TYPE',
  'CONTENT_LENGTH',
  'wsgi.url_scheme',
] as const;

export type AccessVariable = (typeof VARIABLES)[number];

export type AccessPiece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'atom'; readonly atom: AccessAtom }
  /** The names of headers are in lower case. */
  | { readonly kind: 'requestHeader' | 'responseHeader'; readonly name: string }
  | { readonly kind: 'variable'; readonly name: AccessVariable };

export type ParsedAccessFormat =
  | { readonly ok: true; readonly pieces: readonly AccessPiece[] }
  /** `part` is the first that is no atom. */
  | { readonly ok: false; readonly part: string };

/** What is right, to be read after "must be". */
export const ACCESS_FORMAT_EXPECTED =
  `text with atoms %(x)s, where x is one of ${ATOMS.join(' ')}, {name}i, {name}o or {name}e ` +
  `(${VARIABLES.join(', ')}, HTTP_*), and %% for a percent sign`;

/** `%%`, `%(h)s`, `%(D)d`, `%({Name}i)s`, or a percent sign that is none of these. */
const PIECE = /%(?:(?<percent>%)|\((?:(?<letter>[A-Za-z])|\{(?<name>[^{}]+)\}(?<source>[ioe]))\)(?<conversion>[sd]))?/g;

/** Takes a format such as `%(h)s %(t)s %(U)s %(q)s` apart. */
export function parseAccessFormat(format: string): ParsedAccessFormat {
  const pieces: AccessPiece[] = [];
  let end = 0;
  for (const { index, 0: whole, groups = {} } of format.matchAll(PIECE)) {
    pieces.push({ kind: 'text', text: format.slice(end, index) });
    end = index + whole.length;
    const piece = pieceOf(groups);
    if (piece === undefined) {
      return { ok: false, part: /^%(?:\([^)]*\).?|.?)/.exec(format.slice(index))?.[0] ?? '%' };
    }
    pieces.push(piece);
  }
  pieces.push({ kind: 'text', text: format.slice(end) });
  return { ok: true, pieces };
}

function pieceOf(groups: Readonly<Record<string, string | undefined>>): AccessPiece | undefined {
  const { percent, letter, name, source, conversion } = groups;
  if (percent !== undefined) return { kind: 'text', text: '%' };
  if (letter !== undefined) {
    const atom = ATOMS.find((known) => known === letter);
    const fits = atom !== undefined && (conversion === 's' || NUMERIC.includes(atom));
    return fits ? { kind: 'atom', atom } : undefined;
  }
  if (name === undefined || conversion !== 's') return undefined;
  if (source === 'i') return { kind: 'requestHeader', name: name.toLowerCase() };
  if (source === 'o') return { kind: 'responseHeader', name: name.toLowerCase() };
  return variable(name);
}

function variable(name: string): AccessPiece | undefined {
  const known = VARIABLES.find((candidate) => candidate.toUpperCase() === name.toUpperCase());
  if (known !== undefined) return { kind: 'variable', name: known };
  const header = /^HTTP_(.+)$/i.exec(name)?.[1];
  return header === undefined ? undefined : { kind: 'requestHeader', name: header.toLowerCase().replaceAll('_', '-') };
}
