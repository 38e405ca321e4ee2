/** Gunicorn's access_log_format, compiled once into a function. Whatever a client chose is escaped. */
import { QilinError } from '../contract/errors.ts';
import type { Milliseconds } from '../contract/units.ts';
import type { AccessEntry } from '../contract/worker-class.ts';
import { escapeValue } from './escape.ts';
import { formatAccessTime, oncePerSecond } from './timestamp.ts';

/** The line for an entry that was answered at `now`, without its newline. */
export type FormatEntry = (entry: AccessEntry, now: Milliseconds) => string;

const MISSING = '-';

const escapeOptional = (value: string | undefined): string => (value === undefined ? MISSING : escapeValue(value));

/** The request target up to its query, as it was sent: percent-encoding is left alone. */
export function pathOf(entry: AccessEntry): string {
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

/** The atoms of one letter. Those in `NUMERIC` may also be written with `d`. */
const ATOMS: Readonly<Record<string, () => FormatEntry>> = {
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

const NUMERIC = 'sBTDM';

function formatSeconds(microseconds: number): string {
  const whole = Math.round(microseconds);
  return `${Math.floor(whole / 1e6)}.${String(whole % 1e6).padStart(6, '0')}`;
}

/** What `{name}e` may name besides HTTP_*: the part of a WSGI environment that has a meaning here. */
const VARIABLES: Readonly<Record<string, FormatEntry>> = {
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
  'WSGI.URL_SCHEME': (entry) => entry.scheme,
};

function serverOf({ server }: AccessEntry): { readonly name: string; readonly port: string } {
  const colon = server.lastIndexOf(':');
  return server.startsWith('unix:') || colon < 0
    ? { name: server, port: MISSING }
    : { name: server.slice(0, colon).replace(/^\[|\]$/g, ''), port: server.slice(colon + 1) };
}

/** `%%`, `%(h)s`, `%(D)d`, `%({Name}i)s`, or a percent sign that is none of these. */
const PIECE = /%(?:(%)|\((?:([A-Za-z])|\{([^{}]+)\}([ioe]))\)([sd]))?/g;

/**
 * Compiles a format such as `%(h)s %(t)s %(U)s %(q)s`.
 * @throws QilinError SETTING_INVALID for what is not an atom.
 */
export function compileFormat(format: string): FormatEntry {
  const first: string[] = [];
  const steps: { readonly render: FormatEntry; after: string }[] = [];
  const addText = (text: string): void => {
    const last = steps.at(-1);
    if (last === undefined) first.push(text);
    else last.after += text;
  };
  let end = 0;
  for (const match of format.matchAll(PIECE)) {
    addText(format.slice(end, match.index));
    end = match.index + match[0].length;
    const [, percent, letter, name, source, conversion] = match;
    if (percent !== undefined) {
      addText('%');
      continue;
    }
    const render =
      letter !== undefined
        ? letterAtom(letter, conversion)
        : name !== undefined && conversion === 's'
          ? namedAtom(name, source)
          : undefined;
    if (render === undefined) throw unknownAtom(format, match.index);
    steps.push({ render, after: '' });
  }
  addText(format.slice(end));
  const start = first.join('');
  return (entry, now) => {
    let line = start;
    for (const step of steps) line += step.render(entry, now) + step.after;
    return line;
  };
}

function letterAtom(letter: string, conversion: string | undefined): FormatEntry | undefined {
  if (conversion === 'd' && !NUMERIC.includes(letter)) return undefined;
  return Object.hasOwn(ATOMS, letter) ? ATOMS[letter]?.() : undefined;
}

function namedAtom(name: string, source: string | undefined): FormatEntry | undefined {
  const header = name.toLowerCase();
  if (source === 'i') return (entry) => escapeOptional(entry.requestHeader(header));
  if (source === 'o') return (entry) => escapeOptional(entry.responseHeader(header));
  const variable = name.toUpperCase();
  if (Object.hasOwn(VARIABLES, variable)) return VARIABLES[variable];
  if (!variable.startsWith('HTTP_')) return undefined;
  const requestHeader = header.slice('http_'.length).replaceAll('_', '-');
  return (entry) => escapeOptional(entry.requestHeader(requestHeader));
}

function unknownAtom(format: string, index: number): QilinError {
  const found = /^%(?:\([^)]*\).?|.?)/.exec(format.slice(index))?.[0] ?? '%';
  const variables = Object.keys(VARIABLES).join(', ').replace('WSGI.URL_SCHEME', 'wsgi.url_scheme');
  return new QilinError(
    'SETTING_INVALID',
    `The setting accessLogFormat holds ${JSON.stringify(found)}, which is no atom: write %(x)s with x one of ` +
      `${Object.keys(ATOMS).join(' ')}, {name}i, {name}o or {name}e (${variables}, HTTP_*), and %% for a percent sign.`,
  );
}
