/** The settings that an app may have for this package, by Flask-Login's names, and their defaults. */
import { currentApp } from '@qilin/flask';

declare module '@qilin/flask' {
  interface ConfigValues {
    /** `remember_token` unless given. */
    REMEMBER_COOKIE_NAME?: string;
    /** Seconds that the cookie lives; 365 days unless given. */
    REMEMBER_COOKIE_DURATION?: number;
    REMEMBER_COOKIE_DOMAIN?: string | null;
    /** `/` unless given. */
    REMEMBER_COOKIE_PATH?: string;
    REMEMBER_COOKIE_SECURE?: boolean;
    /** True unless given. */
    REMEMBER_COOKIE_HTTPONLY?: boolean;
    REMEMBER_COOKIE_SAMESITE?: 'Strict' | 'Lax' | 'None' | null;
    /** The cookie is sent with each response, so that it lives from the last request on. */
    REMEMBER_COOKIE_REFRESH_EACH_REQUEST?: boolean;
    /** Goes before the manager's `sessionProtection`. */
    SESSION_PROTECTION?: 'basic' | 'strong' | null;
    /** Where to go after the login is kept in the session instead of the URL. */
    USE_SESSION_FOR_NEXT?: boolean;
    /** Host of the login's URL when a user is sent there. */
    FORCE_HOST_FOR_REDIRECTS?: string | null;
    /** `loginRequired` lets everybody in: for tests. */
    LOGIN_DISABLED?: boolean;
  }
}

/** Name of the cookie that remembers a user. */
export const rememberCookieName = (): string => currentApp.config.REMEMBER_COOKIE_NAME ?? 'remember_token';

/** Seconds in 365 days. */
export const REMEMBER_DURATION = 365 * 24 * 60 * 60;

/** What is kept in a session. Flask-Login's `SESSION_KEYS`. */
export const SESSION_KEYS = ['_user_id', '_remember', '_remember_seconds', '_id', '_fresh', 'next'] as const;

/** Methods that `loginRequired` lets pass: a browser asks by them before it sends who it is. Flask-Login's `EXEMPT_METHODS`. */
export const EXEMPT_METHODS: ReadonlySet<string> = new Set(['OPTIONS']);
