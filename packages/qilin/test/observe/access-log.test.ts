import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Log } from '../../src/contract/log.ts';
import { compileFormat } from '../../src/observe/access-line.ts';
import { createAccessLog, createJsonFormat } from '../../src/observe/access-log.ts';
import { makeEntry } from './fixtures/entry.ts';

const NOW = new Date(2026, 10, 23, 9, 10, 54).getTime();
/** Room for any line of these tests. */
const LONG = 64 * 1024;
const TRACE = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
const ALL_ATOMS = 'hlutrmUqHsBbfaTDMLp';
const ofText = { logFormat: 'text', accessLogExclude: [], logFields: [], requestId: false } as const;
const formatAccessJson = createJsonFormat(ofText);
const quiet: Log = {
  debug: () => {},
  info: () => {},
  warning: () => {},
  error: () => {},
  critical: () => {},
  reopen: () => {},
  flush: () => {},
  close: () => {},
};

const basic = (credentials: string): string => `Basic ${Buffer.from(credentials).toString('base64')}`;

const entry = makeEntry({
  request: {
    authorization: basic('ada:secret:x'),
    referer: 'http://a/',
    'user-agent': 'curl/8',
    'x-request-id': '7',
    host: 'example.org',
  },
  response: { 'content-type': 'text/html' },
});
const silent = makeEntry({ target: '/', bytes: 0, client: undefined, microseconds: 999.6, server: 'unix:/run/a.sock' });

describe('an access-log format', () => {
  test.each([
    ['%(h)s', '192.0.2.7', '-'],
    ['%(l)s', '-', '-'],
    ['%(u)s', 'ada', '-'],
    ['%(r)s', 'GET /path?q=1 HTTP/1.1', 'GET / HTTP/1.1'],
    ['%(m)s', 'GET', 'GET'],
    ['%(U)s', '/path', '/'],
    ['%(q)s', 'q=1', ''],
    ['%(H)s', 'HTTP/1.1', 'HTTP/1.1'],
    ['%(s)s', '200', '200'],
    ['%(B)s', '12', '0'],
    ['%(b)s', '12', '-'],
    ['%(f)s', 'http://a/', '-'],
    ['%(a)s', 'curl/8', '-'],
    ['%(T)s', '1', '0'],
    ['%(D)s', '1234567', '1000'],
    ['%(D)d', '1234567', '1000'],
    ['%(M)s', '1234', '0'],
    ['%(L)s', '1.234567', '0.001000'],
    ['%(p)s', `<${process.pid}>`, `<${process.pid}>`],
    ['%({X-Request-Id}i)s', '7', '-'],
    ['%({Content-Type}o)s', 'text/html', '-'],
    ['%({REQUEST_METHOD}e)s', 'GET', 'GET'],
    ['%({PATH_INFO}e)s', '/path', '/'],
    ['%({QUERY_STRING}e)s', 'q=1', ''],
    ['%({RAW_URI}e)s', '/path?q=1', '/'],
    ['%({SERVER_PROTOCOL}e)s', 'HTTP/1.1', 'HTTP/1.1'],
    ['%({REMOTE_ADDR}e)s', '192.0.2.7', '-'],
    ['%({SERVER_NAME}e)s', '127.0.0.1', 'unix:/run/a.sock'],
    ['%({SERVER_PORT}e)s', '8000', '-'],
    ['%({wsgi.url_scheme}e)s', 'http', 'http'],
    ['%({HTTP_X_REQUEST_ID}e)s', '7', '-'],
    ['100%% %(m)s%%', '100% GET%', '100% GET%'],
    ['', '', ''],
  ])('%s', (format, full, empty) => {
    const line = compileFormat(format);
    expect(line(entry, NOW, LONG)).toBe(full);
    expect(line(silent, NOW, LONG)).toBe(empty);
  });

  test('%(t)s', () => {
    expect(compileFormat('%(t)s')(entry, NOW, LONG)).toMatch(/^\[23\/Nov\/2026:09:10:54 [+-]\d{4}\]$/);
  });

  test('splits an IPv6 server address', () => {
    const line = compileFormat('%({SERVER_NAME}e)s %({SERVER_PORT}e)s');
    expect(line(makeEntry({ server: '[::1]:80' }), NOW, LONG)).toBe('::1 80');
  });

  test.each([
    ['', '-'],
    [basic('nobody'), '-'],
    [basic(':x'), '-'],
    ['Bearer abc', '-'],
    ['Basic !!!', '-'],
    [basic('a"\n:x'), 'a\\x22\\x0A'],
  ])('has the user of %j as %s', (authorization, user) => {
    expect(compileFormat('%(u)s')(makeEntry({ request: { authorization } }), NOW, LONG)).toBe(user);
  });

  test.each([
    ['%(z)s', '"%(z)s"'],
    ['%(h)', '"%(h)"'],
    ['%(h)d', '"%(h)d"'],
    ['ok %(m)s 100% sure', '"% "'],
    ['%', '"%"'],
    ['%({HOME}e)s', '"%({HOME}e)s"'],
    ['%({a}z)s', '"%({a}z)s"'],
    ['%(constructor)s', '"%(constructor)s"'],
  ])('%j is an error that lists the atoms', (format, found) => {
    expect(() => compileFormat(format)).toThrow(
      expect.objectContaining({ code: 'SETTING_INVALID', message: expect.stringContaining(`(got ${found})`) }),
    );
    expect(() => compileFormat(format)).toThrow(/h l u t r m U q H s B b f a T D M L p, \{name\}i/);
  });

  test('keeps whatever a client sends inside its field', () => {
    const line = compileFormat(
      [...ALL_ATOMS]
        .map((atom) => `"%(${atom})s"`)
        .join(' ')
        .concat(' "%({x}i)s" "%({x}o)s" "%({HTTP_X}e)s" "%({RAW_URI}e)s"'),
    );
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string());
    fc.assert(
      fc.property(text, text, text, text, (target, value, method, client) => {
        const request = { x: value, referer: value, 'user-agent': value, authorization: basic(`${value}:`) };
        const made = line(
          makeEntry({ target, method, client, protocol: value, request, response: { x: value } }),
          NOW,
          LONG,
        );
        expect(made).toMatch(/^[ -~]*$/);
        expect(made).toMatch(/^"[^"]*"( "[^"]*"){22}$/);
      }),
    );
  });
});

