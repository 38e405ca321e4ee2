/** Cases of areas/forms. */
import { badRequest, type Case, type Difference, field, file, form, json, multipart, one, page } from '../case.ts';

const type = (value: string, body: string | Uint8Array) => ({ headers: { 'Content-Type': value }, body });
const chunked = (...chunks: string[]) => ({
  headers: { 'Transfer-Encoding': 'chunked', 'Content-Type': 'application/x-www-form-urlencoded' },
  body: `${chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('')}0\r\n\r\n`,
});

const MALFORMED: Difference = {
  why: 'a form that cannot be read is refused: taken for an empty one, it would empty what the view stores',
  ...badRequest,
};

const TOO_LARGE: Difference = {
  why: 'MAX_CONTENT_LENGTH holds for every body that is read, also one of an unknown length',
  ...page(413, 'Request Entity Too Large', 'The data value transmitted exceeds the capacity limit.'),
};

export const forms: readonly Case[] = [
  one('a form', 'POST /form', form('a=1&b=2')),
  one('a form with a field twice', 'POST /form', form('a=1&b=2&a=3')),
  one('a form with escapes', 'POST /form', form('a=%C3%A4+b%26&%C3%BC=%F0%9F%A6%84')),
  one('a form in no UTF-8', 'POST /form', form('a=%FF%C3')),
  one('a form with raw UTF-8', 'POST /form', form('a=ä')),
  one('a form with empty values', 'POST /form', form('a=&b&=c&&d=')),
  one('a form with bad escapes', 'POST /form', form('a=%&b=%zz&c=%4')),
  one('a form with semicolons', 'POST /form', form('a=1;b=2')),
  one('a form with =', 'POST /form', form('a=b=c')),
  one('an empty form', 'POST /form', form('')),
  one('__proto__ is a field as any other', 'POST /form', form('__proto__=1&constructor=2')),
  one('a form of another type', 'POST /form', json('a=1', 'text/plain')),
  one('a form with a charset', 'POST /form', json('a=1', 'application/x-www-form-urlencoded; charset=utf-8')),
  one('a field', 'POST /form/field', form('name=ada')),
  one('a missing field', 'POST /form/field', form('other=ada')),
  one('fields that are there', 'POST /form/get', form('name=a&name=b&age=7')),
  one('fields that are not there', 'POST /form/get', form('')),
  one('a field that is no int', 'POST /form/get', form('age=x')),
  one('query and form together', 'POST /form/values?a=1&b=2', form('a=3')),
  one('values of a GET', 'GET /form/values?a=1'),
  one('the body, then the form', 'POST /form/data', form('a=1')),
  one('a form that nobody reads', 'POST /form/ignored', form('a=1')),
  one('type and length', 'POST /form/length', json('abc', 'Text/Plain; Charset=utf-8; x="a b"')),
  one('no type', 'POST /form/length', { body: 'abc' }),
  one('multipart fields', 'POST /upload', multipart(field('a', '1'), field('b', '2'), field('a', '3'))),
  one('multipart field in UTF-8', 'POST /upload', multipart(field('ü', 'Grüße'))),
  one('multipart field of two lines', 'POST /upload', multipart(field('a', 'one\r\ntwo\n'))),
  one('a file', 'POST /upload', multipart(file('f', 'a.txt', 'content'))),
  one('a file of another type', 'POST /upload', multipart(file('f', 'a.bin', '\x01\x02', 'application/x-own; a=b'))),
  one('an empty file', 'POST /upload', multipart(file('f', 'a.txt', ''))),
  one('a file without a name', 'POST /upload', multipart(file('f', '', ''))),
  one('a file in UTF-8', 'POST /upload', multipart(file('f', 'Grüße 🦄.txt', 'ä'))),
  one('a file with a quote in its name', 'POST /upload', multipart(file('f', 'a\\"b.txt', 'x'))),
  one('a file with a path for a name', 'POST /upload', multipart(file('f', '../../etc/passwd', 'x'))),
  one('a file with a Windows path for a name', 'POST /upload', multipart(file('f', 'C:\\\\fakepath\\\\a.txt', 'x'))),
  one('a file with an escaped quote in its name', 'POST /upload', multipart(file('f%22', 'a%22b.txt', 'x'))),
  one(
    'a file with an extended name',
    'POST /upload',
    multipart(`Content-Disposition: form-data; name="f"; filename*=UTF-8''%E2%82%AC%20a.txt\r\n\r\nx`),
  ),
  one('an empty field between others', 'POST /upload', multipart(field('a', ''), field('b', '1'), field('c', ''))),
  one('files and fields', 'POST /upload', multipart(field('a', '1'), file('f', 'a', 'x'), file('f', 'b', 'y'))),
  one('a file of 100 000 bytes', 'POST /upload', multipart(file('f', 'big', 'x'.repeat(100_000)))),
  one('a file that has the boundary almost', 'POST /upload', multipart(file('f', 'a', '\r\n--boundary-of-the-tes'))),
  one('a part without a name', 'POST /upload', multipart('Content-Disposition: form-data\r\n\r\nx'), {
    why: 'a field without a name is none; Werkzeug 2.2 calls it null',
    body: '{"files":[],"form":{}}\n',
  }),
  one('a part without a disposition', 'POST /upload', multipart('Content-Type: text/plain\r\n\r\nx'), MALFORMED),
  one('multipart without a boundary', 'POST /upload', type('multipart/form-data', 'x'), MALFORMED),
  one(
    'multipart with another boundary',
    'POST /upload',
    type('multipart/form-data; boundary=b', '--a\r\n\r\n--a--\r\n'),
    MALFORMED,
  ),
  one(
    'multipart cut off',
    'POST /upload',
    type('multipart/form-data; boundary=b', `--b\r\n${field('a', '1')}`),
    MALFORMED,
  ),
  one('multipart that is empty', 'POST /upload', type('multipart/form-data; boundary=b', '')),
  one('multipart with its end alone', 'POST /upload', type('multipart/form-data; boundary=b', '--b--\r\n')),
  one(
    'multipart with words before it',
    'POST /upload',
    type('multipart/form-data; boundary=b', `hello\r\n--b\r\n${field('a', '1')}\r\n--b--\r\nbye`),
  ),
  one('the content of a file', 'POST /upload/one', multipart(file('file', 'a', 'the content'))),
  one('a missing file', 'POST /upload/one', multipart(field('file', 'a field'))),
  one('no file', 'POST /upload/missing', form('file=x')),
  one('a body', 'POST /body', type('application/octet-stream', Buffer.from([0, 255, 10, 13]))),
  one('a body as large as allowed', 'POST /body', type('application/octet-stream', 'x'.repeat(200_000))),
  one('a body too large', 'POST /body', type('application/octet-stream', 'x'.repeat(200_001))),
  one('a form too large', 'POST /form', form(`a=${'x'.repeat(200_000)}`)),
  one('an upload too large', 'POST /upload', multipart(file('f', 'a', 'x'.repeat(200_000)))),
  one('a JSON body too large', 'POST /json/echo', json(`"${'x'.repeat(200_000)}"`)),
  one('a body too large that nobody reads', 'POST /form/ignored', form('x'.repeat(200_001))),
  one('a form in chunks', 'POST /form', chunked('a=1&', 'b=2')),
  one('a form in chunks, too large', 'POST /form', chunked('a=1&', `b=${'x'.repeat(200_000)}`), TOO_LARGE),
];
