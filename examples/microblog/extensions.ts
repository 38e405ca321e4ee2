/** The extensions, each of which an app is given by `initApp`. */
import { CORS } from '@qilin/flask-cors';
import { getRemoteAddress, Limiter, MemoryStorage } from '@qilin/flask-limiter';
import { LoginManager } from '@qilin/flask-login';
import { CSRFProtect } from '@qilin/flask-wtf';
import { gettext } from './i18n.ts';
import { findBySession } from './models/users.ts';

export const csrf = new CSRFProtect();

/** Each worker counts by itself; a site of several machines would count in Redis. */
export const limiter = new Limiter(getRemoteAddress, { storage: new MemoryStorage(), strategy: 'moving-window' });

/** Any site's pages may read the API: what opens it is a token, never a cookie. */
export const cors = new CORS(undefined, { resources: { '/api/*': { origins: '*', sendWildcard: true } } });

export const login = new LoginManager();
login.loginView = 'auth.log_in';
login.loginMessage = 'Please log in first.';
login.localizeCallback = gettext;
login.userLoader(findBySession);
