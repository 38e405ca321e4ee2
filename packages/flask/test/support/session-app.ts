/** An app's config with Flask's defaults, for sessions. */
import type { SessionApp, SessionConfig } from '../../src/sessions/interface.ts';

export function sessionApp(changes: Partial<SessionConfig> = {}): SessionApp {
  return {
    config: {
      SECRET_KEY: 'dev',
      SECRET_KEY_FALLBACKS: null,
      SESSION_COOKIE_NAME: 'session',
      SESSION_COOKIE_DOMAIN: null,
      SESSION_COOKIE_PATH: null,
      SESSION_COOKIE_HTTPONLY: true,
      SESSION_COOKIE_SECURE: false,
      SESSION_COOKIE_SAMESITE: null,
      PERMANENT_SESSION_LIFETIME: 31 * 24 * 3600,
      SESSION_REFRESH_EACH_REQUEST: true,
      APPLICATION_ROOT: '/',
      ...changes,
    },
  };
}

/** A request that brings one cookie, or none. */
export const requestWith = (value?: string) => ({ cookies: new Map(value === undefined ? [] : [['session', value]]) });

export const newResponse = () => ({ headers: new Headers() });

/** The value of the session's cookie that a response sets; `undefined` when it sets none. */
export function cookieOf({ headers }: { readonly headers: Headers }): string | undefined {
  return /^session=([^;]*)/.exec(headers.getSetCookie()[0] ?? '')?.[1];
}
