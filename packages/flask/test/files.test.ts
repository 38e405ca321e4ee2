import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { linux } from '../../../test/needs.ts';
import { guessType } from '../src/files/mime-type.ts';
import { safeJoin } from '../src/files/safe-join.ts';
import { type SendFileOptions, sendFile, sendFromDirectory } from '../src/files/send.ts';
import { parseOptionsHeader } from '../src/http/header-values.ts';
import { python, pythonFlask } from './support/python.ts';

const folder = mkdtempSync(join(tmpdir(), 'flask-files-'));
afterAll(() => rmSync(folder, { recursive: true }));

const BIG = Buffer.alloc(300_000, 'big file ');
const CONTENTS: Readonly<Record<string, string | Buffer>> = {
  'hello.txt': 'Hello, world! 0123456789',
  'page.html.gz': 'not really gzip',
  'app.js': 'let x;',
  'big.bin': BIG,
  'empty.txt': '',
  'naïve (1).txt': 'x',
  'unknown.zzz': 'x',
  'sub/inner.txt': 'inner',
};
mkdirSync(join(folder, 'sub'));
for (const [name, content] of Object.entries(CONTENTS)) {
  writeFileSync(join(folder, name), content);
  utimesSync(join(folder, name), 1_700_000_000.25, 1_700_000_000.25);
}
const outside = mkdtempSync(join(tmpdir(), 'flask-outside-'));
afterAll(() => rmSync(outside, { recursive: true }));
writeFileSync(join(outside, 'secret.txt'), 'secret');
symlinkSync(join(outside, 'secret.txt'), join(folder, 'link.txt'));

const get = (headers: Record<string, string> = {}, method = 'GET') => ({ method, headers: new Headers(headers) });

function openFiles(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder);
    } catch {
      return false;
    }
  }).length;
}

type Case = readonly [file: string, options: SendFileOptions, headers: Record<string, string>, method: string];

const bigTag = (() => {
  const response = sendFile(join(folder, 'hello.txt'), get());
  return response.then(({ headers }) => headers.get('etag') ?? '');
})();

/** Files, options and requests whose answers are compared with Werkzeug's. */
async function cases(): Promise<readonly Case[]> {
  const tag = await bigTag;
  const plain: readonly Case[] = Object.keys(CONTENTS).map((name) => [name, {}, {}, 'GET']);
  const options: readonly SendFileOptions[] = [
    { asAttachment: true },
    { downloadName: 'other.pdf' },
    { mimetype: 'text/x-custom', asAttachment: true, downloadName: 'ünï.txt' },
    { mimetype: 'application/octet-stream' },
    { etag: false },
    { etag: 'mine' },
    { maxAge: 0 },
    { maxAge: 3600 },
    { conditional: false },
  ];
  const requests: readonly Record<string, string>[] = [
    { range: 'bytes=0-4' },
    { range: 'bytes=-5' },
    { range: 'bytes=20-' },
    { range: 'bytes=20-1000' },
    { range: 'bytes=24-' },
    { range: 'bytes=-1000' },
    { range: 'bytes=0-1,3-4' },
    { range: 'items=0-1' },
    { range: 'nonsense' },
    { range: 'bytes=4-2' },
    { range: 'bytes=0-4', 'if-range': tag },
    { range: 'bytes=0-4', 'if-range': `W/${tag}` },
    { range: 'bytes=0-4', 'if-range': 'W/"other"' },
    { range: 'bytes=0-4', 'if-range': '"other"' },
    { range: 'bytes=0-4', 'if-range': 'Tue, 14 Nov 2023 22:13:20 GMT' },
    { range: 'bytes=0-4', 'if-range': 'Mon, 13 Nov 2023 22:13:20 GMT' },
    { range: 'bytes=0-4', 'if-none-match': tag },
    { 'if-none-match': tag },
    { 'if-none-match': `W/${tag}` },
    { 'if-none-match': '"other", *' },
    { 'if-none-match': '"other"' },
    { 'if-modified-since': 'Tue, 14 Nov 2023 22:13:20 GMT' },
    { 'if-modified-since': 'Tue, 14 Nov 2023 22:13:19 GMT' },
    { 'if-modified-since': 'garbage' },
    { 'if-match': tag },
  ];
  return [
    ...plain,
    ...options.map((option): Case => ['hello.txt', option, {}, 'GET']),
    ...requests.map((headers): Case => ['hello.txt', {}, headers, 'GET']),
    ['page.html.gz', { asAttachment: true }, {}, 'GET'],
    ['empty.txt', {}, { range: 'bytes=0-1' }, 'GET'],
    ['hello.txt', { conditional: false }, { range: 'bytes=0-4' }, 'GET'],
    ['hello.txt', { maxAge: 60 }, { 'if-none-match': tag }, 'GET'],
    ['hello.txt', {}, { 'if-none-match': tag }, 'POST'],
    ['big.bin', {}, { range: 'bytes=100-299999' }, 'GET'],
    ['hello.txt', {}, {}, 'HEAD'],
    ['hello.txt', {}, { range: 'bytes=0-4' }, 'HEAD'],
    ['hello.txt', {}, { 'if-none-match': tag }, 'HEAD'],
  ];
}

