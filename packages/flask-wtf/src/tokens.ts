/** Tokens that say that a form is of the session that sends it; Python's Flask-WTF reads ours, and the other way round. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { BadSignature, currentApp, g, type SecretKey, session, UrlSafeTimedSerializer } from '@qilin/flask';

declare module '@qilin/flask' {
  interface ConfigValues {
    /** Signs tokens; SECRET_KEY unless given. */
    WTF_CSRF_SECRET_KEY?: SecretKey | null;
    /** Name of the field, and of the token in the session; `csrf_token` unless given. */
    WTF_CSRF_FIELD_NAME?: string;
    /** Seconds that a token is good for, 3600 unless given; null: as long as the session. */
    WTF_CSRF_TIME_LIMIT?: number | null;
    /** False: nothing is checked, in tests. */
    WTF_CSRF_ENABLED?: boolean;
    /** False: only what `protect()` is called for is checked. */
    WTF_CSRF_CHECK_DEFAULT?: boolean;
    /** POST, PUT, PATCH, DELETE unless given. */
    WTF_CSRF_METHODS?: readonly string[];
    /** Headers that may have the token; `X-CSRFToken`, `X-CSRF-Token` unless given. */
    WTF_CSRF_HEADERS?: readonly string[];
    /** Whether a request by TLS must come from a page of the same host; true unless given. */
    WTF_CSRF_SSL_STRICT?: boolean;
  }
}

/** In place of the app's settings. */
export interface TokenOptions {
  readonly secretKey?: SecretKey;
  readonly tokenKey?: string;
}

/** Why a token is none. WTForms's `ValidationError`. */
export class ValidationError extends Error {
  override readonly name = 'ValidationError';
}

export const fieldName = (): string => currentApp.config.WTF_CSRF_FIELD_NAME ?? 'csrf_token';

function serializerOf(secretKey: SecretKey | undefined): UrlSafeTimedSerializer {
  const { WTF_CSRF_SECRET_KEY: own, SECRET_KEY: key } = currentApp.config;
  const secret = secretKey ?? own ?? key;
  if (secret === null) throw new Error("A secret key is required to use CSRF: set SECRET_KEY in the app's config.");
  return new UrlSafeTimedSerializer(secret, { salt: 'wtf-csrf-token' });
}

const isToken = (value: unknown): value is string => typeof value === 'string';

/** The token of this session, the same all through a request. Flask-WTF's `generate_csrf`. */
export function generateCsrf({ secretKey, tokenKey = fieldName() }: TokenOptions = {}): string {
  const known = g.get(tokenKey);
  if (isToken(known)) return known;
  const kept: unknown = session.get(tokenKey);
  const raw = isToken(kept) ? kept : createHash('sha1').update(randomBytes(64)).digest('hex');
  if (raw !== kept) session.set(tokenKey, raw);
  const token = serializerOf(secretKey).dumps(raw);
  Reflect.set(g, tokenKey, token);
  return token;
}

/** Checks a token that came with a request. Flask-WTF's `validate_csrf`. @throws ValidationError saying why it is none */
export function validateCsrf(
  data: string | null | undefined,
  { secretKey, tokenKey = fieldName(), timeLimit }: TokenOptions & { readonly timeLimit?: number | null } = {},
): void {
  if (!data) throw new ValidationError('The CSRF token is missing.');
  const kept: unknown = session.get(tokenKey);
  if (!isToken(kept)) throw new ValidationError('The CSRF session token is missing.');
  const { WTF_CSRF_TIME_LIMIT: configured = 3600 } = currentApp.config;
  const maxAge = timeLimit === undefined ? configured : timeLimit;
  const token = read(serializerOf(secretKey), data, maxAge);
  if (!isSame(token, kept)) throw new ValidationError('The CSRF tokens do not match.');
}

function read(serializer: UrlSafeTimedSerializer, data: string, maxAge: number | null): unknown {
  try {
    return serializer.loads(data, maxAge === null ? {} : { maxAge });
  } catch (error) {
    if (!(error instanceof BadSignature)) throw error;
    const what = error.reason === 'expired' ? 'has expired' : 'is invalid';
    throw new ValidationError(`The CSRF token ${what}.`, { cause: error });
  }
}

function isSame(token: unknown, kept: string): boolean {
  if (typeof token !== 'string') return false;
  const [given, expected] = [Buffer.from(token), Buffer.from(kept)];
  return given.length === expected.length && timingSafeEqual(given, expected);
}
