/** Session cookies that are not what they seem, for the app of attacks/app.ts. */
import { createHmac } from 'node:crypto';
import { deflateSync } from 'node:zlib';

/** What a server with another key, or another salt, would sign at that time. */
function sign(payload: string, { key = 'not to be guessed', salt = 'cookie-session', at = Date.now() / 1000 }): string {
  const stamp = Buffer.alloc(4);
  stamp.writeUInt32BE(Math.floor(at));
  const text = `${payload}.${stamp.toString('base64url')}`;
  const derived = createHmac('sha1', key).update(salt).digest();
  return `${text}.${createHmac('sha1', derived).update(text).digest('base64url')}`;
}

const USER = Buffer.from('{"user":"ada"}').toString('base64url');
const YEAR = 365 * 86_400;

/** Session cookies by name; the first alone is good. */
export const COOKIES: Readonly<Record<string, string>> = {
  good: sign(USER, {}),
  'another key': sign(USER, { key: 'guessed' }),
  'an empty key': sign(USER, { key: '' }),
  'another salt': sign(USER, { salt: 'itsdangerous' }),
  'expired a second ago': sign(USER, { at: Date.now() / 1000 - 3601 }),
  'expired a year ago': sign(USER, { at: Date.now() / 1000 - YEAR }),
  'from the future': sign(USER, { at: Date.now() / 1000 + YEAR }),
  'another payload': sign(Buffer.from('{"user":"eve"}').toString('base64url'), {}).replace(/^[^.]+/, USER),
  'no signature': sign(USER, {}).replace(/\.[^.]+$/, ''),
  'an empty signature': sign(USER, {}).replace(/\.[^.]+$/, '.'),
  'a part of a signature': sign(USER, {}).slice(0, -5),
  'no JSON': sign(Buffer.from('user=ada').toString('base64url'), {}),
  'no object': sign(Buffer.from('"ada"').toString('base64url'), {}),
  'no base64': sign('@@@@', {}),
  'no zlib': sign(`.${USER}`, {}),
  'a bomb that is not signed':
    `.${deflateSync(Buffer.alloc(50_000_000)).toString('base64url')}.aaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaa`.slice(0, 7000),
  'only points': '......',
  nothing: '',
};
