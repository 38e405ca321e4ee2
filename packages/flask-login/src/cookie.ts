/** The value of the cookie that remembers a user: `id|hmac`, as Python's Flask-Login writes it. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { currentApp, type SecretKey } from '@qilin/flask';

/** Signs a payload by the key, SECRET_KEY by default. Flask-Login's `encode_cookie`. */
export const encodeCookie = (payload: string, key?: SecretKey): string => `${payload}|${digestOf(payload, key)}`;

/** The payload; undefined where the signature is not ours. Flask-Login's `decode_cookie`. */
export function decodeCookie(cookie: string, key?: SecretKey): string | undefined {
  const bar = cookie.lastIndexOf('|');
  if (bar < 0) return undefined;
  const payload = cookie.slice(0, bar);
  const given = Buffer.from(cookie.slice(bar + 1));
  const expected = Buffer.from(digestOf(payload, key));
  return given.length === expected.length && timingSafeEqual(given, expected) ? payload : undefined;
}

const digestOf = (payload: string, key?: SecretKey): string =>
  createHmac('sha512', bytesOf(key)).update(payload, 'utf8').digest('hex');

/** Python's takes a text for Latin-1. @throws Error without a key, or for one that Python's could not use */
function bytesOf(key: SecretKey | undefined): Uint8Array {
  const secret = key ?? currentApp.config.SECRET_KEY;
  if (secret === null) throw new Error("Remembering a user needs a secret key: set SECRET_KEY in the app's config.");
  if (typeof secret !== 'string') return secret;
  const bytes = Buffer.from(secret, 'latin1');
  if (bytes.toString('latin1') === secret) return bytes;
  throw new TypeError('A SECRET_KEY that is a text must be of Latin-1 to sign cookies: give it as bytes.');
}
