/** The same headers read and written by Werkzeug and by us. */
import { describe, expect, it } from 'vitest';
import { Accept, CharsetAccept, LanguageAccept, MimeAccept, parseAccept } from '../../src/http/accept.ts';
import { parseAuthorization, parseWwwAuthenticate } from '../../src/http/authorization.ts';
import { parseCacheControl } from '../../src/http/cache-control.ts';
import { isResourceModified } from '../../src/http/conditional.ts';
import { dumpCookie, parseCookie } from '../../src/http/cookies.ts';
import { httpDate, parseDate } from '../../src/http/dates.ts';
import { parseEtags, unquoteEtag } from '../../src/http/etags.ts';
import { contentTypeOf, parseDictHeader, parseListHeader, parseOptionsHeader } from '../../src/http/header-values.ts';
import { dumpIfRange, parseIfRange, parseRange } from '../../src/http/ranges.ts';
import { iriToUri, uriToIri, urlDecode, urlEncode, urlQuote, urlUnquote } from '../../src/http/urls.ts';
import { recordedAnswers, version } from '../support/recorded.ts';

/** JSON has no `undefined`: Python's None. */
const orNull = <T>(value: T | undefined): T | null => value ?? null;

/** Compares a function of ours with one of Python's, input by input. */
function same<T>(what: string, inputs: readonly T[], ours: (input: T) => unknown, theirs: string): void {
  it(`${what} (${inputs.length} cases)`, () => {
    expect(inputs.map((input) => [input, ours(input)])).toEqual(recordedAnswers(what, theirs, inputs));
  });
}

