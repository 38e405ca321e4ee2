/** Gunicorn's access_log_format, compiled once into a function. Whatever a client chose is escaped. */
import {
  ACCESS_FORMAT_EXPECTED,
  type AccessAtom,
  type AccessPiece,
  type AccessVariable,
  parseAccessFormat,
} from '../contract/access-format.ts';
import { QilinError } from '../contract/errors.ts';
import type { Milliseconds } from '../contract/units.ts';
import type { AccessEntry } from '../contract/worker-class.ts';
import { escapeValue, fitTogether } from './escape.ts';
import { formatAccessTime, oncePerSecond } from './timestamp.ts';

/** The line for an entry that was answered at `now`, without its newline, in at most `longest` bytes. */
export type FormatEntry = (entry: AccessEntry, now: Milliseconds, longest: number) => string;

/** One value of a line, in printable ASCII. */
type Render = (entry: AccessEntry, now: Milliseconds) => string;

const MISSING = '-';

const escapeOptional = (value: string | undefined): string => (value === undefined ? MISSING : escapeValue(value));

/** The request target up to its query, as it was sent: percent-encoding is left alone. */
export function pathOf(entry: Pick<AccessEntry, 'target'>): string {
  const end = entry.target.indexOf('?');
  return end < 0 ? entry.target : entry.target.slice(0, end);
}

/** The query without its question mark; empty when there is none. */
export function queryOf(entry: AccessEntry): string {
  const start = entry.target.indexOf('?');
  return start < 0 ? '' : entry.target.slice(start + 1);
}

/** The user's name of a Basic authorization (RFC 7617), undefined when there is none. */
export function basicUser(entry: AccessEntry): string | undefined {
  const credentials = /^basic +([A-Za-z0-9+/=_-]+) *$/i.exec(entry.requestHeader('authorization') ?? '')?.[1];
  if (credentials === undefined) return undefined;
  const decoded = Buffer.from(credentials, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  return colon > 0 ? decoded.slice(0, colon) : undefined;
}

/** What each atom of one letter stands for. */
const ATOMS: Readonly<Record<AccessAtom, () => Render>> = {
  h: () => (entry) => escapeOptional(entry.client),
  l: () => () => MISSING,
  u: () => (entry) => escapeOptional(basicUser(entry)),
  t: () => {
    const timeOf = oncePerSecond(formatAccessTime);
    return (_entry, now) => timeOf(now);
  },
  r: () => (entry) => escapeValue(`${entry.method} ${entry.target} ${entry.protocol}`),
  m: () => (entry) => escapeValue(entry.method),
  U: () => (entry) => escapeValue(pathOf(entry)),
  q: () => (entry) => escapeValue(queryOf(entry)),
  H: () => (entry) => escapeValue(entry.protocol),
  s: () => (entry) => String(entry.status),
  B: () => (entry) => String(entry.bytes),
  b: () => (entry) => (entry.bytes === 0 ? MISSING : String(entry.bytes)),
  f: () => (entry) => escapeOptional(entry.requestHeader('referer')),
  a: () => (entry) => escapeOptional(entry.requestHeader('user-agent')),
  T: () => (entry) => String(Math.floor(entry.microseconds / 1e6)),
  D: () => (entry) => String(Math.round(entry.microseconds)),
  M: () => (entry) => String(Math.floor(entry.microseconds / 1e3)),
  L: () => (entry) => formatSeconds(entry.microseconds),
  p: () => {
    const pid = `<${process.pid}>`;
    return () => pid;
  },
};

function formatSeconds(microseconds: number): string {
  const whole = Math.round(microseconds);
  return `${Math.floor(whole / 1e6)}.${String(whole % 1e6).padStart(6, '0')}`;
}

const VARIABLES: Readonly<Record<AccessVariable, Render>> = {
  REQUEST_METHOD: (entry) => escapeValue(entry.method),
  PATH_INFO: (entry) => escapeValue(pathOf(entry)),
  QUERY_STRING: (entry) => escapeValue(queryOf(entry)),
  RAW_URI: (entry) => escapeValue(entry.target),
  SERVER_PROTOCOL: (entry) => escapeValue(entry.protocol),
  REMOTE_ADDR: (entry) => escapeOptional(entry.client),
  SERVER_NAME: (entry) => escapeValue(serverOf(entry).name),
  SERVER_PORT: (entry) => escapeValue(serverOf(entry).port),
  CONTENT_TYPE: (entry) => escapeOptional(entry.requestHeader('content-type')),
  CONTENT_LENGTH: (entry) => escapeOptional(entry.requestHeader('content-length')),
  'wsgi.url_scheme': (entry) => entry.scheme,
};

function serverOf({ server }: AccessEntry): { readonly name: string; readonly port: string } {
  const colon = server.lastIndexOf(':');
  return server.startsWith('unix:') || colon < 0
    ? { name: server, port: MISSING }
    : { name: server.slice(0, colon).replace(/^\[|\]$/g, ''), port: server.slice(colon + 1) };
}

/**
 * Compiles a format such as `%(h)s %(t)s %(U)s %(q)s`.
 * @throws QilinError SETTING_INVALID for what is not an atom.
 */
export function compileFormat(format: string): FormatEntry {
  const parsed = parseAccessFormat(format);
  if (!parsed.ok) {
    const message = `accessLogFormat must be ${ACCESS_FORMAT_EXPECTED} (got ${JSON.stringify(parsed.part)}).`;
    throw new QilinError('SETTING_INVALID', message);
  }
  const first: string[] = [];
  const steps: Step[] = [];
  for (const piece of parsed.pieces) {
    const last = steps.at(-1);
    if (piece.kind !== 'text') steps.push({ render: renderOf(piece), after: '' });
    else if (last === undefined) first.push(piece.text);
    else last.after += piece.text;
  }
  const start = first.join('');
  const literal = Buffer.byteLength(start + steps.map(({ after }) => after).join(''));
  return (entry, now, longest) => {
    let line = start;
    for (const step of steps) line += step.render(entry, now) + step.after;
    return line.length + literal <= longest ? line : shorten(entry, now, longest - literal);
  };

  function shorten(entry: AccessEntry, now: Milliseconds, room: number): string {
    const values = fitTogether(
      steps.map(({ render }) => render(entry, now)),
      room,
      ({ length }) => length,
    );
    return start + steps.map(({ after }, index) => withoutHalfEscape(values[index] ?? '') + after).join('');
  }
}

interface Step {
  readonly render: Render;
  /** The format's own text up to the next value. */
  after: string;
}

/** `\\x4` at the place of a cut would be read with what follows. */
const withoutHalfEscape = (value: string): string => value.replace(/\\(?:x[0-9A-F]?|u[0-9A-F]{0,3})?(?=\.\.\.$)/, '');

function renderOf(piece: Exclude<AccessPiece, { kind: 'text' }>): Render {
  switch (piece.kind) {
    case 'atom':
      return ATOMS[piece.atom]();
    case 'variable':
      return VARIABLES[piece.name];
    case 'requestHeader':
      return (entry) => escapeOptional(entry.requestHeader(piece.name));
    case 'responseHeader':
      return (entry) => escapeOptional(entry.responseHeader(piece.name));
  }
}
