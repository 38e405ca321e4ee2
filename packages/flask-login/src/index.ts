/** What users import from `@qilin/flask-login`. */
export { decodeCookie, encodeCookie } from './cookie.ts';
export {
  type CurrentUser,
  confirmLogin,
  currentUser,
  freshLoginRequired,
  type LoginOptions,
  loginFresh,
  loginRemembered,
  loginRequired,
  loginUser,
  logoutUser,
} from './login.ts';
export { LoginManager, type RequestLoader, type TurnedAway, type UserLoader } from './login-manager.ts';
export * from './signals.ts';
export { loginUrl, makeNextParam } from './urls.ts';
export { AnonymousUserMixin, type LoginUser, UserMixin } from './user.ts';
