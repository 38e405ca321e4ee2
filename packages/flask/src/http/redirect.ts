/** The response that sends the client elsewhere. */

import { escapeHtml } from '../base/markup.ts';
import { iriToUri, urlQuote } from './urls.ts';
import { wholeResponse } from './whole-response.ts';

const UNFIT = /[^\x21-\x7e]+/g;

/** A URL that a header may hold as it is, is sent so; in any other what it may not hold is escaped, in what is no name of a host too. */
const headerSafe = (location: string): string =>
  location.search(UNFIT) < 0 ? location : iriToUri(location).replace(UNFIT, (text) => urlQuote(text));

/** @param code 301, 302, 303, 305, 307 or 308 */
export function redirectTo(location: string, code: number): Response {
  const target = headerSafe(location);
  const page = [
    '<!doctype html>',
    '<html lang=en>',
    '<title>Redirecting...</title>',
    '<h1>Redirecting...</h1>',
    `<p>You should be redirected automatically to the target URL: <a href="${escapeHtml(target)}">${escapeHtml(location)}</a>. If not, click the link.`,
  ];
  const headers = { 'content-type': 'text/html; charset=utf-8', location: target };
  return wholeResponse(`${page.join('\n')}\n`, { status: code, headers });
}
