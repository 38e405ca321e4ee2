/** Where a user is sent to log in, and from there back. Flask-Login's `utils`. */
import { currentApp, urlFor } from '@qilin/flask';

/** The URL of a view, or of a URL itself. */
export const expandLoginView = (view: string): string => (/^(?:https?:\/\/|\/)/.test(view) ? view : urlFor(view));

/** Scheme and host of a URL, where it has them, and the rest without its fragment. */
function split(url: string): { readonly scheme: string; readonly host: string; readonly rest: string } {
  const [, scheme = '', host = '', rest = ''] = /^(?:([a-z][a-z\d+.-]*):)?(?:\/\/([^/?#]*))?([^#]*)/i.exec(url) ?? [];
  return { scheme, host, rest };
}

/** Of where the user is, what a `next` has to say: no more than the path where the login is on the same host. Flask-Login's `make_next_param`. */
export function makeNextParam(loginUrl: string, currentUrl: string): string {
  const login = split(loginUrl);
  const current = split(currentUrl);
  const isSame =
    (login.scheme === '' || login.scheme === current.scheme) && (login.host === '' || login.host === current.host);
  return isSame ? current.rest : currentUrl;
}

/**
 * The URL of a login view that comes back to `nextUrl`. Flask-Login's `login_url`.
 * @param loginView endpoint or URL @param nextField name of the query's value
 */
export function loginUrl(loginView: string, nextUrl?: string, nextField = 'next'): string {
  const base = expandLoginView(loginView);
  if (nextUrl === undefined) return base;
  const [, beforeQuery = '', query = '', fragment = ''] = /^([^?#]*)\??([^#]*)(.*)$/s.exec(base) ?? [];
  const values = new URLSearchParams(query);
  values.set(nextField, makeNextParam(base, nextUrl));
  // As Python's quote_plus, which leaves other characters alone.
  const encoded = values.toString().replaceAll('*', '%2A').replaceAll('%7E', '~');
  return `${forced(beforeQuery)}?${encoded}${fragment}`;
}

function forced(url: string): string {
  const host = currentApp.config.FORCE_HOST_FOR_REDIRECTS;
  if (!host) return url;
  const { scheme, rest } = split(url);
  return `${scheme === '' ? '' : `${scheme}:`}//${host}${rest}`;
}
