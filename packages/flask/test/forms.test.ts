import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { linux } from '../../../test/needs.ts';
import { FileStorage, secureFilename } from '../src/forms/file-storage.ts';
import { MultipartDecoder } from '../src/forms/multipart.ts';
import { type FormLimits, isFormType, parseForm } from '../src/forms/parse.ts';
import { SPOOL_BYTES } from '../src/forms/spool.ts';
import { python, pythonFlask } from './support/python.ts';
import { recordedAnswers, version } from './support/recorded.ts';

const BOUNDARY = 'frontier';
const MULTIPART = `multipart/form-data; boundary=${BOUNDARY}`;

/** A body that arrives in the given pieces; `failure` is what happens after the last. */
function bodyOf(pieces: readonly Uint8Array[], failure?: Error): ReadableStream<Uint8Array> {
  const rest = [...pieces];
  return new ReadableStream({
    pull(controller) {
      const piece = rest.shift();
      if (piece !== undefined) controller.enqueue(piece);
      else if (failure !== undefined) controller.error(failure);
      else controller.close();
    },
  });
}

const parse = (body: string | Uint8Array, type = MULTIPART, limits: FormLimits = {}) =>
  parseForm({ headers: new Headers({ 'content-type': type }), body: bodyOf([Buffer.from(body)]) }, limits);

