/** Password hashes in Werkzeug's format, `scrypt:N:r:p$salt$hash`: users of a Flask app keep their passwords. */
import { randomInt, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const SALT_CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const SALT_LENGTH = 16;
const HASH_BYTES = 64;

interface Cost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

const COST: Cost = { N: 32768, r: 8, p: 1 };

const derive = promisify<string, string, number, Cost & { readonly maxmem: number }, Buffer>(scrypt);

/** The hash takes some 60 ms of a thread of libuv's pool; the event loop goes on. */
const hash = (password: string, salt: string, { N, r, p }: Cost) =>
  derive(password, salt, HASH_BYTES, { N, r, p, maxmem: 132 * N * r * p });

/** As Werkzeug's `generate_password_hash`. */
export async function generatePasswordHash(password: string): Promise<string> {
  const salt = Array.from({ length: SALT_LENGTH }, () => SALT_CHARACTERS[randomInt(SALT_CHARACTERS.length)]).join('');
  const { N, r, p } = COST;
  return `scrypt:${N}:${r}:${p}$${salt}$${(await hash(password, salt, COST)).toString('hex')}`;
}

/** As Werkzeug's `check_password_hash`; false for a hash of another method. */
export async function checkPasswordHash(stored: string, password: string): Promise<boolean> {
  const [, N, r, p, salt = '', expected = ''] = /^scrypt:(\d+):(\d+):(\d+)\$([^$]+)\$([0-9a-f]+)$/.exec(stored) ?? [];
  const wanted = Buffer.from(expected, 'hex');
  if (wanted.length !== HASH_BYTES) return false;
  return timingSafeEqual(wanted, await hash(password, salt, { N: Number(N), r: Number(r), p: Number(p) }));
}
