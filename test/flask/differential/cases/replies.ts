/** Cases of areas/replies: return values, redirects, headers and hooks. */
import { type Case, INJECTION, many, one, other } from '../case.ts';

const KINDS =
  'text empty bytes dict list status headers header-list all dict-all status-text no-content not-modified response ' +
  'response-status response-headers json-type charset binary-type xml-type js-type svg-type generator generator-all ' +
  'none number';

const redirect = (name: string, to: string) => one(`redirect ${name}`, `GET /redirect?to=${to}`);

export const replies: readonly Case[] = [
  ...KINDS.split(' ').map((kind) => one(`a view returns ${kind}`, `GET /reply/${kind}`)),
  one('HEAD of a text', 'HEAD /reply/text'),
  one('HEAD of a generator', 'HEAD /reply/generator'),
  one('a stream with the context', 'GET /reply/streamed?q=1'),
  one('a made response', 'GET /reply/wsgi-headers'),
  redirect('to a path', '/hello'),
  redirect('to a URL', 'http://other.test/x?a=1%26b=2'),
  redirect('to a relative path', 'other'),
  redirect('to UTF-8', '/%C3%A4%20b'),
  redirect('to what is escaped', '/a%2520b'),
  redirect('to markup', '/%3Cscript%3E%22%27'),
  other('redirect to line breaks', 'GET /redirect?to=/a%0D%0ASet-Cookie:%20x=1', {
    why: 'what a header cannot hold is escaped in a location, as in Flask 2; in Flask 3 the view has crashed',
    status: 302,
    headers: { location: '/a%0D%0ASet-Cookie:%20x=1' },
    body: `<!doctype html>\n<html lang=en>\n<title>Redirecting...</title>\n<h1>Redirecting...</h1>\n<p>You should be redirected automatically to the target URL: <a href="/a\r\nSet-Cookie: x=1">/a\r\nSet-Cookie: x=1</a>. If not, click the link.\n`,
  }),
  redirect('to nothing', ''),
  redirect('to a scheme-less host', '//evil.test'),
  redirect('to backslashes', '/%5Cevil.test'),
  one('redirect with another code', 'GET /redirect?to=/x&code=301'),
  one('redirect 303 to a URL that is built', 'GET /redirect/for'),
  one('redirect 307', 'GET /redirect?to=/x&code=307'),
  one('redirect 308', 'GET /redirect?to=/x&code=308'),
  one('a header', 'GET /header?v=abc'),
  one(
    'a header in Latin-1',
    'GET /header?v=%C3%A4',
    {},
    {
      why: 'node:http writes the head in the encoding of the first piece of the body, which is UTF-8',
      on: ['async'],
      headers: { 'x-value': 'Ã¤' },
    },
  ),
  other('a header with line breaks', 'GET /header?v=a%0D%0AX-Injected:%201', INJECTION),
  other('a header with a line feed', 'GET /header?v=a%0AX-Injected:%201', INJECTION),
  one('hooks in their order', 'GET /hooks'),
  one('hooks around nothing there', 'GET /hooks/nowhere'),
  one('hooks around a wrong method', 'POST /hooks'),
  one('hooks around OPTIONS', 'OPTIONS /hooks'),
  one('a hook that answers', 'GET /hooks/stopped'),
  one('after this request', 'GET /hooks/this'),
  one('after a crash', 'GET /hooks/crash'),
  many('teardown, with its error', 'GET /hooks/teardowns', 'GET /hooks', 'GET /hooks/crash', 'GET /hooks/teardowns'),
];