const part = (disposition: string, content: string | Buffer, headers = '') =>
  Buffer.concat([
    Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; ${disposition}\r\n${headers}\r\n`),
    Buffer.from(content),
    Buffer.from('\r\n'),
  ]);

const END = Buffer.from(`--${BOUNDARY}--\r\n`);

/** Descriptors of this process that point to a deleted upload: files that somebody forgot to close. */
function openUploads(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)].filter((target) => target.includes('/upload-'));
    } catch {
      return [];
    }
  });
}

const bigFile = part('name="big"; filename="big.bin"', Buffer.alloc(SPOOL_BYTES + 1, 7));

describe('a form without files', () => {
  it('is read, repeated keys and encoded characters too', async () => {
    const { form, files } = await parse('a=1&a=2&name=caf%C3%A9+x&empty=&flag', 'application/x-www-form-urlencoded');
    expect(form.toDict({ flat: false })).toEqual({ a: ['1', '2'], name: ['café x'], empty: [''], flag: [''] });
    expect(files.size).toBe(0);
  });

  it('of another type leaves the body unread', async () => {
    const body = bodyOf([Buffer.from('{}')]);
    const { form } = await parseForm({ headers: new Headers({ 'content-type': 'application/json' }), body });
    expect(form.size).toBe(0);
    expect(await new Response(body).text()).toBe('{}');
    expect([isFormType('application/json'), isFormType(MULTIPART), isFormType(null)]).toEqual([false, true, false]);
    expect((await parseForm({ headers: new Headers(), body: null })).form.size).toBe(0);
  });
});

describe('a multipart form', () => {
  it('has fields and files', async () => {
    const { form, files } = await parse(
      Buffer.concat([
        part('name="title"', 'Grüße'),
        part('name="tag"', 'a'),
        part('name="tag"', 'b'),
        part(
          'name="f"; filename="a b.txt"',
          'line 1\r\nline 2',
          'Content-Type: text/plain; charset=ascii\r\nX-Y: z\r\n',
        ),
        part('name="none"; filename=""', ''),
        END,
      ]),
    );
    expect(form.toDict({ flat: false })).toEqual({ title: ['Grüße'], tag: ['a', 'b'] });
    const file = files.require('f');
    expect(file).toBeInstanceOf(FileStorage);
    expect([file.name, file.filename, file.contentType, file.mimetype, file.size, file.contentLength]).toEqual([
      'f',
      'a b.txt',
      'text/plain; charset=ascii',
      'text/plain',
      14,
      0,
    ]);
    expect([file.headers.get('x-y'), file.mimetypeParams.get('charset')]).toEqual(['z', 'ascii']);
    expect(await file.text()).toBe('line 1\r\nline 2');
    expect(await new Response(file.stream()).text()).toBe('line 1\r\nline 2');
    expect(files.require('none').filename).toBe('');
  });

  it('is the same however it is cut into pieces', async () => {
    const content = Buffer.from(`\r\n--${BOUNDARY}x\r\n--\r-\n--${BOUNDARY.slice(0, 4)}\r\n\r`);
    const body = Buffer.concat([
      Buffer.from('preamble\r\n'),
      part('name="f"; filename="f"', content),
      part('name="a"', 'b'),
      END,
    ]);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(body.length), { maxLength: 20 }), async (cuts) => {
        const edges = [0, ...cuts.toSorted((a, b) => a - b), body.length];
        const pieces = edges.slice(1).map((edge, index) => body.subarray(edges[index], edge));
        const { form, files } = await parseForm({
          headers: new Headers({ 'content-type': MULTIPART }),
          body: bodyOf(pieces),
        });
        expect(form.toDict()).toEqual({ a: 'b' });
        expect(Buffer.from(await files.require('f').bytes())).toEqual(content);
      }),
    );
    const single = await parseForm({
      headers: new Headers({ 'content-type': MULTIPART }),
      body: bodyOf([...body].map((byte) => Uint8Array.of(byte))),
    });
    expect(Buffer.from(await single.files.require('f').bytes())).toEqual(content);
  });

  it('brings back any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), async (bytes) => {
        const { files } = await parse(Buffer.concat([part('name="f"; filename="f"', Buffer.from(bytes)), END]));
        expect(await files.require('f').bytes()).toEqual(bytes);
      }),
    );
  });
});

describe('limits', () => {
  const tooLarge = expect.objectContaining({ status: 413 });

  it('the announced length is looked at before a byte is read', async () => {
    const headers = new Headers({ 'content-type': MULTIPART, 'content-length': '101' });
    const body = bodyOf([], new Error('read'));
    await expect(parseForm({ headers, body }, { maxContentLength: 100 })).rejects.toEqual(tooLarge);
  });

  it('a body longer than announced is cut off', async () => {
    const headers = new Headers({ 'content-type': MULTIPART, 'content-length': '10' });
    const body = bodyOf([Buffer.alloc(60), Buffer.alloc(60)]);
    await expect(parseForm({ headers, body }, { maxContentLength: 100 })).rejects.toEqual(tooLarge);
    await expect(
      parse('a'.repeat(101), 'application/x-www-form-urlencoded', { maxContentLength: 100 }),
    ).rejects.toEqual(tooLarge);
  });

  it('a field may not need more memory, a file may', async () => {
    const limits = { maxFormMemorySize: 100 };
    const long = 'x'.repeat(101);
    await expect(parse(Buffer.concat([part('name="a"', long), END]), MULTIPART, limits)).rejects.toEqual(tooLarge);
    await expect(parse(`a=${long}`, 'application/x-www-form-urlencoded', limits)).rejects.toEqual(tooLarge);
    const { files } = await parse(Buffer.concat([part('name="a"; filename="a"', long), END]), MULTIPART, limits);
    expect(files.require('a').size).toBe(101);
  });

  it('parts are counted', async () => {
    const parts = (count: number) =>
      Buffer.concat([...Array.from({ length: count }, () => part('name="a"', '1')), END]);
    expect((await parse(parts(1000))).form.getAll('a')).toHaveLength(1000);
    await expect(parse(parts(1001))).rejects.toEqual(tooLarge);
    await expect(parse(parts(3), MULTIPART, { maxFormParts: 2 })).rejects.toEqual(tooLarge);
  });
});

describe('uploads past 500 KiB', () => {
  const folder = mkdtempSync(join(tmpdir(), 'flask-forms-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it.skipIf(linux.isMissing)(linux.named('go to a file without a name, which ends with the request'), async () => {
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith('upload-'));
    const small = part('name="s"; filename="s"', Buffer.alloc(SPOOL_BYTES, 1));
    const parsed = await parse(Buffer.concat([small, bigFile, END]));
    expect(openUploads()).toHaveLength(1);
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith('upload-'))).toEqual(before);
    const big = parsed.files.require('big');
    expect(big.size).toBe(SPOOL_BYTES + 1);
    expect((await big.bytes()).every((byte) => byte === 7)).toBe(true);
    await parsed.close();
    await parsed.close();
    expect(openUploads()).toEqual([]);
    await expect(big.bytes()).rejects.toThrow('ends with its request');
  });

  it('can be saved, to a path or a stream, and read by many at once', async () => {
    const parsed = await parse(Buffer.concat([bigFile, part('name="t"; filename="t"', 'text'), END]));
    const path = join(folder, 'saved');
    const file = parsed.files.require('big');
    const [bytes] = await Promise.all([file.bytes(), file.save(path), new Response(file.stream()).arrayBuffer()]);
    expect(readFileSync(path).equals(bytes)).toBe(true);
    const sink = new PassThrough();
    const [written] = await Promise.all([text(sink), parsed.files.require('t').save(sink)]);
    expect(written).toBe('text');
    await expect(file.save(join(folder, 'no/such/folder'))).rejects.toThrow('ENOENT');
    await file.stream().cancel();
    await parsed.close();
  });

  it.skipIf(linux.isMissing).each([
    ['the client leaves midway', [bigFile.subarray(0, -1000)], new Error('aborted')],
    ['the client leaves between two files', [bigFile, bigFile.subarray(0, 500)], new Error('aborted')],
    ['the body is malformed', [bigFile, Buffer.from(`--${BOUNDARY}\r\nnonsense\r\n\r\n`)], undefined],
    ['a limit is passed', [bigFile, part('name="a"', 'x'.repeat(1000)), END], undefined],
  ])(linux.named('leave nothing behind when %s'), async (_when, pieces, failure) => {
    const form = parseForm(
      { headers: new Headers({ 'content-type': MULTIPART }), body: bodyOf(pieces, failure) },
      { maxFormMemorySize: 500 },
    );
    await form.then(
      (parsed) => expect(parsed.files.size).toBe(0),
      (error: unknown) => expect(String(error)).toMatch(/aborted|capacity limit/),
    );
    expect(openUploads()).toEqual([]);
  });
});

const lf = (body: Buffer) => Buffer.from(body.toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
const cr = (body: Buffer) => Buffer.from(body.toString('latin1').replaceAll('\r\n', '\r'), 'latin1');
const whole = Buffer.concat([
  part('name="a"', 'one'),
  part('name="f"; filename="x.txt"', 'two', 'Content-Type: text/plain\r\n'),
  END,
]);

const BODIES: readonly (readonly [what: string, type: string, body: Buffer])[] = [
  ['well-formed', MULTIPART, whole],
  ['with LF line breaks', MULTIPART, lf(whole)],
  ['with CR line breaks', MULTIPART, cr(whole)],
  ['with preamble and epilogue', MULTIPART, Buffer.concat([Buffer.from('hello\r\n'), whole, Buffer.from('bye')])],
  ['with a quoted boundary', `multipart/form-data; boundary="${BOUNDARY}"`, whole],
  ['without its last boundary', MULTIPART, whole.subarray(0, -END.length)],
  ['cut in its headers', MULTIPART, whole.subarray(0, 30)],
  ['empty', MULTIPART, Buffer.alloc(0)],
  ['nothing but an end', MULTIPART, END],
  ['without a boundary in its type', 'multipart/form-data', whole],
  ['with another boundary', 'multipart/form-data; boundary=other', whole],
  [
    'with a part without Content-Disposition',
    MULTIPART,
    Buffer.concat([Buffer.from(`--${BOUNDARY}\r\nX: y\r\n\r\nz\r\n`), END]),
  ],
  ['with a header without a colon', MULTIPART, Buffer.concat([Buffer.from(`--${BOUNDARY}\r\nX\r\n\r\nz\r\n`), END])],
  ['with headers that are no UTF-8', MULTIPART, Buffer.from(part('name="\xff"', 'x').toString('utf8') + END, 'latin1')],
  [
    'with a folded header',
    MULTIPART,
    Buffer.concat([Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data;\r\n name="a"\r\n\r\nz\r\n`), END]),
  ],
  [
    'with padding behind a boundary',
    MULTIPART,
    Buffer.from(whole.toString().replace(`${BOUNDARY}\r\n`, `${BOUNDARY}  \r\n`)),
  ],
  [
    'with a field in latin1',
    MULTIPART,
    Buffer.concat([part('name="a"', Buffer.of(0xe9), 'Content-Type: text/plain; charset=iso-8859-1\r\n'), END]),
  ],
  ['with a field of broken UTF-8', MULTIPART, Buffer.concat([part('name="a"', Buffer.of(0xe9, 0x41)), END])],
  [
    'with a path of Internet Explorer',
    MULTIPART,
    Buffer.concat([part('name="f"; filename="C:\\dir\\a.txt"', 'x'), END]),
  ],
  [
    'with a name beyond ASCII',
    MULTIPART,
    Buffer.concat([part('name="ü"; filename*=UTF-8\'\'%E2%98%83.txt', 'x'), END]),
  ],
  ['with quotes in a name', MULTIPART, Buffer.concat([part('name="a\\"b"', 'x'), END])],
  ['with a boundary inside a line', MULTIPART, Buffer.concat([part('name="a"', `x--${BOUNDARY}\r\ny`), END])],
  [
    'with a longer boundary at a line start',
    MULTIPART,
    Buffer.concat([part('name="a"', `x\r\n--${BOUNDARY}y\r\nz`), END]),
  ],
  ['with empty values', MULTIPART, Buffer.concat([part('name="a"', ''), part('name=""', 'x'), END])],
  ['of pairs', 'application/x-www-form-urlencoded', Buffer.from('a=1&b=%ff&c=\xe9+x&&=y')],
  ['of pairs, by its old name', 'APPLICATION/x-url-encoded; charset=utf-8', Buffer.from('a=1')],
];

