/** What an app says about its users, and who the current one is. Flask-Login's `LoginManager`. */
import {
  abort,
  currentApp,
  currentObject,
  deleteCookie,
  type Flask,
  type FlaskRequest,
  flash,
  g,
  type Reply,
  redirect,
  request,
  session,
  setCookie,
} from '@qilin/flask';
import { decodeCookie, encodeCookie } from './cookie.ts';
import { createIdentifier } from './identifier.ts';
import { REMEMBER_DURATION, rememberCookieName, SESSION_KEYS } from './settings.ts';
import {
  sessionProtected,
  userAccessed,
  userLoadedFromCookie,
  userLoadedFromRequest,
  userNeedsRefresh,
  userUnauthorized,
} from './signals.ts';
import { expandLoginView, loginUrl, makeNextParam } from './urls.ts';
import { AnonymousUserMixin, type LoginUser } from './user.ts';

type Found = LoginUser | null | undefined;
type MaybePromise<T> = T | Promise<T>;

/** Finds a user by what `getId` said; null or undefined where there is none any more. Flask-Login's `user_loader`. */
export type UserLoader = (id: string) => MaybePromise<Found>;
/** Finds a user by the request: a token in a header. Flask-Login's `request_loader`. */
export type RequestLoader = (request: FlaskRequest) => MaybePromise<Found>;
/** Answers who was turned away. Flask-Login's `unauthorized_handler`. */
export type TurnedAway = () => MaybePromise<Reply>;

const EXTENSION = 'login_manager';
const CURRENT = '_login_user';
const LOADED = '_login_loaded';

/** Who the current user is, and what that does to the session: nothing yet, for a page may not ask. */
interface Loaded {
  readonly user: LoginUser;
  readonly effects: readonly (() => void)[];
}

declare module '@qilin/flask' {
  interface Globals {
    /** @internal */
    _login_user?: LoginUser;
    /** @internal */
    _login_loaded?: Loaded;
  }
}

/**
 * Flask-Login's `LoginManager`.
 *
 * @example
 * const login = new LoginManager(app);
 * login.loginView = 'login';
 * login.userLoader((id) => db.user(Number(id)));
 */
export class LoginManager {
  /** Makes who stands for a user who is not logged in. */
  anonymousUser: () => LoginUser = () => new AnonymousUserMixin();
  /** Endpoint or URL to log in at; a 401 without one. */
  loginView: string | undefined;
  /** The same by the names of blueprints. */
  readonly blueprintLoginViews: Record<string, string> = {};
  /** Flashed for who is sent there; null: none. */
  loginMessage: string | null = 'Please log in to access this page.';
  loginMessageCategory = 'message';
  /** Endpoint or URL to log in anew at. */
  refreshView: string | undefined;
  needsRefreshMessage: string | null = 'Please reauthenticate to access this page.';
  needsRefreshMessageCategory = 'message';
  /** What a session from another client becomes: not fresh, or nobody's. null: it is not looked at. */
  sessionProtection: 'basic' | 'strong' | null = 'basic';
  /** Translates the messages. */
  localizeCallback: ((message: string) => string) | undefined;
  /** Tells a client from another: SHA-512 of its address and browser. */
  sessionIdentifierGenerator: () => string = createIdentifier;
  #userLoader: UserLoader | undefined;
  #requestLoader: RequestLoader | undefined;
  #unauthorized: TurnedAway | undefined;
  #needsRefresh: TurnedAway | undefined;

  constructor(app?: Flask, addContextProcessor = true) {
    if (app !== undefined) this.initApp(app, addContextProcessor);
  }

