/** The response that sends the client elsewhere. */

import { escapeHtml } from '../base/markup.ts';
import { iriToUri, urlQuote } from './urls.ts';
import { wholeResponse } from './whole-response.ts';

/** What a header may not hold is escaped, in what is no name of a host too. */
const headerSafe = (location: string): string => iriToUri(location).replace(/[^\x21-\x7e]+/g, (text) => urlQuote(text));

/** @param code 301, 302, 303, 305, 307 or 308 */
export function redirectTo(location: string, code: number): Response {
  const shown = escapeHtml(location);
  const page = [
    '<!doctype html>',
    '<html lang=en>',
    '<title>Redirecting...</title>',
    '<h1>Redirecting...</h1>',
    `<p>You should be redirected automatically to the target URL: <a href="${shown}">${shown}</a>. If not, click the link.`,
  ];
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    location: headerSafe(location),
  };
  return wholeResponse(`${page.join('\n')}\n`, { status: code, headers });
}