describe('a line that would be too long', () => {
  const values = fc.string({ unit: 'binary', minLength: 100, maxLength: 3_000 });

  test('has its longest values cut, and all of its fields', () => {
    const line = compileFormat('%(h)s "%(r)s" %(s)s "%(f)s" "%(a)s" %({x}o)s');
    fc.assert(
      fc.property(values, values, (target, value) => {
        const made = makeEntry({ target, request: { referer: value, 'user-agent': 'curl/8' }, response: { x: value } });
        const text = line(made, NOW, 500);
        expect(text.length).toBeLessThanOrEqual(500);
        expect(text).toMatch(/^192\.0\.2\.7 "[^"]*" 200 "[^"]*" "curl\/8" \S*/);
        // No escape is cut in the middle.
        expect(text.replace(/\\x[0-9A-F]{2}|\\u[0-9A-F]{4}/g, '')).not.toContain('\\');
      }),
      { numRuns: 30 },
    );
  });

  test('is still one object as JSON, with its short values as they are', () => {
    fc.assert(
      fc.property(values, values, (path, agent) => {
        const made = makeEntry({ target: `/${path}`, request: { 'user-agent': agent, host: 'example.org' } });
        const text = formatAccessJson(made, NOW, 600);
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(600);
        expect(JSON.parse(text)).toMatchObject({
          client: '192.0.2.7',
          method: 'GET',
          status: 200,
          host: 'example.org',
        });
      }),
      { numRuns: 30 },
    );
  });
});

