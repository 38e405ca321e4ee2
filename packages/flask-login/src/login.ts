/** Logging in and out, and views for those who did. Flask-Login's `utils`. */
import { currentApp, currentObject, hasRequestContext, request, session, standFor, viewDecorator } from '@qilin/flask';
import { decodeCookie } from './cookie.ts';
import { currentManager } from './login-manager.ts';
import { EXEMPT_METHODS, rememberCookieName } from './settings.ts';
import { userLoggedIn, userLoggedOut, userLoginConfirmed } from './signals.ts';
import { AnonymousUserMixin, type LoginUser } from './user.ts';

/**
 * The app's own users, for the app to fill in:
 *
 * @example
 * declare module '@qilin/flask-login' {
 *   interface CurrentUser extends User {}
 * }
 */
// biome-ignore lint/suspicious/noEmptyInterface: a type could not be added to
export interface CurrentUser {}

/** The user of this request, or who stands for nobody: look at `isAuthenticated`. Flask-Login's `current_user`. */
export const currentUser: LoginUser & CurrentUser = standFor<LoginUser>(() =>
  hasRequestContext() ? currentManager().user() : new AnonymousUserMixin(),
) as LoginUser & CurrentUser;

/** How to log in. Arguments of Flask-Login's `login_user`. */
export interface LoginOptions {
  /** A cookie lets the user in again when the session is gone. */
  readonly remember?: boolean;
  /** Seconds that this cookie lives; REMEMBER_COOKIE_DURATION unless given. */
  readonly duration?: number;
  /** Also a user who is not active. */
  readonly force?: boolean;
  /** False: `freshLoginRequired` does not let them in. */
  readonly fresh?: boolean;
}

/** Logs a user in; false for one who is not active. Check the password before. Flask-Login's `login_user`. */
export function loginUser(who: LoginUser, options: LoginOptions = {}): boolean {
  // `currentUser` itself would stand for itself.
  const user = currentObject(who);
  const { remember = false, duration, force = false, fresh = true } = options;
  if (!force && !user.isActive) return false;
  const id = user.getId();
  if (id === null) throw new TypeError('A user without an id cannot be logged in: getId() returned null.');
  const manager = currentManager();
  session.update({ _user_id: id, _fresh: fresh, _id: manager.sessionIdentifierGenerator() });
  if (remember) session.set('_remember', 'set');
  if (remember && duration !== undefined) session.set('_remember_seconds', duration);
  manager.setUser(user);
  userLoggedIn.send(currentObject(currentApp), { user });
  return true;
}

/** Logs the current user out, and forgets the cookie that remembers them. Flask-Login's `logout_user`. */
export function logoutUser(): true {
  const manager = currentManager();
  const user = manager.user();
  for (const key of ['_user_id', '_fresh', '_id']) if (session.has(key)) session.pop(key);
  if (request.cookies.has(rememberCookieName())) {
    session.set('_remember', 'clear');
    session.pop('_remember_seconds');
  } else if (session.get('_remember') === 'set') {
    // Logged in by this very request: its cookie is not sent.
    session.pop('_remember');
  }
  userLoggedOut.send(currentObject(currentApp), { user });
  manager.setUser();
  return true;
}

/** Makes the login fresh again: the password was asked for anew. Flask-Login's `confirm_login`. */
export function confirmLogin(): void {
  session.update({ _fresh: true, _id: currentManager().sessionIdentifierGenerator() });
  userLoginConfirmed.send(currentObject(currentApp), undefined);
}

/** Whether the user logged in by this session, and not by the cookie that remembers them. Flask-Login's `login_fresh`. */
export const loginFresh = (): boolean => session.get('_fresh') === true;

/** Whether the request has a cookie that remembers a user. Flask-Login's `login_remembered`. */
export function loginRemembered(): boolean {
  const cookie = session.get('_remember') === 'clear' ? undefined : request.cookies.get(rememberCookieName());
  return cookie !== undefined && decodeCookie(cookie) !== undefined;
}

const isExempt = (): boolean => EXEMPT_METHODS.has(request.method) || (currentApp.config.LOGIN_DISABLED ?? false);

/**
 * A view for users who are logged in; others go to the login. Flask-Login's `@login_required`.
 * @example app.get('/account/<int:id>', loginRequired(function account({ id }) { return `${currentUser.getId()}: ${id}`; }));
 */
export const loginRequired = viewDecorator((view) =>
  isExempt() || currentUser.isAuthenticated ? view() : currentManager().unauthorized(),
);

/** A view for users whose login is fresh. Flask-Login's `@fresh_login_required`. */
export const freshLoginRequired = viewDecorator((view) => {
  if (isExempt()) return view();
  if (!currentUser.isAuthenticated) return currentManager().unauthorized();
  return loginFresh() ? view() : currentManager().needsRefresh();
});
