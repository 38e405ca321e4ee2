/** What the clients ask of each program of manifest.mjs, and what must come back. */
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { fieldOf, type Reply } from '../processes/client-connection.ts';
import type { Ask, Question } from '../processes/questions.ts';
import { echoed, socketIo, type Talk } from './talkers.ts';

interface Clients {
  /** A new one for each client, which may remember what it was told. */
  readonly ask: () => Ask;
  /** What is said over a WebSocket. */
  readonly talk?: Talk;
}

type Judge = (reply: Reply) => boolean;

const question = (method: 'GET' | 'POST', target: string, fields: readonly string[], body: string, judge: Judge) => ({
  method,
  target,
  pieces: [`${[`${method} ${target} HTTP/1.1`, 'Host: test', ...fields].join('\r\n')}\r\n\r\n${body}`],
  isAnsweredBy: judge,
});

const get = (target: string, judge: Judge, ...fields: string[]): Question => question('GET', target, fields, '', judge);

const post = (target: string, type: string, body: string, judge: Judge, ...fields: string[]): Question =>
  question('POST', target, [...fields, `Content-Type: ${type}`, `Content-Length: ${body.length}`], body, judge);

const postJson = (target: string, value: unknown, judge: Judge, ...fields: string[]): Question =>
  post(target, 'application/json', JSON.stringify(value), judge, ...fields);

const is =
  (text: string, status = 200): Judge =>
  (reply) =>
    reply.status === status && reply.text === text;

const isJson = (value: unknown, status = 200): Judge => is(JSON.stringify(value), status);

/** Pages have more in them than we wrote. */
const has =
  (...texts: string[]): Judge =>
  ({ status, text }) =>
    status === 200 && texts.every((each) => text.includes(each));

const reader = (token: string) => `X-Reader: r${token}`;

/** One after the other, for ever. */
const inTurn =
  (...makers: readonly ((token: string) => Question)[]): Ask =>
  (token, turn) => {
    const maker = makers[turn % makers.length];
    return maker === undefined ? [] : [maker(token)];
  };

/** Comes again and again with the cookie that it was given. */
function visitor(): (token: string) => Question {
  let cookie = '';
  let visits = 0;
  const fields = () => (cookie === '' ? [] : [`Cookie: ${cookie}`]);
  return () =>
    get(
      '/visits',
      (reply) => {
        cookie ||= fieldOf(reply, 'set-cookie')?.split(';')[0] ?? '';
        visits += 1;
        return isJson({ visits })(reply);
      },
      ...fields(),
    );
}

/** A form with a field and a file; one of more than 64 KiB is refused in the midst of it. */
function upload(token: string, size: number): Question {
  const content = token.padEnd(size, token);
  const part = (name: string, value: string, more = '') =>
    `--border\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`;
  const body = `${part('title', token)}${part('file', content, `; filename="${token}.txt"`)}--border--\r\n`;
  const sha256 = createHash('sha256').update(content, 'latin1').digest('hex');
  const judge =
    size > 65_536 ? isJson({ error: 'File too large' }, 413) : isJson({ title: token, name: `${token}.txt`, sha256 });
  return post('/upload', 'multipart/form-data; boundary=border', body, judge);
}

const compressed = (token: string) =>
  get(
    `/lines/${token}`,
    (reply) =>
      fieldOf(reply, 'content-encoding') === 'gzip' &&
      gunzipSync(Buffer.from(reply.text, 'latin1')).toString() === `${token}\n`.repeat(500),
    'Accept-Encoding: gzip',
  );

const graphql = (query: string, variables: unknown, judge: Judge, ...fields: string[]) =>
  postJson('/graphql', { query, variables }, judge, ...fields);

const express = () =>
  inTurn(
    (token) => get(`/hello/${token}`, is(`Hello, ${token}!`)),
    visitor(),
    (token) => postJson('/echo', { token }, isJson({ token })),
    (token) => upload(token, 4_000),
    compressed,
    (token) => get(`/hello/${token}`, is(`Hello, ${token}!`)),
    visitor(),
    (token) => upload(token, 70_000),
  );

const plain = () => inTurn((token) => get(`/${token}`, is(`plain /${token}`)));

const nest = () =>
  inTurn(
    () => get('/cats/1', isJson({ id: 1, name: 'Felix' })),
    (token) => postJson('/cats', { name: token }, isJson({ added: token }, 201)),
    () => get('/cats/9', isJson({ message: 'no cat 9', error: 'Not Found', statusCode: 404 }, 404)),
    () => get('/cats/tom', ({ status }) => status === 400),
  );