it(`reads what ${version} reads (${BODIES.length} bodies)`, async () => {
  const script = `
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request
from io import BytesIO
import base64
def f(what, type, body):
  data = base64.b64decode(body)
  request = Request(EnvironBuilder(method='POST', input_stream=BytesIO(data), content_type=type, content_length=len(data)).get_environ())
  return [what, [list(p) for p in request.form.items(multi=True)],
    [[k, f.filename, f.content_type, f.read().decode('latin1')] for k, f in request.files.items(multi=True)]]`;
  const theirs = recordedAnswers(
    'bodies of forms',
    script,
    BODIES.map(([what, type, body]) => [what, type, body.toString('base64')]),
  ).map(([, answer]) => answer);
  const ours = await Promise.all(
    BODIES.map(async ([what, type, body]) => {
      const { form, files } = await parse(body, type);
      const read = [...files.allEntries()].map(async ([key, file]) => [
        key,
        file.filename,
        file.contentType ?? null,
        Buffer.from(await file.bytes()).toString('latin1'),
      ]);
      return [what, [...form.allEntries()], await Promise.all(read)];
    }),
  );
  expect(ours).toEqual(theirs);
});

const NAMES = [
  'My cool movie.mov',
  '../../../etc/passwd',
  'i contain cool ümläuts.txt',
  '..\\..\\windows\\system32',
  'a\0b.txt',
  ' . ',
  '.htaccess',
  'ﬁle①.txt',
  'a\t\nb\x1fc',
  '',
  '日本.png',
];

