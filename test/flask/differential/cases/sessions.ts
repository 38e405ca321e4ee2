/** Cases of areas/sessions; the crossed ones read here what was signed there. */
import { type Case, crossed, many, one, other } from '../case.ts';

const cookie = (value: string) => ({ headers: { Cookie: `session=${value}` } });

/** Of the app with all settings of the session's cookie. */
const at = (path: string) => ({ ask: `GET ${path}`, headers: { Host: 'hosts.test' } });

export const sessions: readonly Case[] = [
  one('empty', 'GET /session'),
  one('untouched: no cookie, no Vary', 'GET /session/untouched'),
  one('set', 'GET /session/set?a=1'),
  one('set with text in UTF-8', 'GET /session/set?a=%C3%A4%F0%9F%A6%84'),
  one('values of every type', 'GET /session/values'),
  one('values that look like tags', 'GET /session/tagged'),
  one('large: compressed', 'GET /session/large'),
  one('permanent', 'GET /session/permanent'),
  other('state', 'GET /session/state', {
    why: "Flask's cookie session says of every session that it is not new",
    body: '[true,false,false,true]\n',
  }),
  one('cleared when there was none', 'GET /session/clear'),
  one('flash', 'GET /flash'),
  one('no flashes', 'GET /flashed'),
  many('count', 'GET /session/count', 'GET /session/count', 'GET /session/count'),
  many('pop', 'GET /session/set?a=1&b=2', 'GET /session/pop', 'GET /session'),
  many('clear deletes the cookie', 'GET /session/set?a=1', 'GET /session/clear', 'GET /session'),
  many('read only: no cookie, but Vary', 'GET /session/set?a=1', 'GET /session'),
  many('permanent is renewed when it is read', 'GET /session/permanent', 'GET /session'),
  many('permanent is not renewed when it is not read', 'GET /session/permanent', 'GET /session/untouched'),
  many('state of an old one', 'GET /session/set?a=1', 'GET /session/state'),
  many('a nested change is not seen', 'GET /session/set?a=1', 'GET /session/nested', 'GET /session'),
  many('a nested change that is told', 'GET /session/nested?modified', 'GET /session/nested?modified', 'GET /session'),
  many('flash, then read once', 'GET /flash', 'GET /flashed', 'GET /flashed'),
  many('flashes with categories', 'GET /flash', 'GET /flashed/categories'),
  many('flashes of a category', 'GET /flash', 'GET /flashed/filter'),
  many('flashes twice in a request', 'GET /flash', 'GET /flashed/twice'),
  many('flashes of two requests', 'GET /flash', 'GET /flash', 'GET /flashed'),
  many('flashed markup', 'GET /flash/markup', 'GET /flashed'),
  many('flashes in a template', 'GET /flash', 'GET /page/globals'),
  crossed('text', 'GET /session/set?a=%C3%A4', 'GET /session', 'GET /session'),
  crossed('values of every type', 'GET /session/values', 'GET /session/types', 'GET /session/types'),
  crossed('values that look like tags', 'GET /session/tagged', 'GET /session', 'GET /session'),
  crossed('compressed', 'GET /session/large', 'GET /session', 'GET /session/count', 'GET /session'),
  crossed('count', ...Array.from({ length: 5 }, () => 'GET /session/count')),
  crossed('permanent', 'GET /session/permanent', 'GET /session', 'GET /session/count', 'GET /session'),
  crossed('flashes', 'GET /flash', 'GET /flash', 'GET /flashed/categories', 'GET /flashed'),
  crossed('clear', 'GET /session/set?a=1', 'GET /session/clear', 'GET /session'),
  many('with every setting of the cookie', at('/session'), at('/session'), at('/session/show')),
  many('with every setting of the cookie, cleared', at('/session'), at('/session/clear')),
  one('forged: no signature', 'GET /session', cookie('eyJhIjoiMSJ9')),
  one('forged: a wrong signature', 'GET /session', cookie('eyJhIjoiMSJ9.ZZZZZZ.AAAAAAAAAAAAAAAAAAAAAAAAAAA')),
  one('forged: an empty signature', 'GET /session', cookie('eyJhIjoiMSJ9.ZZZZZZ.')),
  one('forged: points only', 'GET /session', cookie('...')),
  one('forged: no base64', 'GET /session', cookie('.@@@.%%%.é')),
  one('forged: very long', 'GET /session', cookie('A'.repeat(5000))),
  one('forged: set again over it', 'GET /session/set?a=1', cookie('eyJhIjoiMiJ9.ZZZZZZ.AAAA')),
];
