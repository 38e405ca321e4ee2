/** Sessions in a signed cookie, the same that Python's Flask writes and reads. */

import { addVary } from '../http/header-values.ts';
import { type SessionApp, SessionInterface, type SessionRequest, type SessionResponse } from './interface.ts';
import { UrlSafeTimedSerializer } from './serializer.ts';
import { Session } from './session.ts';
import { BadSignature, type KeyDerivation, type SecretKey } from './signer.ts';
import { TaggedJsonSerializer } from './tagged-json.ts';

/**
 * Keeps the session in a cookie that the user can read but not change. Mirrors Flask's `SecureCookieSessionInterface`:
 * both read each other's cookies, given the same `SECRET_KEY`.
 */
export class SecureCookieSessionInterface extends SessionInterface {
  /** Keeps sessions apart from other things signed with the same key. */
  readonly salt: string = 'cookie-session';
  readonly digest: string = 'sha1';
  readonly keyDerivation: KeyDerivation = 'hmac';
  /** What the values become; `register` adds types of the app's own. */
  readonly serializer = new TaggedJsonSerializer();
  #signing: { readonly keys: readonly SecretKey[]; readonly serializer: UrlSafeTimedSerializer } | undefined;

  /** The serializer for the app's keys, `undefined` without a secret key. Kept until the keys change. */
  getSigningSerializer({ config }: SessionApp): UrlSafeTimedSerializer | undefined {
    const { SECRET_KEY: secret, SECRET_KEY_FALLBACKS: fallbacks } = config;
    if (secret === null || secret.length === 0) return undefined;
    const keys = [...(fallbacks ?? [])].reverse().concat([secret]);
    const known = this.#signing;
    if (known !== undefined && known.keys.length === keys.length && keys.every((key, i) => key === known.keys[i])) {
      return known.serializer;
    }
    const { salt, digest, keyDerivation } = this;
    const serializer = new UrlSafeTimedSerializer(keys, { salt, digest, keyDerivation, serializer: this.serializer });
    this.#signing = { keys, serializer };
    return serializer;
  }

  /** A cookie that is forged, truncated, expired or absurd gives a new, empty session. */
  openSession(app: SessionApp, request: SessionRequest): Session | undefined {
    const serializer = this.getSigningSerializer(app);
    if (serializer === undefined) return undefined;
    const cookie = request.cookies.get(this.getCookieName(app));
    if (cookie === undefined || cookie === '') return new Session();
    try {
      return new Session(dictOf(serializer.loads(cookie, { maxAge: app.config.PERMANENT_SESSION_LIFETIME })));
    } catch (error) {
      if (error instanceof BadSignature) return new Session();
      throw error;
    }
  }

  saveSession(app: SessionApp, session: Session, response: SessionResponse): void {
    if (session.accessed) addVary(response.headers, 'Cookie');
    const values = session.peek();
    if (Object.keys(values).length === 0) {
      if (session.modified) this.deleteCookie(app, response);
      return;
    }
    const serializer = this.getSigningSerializer(app);
    if (serializer === undefined || !this.shouldSetCookie(app, session)) return;
    this.sendCookie(app, session, response, serializer.dumps(values));
  }
}

/** A session is a dictionary; anything else that was signed with the key and the salt counts as no session. */
function dictOf(value: unknown): Record<string, unknown> | undefined {
  const isDict = typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
  return isDict ? Object.fromEntries(Object.entries(value)) : undefined;
}
