/** What others hear of logins. Flask-Login's `signals`. */
import { type App, Signal } from '@qilin/flask';
import type { LoginUser } from './user.ts';

type OfUser = { readonly user: LoginUser };

/** A user was logged in. */
export const userLoggedIn = new Signal<App, OfUser>('logged-in');
/** A user was logged out. */
export const userLoggedOut = new Signal<App, OfUser>('logged-out');
/** A user was found by the cookie that remembers them. */
export const userLoadedFromCookie = new Signal<App, OfUser>('loaded-from-cookie');
/** A user was found by the manager's `requestLoader`. */
export const userLoadedFromRequest = new Signal<App, OfUser>('loaded-from-request');
/** A login was made fresh again. */
export const userLoginConfirmed = new Signal<App>('login-confirmed');
/** Somebody was turned away. */
export const userUnauthorized = new Signal<App>('unauthorized');
/** Somebody has to log in anew. */
export const userNeedsRefresh = new Signal<App>('needs-refresh');
/** `currentUser` was asked for, the first time in a request. */
export const userAccessed = new Signal<App>('accessed');
/** A session came from another client than it was made for. */
export const sessionProtected = new Signal<App>('session-protected');