/** What the site generators have in common: a page made for the request, and JSON that goes both ways. */
const site = (echo: string) => [
  (token: string) => get(`/hello/${token}`, has(token, `r${token}`), reader(token)),
  (token: string) => postJson(echo, { token }, isJson({ token })),
];

const next = (...more: readonly ((token: string) => Question)[]) =>
  inTurn(...site('/api/echo'), () => get('/', has('made by the build')), ...more);

const apollo = () =>
  inTurn(
    (token) =>
      graphql(
        'query ($name: String!) { author(name: $name) { name books { title author { name } } } }',
        { name: token },
        ({ status, text }) =>
          status === 200 &&
          text.trim() ===
            JSON.stringify({
              data: { author: { name: token, books: [{ title: `${token} for r${token}`, author: { name: token } }] } },
            }),
        reader(token),
      ),
    (token) =>
      graphql(
        'mutation ($from: String!) { rename(from: $from, to: "other") }',
        { from: token },
        has(`${token} is other now`),
      ),
    () => graphql('{ nothing }', {}, ({ status }) => status === 400),
  );

const yoga = () =>
  inTurn(
    (token) =>
      graphql(
        'query ($name: String!) { hello(name: $name) }',
        { name: token },
        isJson({ data: { hello: `${token}, r${token}` } }),
        reader(token),
      ),
    (token) =>
      graphql(
        'mutation ($text: String!) { shout(text: $text) }',
        { text: token },
        isJson({ data: { shout: token.toUpperCase() } }),
      ),
    () =>
      graphql(
        'subscription { countdown(from: 2) }',
        {},
        has('"countdown":2', '"countdown":0', 'event: complete'),
        'Accept: text/event-stream',
      ),
  );

const trpc = () =>
  inTurn(
    (token) =>
      get(
        `/hello?input=${encodeURIComponent(JSON.stringify(token))}`,
        isJson({ result: { data: `${token}, r${token}` } }),
        reader(token),
      ),
    () => postJson('/sum', [1, 2, 3], isJson({ result: { data: 6 } })),
    () => get('/missing', ({ status }) => status === 404),
  );

const proxy = () =>
  inTurn(
    (token) => get(`/hello/${token}`, is(`Hello, ${token}!`)),
    (token) =>
      get(
        `/api/${token}`,
        (reply) => is(`GET /${token} `)(reply) && fieldOf(reply, 'x-for') === `r${token}`,
        reader(token),
      ),
    (token) => postJson(`/api/${token}`, { token }, is(`POST /${token} ${JSON.stringify({ token })}`)),
  );

/** By a program's name. */
export const CLIENTS: Readonly<Record<string, Clients>> = {
  express: { ask: express },
  ws: { ask: plain, talk: echoed('/chat') },
  'socket-io': { ask: plain, talk: socketIo },
  'next-standalone': { ask: () => next() },
  'next-custom': { ask: () => next(() => get('/own', is('an answer of the custom server'))) },
  'nest-express': { ask: nest },
  'nest-fastify': { ask: nest },
  'fastify-websocket': {
    ask: () =>
      inTurn(
        (token) => get(`/hello/${token}`, isJson({ hello: token })),
        () => postJson('/double', { count: 21 }, isJson({ double: 42 })),
        () => postJson('/double', {}, ({ status }) => status === 400),
      ),
    talk: echoed('/chat'),
  },
  apollo: { ask: apollo },
  'http-proxy-middleware': { ask: proxy, talk: echoed('/chat') },
  nitro: {
    ask: () =>
      inTurn(
        (token) =>
          get(
            `/hello/${token}`,
            ({ text }) => JSON.stringify(JSON.parse(text)) === JSON.stringify({ hello: token, reader: `r${token}` }),
            reader(token),
          ),
        (token) => postJson('/echo', { token }, ({ text }) => JSON.parse(text).token === token),
        () => get('/stream', is('one\ntwo\nthree\n')),
      ),
  },
  yoga: { ask: yoga },
  trpc: { ask: trpc },
  astro: { ask: () => inTurn(...site('/api/echo'), () => get('/', has('made by the build'))) },
  'react-router': { ask: () => inTurn(...site('/echo')) },
  sveltekit: { ask: () => inTurn(...site('/echo')) },
};