it.skipIf(pythonFlask.isMissing)(pythonFlask.named('secureFilename gives the names that Werkzeug gives'), () => {
  const theirs = python(
    'from werkzeug.utils import secure_filename\nanswer = [secure_filename(n) for n in asked]',
    NAMES,
  );
  expect(NAMES.map(secureFilename)).toEqual(theirs);
});

describe('an empty part', () => {
  const fields = (...parts: string[]) => [...parts.flatMap((part) => ['--x', part]), '--x--', ''].join('\r\n');
  const head = (name: string) => `Content-Disposition: form-data; name="${name}"`;

  it.each([
    ['with the line break of its boundary', `${head('empty')}\r\n\r\n`],
    // RFC 2046, section 5.1.1: the blank line belongs to the boundary then.
    ['without', `${head('empty')}\r\n`],
  ])('%s leaves the fields behind it alone', (_, empty) => {
    const body = Buffer.from(fields(`${head('a')}\r\n\r\n1`, empty, `${head('b')}\r\n\r\n2`));
    for (let cut = 0; cut <= body.length; cut++) {
      const decoder = new MultipartDecoder('x');
      const events = [...decoder.push(body.subarray(0, cut)), ...decoder.push(body.subarray(cut))];
      decoder.end();
      const names = events.map((event) => (event.kind === 'begin' ? event.name : event.kind === 'end' ? '.' : ''));
      expect(names.join(''), `cut at ${cut}`).toBe('a.empty.b.');
    }
  });
});
