/** Replies of views with an entity tag, and what is left of them for a client that has one already. */
import { expect, test } from 'vitest';
import { addEtag, Flask, makeConditional, makeResponse } from '../../src/index.ts';

/** Python's `hashlib.sha1(b"Hello").hexdigest()`. */
const TAG = '"f7ff9e8b7bb2e09b70935a5d785e0cc5d9d0abf0"';

const app = new Flask(import.meta, { staticFolder: null });
app.logger.sink = () => {};
app.get('/', async () => makeConditional(await addEtag(makeResponse('Hello')), { acceptRanges: true }));
app.get('/dated', () => makeConditional(makeResponse('Hello', { 'last-modified': 'Tue, 14 Nov 2023 22:13:20 GMT' })));
app.get('/stream', async () => makeConditional(await addEtag(new Response(new Blob(['Hel', 'lo']).stream()))));
app.get('/error', async () => makeConditional(await addEtag(makeResponse('Hello', 404))));
app.post('/', { endpoint: 'post' }, async () => makeConditional(await addEtag(makeResponse('Hello'))));
const client = app.testClient();

async function answer(path: string, headers: Record<string, string>, method = 'GET') {
  const response = await client.open(path, { method, headers });
  return [response.status, response.headers.get('etag'), await response.text];
}

test.each<[Record<string, string>, number, string]>([
  [{}, 200, 'Hello'],
  [{ 'if-none-match': TAG }, 304, ''],
  [{ 'if-none-match': `W/${TAG}` }, 304, ''],
  [{ 'if-none-match': '"other"' }, 200, 'Hello'],
  [{ 'if-match': '"other"' }, 412, 'Hello'],
  [{ range: 'bytes=1-2' }, 206, 'el'],
  [{ range: 'bytes=1-2', 'if-range': TAG }, 206, 'el'],
  [{ range: 'bytes=1-2', 'if-range': '"other"' }, 200, 'Hello'],
])('%o is answered with %i', async (headers, status, body) => {
  expect(await answer('/', headers)).toEqual([status, TAG, body]);
});

test('a part says which it is, and one that is not there is a 416', async () => {
  const part = await client.get('/', { headers: { range: 'bytes=1-2' } });
  expect([part.headers.get('content-range'), part.headers.get('accept-ranges')]).toEqual(['bytes 1-2/5', 'bytes']);
  const missing = await client.get('/', { headers: { range: 'bytes=9-' } });
  expect([missing.status, missing.headers.get('content-range')]).toEqual([416, 'bytes */5']);
});

test('a date decides where there is no tag', async () => {
  const since = { 'if-modified-since': 'Tue, 14 Nov 2023 22:13:20 GMT' };
  expect(await answer('/dated', since)).toEqual([304, null, '']);
  expect(await answer('/dated', { 'if-modified-since': 'Tue, 14 Nov 2023 22:13:19 GMT' })).toEqual([
    200,
    null,
    'Hello',
  ]);
});

test('an error is sent whatever the client has', async () => {
  expect(await answer('/error', { 'if-none-match': TAG })).toEqual([404, TAG, 'Hello']);
});

test('a stream is read for its tag, and a POST has no conditions', async () => {
  expect(await answer('/stream', {})).toEqual([200, TAG, 'Hello']);
  expect(await answer('/stream', { 'if-none-match': TAG })).toEqual([304, TAG, '']);
  expect(await answer('/', { 'if-none-match': TAG }, 'POST')).toEqual([200, TAG, 'Hello']);
});

test('a tag that is there stays unless it is told to give way, and may be weak', async () => {
  const tagged = () => makeResponse('Hello', { etag: '"mine"' });
  const tagOf = async (response: Promise<Response>) => (await response).headers.get('etag');
  await app.testRequestContext('/').run(async () => {
    expect(await tagOf(addEtag(tagged()))).toBe('"mine"');
    expect(await tagOf(addEtag(tagged(), { overwrite: true, weak: true }))).toBe(`W/${TAG}`);
  });
});
