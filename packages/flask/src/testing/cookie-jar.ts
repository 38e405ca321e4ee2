/** The cookies of a test client: RFC 6265 section 5, as far as one client and a few hosts need it. */
import { parseDate } from '../http/dates.ts';

interface StoredCookie {
  readonly name: string;
  readonly value: string;
  readonly domain: string;
  /** Whether the host must be the domain itself, not one below it. */
  readonly isHostOnly: boolean;
  readonly path: string;
  readonly secure: boolean;
  /** Milliseconds since the epoch; infinite for a cookie that lives as long as the client. */
  readonly expires: number;
}

export class CookieJar {
  readonly #cookies = new Map<string, StoredCookie>();

  /** Takes the `Set-Cookie` lines of a response to a request for `url`. */
  update(url: URL, response: Response): void {
    for (const line of response.headers.getSetCookie()) this.#take(url, line);
  }

  /** The value of a request's `Cookie` header; undefined where no cookie goes there. */
  header(url: URL): string | undefined {
    const now = Date.now();
    const fitting = [...this.#cookies.values()]
      .filter((cookie) => cookie.expires > now && belongsTo(cookie, url))
      .toSorted((a, b) => b.path.length - a.path.length);
    return fitting.length === 0 ? undefined : fitting.map(({ name, value }) => `${name}=${value}`).join('; ');
  }

  /** The value as it goes over the wire. */
  get(name: string, url: URL): string | undefined {
    const now = Date.now();
    return [...this.#cookies.values()].find(
      (cookie) => cookie.name === name && cookie.expires > now && belongsTo(cookie, url),
    )?.value;
  }

  clear(): void {
    this.#cookies.clear();
  }

  #take(url: URL, line: string): void {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
    const equals = pair.indexOf('=');
    if (equals < 1) return;
    const given = new Map(attributes.map(attribute));
    const domain = (given.get('domain') ?? '').replace(/^\./, '').toLowerCase();
    if (domain !== '' && !isBelow(url.hostname, domain)) return;
    const path = given.get('path') ?? '';
    const cookie: StoredCookie = {
      name: pair.slice(0, equals),
      value: pair.slice(equals + 1),
      domain: domain === '' ? url.hostname : domain,
      isHostOnly: domain === '',
      path: path.startsWith('/') ? path : defaultPath(url.pathname),
      secure: given.has('secure'),
      expires: expiryOf(given.get('max-age'), given.get('expires')),
    };
    this.#cookies.set(`${cookie.domain} ${cookie.path} ${cookie.name}`, cookie);
  }
}

function attribute(text: string): readonly [string, string] {
  const equals = text.indexOf('=');
  return equals < 0 ? [text.toLowerCase(), ''] : [text.slice(0, equals).toLowerCase(), text.slice(equals + 1)];
}

function expiryOf(maxAge: string | undefined, expires: string | undefined): number {
  if (maxAge !== undefined && /^-?\d+$/.test(maxAge)) return Date.now() + Number(maxAge) * 1000;
  return parseDate(expires)?.getTime() ?? Number.POSITIVE_INFINITY;
}

function belongsTo({ domain, isHostOnly, path, secure }: StoredCookie, url: URL): boolean {
  if (secure && url.protocol !== 'https:') return false;
  if (isHostOnly ? url.hostname !== domain : !isBelow(url.hostname, domain)) return false;
  if (!url.pathname.startsWith(path)) return false;
  return path.endsWith('/') || url.pathname.length === path.length || url.pathname[path.length] === '/';
}

const isBelow = (host: string, domain: string): boolean => host === domain || host.endsWith(`.${domain}`);

/** RFC 6265 section 5.1.4: the folder of the path. */
const defaultPath = (path: string): string => path.slice(0, Math.max(1, path.lastIndexOf('/')));
