/** What proxies in front of an app say of a request. Werkzeug's `ProxyFix`. */

/** How many proxies set each header; the last values are theirs, what is before them anybody can have written. Arguments of Werkzeug's `ProxyFix`. */
export interface ProxyFixOptions {
  /** Of `X-Forwarded-For`, the client's address; 1 by default. */
  readonly xFor?: number;
  /** Of `X-Forwarded-Proto`, `http` or `https`; 1 by default. */
  readonly xProto?: number;
  /** Of `X-Forwarded-Host`; 0 by default. */
  readonly xHost?: number;
  /** Of `X-Forwarded-Port`; 0 by default. */
  readonly xPort?: number;
  /** Of `X-Forwarded-Prefix`, the path below which the proxy has the app; 0 by default. */
  readonly xPrefix?: number;
}

/** A request as its client sent it to the first proxy. */
export interface Forwarded {
  /** Absolute; undefined where what they say is no scheme, host and port. */
  readonly url: string | undefined;
  readonly scriptRoot: string | undefined;
  readonly remoteAddr: string | undefined;
}

/**
 * Werkzeug's `ProxyFix`.
 * Believes `X-Forwarded-` headers of as many proxies as there are in front of the app, and of no more: whatever else such a
 * header says, a client can have written.
 *
 * @example app.proxyFix = new ProxyFix({ xFor: 1, xProto: 1, xHost: 1, xPrefix: 1 });
 */
export class ProxyFix {
  readonly #counts: Required<ProxyFixOptions>;

  constructor(options: ProxyFixOptions = {}) {
    this.#counts = { xFor: 1, xProto: 1, xHost: 0, xPort: 0, xPrefix: 0, ...options };
    for (const [name, count] of Object.entries(this.#counts)) {
      if (!Number.isInteger(count) || count < 0)
        throw new RangeError(`${name} must be the number of proxies that set the header (got ${count}).`);
    }
  }

  /** What the headers say; what they do not, stays. @param url absolute */
  apply(url: string, headers: Pick<Headers, 'get'>): Forwarded {
    const { xFor, xProto, xHost, xPort, xPrefix } = this.#counts;
    const take = (name: string, count: number) => lastBut(headers.get(`x-forwarded-${name}`), count);
    const [, scheme = 'http', host = '', rest = ''] = /^(\w+):\/\/([^/?#]*)(.*)$/s.exec(url) ?? [];
    const given = take('host', xHost) ?? host;
    const port = take('port', xPort);
    const named = port === undefined ? given : `${given.replace(/:\d*$/, '')}:${port}`;
    const origin = `${take('proto', xProto) ?? scheme}://${named}`;
    return {
      url: isOrigin(origin) ? `${origin}${rest}` : undefined,
      scriptRoot: pathIn(take('prefix', xPrefix)),
      remoteAddr: take('for', xFor),
    };
  }
}

/**
 * What a proxy passes on may be the client's: a host with a path in it would have the app answer for another path than the one that the
 * proxy has let through.
 */
const isOrigin = (text: string): boolean => /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@\\]+$/i.test(text) && URL.canParse(text);

/** `/app`, or nothing: two slashes at its beginning would make a host of its first part, in redirects. */
const pathIn = (prefix: string | undefined): string | undefined => {
  const path = prefix
    ?.split('/')
    .filter((part) => part !== '')
    .join('/');
  return path ? `/${path}` : path;
};

/** The value that the proxy set which is `count` away: `a, b, c` is c for 1, a for 3; undefined where there are fewer. */
function lastBut(header: string | null, count: number): string | undefined {
  if (header === null || count === 0) return undefined;
  const value = header.split(',').at(-count)?.trim();
  return value === '' ? undefined : value;
}