const HEADERS = [
  'content-type',
  'content-length',
  'content-range',
  'content-encoding',
  'cache-control',
  'etag',
  'last-modified',
];

const sha1 = (bytes: Uint8Array) => createHash('sha1').update(bytes).digest('hex');

it.skipIf(pythonFlask.isMissing)(
  pythonFlask.named('answers as Werkzeug for the same file and the same request'),
  async () => {
    const asked = await cases();
    const script = `
from werkzeug.utils import send_file
from werkzeug.test import EnvironBuilder
from werkzeug.exceptions import HTTPException
from werkzeug.datastructures import Headers
import hashlib, os, re
folder, headers, cases = asked
def answer_to(file, options, sent, method):
  environ = EnvironBuilder(method=method, headers=sent).get_environ()
  kwargs = {re.sub('[A-Z]', lambda m: '_' + m[0].lower(), k): v for k, v in options.items()}
  try:
    response = send_file(os.path.join(folder, file), environ, **kwargs)
  except HTTPException as error:
    return [error.code, dict(error.get_headers(environ)).get('Content-Range')]
  body, status, got = response.get_wsgi_response(environ)
  data, got = b''.join(body), Headers(got)
  return [response.status_code, [got.get(h) for h in headers], 'expires' in got,
    got.get('content-disposition'), hashlib.sha1(data).hexdigest()]
answer = [answer_to(*c) for c in cases]`;
    const answers = python(script, [folder, HEADERS, asked]);
    const theirs = Array.isArray(answers) ? answers.map(withDownloadName) : [];
    const ours = await Promise.all(
      asked.map(async ([file, options, headers, method]) => {
        try {
          const response = await sendFile(join(folder, file), get(headers, method), options);
          const values = HEADERS.map((name) => response.headers.get(name));
          const disposition = response.headers.get('content-disposition');
          const body = new Uint8Array(await response.arrayBuffer());
          return withDownloadName([response.status, values, response.headers.has('expires'), disposition, sha1(body)]);
        } catch (error) {
          const { status, headers: own } = Object(error);
          return [status, new Headers(own).get('content-range')];
        }
      }),
    );
    expect(asked.map((one, index) => [one, ours[index]])).toEqual(asked.map((one, index) => [one, theirs[index]]));
  },
);

/** Compares the name that a browser would read: Werkzeug 2.2 puts quotes around `filename*`, where RFC 5987 has none. */
function withDownloadName(answer: readonly unknown[]): readonly unknown[] {
  const [status, values, expires, disposition, body] = answer;
  if (typeof disposition !== 'string') return answer;
  const { value, options } = parseOptionsHeader(disposition);
  const [, extended] = /filename\*="?UTF-8''([^"]*)/.exec(disposition) ?? [];
  const name = extended === undefined ? options.get('filename') : decodeURIComponent(extended);
  return [status, values, expires, value, name, body];
}

describe('what is sent', () => {
  it('may be a path below the root path, an URL, bytes, a Blob or a stream', async () => {
    const byPath = await sendFile('hello.txt', get(), { rootPath: folder });
    const byUrl = await sendFile(pathToFileURL(join(folder, 'hello.txt')), get());
    expect(await byPath.text()).toBe('Hello, world! 0123456789');
    expect(byUrl.headers.get('etag')).toBe(byPath.headers.get('etag'));
    const range = { range: 'bytes=1-2' };
    const bytes = await sendFile(Buffer.from('abcd'), get(range), { downloadName: 'a.txt', etag: 'tag' });
    expect([bytes.status, bytes.headers.get('etag'), await bytes.text()]).toEqual([206, '"tag"', 'bc']);
    const blob = await sendFile(new Blob(['abcd']), get(range), { mimetype: 'text/plain' });
    expect([blob.status, blob.headers.get('etag'), await blob.text()]).toEqual([206, null, 'bc']);
    const stream = await sendFile(new Blob(['abcd']).stream(), get(range), { mimetype: 'text/plain' });
    expect([stream.status, stream.headers.get('content-length'), await stream.text()]).toEqual([200, null, 'abcd']);
  });

  it('needs a name or a type', async () => {
    await expect(sendFile(Buffer.from('x'), get())).rejects.toThrow('needs a type');
    await expect(sendFile(Buffer.from('x'), get(), { mimetype: 'a/b', asAttachment: true })).rejects.toThrow(
      'needs a name',
    );
    await expect(sendFile(Buffer.from('x'), get(), { downloadName: 'a\r\nX: y' })).rejects.toThrow(
      'control characters',
    );
  });

  it('must be there, and no folder', async () => {
    await expect(sendFile(join(folder, 'nowhere'), get())).rejects.toThrow('ENOENT');
    await expect(sendFile(folder, get())).rejects.toThrow('EISDIR');
  });

  it('may be kept for as long as a function of its path says', async () => {
    const maxAge = (path: string | undefined) => (path?.endsWith('.js') ? 60 : undefined);
    const { headers } = await sendFile(join(folder, 'app.js'), get(), { maxAge });
    expect(headers.get('cache-control')).toBe('public, max-age=60');
    expect((await sendFile(join(folder, 'hello.txt'), get(), { maxAge })).headers.get('cache-control')).toBe(
      'no-cache',
    );
  });
});

