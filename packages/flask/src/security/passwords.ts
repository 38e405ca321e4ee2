/** Passwords as they are kept: Werkzeug's `security`, whose hashes are the same text here and there. */
import { createHash, getHashes, pbkdf2, randomInt, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const SALT_CHARACTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** Werkzeug 3.1's defaults. */
const SCRYPT = { N: 2 ** 15, r: 8, p: 1 } as const;
const PBKDF2 = { digest: 'sha256', iterations: 1_000_000 } as const;

const SCRYPT_BYTES = 64;

const derivePbkdf2 = promisify(pbkdf2);
const deriveScrypt = promisify<string, string, number, ScryptOptions, Buffer>(scrypt);

/** A method with all its parameters, as it stands in a hash, and what derives the key. */
interface Method {
  readonly name: string;
  derive(password: string, salt: string): Promise<Buffer>;
}

/**
 * What is to be kept of a password: `scrypt:32768:8:1$salt$hash`. Flask apps' `generate_password_hash`; Python checks it too. It
 * takes some 60 ms of another thread.
 *
 * @param method `scrypt`, `scrypt:N:r:p`, `pbkdf2`, `pbkdf2:digest` or `pbkdf2:digest:iterations`
 * @param saltLength characters of the random salt
 * @throws RangeError for a method that is none of these
 */
export async function generatePasswordHash(password: string, method = 'scrypt', saltLength = 16): Promise<string> {
  if (!Number.isInteger(saltLength) || saltLength < 1)
    throw new RangeError(`A salt must have at least 1 character (got ${saltLength}).`);
  const { name, derive } = methodOf(method);
  const salt = Array.from({ length: saltLength }, () => SALT_CHARACTERS[randomInt(SALT_CHARACTERS.length)]).join('');
  return `${name}$${salt}$${(await derive(password, salt)).toString('hex')}`;
}

/**
 * Whether a password is the one of which there is a hash, by this function or by Werkzeug. Compared in constant time.
 * Flask apps' `check_password_hash`.
 *
 * @returns false also for what is no hash at all
 * @throws RangeError for a method that Werkzeug 3 does not know either, such as `md5` or `sha256` of old
 */
export async function checkPasswordHash(hash: string, password: string): Promise<boolean> {
  const [, method = '', salt = '', expected] = /^([^$]*)\$([^$]*)\$(.*)$/s.exec(hash) ?? [];
  if (expected === undefined) return false;
  const derived = Buffer.from((await methodOf(method).derive(password, salt)).toString('hex'));
  const wanted = Buffer.from(expected);
  return derived.length === wanted.length && timingSafeEqual(derived, wanted);
}

function methodOf(text: string): Method {
  const [name, ...args] = text.split(':');
  if (name === 'scrypt') return scryptMethod(text, args);
  if (name === 'pbkdf2') return pbkdf2Method(text, args);
  throw new RangeError(
    `"${text}" is no method to hash passwords: it must be scrypt or pbkdf2. Passwords kept by another must be set anew.`,
  );
}

function scryptMethod(text: string, args: readonly string[]): Method {
  const [N = SCRYPT.N, r = SCRYPT.r, p = SCRYPT.p] = args.map((arg) => positive(arg, text));
  if (args.length !== 0 && args.length !== 3) throw new RangeError(`scrypt takes N, r and p (got "${text}").`);
  // What it needs is 128 · N · r, and some more.
  const options = { N, r, p, maxmem: 132 * N * r * p };
  return {
    name: `scrypt:${N}:${r}:${p}`,
    derive: (password, salt) => deriveScrypt(password, salt, SCRYPT_BYTES, options),
  };
}

function pbkdf2Method(text: string, args: readonly string[]): Method {
  const [digest = PBKDF2.digest, count] = args;
  if (args.length > 2) throw new RangeError(`pbkdf2 takes a digest and iterations (got "${text}").`);
  if (!getHashes().includes(digest)) throw new RangeError(`There is no digest "${digest}" (got "${text}").`);
  const iterations = count === undefined ? PBKDF2.iterations : positive(count, text);
  const length = createHash(digest).digest().length;
  return {
    name: `pbkdf2:${digest}:${iterations}`,
    derive: (password, salt) => derivePbkdf2(password, salt, iterations, length, digest),
  };
}

function positive(text: string, method: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new RangeError(`The parameters of a method to hash passwords are positive integers (got "${method}").`);
}
