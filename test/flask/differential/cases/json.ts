/** Cases of areas/json. */
import { badRequest, type Case, type Difference, json, one, page } from '../case.ts';

const echo = (name: string, body: string, type?: string, differs?: Difference) =>
  one(name, 'POST /json/echo', json(body, type), differs);

/** Of 2.2 and earlier it was 400. */
const UNSUPPORTED = {
  why: 'Werkzeug 2.3 and later answer 415 as well',
  ...page(
    415,
    'Unsupported Media Type',
    'Did not attempt to load JSON data because the request Content-Type was not &#39;application/json&#39;.',
  ),
};

export const jsonBodies: readonly Case[] = [
  echo('an object', '{"b":1,"a":{"d":1,"c":2}}'),
  echo('an array', '[1,2,3]'),
  echo('a string', '"text"'),
  echo('null', 'null'),
  echo('a number', '-1.5'),
  echo('keys that look like numbers', '{"10":1,"9":2,"a":3}', undefined, {
    why: 'an object of JavaScript has such keys first, in the order of the numbers',
    body: '{"9":2,"10":1,"a":3}\n',
  }),
  echo('a key twice', '{"a":1,"a":2}'),
  echo('Unicode', '{"a":"Grüße 🦄"}'),
  echo('Unicode, escaped', '{"a":"Gr\\u00fc\\u00dfe \\ud83e\\udd84"}'),
  echo('half a surrogate pair', '"\\ud83e"'),
  echo('space around it', ' \n\t{"a": 1}\r\n '),
  echo('a byte order mark', '\ufeff{"a":1}'),
  echo('__proto__ is a key as any other', '{"__proto__":{"a":1}}'),
  echo('constructor is a key as any other', '{"constructor":1}'),
  echo('malformed: cut off', '{"a":'),
  echo('malformed: single quotes', "{'a':1}"),
  echo('malformed: a comma too many', '[1,]'),
  echo('malformed: two values', '{} {}'),
  echo('malformed: a line break in a string', '"a\nb"'),
  echo('malformed: nothing at all', ''),
  echo('malformed: deeply', '['.repeat(500)),
  echo('with a charset', '{"a":1}', 'application/json; charset=utf-8'),
  echo('a type that ends in +json', '{"a":1}', 'application/problem+json'),
  echo('the type in upper case', '{"a":1}', 'APPLICATION/JSON'),
  echo('the wrong type', '{"a":1}', 'text/plain', UNSUPPORTED),
  echo('the type of a form', 'a=1', 'application/x-www-form-urlencoded', UNSUPPORTED),
  echo('NaN', 'NaN', undefined, {
    why: 'JSON has no NaN (RFC 8259 section 6)',
    ...badRequest,
  }),
  one('no type', 'POST /json/echo', { body: '{"a":1}' }, UNSUPPORTED),
  one('a body in no UTF-8', 'POST /json/echo', { ...json(''), body: Buffer.from('{"a":"\xff"}', 'latin1') }),
  one('force', 'POST /json/get?force', json('{"a":1}', 'text/plain')),
  one('force, malformed', 'POST /json/get?force', json('{', 'text/plain')),
  one('silent', 'POST /json/get?silent', json('{')),
  one('silent, the wrong type', 'POST /json/get?silent', json('{}', 'text/plain')),
  one('silent and force', 'POST /json/get?silent&force', json('{', 'text/plain')),
  one('is it JSON', 'POST /json/is', json('{}')),
  one('is it JSON with a parameter', 'POST /json/is', json('{}', 'application/vnd.api+json; v=1')),
  one('it is not', 'POST /json/is', json('{}', 'text/json')),
  one('the type of a value', 'POST /json/type', json('[]')),
  one('the body as text and as JSON', 'POST /json/data', json('{"a": 1}')),
  one('keys are sorted', 'GET /json/keys'),
  one('text is escaped', 'GET /json/text'),
  one('values', 'GET /json/values'),
  one('a list', 'GET /json/list'),
  one('jsonify of named values', 'GET /json/kwargs'),
  one('jsonify of many values', 'GET /json/args'),
  one('jsonify of nothing', 'GET /json/empty'),
  one('jsonify of null', 'GET /json/none'),
  one('jsonify of a string', 'GET /json/string'),
  one('dates and UUIDs', 'GET /json/date'),
  one('JSON with a status and headers', 'GET /json/status'),
];