  /**
   * Flask-Login's `init_app`. The user is loaded before the view, as the loader may wait for a database; functions registered by
   * `beforeRequest` before this one know the user only of a loader that does not wait.
   */
  initApp(app: Flask, addContextProcessor = true): void {
    app.extensions[EXTENSION] = this;
    app.beforeRequest(async () => {
      if (request.endpoint !== 'static') await this.#prepare();
    });
    app.afterRequest((response) => this.#updateRememberCookie(response));
    if (addContextProcessor) app.contextProcessor(() => ({ current_user: this.user(), currentUser: this.user() }));
  }

  /** Flask-Login's `user_loader`. */
  userLoader<F extends UserLoader>(loader: F): F {
    this.#userLoader = loader;
    return loader;
  }

  /** Flask-Login's `request_loader`: asked where session and cookie name nobody. */
  requestLoader<F extends RequestLoader>(loader: F): F {
    this.#requestLoader = loader;
    return loader;
  }

  /** Flask-Login's `unauthorized_handler`. */
  unauthorizedHandler<F extends TurnedAway>(handler: F): F {
    this.#unauthorized = handler;
    return handler;
  }

  /** Flask-Login's `needs_refresh_handler`. */
  needsRefreshHandler<F extends TurnedAway>(handler: F): F {
    this.#needsRefresh = handler;
    return handler;
  }

  /** The answer to who is not logged in: to the login, or 401. Flask-Login's `unauthorized`. @throws Unauthorized */
  unauthorized(): MaybePromise<Reply> {
    userUnauthorized.send(currentObject(currentApp), undefined);
    if (this.#unauthorized !== undefined) return this.#unauthorized();
    const { blueprint = '' } = request;
    const own = Object.hasOwn(this.blueprintLoginViews, blueprint) ? this.blueprintLoginViews[blueprint] : undefined;
    return this.#sendTo(own ?? this.loginView, this.loginMessage, this.loginMessageCategory);
  }

  /** The answer to whose login is not fresh. Flask-Login's `needs_refresh`. @throws Unauthorized */
  needsRefresh(): MaybePromise<Reply> {
    userNeedsRefresh.send(currentObject(currentApp), undefined);
    if (this.#needsRefresh !== undefined) return this.#needsRefresh();
    return this.#sendTo(this.refreshView, this.needsRefreshMessage, this.needsRefreshMessageCategory);
  }

  #sendTo(view: string | undefined, message: string | null, category: string): Response {
    if (!view) return abort(401);
    if (message) flash(this.localizeCallback?.(message) ?? message, category);
    if (!currentApp.config.USE_SESSION_FOR_NEXT) return redirect(loginUrl(view, request.url));
    session.set('_id', this.sessionIdentifierGenerator());
    session.set('next', makeNextParam(expandLoginView(view), request.url));
    return redirect(loginUrl(view));
  }

  /** The current user, or who stands for nobody. @throws Error where the loader would have to be waited for */
  user(): LoginUser {
    // The page depends on the session from here on.
    session.has('_user_id');
    const known = g.get(CURRENT);
    if (known !== undefined) return known;
    const loaded = g.get(LOADED) ?? this.#load();
    if (loaded instanceof Promise) {
      loaded.catch(() => {});
      throw new Error(
        'The current user is not loaded yet: call initApp() before the beforeRequest() that asks for it.',
      );
    }
    this.setUser(loaded.user);
    userAccessed.send(currentObject(currentApp), undefined);
    for (const effect of loaded.effects) effect();
    return loaded.user;
  }

  /** Says who the current user is for the rest of this request. */
  setUser(user: LoginUser = this.anonymousUser()): void {
    Reflect.set(g, CURRENT, user);
  }

  async #prepare(): Promise<void> {
    if (g.get(CURRENT) === undefined) Reflect.set(g, LOADED, await this.#load());
  }

  #load(): MaybePromise<Loaded> {
    if (this.#userLoader === undefined && this.#requestLoader === undefined) {
      throw new Error(
        'There is neither a userLoader nor a requestLoader: login.userLoader((id) => …) says who a user is.',
      );
    }
    const effects: (() => void)[] = [];
    const stored = session.peek();
    if (this.#isProtected(stored, effects)) return { user: this.anonymousUser(), effects };
    const id = stored['_user_id'];
    const found = id === undefined || id === null ? undefined : this.#userLoader?.(String(id));
    return whenThere(found, (user) => (user ? { user, effects } : this.#loadOtherwise(stored, effects)));
  }

  /** By the cookie that remembers a user, else by the request. */
  #loadOtherwise(stored: Readonly<Record<string, unknown>>, effects: (() => void)[]): MaybePromise<Loaded> {
    const cookie = stored['_remember'] === 'clear' ? undefined : request.cookies.get(rememberCookieName());
    const signal = cookie === undefined ? userLoadedFromRequest : userLoadedFromCookie;
    const found = cookie === undefined ? this.#requestLoader?.(request) : this.#remembered(cookie, effects);
    return whenThere(found, (user) => {
      if (!user) return { user: this.anonymousUser(), effects };
      effects.push(() => signal.send(currentObject(currentApp), { user }));
      return { user, effects };
    });
  }

  #remembered(cookie: string, effects: (() => void)[]): MaybePromise<Found> {
    const id = decodeCookie(cookie);
    if (id === undefined) return undefined;
    effects.push(() => session.update({ _user_id: id, _fresh: false }));
    return this.#userLoader?.(id);
  }

  /** Whether the session is nobody's, as it came from another client. Flask-Login's `_session_protection_failed`. */
  #isProtected(stored: Readonly<Record<string, unknown>>, effects: (() => void)[]): boolean {
    const { SESSION_PROTECTION: mode = this.sessionProtection } = currentApp.config;
    if (mode !== 'basic' && mode !== 'strong') return false;
    if (Object.keys(stored).length === 0 || stored['_id'] === this.sessionIdentifierGenerator()) return false;
    effects.push(() => sessionProtected.send(currentObject(currentApp), undefined));
    if (mode === 'basic' || stored['_permanent']) {
      if (stored['_fresh'] !== false) effects.unshift(() => session.set('_fresh', false));
      return false;
    }
    effects.unshift(() => {
      for (const key of SESSION_KEYS) session.pop(key);
      session.set('_remember', 'clear');
    });
    return true;
  }

  /** Sets or clears the cookie as `loginUser` and `logoutUser` said. */
  #updateRememberCookie(response: Response): Response {
    const stored = session.peek();
    const refreshes = currentApp.config.REMEMBER_COOKIE_REFRESH_EACH_REQUEST ?? false;
    const isAsked = Object.hasOwn(stored, '_remember');
    if (!isAsked && !refreshes) return response;
    const operation = isAsked ? session.pop('_remember') : 'set';
    if (operation === 'set' && stored['_user_id'] !== undefined) setRememberCookie(response, stored);
    else if (operation === 'clear') clearRememberCookie(response);
    return response;
  }
}

