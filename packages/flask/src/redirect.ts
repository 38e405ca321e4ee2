/** The response that sends the client elsewhere. */

import { iriToUri } from './http/urls.ts';
import { escapeHtml } from './markup.ts';
import { wholeResponse } from './whole-response.ts';

/** A URL without spaces, beyond ASCII or not, is sent as it is; in any other all that no header may hold is escaped. */
const headerSafe = (location: string): string => (/^[\x21-\x7e]+$/.test(location) ? location : iriToUri(location));

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
