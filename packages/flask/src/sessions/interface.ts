/** Where sessions are kept: what every kind of store has in common. */
import { type CookieOptions, dumpCookie, dumpDeletedCookie } from '../http/cookies.ts';
import { addVary } from '../http/header-values.ts';
import { NullSession, type Session } from './session.ts';
import type { SecretKey } from './signer.ts';

/** The config keys that sessions read, by Flask's names. */
export interface SessionConfig {
  /** Signs; without it there is no session. */
  readonly SECRET_KEY: SecretKey | null;
  /** Former keys, newest first: they still verify. */
  readonly SECRET_KEY_FALLBACKS?: readonly SecretKey[] | null;
  readonly SESSION_COOKIE_NAME: string;
  /** `null`, `false` or empty: none, the cookie goes to this host alone. */
  readonly SESSION_COOKIE_DOMAIN: string | false | null;
  /** `null`: `APPLICATION_ROOT`. */
  readonly SESSION_COOKIE_PATH: string | null;
  readonly SESSION_COOKIE_HTTPONLY: boolean;
  readonly SESSION_COOKIE_SECURE: boolean;
  readonly SESSION_COOKIE_SAMESITE: 'Strict' | 'Lax' | 'None' | null;
  readonly SESSION_COOKIE_PARTITIONED?: boolean;
  /** Seconds. */
  readonly PERMANENT_SESSION_LIFETIME: number;
  /** Whether a permanent session's cookie is sent with every answer, so that it lives on while it is used. */
  readonly SESSION_REFRESH_EACH_REQUEST: boolean;
  /** Bytes of a cookie from which on a warning is emitted; 0 for never. */
  readonly MAX_COOKIE_SIZE?: number;
  readonly APPLICATION_ROOT: string;
}

/** What an interface needs of the app: a `Flask` fits. */
export interface SessionApp {
  readonly config: SessionConfig;
}

/** What an interface needs of the request. */
export interface SessionRequest {
  readonly cookies: { get(name: string): string | undefined };
}

/** What an interface needs of the response. */
export interface SessionResponse {
  readonly headers: Headers;
}

/**
 * Opens a session when a request begins and saves it when the response is there. Mirrors Flask's `SessionInterface`.
 * Whoever keeps sessions elsewhere extends it by these two methods.
 */
export abstract class SessionInterface {
  /**
   * The session of a request; whatever the cookie holds, this must not throw because of it.
   *
   * @returns `undefined` when there can be none: the app then uses {@link makeNullSession}
   */
  abstract openSession(app: SessionApp, request: SessionRequest): Session | undefined | Promise<Session | undefined>;

  /** Keeps the session, and tells the browser by the response's headers. */
  abstract saveSession(app: SessionApp, session: Session, response: SessionResponse): void | Promise<void>;

  makeNullSession(): NullSession {
    return new NullSession();
  }

  isNullSession(session: Session): boolean {
    return session instanceof NullSession;
  }

  getCookieName({ config }: SessionApp): string {
    return config.SESSION_COOKIE_NAME;
  }

  getCookiePath({ config }: SessionApp): string {
    return config.SESSION_COOKIE_PATH ?? config.APPLICATION_ROOT;
  }

  /** `SESSION_COOKIE_DOMAIN`; without it the cookie goes to the host alone that set it. */
  getCookieDomain({ config }: SessionApp): string | undefined {
    return config.SESSION_COOKIE_DOMAIN || undefined;
  }

  /** The attributes of the session's cookie, its end left aside. */
  getCookieOptions(app: SessionApp): CookieOptions {
    const { config } = app;
    return {
      domain: this.getCookieDomain(app),
      path: this.getCookiePath(app),
      httpOnly: config.SESSION_COOKIE_HTTPONLY,
      secure: config.SESSION_COOKIE_SECURE,
      sameSite: config.SESSION_COOKIE_SAMESITE ?? undefined,
      partitioned: config.SESSION_COOKIE_PARTITIONED,
    };
  }

  /** When the cookie ends: `undefined` for a session that ends with the browser. */
  getExpirationTime({ config }: SessionApp, session: Session): Date | undefined {
    if (!session.permanent) return undefined;
    return new Date(Date.now() + config.PERMANENT_SESSION_LIFETIME * 1000);
  }

  /** Whether the answer must set the cookie. */
  shouldSetCookie({ config }: SessionApp, session: Session): boolean {
    return session.modified || (session.permanent && config.SESSION_REFRESH_EACH_REQUEST);
  }

  /** Sets the session's cookie to `value`. */
  protected sendCookie(app: SessionApp, session: Session, response: SessionResponse, value: string): void {
    const options = {
      ...this.getCookieOptions(app),
      expires: this.getExpirationTime(app, session),
      maxSize: app.config.MAX_COOKIE_SIZE,
    };
    response.headers.append('Set-Cookie', dumpCookie(this.getCookieName(app), value, options));
    addVary(response.headers, 'Cookie');
  }

  /** Makes the browser forget the session's cookie. */
  protected deleteCookie(app: SessionApp, response: SessionResponse): void {
    response.headers.append('Set-Cookie', dumpDeletedCookie(this.getCookieName(app), this.getCookieOptions(app)));
    addVary(response.headers, 'Cookie');
  }
}