describe.skipIf(linux.isMissing)(linux.named('an open file is closed'), () => {
  it.each([
    ['when all of it was read', async (response: Response) => void (await response.arrayBuffer())],
    ['when nobody reads on', async (response: Response) => response.body?.cancel()],
  ])('%s', async (_when, use) => {
    const response = await sendFile(join(folder, 'big.bin'), get());
    expect(openFiles()).toBe(1);
    await use(response);
    expect(openFiles()).toBe(0);
  });

  it.each([
    ['HEAD', get({}, 'HEAD')],
    ['304', get({ 'if-modified-since': 'Tue, 14 Nov 2099 22:13:20 GMT' })],
    ['412', get({ 'if-match': '"x"' })],
  ])('at once for %s', async (_what, request) => {
    expect((await sendFile(join(folder, 'big.bin'), request)).body).toBeNull();
    expect(openFiles()).toBe(0);
  });

  it('when the range is not there, and when the options are wrong', async () => {
    await expect(sendFile(join(folder, 'big.bin'), get({ range: 'bytes=999999-' }))).rejects.toMatchObject({
      status: 416,
      headers: [['Content-Range', 'bytes */300000']],
    });
    await expect(sendFile(join(folder, 'big.bin'), get(), { etag: '"' })).rejects.toThrow(TypeError);
    expect(openFiles()).toBe(0);
  });

  it('when it becomes shorter while it is sent, which is an error and no silence', async () => {
    const path = join(folder, 'shrinking.bin');
    writeFileSync(path, BIG);
    const response = await sendFile(path, get());
    truncateSync(path, 1000);
    await expect(response.arrayBuffer()).rejects.toThrow('became shorter');
    expect(openFiles()).toBe(0);
  });
});

describe('sendFromDirectory', () => {
  it.each([
    ['hello.txt', 'Hello, world! 0123456789'],
    ['sub/inner.txt', 'inner'],
    ['sub/../hello.txt', 'Hello, world! 0123456789'],
    ['./sub//inner.txt', 'inner'],
    ['link.txt', 'secret'],
  ])('sends %s', async (path, content) => {
    expect(await (await sendFromDirectory(folder, path, get())).text()).toBe(content);
  });

  it.each([
    '../flask-outside/secret.txt',
    '..',
    'sub/../../x',
    '/etc/passwd',
    '//etc/passwd',
    'hello.txt\0.png',
    '..\\..\\etc\\passwd',
    'C:\\windows\\win.ini',
    '',
    '.',
    'sub',
    'nowhere',
    'hello.txt/x',
    'x'.repeat(10_000),
    '%2e%2e/secret.txt',
  ])('answers 404 for %s', async (path) => {
    await expect(sendFromDirectory(folder, path, get())).rejects.toMatchObject({ status: 404 });
  });

  it('takes a folder relative to the root path', async () => {
    const response = await sendFromDirectory('sub', 'inner.txt', get(), { rootPath: folder });
    expect(await response.text()).toBe('inner');
  });
});

const PATHS = [
  'a',
  'a/b',
  'a/../b',
  '../a',
  '..',
  'a/../../b',
  '/a',
  '//a',
  '',
  '.',
  'a/',
  './a/./b',
  'a//b',
  '..a',
  'a\\..\\b',
  '...',
];

it.skipIf(pythonFlask.isMissing)(pythonFlask.named('safeJoin joins what Werkzeug joins'), () => {
  const script = `
from werkzeug.security import safe_join
import os
def join(p):
  r = safe_join('/base', p)
  return None if r is None else os.path.normpath(r)
answer = [join(p) for p in asked]`;
  const ours = PATHS.map((path) => safeJoin('/base', path)?.replace(/(?<=.)\/$/, '') ?? null);
  expect(ours).toEqual(python(script, PATHS));
  expect(safeJoin('', 'a', 'b')).toBe('a/b');
  expect(safeJoin('/base', 'a\0')).toBeUndefined();
});

it.skipIf(pythonFlask.isMissing)(pythonFlask.named('guesses types as Python does'), () => {
  const names = [
    'a.html',
    'A.HTML',
    'a.css',
    'a.js',
    'a.json',
    'a.svg',
    'a.svgz',
    'a.png',
    'a.tar.gz',
    'a.tgz',
    'a.gz',
    'a.br',
    'a',
    'js',
    '.js',
    'a.zzz',
    'a.woff2',
  ];
  const ours = names.map((name) => {
    const { type, encoding } = guessType(name);
    return [type ?? null, encoding ?? null];
  });
  expect(ours).toEqual(python('import mimetypes\nanswer = [mimetypes.guess_type(n) for n in asked]', names));
});
