/** Attacks on an app of @qilin/flask: a 4xx, a line in the log, nothing else. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RawConnection } from '../processes/http-client.ts';
import { type QilinProcess, startQilin, temporaryFolder } from '../processes/server.ts';
import { COOKIES } from './attacks/cookies.ts';
import { type Ask, field, file, form, json, multipart } from './differential/case.ts';
import { type Answer, Client, headerOf } from './differential/client.ts';

const CLASSES = ['async', 'picoev'] as const;

const SECRET = 'what nobody may read';

/** What would tell of the code behind. */
const LEAK = /node_modules|\.ts:\d|at .*\(|Error:|\/packages\//;

/** Ways to name the file beside the folder; each follows `/static/` and the like. */
const TRAVERSALS = [
  '../secret.txt',
  'sub/../../secret.txt',
  './../secret.txt',
  '%2e%2e/secret.txt',
  '.%2e/secret.txt',
  '..%2fsecret.txt',
  '%2e%2e%2fsecret.txt',
  '..%5csecret.txt',
  '..\\secret.txt',
  '%252e%252e%252fsecret.txt',
  '..%252fsecret.txt',
  '....//secret.txt',
  '..;/secret.txt',
  '%c0%ae%c0%ae/secret.txt',
  '%uff0e%uff0e/secret.txt',
  'sub%2f..%2f..%2fsecret.txt',
  '//etc/passwd',
  '%2fetc%2fpasswd',
  'file:///etc/passwd',
  'C:%5cboot.ini',
  'a.txt%00.css',
  '%00',
  '..',
  '.',
  '%2e%2e',
  '..%2f',
  'a.txt/../../secret.txt',
  'a.txt%2f..%2f..%2fsecret.txt',
];

/** Line breaks, as they are and as what becomes one when bits are cut off. */
const BREAKS = {
  'CR LF': 'a%0D%0AX-Injected:%201%0D%0A%0D%0Ainjected',
  LF: 'a%0AX-Injected:%201',
  CR: 'a%0DX-Injected:%201',
  'a zero byte': 'a%00X-Injected:%201',
  'U+560A U+560D': 'a%E5%98%8D%E5%98%8AX-Injected:%201',
  'U+2028': 'a%E2%80%A8X-Injected:%201',
  'at the start': '%0D%0AX-Injected:%201',
  'at the end': 'a%0D%0A',
} as const;

const SINKS = [
  '/header',
  '/header-name',
  '/cookie',
  '/cookie-name',
  '/cookie-path',
  '/redirect',
  '/type',
  '/named',
] as const;

const parts = (count: number) => Array.from({ length: count }, (_, n) => field(`f${n}`, 'x'));
const raw = (type: string, body: string) => json(body, type);
const MULTIPART = 'multipart/form-data; boundary=b';
const chunked = (type: string, body: string) => ({
  headers: { 'Content-Type': type, 'Transfer-Encoding': 'chunked' },
  body: `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
});

/** Bodies that are refused: name, status, request. */
const BODIES: readonly (readonly [name: string, status: number, ask: Ask])[] = [
  ['a body beyond the limit', 413, { ask: 'POST /body', body: 'x'.repeat(100_001) }],
  ['a body beyond the limit, in chunks', 413, { ask: 'POST /body', ...chunked('text/plain', 'x'.repeat(100_001)) }],
  ['a form beyond the limit', 413, { ask: 'POST /form', ...form(`a=${'x'.repeat(100_001)}`) }],
  ['a form beyond the memory limit', 413, { ask: 'POST /form', ...form(`a=${'x'.repeat(20_001)}`) }],
  [
    'a multipart field beyond the memory limit',
    413,
    { ask: 'POST /form', ...multipart(field('a', 'x'.repeat(20_001))) },
  ],
  ['multipart fields that are too many', 413, { ask: 'POST /form', ...multipart(...parts(51)) }],
  [
    'files that are too many',
    413,
    { ask: 'POST /files', ...multipart(...Array.from({ length: 51 }, () => file('f', 'a', 'x'))) },
  ],
  ['an upload beyond the limit', 413, { ask: 'POST /files', ...multipart(file('f', 'a', 'x'.repeat(100_001))) }],
  [
    'an upload beyond the limit, in chunks',
    413,
    { ask: 'POST /files', ...chunked(MULTIPART, `--b\r\n${file('f', 'a', 'x'.repeat(100_001))}\r\n--b--\r\n`) },
  ],
  ['JSON beyond the limit', 413, { ask: 'POST /json', ...json(`"${'x'.repeat(100_001)}"`) }],
  ['multipart that is cut off', 400, { ask: 'POST /form', ...raw(MULTIPART, `--b\r\n${field('a', '1')}`) }],
  ['multipart that is cut off in a header', 400, { ask: 'POST /form', ...raw(MULTIPART, '--b\r\nContent-Dispo') }],
  ['multipart without a boundary', 400, { ask: 'POST /form', ...raw('multipart/form-data', 'x') }],
  [
    'multipart with headers without an end',
    400,
    { ask: 'POST /form', ...raw(MULTIPART, `--b\r\nX: ${'x'.repeat(90_000)}`) },
  ],
  ['malformed JSON', 400, { ask: 'POST /json', ...json('{"a":') }],
  ['no JSON at all', 400, { ask: 'POST /json', ...json('') }],
  ['JSON in no UTF-8', 400, { ask: 'POST /json', ...json(''), body: Buffer.from('"\xff"', 'latin1') }],
  ['JSON that opens and never closes', 400, { ask: 'POST /json', ...json('['.repeat(90_000)) }],
  ['JSON of another type', 415, { ask: 'POST /json', ...json('{}', 'text/plain') }],
];

/** Targets that no app has, as nobody should write them. */
const TARGETS = [
  '/%',
  '/%zz',
  '/%00',
  '/%FF%FE',
  '/%C0%80',
  '/%ED%A0%80',
  '/%2500',
  '/%25%32%66',
  '/%E0%80%AF',
  '/%u0000',
  '/nowhere?%00=%FF',
  '/;',
  '/nowhere;a=b',
  '/.git/config',
  '/..',
  '/../../..',
  '/\\',
  '/nowhere?a[b][c]=1&__proto__[x]=1',
  `/${'a/'.repeat(2000)}`,
  `/${'%41'.repeat(1000)}`,
] as const;

describe.each(CLASSES)('an app on class %s under attack', (workerClass) => {
  const folder = temporaryFolder();
  let server: QilinProcess;

  beforeAll(async () => {
    mkdirSync(`${folder.path}/static/sub`, { recursive: true });
    writeFileSync(`${folder.path}/static/a.txt`, 'for all');
    writeFileSync(`${folder.path}/secret.txt`, SECRET);
    const options = ['-w', '1', '-k', workerClass, '--access-logfile', '-', '--access-logformat', 'done %(s)s %(r)s'];
    server = await startQilin([...options, 'test/flask/attacks/app.ts:app'], {
      env: { ATTACKED_FOLDER: folder.path },
    });
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  let sent = 0;

  /** The answer, from which nothing leaks. */
  async function attack(ask: Ask): Promise<Answer> {
    const answer = await new Client(server.port).send(ask);
    sent += 1;
    expect(answer.body).not.toMatch(LEAK);
    expect(answer.body).not.toContain(SECRET);
    return answer;
  }

  describe.each(['/static/', '/download/', '/download-one/'])('a path below %s', (prefix) => {
    test.each(TRAVERSALS)('%s', async (path) => {
      const { status, headers } = await attack(`GET ${prefix}${path}`);
      const location = headers.find(([name]) => name === 'location')?.[1];
      if (status === 308) expect(location).toMatch(/^http:\/\/flask\.test\//);
      else expect([400, 404]).toContain(status);
    });
  });

  describe.each(SINKS)('a line break for %s', (sink) => {
    test.each(Object.entries(BREAKS))('%s', async (_, value) => {
      const answer = await attack(`GET ${sink}?v=${value}`);
      expect(answer.headers.map(([name]) => name)).not.toContain('x-injected');
      expect(answer.status).toBeLessThan(500);
      for (const [, text] of answer.headers) expect(text).not.toMatch(/[\r\n\0]/);
    });
  });

  test.each([
    ['//evil.test/folder', undefined],
    ['//evil.test/%2e%2e/folder', undefined],
    ['///evil.test', undefined],
    ['/\\evil.test', undefined],
    ['/%5cevil.test', undefined],
    ['/folder//evil.test', undefined],
    ['/folder/evil.test%2f%2f', undefined],
    ['/folder/%2f%2fevil.test', undefined],
    ['/folder', 'evil.test/'],
    ['/folder', 'evil.test\\@flask.test'],
    ['/folder', 'user@evil.test'],
    ['/folder', '"><script>alert(1)</script>'],
    ['/folder', 'a b'],
  ])('a slash that is missing leads nowhere else: %s, host %s', async (target, host) => {
    // A host that is none is refused by some servers before there is a request to log.
    const ask = { ask: `GET ${target}`, ...(host && { headers: { Host: host } }) };
    const answer = await (host === undefined ? attack(ask) : new Client(server.port).send(ask));
    const location = headerOf(answer, 'location');
    if (location === undefined) expect([400, 404]).toContain(answer.status);
    else expect(location).toMatch(/^http:\/\/flask\.test\/folder\//);
  });

  test.each([
    ['//evil.test', '/alive'],
    ['///evil.test', '/alive'],
    ['/%5Cevil.test', '/alive'],
    ['%5C%5Cevil.test', '/alive'],
    ['http://evil.test', '/alive'],
    ['http://flask.test.evil.test/', '/alive'],
    ['http://flask.test@evil.test/', '/alive'],
    ['http://flask.test:81/', '/alive'],
    ['https:evil.test', '/alive'],
    ['javascript:alert(1)', '/alive'],
    ['data:text/html,x', '/alive'],
    ['%09//evil.test', '/alive'],
    ['/%09/evil.test', '/alive'],
    ['%00//evil.test', '/alive'],
    ['', '/alive'],
    ['/who?a=%2F%2Fb', '/who?a=//b'],
    ['http://flask.test/who', 'http://flask.test/who'],
    ['who', 'who'],
  ])('a redirect that the client names, %s, is checked and leads to %s', async (next, target) => {
    const answer = await attack(`GET /go?next=${next}`);
    expect([answer.status, headerOf(answer, 'location')]).toEqual([302, target]);
  });

  test.each(BODIES)('%s: %i', async (_, status, ask) => {
    expect((await attack(ask)).status).toBe(status);
  });

  test.each(TARGETS)('the target %s', async (target) => {
    expect((await attack(`GET ${target}`)).status).toBe(404);
  });

  test('the cookie that is signed is read', async () => {
    const { body } = await attack({ ask: 'GET /who', headers: { Cookie: `session=${COOKIES['good']}` } });
    expect(body).toBe('ada');
  });

  test.each(Object.keys(COOKIES).filter((name) => name !== 'good'))('a session with %s is none', async (name) => {
    const { status, body } = await attack({ ask: 'GET /who', headers: { Cookie: `session=${COOKIES[name]}` } });
    expect([status, body]).toEqual([200, 'nobody']);
  });

  test('markup in a template stays text', async () => {
    const { body } = await attack('GET /template?v=%22%3E%3Cscript%3E%27%26%7B%7B7*7%7D%7D');
    expect(body).toBe(
      '<p title="&#34;&gt;&lt;script&gt;&#39;&amp;{{7*7}}">&#34;&gt;&lt;script&gt;&#39;&amp;{{7*7}}</p>',
    );
  });

  test.each([
    ['/form', 'application/x-www-form-urlencoded'],
    ['/files', 'multipart/form-data; boundary=b'],
    ['/json', 'application/json'],
    ['/body', 'text/plain'],
  ])('who leaves in the middle of a body for %s', async (path, type) => {
    const from = server.log.length;
    using connection = await RawConnection.open(server.port);
    const head = ['Host: flask.test', `Content-Type: ${type}`, 'Content-Length: 9000', 'Expect: 100-continue'];
    await connection.send(`POST ${path} HTTP/1.1\r\n${head.join('\r\n')}\r\n\r\n`);
    await connection.until(/^HTTP\/1\.1 100 /);
    await connection.send('--b\r\n');
    connection.socket.resetAndDestroy();
    await server.logged(new RegExp(`^done 499 POST ${path} `, 'm'), from);
    sent += 1;
  });

  test('each of them is a line in the log, and no error of the app', async () => {
    const lines = () => server.log.match(/^done .*$/gm)?.length ?? 0;
    await server.until(() => lines() >= sent, `${sent} lines, of which there are ${lines()}`);
    expect(server.log).not.toMatch(/ERROR|CRITICAL/);
    expect(server.log).not.toMatch(/^\s+at /m);
  });

  test.each(Object.entries(BREAKS))(
    "a line break for the standard's own Response, which refuses it: %s",
    async (_, value) => {
      // A fault of the view, as the log says; the client learns nothing and gets no header.
      const answer = await new Client(server.port).send(`GET /response?v=${value}`);
      expect(answer.headers.map(([name]) => name)).not.toContain('x-injected');
      expect(answer.body).not.toMatch(LEAK);
    },
  );

  test('after all that it answers as ever', async () => {
    expect((await attack('GET /alive')).body).toBe('ok');
    expect(server.workerPids).toHaveLength(1);
  });
});
