/** Integers beyond 2^53, by choice as bigints. */
import { expect, expectTypeOf, test } from 'vitest';
import { Flask, parseWithBigints, request, urlFor } from '../../src/index.ts';

const app = new Flask(import.meta, { staticFolder: null });
app.logger.sink = () => {};
app.json.bigints = true;
app.post('/echo', async () => ({ got: await request.json }));
app.get('/item/<bigint:id>', ({ id }) => {
  expectTypeOf(id).toEqualTypeOf<bigint>();
  return { next: id + 1n };
});
app.get('/signed/<bigint(signed=True):n>', { endpoint: 'signed' }, ({ n }) => urlFor('signed', { n: n - 1n }));
const client = app.testClient();

const JSON_TYPE = { 'content-type': 'application/json' };

test.each([
  '12345678901234567890',
  '-12345678901234567890',
  '[1,{"a":12345678901234567890}]',
  '{"a":"12345678901234567890","b":9007199254740993}',
  '9007199254740991',
])('JSON %s comes back as it was sent', async (data) => {
  const response = await client.post('/echo', { data, headers: JSON_TYPE });
  expect(response.text).toBe(`{"got":${data}}\n`);
});

test.each([
  '{12345678901234567890:1}',
  '012345678901234567890',
  '12345678901234567890 1',
  '"12345678901234567890',
  '--12345678901234567890',
])('%s is no JSON for that', async (data) => {
  expect(() => parseWithBigints(data)).toThrow(SyntaxError);
  expect(() => parseWithBigints(data)).not.toThrow(/[\da-f]{8}-[\da-f]{4}-/);
  expect((await client.post('/echo', { data, headers: JSON_TYPE })).status).toBe(400);
});

test('what is a float, or small, is a number, and __proto__ a name', () => {
  expect(parseWithBigints('[12345678901234567890, 1e20, 1234567890123456.5, 7]')).toEqual([
    12345678901234567890n,
    1e20,
    1234567890123456.5,
    7,
  ]);
  const parsed = parseWithBigints('{"__proto__":{"a":12345678901234567890}}');
  expect(Object.keys(Object(parsed))).toEqual(['__proto__']);
});

test('a rule takes one by the converter bigint, and builds its URL', async () => {
  expect((await client.get('/item/12345678901234567890')).text).toBe('{"next":12345678901234567891}\n');
  expect((await client.get('/item/-1')).status).toBe(404);
  expect((await client.get('/signed/-12345678901234567890')).text).toBe('/signed/-12345678901234567891');
});

test('without the choice it is an error that says how', () => {
  const plain = new Flask(import.meta, { staticFolder: null });
  expect(() => plain.json.loads('12345678901234567890')).toThrow('set app.json.bigints');
});

test('quotes without an end are read once', () => {
  const quotes = `${'1'.repeat(16)}"${'\\"'.repeat(200_000)}`;
  expect(() => app.json.loads(quotes)).toThrow(SyntaxError);
  expect(() => new Flask(import.meta, { staticFolder: null }).json.loads(quotes)).toThrow(SyntaxError);
});