/** The manager of the current app. @throws Error where it has none */
export function currentManager(): LoginManager {
  const manager = currentApp.extensions[EXTENSION];
  if (manager instanceof LoginManager) return manager;
  throw new Error(`The app '${currentApp.name}' has no LoginManager: new LoginManager(app) gives it one.`);
}

function whenThere<T, R>(value: MaybePromise<T>, next: (value: T) => MaybePromise<R>): MaybePromise<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}

function setRememberCookie(response: Response, stored: Readonly<Record<string, unknown>>): void {
  const { config } = currentApp;
  const own = stored['_remember_seconds'];
  const seconds = typeof own === 'number' ? own : (config.REMEMBER_COOKIE_DURATION ?? REMEMBER_DURATION);
  setCookie(response, rememberCookieName(), encodeCookie(String(stored['_user_id'])), {
    expires: new Date(Date.now() + seconds * 1000),
    domain: config.REMEMBER_COOKIE_DOMAIN ?? undefined,
    path: config.REMEMBER_COOKIE_PATH ?? '/',
    secure: config.REMEMBER_COOKIE_SECURE ?? false,
    httpOnly: config.REMEMBER_COOKIE_HTTPONLY ?? true,
    sameSite: config.REMEMBER_COOKIE_SAMESITE ?? undefined,
  });
}

function clearRememberCookie(response: Response): void {
  const { REMEMBER_COOKIE_DOMAIN: domain, REMEMBER_COOKIE_PATH: path = '/' } = currentApp.config;
  deleteCookie(response, rememberCookieName(), { domain: domain ?? undefined, path });
}
