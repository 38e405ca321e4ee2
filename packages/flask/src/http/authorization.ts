/** Who the client says it is, and how the server asks: RFC 9110 section 11, RFC 7617 (Basic), RFC 7616 (Digest). */
import { dumpDictHeader, parseDictHeader, quoteHeaderValue } from './header-values.ts';

/** Parameters of a scheme, by name; undefined for a name without a value. */
type Parameters = ReadonlyMap<string, string | undefined>;

/**
 * Credentials of an `Authorization` header: {@link parameters}, or one {@link token}, as that of Bearer. Mirrors Werkzeug's
 * `Authorization`.
 */
export class Authorization {
  /** The scheme in lower case: `basic`, `digest`, `bearer`. */
  readonly type: string;
  /** `username` and `password` of Basic; `realm`, `nonce` and the others of Digest. */
  readonly parameters: Parameters;
  /** Undefined where there are parameters. */
  readonly token: string | undefined;

  constructor(type: string, parameters: Iterable<readonly [string, string | undefined]> = [], token?: string) {
    this.type = type.toLowerCase();
    this.parameters = new Map(parameters);
    this.token = token;
  }

  /** Of Basic and Digest. */
  get username(): string | undefined {
    return this.parameters.get('username');
  }

  /** Of Basic. */
  get password(): string | undefined {
    return this.parameters.get('password');
  }

  /** A parameter by its name. */
  get(name: string): string | undefined {
    return this.parameters.get(name);
  }

  /** The header; the reverse of {@link parseAuthorization}. Mirrors `Authorization.to_header`. */
  toString(): string {
    if (this.type === 'basic') {
      const credentials = `${this.username ?? ''}:${this.password ?? ''}`;
      return `Basic ${Buffer.from(credentials).toString('base64')}`;
    }
    return `${titleOf(this.type)} ${this.token ?? dumpDictHeader(this.parameters)}`;
  }
}

/** As Python's `str.title()`: `bearer` is Bearer, `aws4-hmac` is Aws4-Hmac. */
const titleOf = (type: string): string =>
  type.replace(/[a-z]+/g, (word) => word.charAt(0).toUpperCase() + word.slice(1));

/**
 * Reads an `Authorization` header of any scheme. Mirrors Werkzeug's `Authorization.from_header`.
 *
 * @returns `undefined` when it is missing, or Basic and malformed
 */
export function parseAuthorization(header: string | null | undefined): Authorization | undefined {
  const challenge = parseScheme(header);
  if (challenge === undefined) return undefined;
  const { type, rest, parameters } = challenge;
  if (type === 'basic') return parseBasic(rest);
  return new Authorization(type, parameters, parameters === undefined ? rest : undefined);
}

/** The scheme, and its parameters, or none where what follows is a token: it has no `=` but at its end. */
function parseScheme(header: string | null | undefined) {
  // Header values arrive as latin1; browsers mean UTF-8.
  const text = Buffer.from(header ?? '', 'latin1').toString('utf8');
  if (text === '') return undefined;
  const space = text.indexOf(' ');
  const type = (space < 0 ? text : text.slice(0, space)).toLowerCase();
  const rest = space < 0 ? '' : text.slice(space + 1).trim();
  const parameters = /=(?!=*$)/.test(rest) ? parseDictHeader(rest) : undefined;
  return { type, rest, parameters };
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
  const [username, password] =
    colon < 0 ? [credentials, ''] : [credentials.slice(0, colon), credentials.slice(colon + 1)];
  return new Authorization('basic', [
    ['username', username],
    ['password', password],
  ]);
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

/** A `WWW-Authenticate` header: {@link parameters}, or one {@link token}. Mirrors Werkzeug's `WWWAuthenticate`. */
export class WwwAuthenticate {
  /** The scheme in lower case, such as `basic`. */
  readonly type: string;
  readonly parameters: Parameters;
  readonly token: string | undefined;

  constructor(type: string, parameters: Iterable<readonly [string, string | undefined]> = [], token?: string) {
    this.type = type.toLowerCase();
    this.parameters = new Map(parameters);
    this.token = token;
  }

  /** Asks for a user name and a password. */
  static basic(realm = 'authentication required'): WwwAuthenticate {
    return new WwwAuthenticate('basic', [['realm', realm]]);
  }

  /** Asks for a proof that the client knows the password. */
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
    const scheme = titleOf(this.type);
    if (this.token !== undefined) return `${scheme} ${this.token}`;
    if (this.parameters.size === 0) return scheme;
    if (this.type !== 'digest') return `${scheme} ${dumpDictHeader(this.parameters)}`;
    const parameters = [...this.parameters].map(
      ([name, value = '']) => `${name}=${quoteHeaderValue(value, { allowToken: !ALWAYS_QUOTED.has(name) })}`,
    );
    return `${scheme} ${parameters.join(', ')}`;
  }
}

/** Reads a `WWW-Authenticate` header. Mirrors Werkzeug's `WWWAuthenticate.from_header`. */
export function parseWwwAuthenticate(header: string | null | undefined): WwwAuthenticate | undefined {
  const challenge = parseScheme(header);
  if (challenge === undefined) return undefined;
  const { type, rest, parameters } = challenge;
  return new WwwAuthenticate(type, parameters, parameters === undefined ? rest : undefined);
}