describe('the access log', () => {
  let folder: string;
  let accesslog: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'qilin-access-'));
    accesslog = join(folder, 'access.log');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('is null when it is off', () => {
    expect(createAccessLog({ ...ofText, accesslog: null, accessLogFormat: '%(h)s' }, quiet)).toBeNull();
  });

  test("writes the document's format, and loses nothing on reopen", () => {
    const log = createAccessLog({ ...ofText, accesslog, accessLogFormat: '%(h)s %(t)s %(U)s %(q)s' }, quiet);
    log?.write(entry);
    renameSync(accesslog, `${accesslog}.1`);
    log?.reopen();
    log?.write(entry);
    log?.flush();
    for (const file of [accesslog, `${accesslog}.1`]) {
      expect(readFileSync(file, 'utf8')).toMatch(/^192\.0\.2\.7 \[.{26}\] \/path q=1\n$/);
    }
  });

  test('as JSON is one object a line, with null for what is missing', () => {
    expect(JSON.parse(formatAccessJson(entry, NOW, LONG))).toEqual({
      time: new Date(NOW).toISOString(),
      pid: process.pid,
      client: '192.0.2.7',
      user: 'ada',
      method: 'GET',
      path: '/path',
      query: 'q=1',
      protocol: 'HTTP/1.1',
      status: 200,
      bytes: 12,
      microseconds: 1234567,
      scheme: 'http',
      host: 'example.org',
      referer: 'http://a/',
      userAgent: 'curl/8',
      requestId: null,
      traceparent: null,
    });
    expect(JSON.parse(formatAccessJson(silent, NOW, LONG))).toMatchObject({
      client: null,
      user: null,
      referer: null,
      query: '',
    });
  });

  test('leaves out the paths of accessLogExclude, but for those that failed', () => {
    const accessLogExclude = ['/healthz', '/static/*.css', '*/ping'];
    const log = createAccessLog({ ...ofText, accesslog, accessLogFormat: '%(r)s %(s)s', accessLogExclude }, quiet);
    for (const target of ['/healthz?full', '/healthz/', '/static/a/b.css', '/static/a.js', '/v1/ping', '/pingpong'])
      log?.write(makeEntry({ target }));
    log?.write(makeEntry({ target: '/healthz', status: 503 }));
    log?.flush();
    const lines = [
      '/healthz/ HTTP/1.1 200',
      '/static/a.js HTTP/1.1 200',
      '/pingpong HTTP/1.1 200',
      '/healthz HTTP/1.1 503',
    ];
    expect(readFileSync(accesslog, 'utf8')).toBe(lines.map((line) => `GET ${line}\n`).join(''));
  });

  test('as JSON has the headers and own fields of logFields, cut where the line would be too long', () => {
    const logFields = ['request.X-Tenant', 'response.content-type', 'tenant', 'isCached'];
    const format = createJsonFormat({ logFields, requestId: true });
    const own = new Map<string, string | boolean>([
      ['tenant', 'acme'],
      ['isCached', false],
    ]);
    const request = { 'x-tenant': 'a"b', 'x-request-id': 'r1', traceparent: TRACE };
    const made = makeEntry({
      request,
      response: { 'content-type': 'text/html' },
      ownField: (name) => own.get(name) ?? null,
    });
    expect(JSON.parse(format(made, NOW, LONG))).toMatchObject({
      'request.X-Tenant': 'a"b',
      'response.content-type': 'text/html',
      tenant: 'acme',
      isCached: false,
      requestId: 'r1',
      traceparent: TRACE,
    });
    own.set('tenant', 'x'.repeat(900));
    const short = format(made, NOW, 700);
    expect(Buffer.byteLength(short)).toBeLessThanOrEqual(700);
    expect(JSON.parse(short)).toMatchObject({ tenant: expect.stringMatching(/^x+\.\.\.$/), isCached: false });
    const missing = JSON.parse(format(makeEntry({ request: { traceparent: 'nonsense' } }), NOW, LONG));
    expect(missing).toMatchObject({ 'request.X-Tenant': null, tenant: null, requestId: null, traceparent: null });
  });

  test('of a client that nobody vouches for, no id is logged as one', () => {
    const request = { 'x-request-id': 'forged' };
    expect(JSON.parse(formatAccessJson(makeEntry({ request }), NOW, LONG))).toMatchObject({ requestId: null });
  });
});
