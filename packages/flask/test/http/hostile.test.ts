/** Hostile input: header injection is refused or quoted, and no header makes a parser throw. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLoopbackHost } from '../../src/dev-server/debug-page.ts';
import { secureFilename } from '../../src/forms/file-storage.ts';
import { LanguageAccept, MimeAccept, parseAccept } from '../../src/http/accept.ts';
import { parseAuthorization, WwwAuthenticate } from '../../src/http/authorization.ts';
import { isResourceModified } from '../../src/http/conditional.ts';
import { dumpCookie, dumpDeletedCookie, parseCookie } from '../../src/http/cookies.ts';
import { httpDate, parseDate } from '../../src/http/dates.ts';
import { parseEtags, quoteEtag } from '../../src/http/etags.ts';
import {
  addVary,
  contentDisposition,
  dumpListHeader,
  parseDictHeader,
  parseOptionsHeader,
  quoteHeaderValue,
} from '../../src/http/header-values.ts';
import { float, int } from '../../src/http/multi-dict.ts';
import { parseIfRange, parseRange } from '../../src/http/ranges.ts';
import { iriToUri, uriToIri, urlDecode, urlUnquote } from '../../src/http/urls.ts';

const injections = ['a\r\nSet-Cookie: x=y', 'a\nb', 'a\rb', 'a\0b', 'a\x7fb'];

describe('header injection', () => {
  it.each(injections)('%j is refused in names and attributes of a cookie', (text) => {
    expect(() => dumpCookie(text, 'v')).toThrow(TypeError);
    expect(() => dumpCookie('k', 'v', { path: text })).toThrow(TypeError);
    expect(() => dumpCookie('k', 'v', { domain: `${text}.org` })).toThrow(TypeError);
  });

  it.each(injections)('%j in a value is quoted and comes back whole', (text) => {
    const header = dumpCookie('k', text);
    expect(header).not.toMatch(/[\r\n\0\x7f]/);
    expect(parseCookie(header).get('k')).toBe(text);
  });

  it.each(injections)('%j is refused in quoted values, file names and entity tags', (text) => {
    expect(() => quoteHeaderValue(text)).toThrow(TypeError);
    expect(() => contentDisposition('attachment', text)).toThrow(TypeError);
    expect(() => quoteEtag(text)).toThrow(TypeError);
    expect(() => String(WwwAuthenticate.basic(text))).toThrow(TypeError);
  });

  it('refuses attributes of a cookie that would add others', () => {
    expect(() => dumpCookie('k; Domain=evil.org', 'v')).toThrow('may not be empty or contain');
    expect(() => dumpCookie('', 'v')).toThrow(TypeError);
    expect(() => dumpCookie('k', 'v', { path: '/; Domain=evil.org' })).toThrow('may not contain ";"');
    expect(() => dumpCookie('k', 'v', { domain: '' })).toThrow('must be the name of a host');
  });
});

describe('cookies', () => {
  it('any text comes back as it went out', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(parseCookie(dumpCookie('k', text).split('; Path')[0]).get('k')).toBe(text);
      }),
    );
  });

  it('maxAge sets Expires from the given now, and deleting goes back to 1970', () => {
    const now = new Date('2024-01-01T00:00:00Z');
    expect(dumpCookie('k', 'v', { maxAge: 60 }, now)).toBe(
      'k=v; Expires=Mon, 01 Jan 2024 00:01:00 GMT; Max-Age=60; Path=/',
    );
    expect(dumpDeletedCookie('k', { path: '/x' })).toBe(
      'k=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/x',
    );
  });
});

describe('encoded parameters of headers', () => {
  it.each([
    ["attachment; filename*=UTF-8''%E2%82%AC%20rates", '€ rates'],
    // U+010A and U+022F: cut to a byte they would be a line feed and a slash.
    ["attachment; filename*=UTF-8''a\u010ab", 'a'],
    ["attachment; filename*=UTF-8''..\u022f..\u022fetc", '..'],
    ['attachment; filename="..\u022f..\u022fetc"', '..\u022f..\u022fetc'],
  ])('%j are decoded, and end where a token ends', (header, expected) => {
    expect(parseOptionsHeader(header).options.get('filename')).toBe(expected);
  });
});

describe('file names of downloads', () => {
  it.each([
    ['plain.txt', 'attachment; filename=plain.txt'],
    ['two words.txt', 'attachment; filename="two words.txt"'],
    ['quo"te\\.txt', 'attachment; filename="quo\\"te\\\\.txt"'],
    ['naïve.txt', "attachment; filename=naive.txt; filename*=UTF-8''na%C3%AFve.txt"],
    ['Ω (1), x.txt', 'attachment; filename=" (1), x.txt"; filename*=UTF-8\'\'%CE%A9%20%281%29%2C%20x.txt'],
  ])('%s', (name, header) => {
    expect(contentDisposition('attachment', name)).toBe(header);
    expect(parseOptionsHeader(header).options.get('filename')).toBe(name);
  });
});

describe('no header makes a parser throw', () => {
  const parsers = {
    parseAccept,
    parseAuthorization,
    parseCookie,
    parseDate,
    parseDictHeader,
    parseEtags,
    parseIfRange,
    parseOptionsHeader,
    parseRange,
    urlDecode,
    urlUnquote,
    iriToUri,
    uriToIri,
  };
  it.each(Object.entries(parsers))('%s', (_name, parse) => {
    const pieces = fc.constantFrom(
      '"',
      '\\',
      ';',
      ',',
      '=',
      ' ',
      '*',
      '%',
      '%ff',
      '-',
      '/',
      'W/',
      'q=',
      "''",
      'a',
      '0',
      'é',
    );
    fc.assert(fc.property(fc.array(pieces), (parts) => void parse(parts.join(''))));
  });
});

/**
 * 100 000 times the same: whoever needs time in the square of the length needs minutes here, and runs into the limit of
 * the test. Servers allow headers of 8 to 64 KiB, fields of forms any length.
 */