describe(`as ${version} does it`, () => {
  same(
    'dates are read',
    [
      'Sun, 06 Nov 1994 08:49:37 GMT',
      'Sunday, 06-Nov-94 08:49:37 GMT',
      'Sun Nov  6 08:49:37 1994',
      '06 Nov 1994 08:49:37 +0130',
      'Tue, 29 Feb 2000 00:00:00 GMT',
      'Tue, 29 Feb 2001 00:00:00 GMT',
      'Mon, 01 Jan 2024 10:00 EST',
      'Mon, 01 Jan 2024 25:00:00 GMT',
      'Mon, 01 Foo 2024 10:00:00 GMT',
      '"etag"',
      'yesterday',
      '',
    ],
    (text) => orNull(parseDate(text)?.getTime()),
    'from werkzeug.http import parse_date\ndef f(x):\n d = parse_date(x)\n return None if d is None else int(d.timestamp() * 1000)',
  );
  same(
    'dates are written',
    [0, 784111777, 1e9, 4102444800],
    (seconds) => httpDate(new Date(seconds * 1000)),
    'from werkzeug.http import http_date as f',
  );
  const etagHeaders = ['"a"', 'W/"a", "b"', '*', 'a, b', '"a,b", "c"', '"x" ,W/y', '"a"b"', 'w/"q"', '', '"a', ',,"z"'];
  same(
    'lists of entity tags are read',
    etagHeaders,
    (header) => {
      const etags = parseEtags(header);
      return [etags.star, [...etags].sort(), ['a', 'b', 'x', 'y', 'q'].map((tag) => etags.containsWeak(tag))];
    },
    `from werkzeug.http import parse_etags
def f(x):
  e = parse_etags(x)
  return [e.star_tag, sorted(t for t in e if t), [e.contains_weak(t) for t in ('a', 'b', 'x', 'y', 'q')]]`,
  );
  same(
    'an entity tag is unquoted',
    ['"a"', 'W/"a"', 'w/"a"', 'a', '"a'],
    (header) => {
      const etag = unquoteEtag(header);
      return [etag?.tag, etag?.weak];
    },
    'from werkzeug.http import unquote_etag\ndef f(x): return list(unquote_etag(x))',
  );
  same(
    'ranges are read and applied',
    [
      'bytes=0-9',
      'bytes=90-',
      'bytes=-10',
      'bytes=-1000',
      'bytes=-0',
      'bytes=99-200',
      'bytes=100-',
      'bytes=0-1,3-4',
      'bytes=5-4',
      'bytes=4-4',
      'bytes=0-4,2-6',
      'bytes=10-,20-',
      'bytes = 1 - 2',
      'items=0-1',
      'bytes=',
      'bytes=-',
      'bytes=a-b',
      'bytes',
      'BYTES=0-0',
      'bytes=--5',
    ],
    (header) => {
      const range = parseRange(header);
      return range === undefined ? null : [orNull(range.rangeForLength(100)), orNull(range.toContentRange(100))];
    },
    `from werkzeug.http import parse_range_header
def f(x):
  r = parse_range_header(x)
  return r and [r.range_for_length(100), r.to_content_range_header(100)]`,
  );
  same(
    'If-Range is read and written',
    ['"a"', 'W/"a"', 'Sun, 06 Nov 1994 08:49:37 GMT', 'a', ''],
    (header) => dumpIfRange(parseIfRange(header)),
    'from werkzeug.http import parse_if_range_header\ndef f(x): return str(parse_if_range_header(x))',
  );

  const old = 'Sun, 06 Nov 1994 08:49:37 GMT';
  const later = 'Sun, 06 Nov 2016 08:49:37 GMT';
  const conditions: readonly Record<string, string>[] = [
    {},
    { 'if-none-match': '"x"' },
    { 'if-none-match': 'W/"x"' },
    { 'if-none-match': '"y"' },
    { 'if-none-match': '*' },
    { 'if-match': '"x"' },
    { 'if-match': 'W/"x"' },
    { 'if-match': '"y"' },
    { 'if-modified-since': old },
    { 'if-modified-since': later },
    { 'if-modified-since': 'nonsense' },
    { 'if-none-match': '"y"', 'if-modified-since': later },
    { range: 'bytes=0-1', 'if-range': '"x"' },
    { range: 'bytes=0-1', 'if-range': '"y"' },
    { range: 'bytes=0-1', 'if-range': old },
    { range: 'bytes=0-1', 'if-range': later },
    { 'if-range': '"y"', 'if-none-match': '"x"' },
  ];
  same(
    'preconditions are decided',
    conditions.flatMap((headers) => [false, true].map((useIfRange) => [headers, useIfRange] as const)),
    ([headers, useIfRange]) =>
      isResourceModified(
        new Headers(headers),
        { etag: '"x"', lastModified: new Date('2010-01-01T00:00:00.9Z') },
        { useIfRange },
      ),
    `from werkzeug.http import is_resource_modified
from datetime import datetime
def f(headers, use):
  environ = {'HTTP_' + k.upper().replace('-', '_'): v for k, v in headers.items()}
  return is_resource_modified(environ, etag='"x"', last_modified=datetime(2010, 1, 1, 0, 0, 0, 900000), ignore_if_range=not use)`,
  );

  const mimes = ['text/html', 'application/json', 'text/plain', 'text/html;level=1', 'application/xhtml+xml'];
  const accepts = [
    'text/html',
    '*/*',
    'text/*;q=0.5, application/json',
    'text/html;q=0.2, text/*;q=0.9',
    'text/html;level=1, text/html;q=0.7',
    'application/json;q=0, */*',
    'text/html;q=2, text/plain;q=abc',
    'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8',
    'nonsense, text/plain',
    '',
  ];
  same(
    'Accept: the best match among what there is',
    accepts,
    (header) => {
      const accept = new MimeAccept(parseAccept(header));
      return [orNull(accept.bestMatch(mimes)), [...accept.values()], mimes.map((mime) => accept.quality(mime))];
    },
    `from werkzeug.http import parse_accept_header
from werkzeug.datastructures import MIMEAccept
m = ${JSON.stringify(mimes)}
def f(x):
  a = parse_accept_header(x, MIMEAccept)
  return [a.best_match(m), list(a.values()), [a.quality(i) for i in m]]`,
  );
  same(
    'Accept: which shapes are welcome',
    accepts,
    (header) => {
      const accept = new MimeAccept(parseAccept(header));
      return [accept.acceptHtml, accept.acceptXhtml, accept.acceptJson, accept.provided, orNull(accept.best)];
    },
    `from werkzeug.http import parse_accept_header
from werkzeug.datastructures import MIMEAccept
def f(x):
  a = parse_accept_header(x, MIMEAccept)
  return [a.accept_html, a.accept_xhtml, a.accept_json, a.provided, a.best]`,
  );
  const languages = ['en-US', 'de', 'pt-BR'];
  same(
    'Accept-Language: the best match',
    ['en', 'en_us', 'de-AT, en;q=0.5', 'fr, pt;q=0.3', 'fr', 'zh-Hans, en-GB;q=0.8', '*', 'de;q=0, *;q=0.1', ''],
    (header) => orNull(new LanguageAccept(parseAccept(header)).bestMatch(languages)),
    `from werkzeug.http import parse_accept_header
from werkzeug.datastructures import LanguageAccept
def f(x): return parse_accept_header(x, LanguageAccept).best_match(${JSON.stringify(languages)})`,
  );
  same(
    'Accept-Charset and Accept-Encoding',
    ['utf-8', 'UTF8;q=0.1, latin1', 'nonsense', '*;q=0.5, utf-8;q=0.4', 'gzip;q=0.5, br, *;q=0.25'],
    (header) => [
      orNull(new CharsetAccept(parseAccept(header)).bestMatch(['iso-8859-1', 'utf-8'])),
      orNull(new Accept(parseAccept(header)).bestMatch(['gzip', 'br'])),
      new Accept(parseAccept(header)).toString(),
    ],
    `from werkzeug.http import parse_accept_header
from werkzeug.datastructures import CharsetAccept
def f(x): return [parse_accept_header(x, CharsetAccept).best_match(['iso-8859-1', 'utf-8']),
  parse_accept_header(x).best_match(['gzip', 'br']), str(parse_accept_header(x))]`,
  );

  const basic = (credentials: string | Uint8Array) => `Basic ${Buffer.from(credentials).toString('base64')}`;
  same(
    'Authorization is read',
    [
      basic('user:pass:word'),
      basic('jösé:päss'),
      basic('nocolon'),
      basic(Uint8Array.of(0xff, 0x3a, 0x41)),
      'basic dXNlcjpw',
      'Basic dXNlcjp',
      'Basic',
      'Bearer abc',
      'Bearer abc==',
      'bearer  abc ',
      'Token token="a b", x',
      'AWS4-HMAC-SHA256 Credential=a',
      'Digest username="u", realm="r", nonce="n", uri="/", response="x", qop=auth, nc=00000001, cnonce="c"',
      'Digest username="u", realm="r", nonce="n", uri="/", response="x", qop=auth',
      'Digest username="u"',
      '',
    ],
    (header) => {
      const parsed = parseAuthorization(header);
      return parsed === undefined
        ? null
        : [
            parsed.type,
            [...parsed.parameters].map(([name, value]) => [name, orNull(value)]),
            orNull(parsed.token),
            String(parsed),
          ];
    },
    `from werkzeug.datastructures import Authorization
def f(x):
  a = Authorization.from_header(x)
  return a and [a.type, list(a.parameters.items()), a.token, a.to_header()]`,
  );
  same(
    'WWW-Authenticate is read and written',
    [
      'Basic realm="test"',
      'Basic realm="a b", charset="UTF-8"',
      'Bearer',
      'Bearer realm="example", error="invalid_token"',
      'Negotiate oYG2MIGz==',
      'Digest realm="a b", nonce=n, qop="auth, auth-int", stale=TRUE',
    ],
    (header) => String(parseWwwAuthenticate(header)),
    'from werkzeug.datastructures import WWWAuthenticate\ndef f(x): return str(WWWAuthenticate.from_header(x))',
  );
  same(
    'Cache-Control is read',
    ['max-age=60, no-cache', 'private="a, b", max-age=x', ''],
    (header) => {
      const control = parseCacheControl(header);
      return [String(control), control.has('no-cache'), control.seconds('max-age') ?? 'none'];
    },
    `from werkzeug.http import parse_cache_control_header
def f(x):
  c = parse_cache_control_header(x)
  return [str(c), 'no-cache' in c, c.max_age if isinstance(c.max_age, int) else 'none']`,
  );

  same(
    'cookies are read',
    [
      'a=b; c=d',
      'a=b; a=c',
      'a="b;c"; d=e',
      'a="b\\054\\303\\251\\"x"; d=1',
      ' a = b ;c',
      'a=; =b; ;c=1=2',
      'a="unterminated; b=c',
      'a="x"y; b=1',
      'Ã©=Ã¼',
      'a=b,c; $Version=1',
      '',
      ';;;',
      'a="\\',
    ],
    (header) => [...parseCookie(header).allEntries()],
    'from werkzeug.http import parse_cookie\ndef f(x): return [list(p) for p in parse_cookie(x).items(multi=True)]',
  );
  // Werkzeug lets stand the last six control characters, by a slip of its expression.
  const everything = Array.from({ length: 0x180 }, (_, code) => String.fromCharCode(code))
    .filter((char) => char < '\x1a' || char > '\x1f')
    .join('');
  same(
    'cookie values are quoted',
    ['plain', '', 'a b', 'a;b,c', '"q"', 'back\\slash', 'é', 'snow ☃ 😀', 'line\r\nbreak', everything],
    (value) => dumpCookie('k', value),
    'from werkzeug.http import dump_cookie\ndef f(x): return dump_cookie("k", x)',
  );
  const expires = 1_800_000_000;
  same(
    'cookie attributes are written',
    [
      {},
      { path: '/a b/é' },
      { path: null },
      { domain: '.example.com' },
      { domain: 'localhost' },
      { partitioned: true },
      { domain: 'exämple.com:5000' },
      { secure: true, httpOnly: true, sameSite: 'lax' as const },
      { expires },
      { expires, domain: 'a.b', path: '/x', secure: true, httpOnly: true, sameSite: 'None' as const },
    ],
    ({ expires: seconds, ...options }: { expires?: number }) =>
      dumpCookie('k', 'v', seconds === undefined ? options : { ...options, expires: new Date(seconds * 1000) }),
    `from werkzeug.http import dump_cookie
def f(x): return dump_cookie("k", "v", **{k.lower(): v for k, v in x.items()})`,
  );

  same(
    'option headers are read',
    [
      'text/html',
      'text/html; charset=utf-8',
      'text/html;charset="utf-8" ; x=y',
      'form-data; name="f"; filename="a;b\\"c.txt"',
      'form-data; name=f; filename="C:\\\\temp\\\\a.txt"',
      "attachment; filename*=UTF-8''na%C3%AFve%20file.txt",
      "attachment; filename*=iso-8859-1'en'%A3%20rates",
      'attachment; filename*0*=UTF-8\'\'foo%20; filename*1="bar"',
      'a; B=1; c',
      'multipart/form-data; boundary=----x',
      'form-data; name="unterminated',
      '; x=y',
      'form-data; name="a%22b"; filename="%41.txt"',
      "form-data; name=f; filename*=UTF-8''%e2%82%ac%20rates.txt; filename=plain.txt",
      "form-data; filename*=koi8-r''%C1",
      'a;;b=c ; ;d=""; e=; =f; g="h"i; j=k l',
      "a; x*0*=UTF-8''a%20; x*1*=%C3%A4; x*2=z",
      '',
    ],
    (header) => {
      const { value, options } = parseOptionsHeader(header);
      return [value, Object.fromEntries(options)];
    },
    `from werkzeug.http import parse_options_header
def f(x):
  v, o = parse_options_header(x)
  return [v, {k: w or '' for k, w in o.items()}]`,
  );
  same(
    'lists are read',
    ['a, b', '"a, b", c', 'a="x, y", b', '"quo\\"ted"', ' , ,', ''],
    parseListHeader,
    'from werkzeug.http import parse_list_header\ndef f(x): return [i for i in parse_list_header(x) if i]',
  );
  same(
    'dictionaries are read',
    ['a=b, c="d, e", f', 'foo="is a fish", bar="as well"'],
    (header) => Object.fromEntries([...parseDictHeader(header)].map(([key, value]) => [key, orNull(value)])),
    'from werkzeug.http import parse_dict_header as f',
  );
  same(
    'text types get their charset',
    ['text/html', 'text/x-y', 'application/json', 'image/svg+xml', 'application/javascript', 'image/png'],
    contentTypeOf,
    'from werkzeug.utils import get_content_type\ndef f(x): return get_content_type(x, "utf-8")',
  );

  const strings = ['a b+c', 'é/ü:x', '%41%zz%', '100%', "~!*()'$&,;=", '😀', '%E9%C3%A9', '[a|b]@^`{}', ''];
  same(
    'values of a rule are quoted',
    strings,
    (text) => urlQuote(text),
    `from werkzeug.routing import Map, PathConverter
def f(x): return PathConverter(Map()).to_url(x)`,
  );
  same('text is unquoted', strings, urlUnquote, 'from urllib.parse import unquote as f');
  same(
    'query strings are read',
    ['a=1&b=2&a=3', 'a=&b', '&&a=b=c&', 'caf%C3%A9=x+y', '%ff=%', 'a=%FF%C3%A9%C3(', 'a;b=c', ''],
    (query) => [...urlDecode(query).allEntries()],
    `from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request
def f(x): return [list(p) for p in Request(EnvironBuilder(query_string=x).get_environ()).args.items(multi=True)]`,
  );
  same(
    'query strings are written',
    [
      { a: 'x y', b: 'é&=' },
      { a: null, b: '' },
    ],
    (query) => urlEncode(Object.entries(query)),
    'from werkzeug.urls import _urlencode as f',
  );
  const urls = [
    'http://exämple.com/päth?q=ü#fräg',
    '/a b/%20/%2F?x=%25&y=é',
    'http://user@☃.net:8080/',
    '//host/path',
    'http://jösé:p%40ss@host/',
    'itms-services://?action=x',
    '/a|b[c]"<>^`{}',
    'http://[::1]:80/é',
    '',
  ];
  same('IRIs become URIs', urls, iriToUri, 'from werkzeug.urls import iri_to_uri as f');
  same(
    'URIs become IRIs',
    [
      '/caf%C3%A9/%2F/%25/%FF?q=%E2%98%83%26',
      'http://xn--exmple-cua.com/%C3',
      '/%20/%41',
      '/?a=%2B%3D%23%2F#%2F%23',
      'http://%C3%A4:%3A@h/',
    ],
    uriToIri,
    'from werkzeug.urls import uri_to_iri as f',
  );
});
