/** Takes a request's absolute URL apart by its slashes: a `URL` object would cost more than all else of a small view. */
import { urlUnquote } from './urls.ts';

/** A URL in its parts. */
export interface UrlParts {
  readonly scheme: string;
  readonly host: string;
  /** Decoded, with exactly one leading slash. */
  readonly path: string;
  /** As it was sent, without `?`. */
  readonly query: string;
}

/** Index of the slash that begins the path; the length of a URL without one. `http://` is seven characters. */
function pathStart(url: string): number {
  const slash = url.indexOf('/', 8);
  return slash < 0 ? url.length : slash;
}

/** The path alone, decoded as Werkzeug decodes it: malformed escapes stay, invalid UTF-8 becomes U+FFFD, nothing twice. */
export function pathOf(url: string): string {
  const start = pathStart(url);
  const mark = url.indexOf('?', start);
  let end = mark < 0 ? url.length : mark;
  const hash = url.indexOf('#', start);
  if (hash >= 0 && hash < end) end = hash;
  const path = url.slice(start, end);
  if (path.includes('%')) return withOneSlash(urlUnquote(path));
  return path.charCodeAt(1) === 47 || path === '' ? withOneSlash(path) : path;
}

const withOneSlash = (path: string): string => `/${path.replace(/^\/+/, '')}`;

/** @param url absolute */
export function splitUrl(url: string): UrlParts {
  const start = pathStart(url);
  const colon = url.indexOf(':');
  const mark = url.indexOf('?', start);
  const hash = url.indexOf('#', start);
  const end = hash < 0 ? url.length : hash;
  return {
    scheme: url.slice(0, colon),
    host: url.slice(colon + 3, start),
    path: pathOf(url),
    query: mark < 0 || mark > end ? '' : url.slice(mark + 1, end),
  };
}