describe('no text takes long because it repeats itself', () => {
  const readers: Readonly<Record<string, (text: string) => unknown>> = {
    'Accept, matched': (text) => new MimeAccept(parseAccept(text)).bestMatch(['text/html', 'text/plain']),
    'Accept-Language, matched': (text) => new LanguageAccept(parseAccept(text)).bestMatch(['en', 'de']),
    parseAuthorization,
    parseCookie,
    parseDate,
    parseDictHeader,
    parseEtags,
    parseIfRange,
    parseOptionsHeader,
    parseRange,
    urlDecode,
    uriToIri,
    int,
    float,
    secureFilename,
    isLoopbackHost,
  };
  const units = [' ', '\t', '0', 'a', '.', '/', '"', '\\', ',', ';', '=', '*', '%', '%41', ':', '";', 'a,', '-'];
  it.each(Object.entries(readers))('%s', (_name, read) => {
    for (const before of ['', 'a', 'a="', 'text/html;', 'bytes=', 'Digest a=']) {
      for (const unit of units) read(`${before}${unit.repeat(100_000)}\x01`);
    }
  });
});

describe('HTTP dates', () => {
  it('come back as they went out, to the second', () => {
    const from = Date.UTC(1970, 0, 1) / 1000;
    fc.assert(
      fc.property(fc.integer({ min: from, max: Date.UTC(9999, 11, 31) / 1000 }), (seconds) => {
        expect(parseDate(httpDate(new Date(seconds * 1000)))?.getTime()).toBe(seconds * 1000);
      }),
    );
  });

  it('an invalid date is no header', () => {
    expect(() => httpDate(new Date('x'))).toThrow(RangeError);
  });
});

it('If-Match: * matches whatever exists', () => {
  expect(isResourceModified(new Headers({ 'if-match': '*' }), { etag: '"x"' })).toBe(true);
});

it('a server that offers no MIME type is told so', () => {
  expect(() => new MimeAccept(parseAccept('text/html')).bestMatch(['html'])).toThrow('must read "type/subtype"');
});

it('Vary gains a name once', () => {
  const headers = new Headers({ vary: 'Accept-Encoding' });
  addVary(headers, 'Cookie');
  addVary(headers, 'cookie');
  expect(headers.get('vary')).toBe('Accept-Encoding, Cookie');
  expect(dumpListHeader(['a', 'b c'])).toBe('a, "b c"');
});
