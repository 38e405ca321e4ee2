/** What others hear of logins. Flask-Login's `signals`. */
import { type App, Signal } from '@qilin/flask';
import type { LoginUser } from './user.ts';

type OfUser = { readonly user: LoginUser };

/** A user was logged in. Flask-Login's `user_logged_in`. */
export const userLoggedIn = new Signal<App, OfUser>('logged-in');
/** A user was logged out. Flask-Login's `user_logged_out`. */
export const userLoggedOut = new Signal<App, OfUser>('logged-out');
/** A user was found by the cookie that remembers them. Flask-Login's `user_loaded_from_cookie`. */
export const userLoadedFromCookie = new Signal<App, OfUser>('loaded-from-cookie');
/** A user was found by the manager's `requestLoader`. Flask-Login's `user_loaded_from_request`. */
export const userLoadedFromRequest = new Signal<App, OfUser>('loaded-from-request');
/** A login was made fresh again. Flask-Login's `user_login_confirmed`. */
export const userLoginConfirmed = new Signal<App>('login-confirmed');
/** Somebody was turned away. Flask-Login's `user_unauthorized`. */
export const userUnauthorized = new Signal<App>('unauthorized');
/** Somebody has to log in anew. Flask-Login's `user_needs_refresh`. */
export const userNeedsRefresh = new Signal<App>('needs-refresh');
/** `currentUser` was asked for, the first time in a request. Flask-Login's `user_accessed`. */
export const userAccessed = new Signal<App>('accessed');
/** A session came from another client than it was made for. Flask-Login's `session_protected`. */
export const sessionProtected = new Signal<App>('session-protected');
