/** Cases of areas/errors. */
import { type Case, one } from '../case.ts';

export const errors: readonly Case[] = [
  one('nothing there', 'GET /nowhere'),
  one('nothing there, asked by HEAD', 'HEAD /nowhere'),
  ...[400, 401, 403, 404, 405, 406, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 418, 422, 423, 424, 428].map(
    (code) => one(`abort(${code})`, `GET /abort/${code}`),
  ),
  ...[429, 431, 451, 500, 501, 502, 503, 504, 505].map((code) => one(`abort(${code})`, `GET /abort/${code}`)),
  one('abort with a code that is no error', 'GET /abort/299'),
  one('abort with words', 'GET /abort-text/403'),
  one('abort with words of its own', 'GET /abort-text/400?text=%3Cscript%3E'),
  one('abort with words for a handler', 'GET /abort-text/422?text=a%22b'),
  one('abort with a response', 'GET /abort-response'),
  one('abort with a response of another type', 'GET /abort-plain-response'),
  one('a raised exception, handled by its code', 'GET /raise/gone'),
  one('a raised class', 'GET /raise/not-found'),
  one('a description of two lines', 'GET /raise/bad'),
  one('an exception with a response', 'GET /raise/conflict'),
  one("an exception of the app's own", 'GET /raise/teapot'),
  one('401 with a challenge', 'GET /raise/unauthorized'),
  one('429 with Retry-After, handled by its class', 'GET /raise/too-many'),
  one('503 with Retry-After', 'GET /raise/unavailable'),
  one('416 with a length', 'GET /raise/range'),
  one('405 with methods', 'GET /raise/method'),
  one('a crash tells nothing', 'GET /crash'),
  one('a crash, asked by HEAD', 'HEAD /crash'),
  one('a handled class', 'GET /broken'),
  one('a subclass of a handled class', 'GET /more-broken'),
  one('a missing form field', 'GET /key-error'),
  one('a handler by code for a routing error', 'GET /abort/410'),
];
