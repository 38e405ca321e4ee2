/** Who the client says it is, and how the server asks: RFC 9110 section 11, RFC 7617 (Basic), RFC 7616 (Digest). */
import { dumpDictHeader, parseDictHeader, quoteHeaderValue } from './header-values.ts';

/** Credentials of an `Authorization` header. Mirrors Werkzeug's `Authorization`. */
export type Authorization =
  | { readonly type: 'basic'; readonly username: string; readonly password: string }
  | {
      readonly type: 'digest';
      readonly username: string;
      readonly realm: string;
      readonly nonce: string;
      readonly uri: string;
      readonly response: string;
      /** Everything that was sent, `qop`, `nc`, `cnonce` and `opaque` too. */
      readonly parameters: ReadonlyMap<string, string | undefined>;
    };

/**
 * Reads an `Authorization` header. Mirrors Werkzeug's `parse_authorization_header`, which knows Basic and Digest.
 *
 * @returns `undefined` when it is missing, malformed, or of another scheme
 */
export function parseAuthorization(header: string | null | undefined): Authorization | undefined {
  // Header values arrive as latin1; browsers mean UTF-8.
  const text = Buffer.from(header ?? '', 'latin1').toString('utf8');
  const match = /^\s*(\S+)\s+(\S.*)$/s.exec(text);
  const [, scheme = '', info = ''] = match ?? [];
  switch (scheme.toLowerCase()) {
    case 'basic':
      return parseBasic(info);
    case 'digest':
      return parseDigest(info);
    default:
      return undefined;
  }
}

function parseBasic(info: string): Authorization | undefined {
  const encoded = info.replace(/[^A-Za-z0-9+/=]/g, '');
  if (encoded.length % 4 !== 0) return undefined;
  let credentials: string;
  try {
    credentials = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(encoded, 'base64'));
  } catch {
    return undefined;
  }
  const colon = credentials.indexOf(':');
  if (colon < 0) return undefined;
  return { type: 'basic', username: credentials.slice(0, colon), password: credentials.slice(colon + 1) };
}

function parseDigest(info: string): Authorization | undefined {
  const parameters = parseDictHeader(info);
  const [username, realm, nonce] = [parameters.get('username'), parameters.get('realm'), parameters.get('nonce')];
  const [uri, response] = [parameters.get('uri'), parameters.get('response')];
  if (
    username === undefined ||
    realm === undefined ||
    nonce === undefined ||
    uri === undefined ||
    response === undefined ||
    // A quality of protection needs a counter and a nonce of the client's own.
    (parameters.has('qop') && !(parameters.get('nc') && parameters.get('cnonce')))
  ) {
    return undefined;
  }
  return { type: 'digest', username, realm, nonce, uri, response, parameters };
}

/** Writes an `Authorization` header; the reverse of {@link parseAuthorization}. Mirrors `Authorization.to_header`. */
export function dumpAuthorization(authorization: Authorization): string {
  if (authorization.type === 'digest') return `Digest ${dumpDictHeader(authorization.parameters)}`;
  return `Basic ${Buffer.from(`${authorization.username}:${authorization.password}`).toString('base64')}`;
}

/** Parameters that RFC 7616 wants quoted even where a token would do. */
const ALWAYS_QUOTED = new Set(['domain', 'nonce', 'opaque', 'realm', 'qop']);

/** What a Digest challenge consists of. */
export interface DigestChallenge {
  readonly realm: string;
  readonly nonce: string;
  /** `['auth']` unless given. */
  readonly qop?: readonly string[];
  readonly opaque?: string;
  readonly algorithm?: string;
  /** Whether only the nonce of the last attempt was too old. */
  readonly stale?: boolean;
}

/** A `WWW-Authenticate` header. Mirrors Werkzeug's `WWWAuthenticate`. */
export class WwwAuthenticate {
  /** The scheme in lower case, such as `basic`. */
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;

  constructor(type: string, parameters: Iterable<readonly [string, string]>) {
    this.type = type.toLowerCase();
    this.parameters = new Map(parameters);
  }

  /** Asks for a user name and a password; `set_basic` of Werkzeug. */
  static basic(realm = 'authentication required'): WwwAuthenticate {
    return new WwwAuthenticate('basic', [['realm', realm]]);
  }

  /** Asks for a proof that the client knows the password; `set_digest` of Werkzeug. */
  static digest({ realm, nonce, qop = ['auth'], opaque, algorithm, stale = false }: DigestChallenge): WwwAuthenticate {
    const parameters: [string, string][] = [
      ['realm', realm],
      ['nonce', nonce],
      ['qop', qop.join(', ')],
    ];
    if (stale) parameters.push(['stale', 'TRUE']);
    if (opaque !== undefined) parameters.push(['opaque', opaque]);
    if (algorithm !== undefined) parameters.push(['algorithm', algorithm]);
    return new WwwAuthenticate('digest', parameters);
  }

  get realm(): string | undefined {
    return this.parameters.get('realm');
  }

  toString(): string {
    const scheme = this.type.charAt(0).toUpperCase() + this.type.slice(1);
    const parameters = [...this.parameters].map(
      ([name, value]) => `${name}=${quoteHeaderValue(value, { allowToken: !ALWAYS_QUOTED.has(name) })}`,
    );
    return `${scheme} ${parameters.join(', ')}`;
  }
}

/** Reads a `WWW-Authenticate` header. Mirrors Werkzeug's `parse_www_authenticate_header`. */
export function parseWwwAuthenticate(header: string | null | undefined): WwwAuthenticate | undefined {
  const text = header?.trim() ?? '';
  if (text === '') return undefined;
  const [, type = '', info = ''] = /^(\S+)(?:\s+(.*))?$/s.exec(text) ?? [];
  const pairs = [...parseDictHeader(info)].map(([name, value]): [string, string] => [name, value ?? '']);
  return new WwwAuthenticate(type, pairs);
}
