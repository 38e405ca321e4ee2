/** Blueprint `auth`: register, log in, log out, and who is logged in. */
import { Blueprint, flash, g, redirect, renderTemplate, request, session, urlFor } from '@qilin/flask';
import { getDb } from './db.ts';
import { checkPasswordHash, generatePasswordHash } from './passwords.ts';

export interface User {
  readonly id: number;
  readonly username: string;
  readonly password: string;
}

declare module '@qilin/flask' {
  interface SessionData {
    user_id: number;
  }
  interface Globals {
    user?: User | undefined;
  }
}

/** No password has it. */
const NOBODYS_HASH = `scrypt:32768:8:1$none$${'00'.repeat(64)}`;

export const bp = new Blueprint('auth', import.meta, { urlPrefix: '/auth' });

bp.beforeAppRequest(() => {
  const id = session.get('user_id');
  g.user =
    id === undefined ? undefined : (getDb().prepare('SELECT * FROM user WHERE id = ?').get(id) as User | undefined);
});

/** For views that need a user: who is not logged in is sent to the login page. */
export function loginRequired<P, R>(view: (params: P) => R): (params: P) => R | Response {
  const guarded = (params: P) => (g.user === undefined ? redirect(urlFor('auth.login')) : view(params));
  // The name is the endpoint: as Python's functools.wraps.
  return Object.defineProperty(guarded, 'name', { value: view.name });
}

/** The user of this request, in views behind `loginRequired`. */
export function currentUser(): User {
  if (g.user === undefined) throw new Error('The view lacks loginRequired.');
  return g.user;
}

bp.route('/register', { methods: ['GET', 'POST'] }, async function register() {
  if (request.method === 'POST') {
    const { username = '', password = '' } = (await request.form).toDict();
    const error =
      username === '' ? 'Choose a username.' : password === '' ? 'Choose a password.' : await add(username, password);
    if (error === undefined) return redirect(urlFor('auth.login'));
    flash(error);
  }
  return renderTemplate('auth/register.html', { form: await request.form });
});

/** Adds a user; returns what is wrong, if anything. */
async function add(username: string, password: string): Promise<string | undefined> {
  const hash = await generatePasswordHash(password);
  const { changes } = getDb()
    .prepare('INSERT INTO user (username, password) VALUES (?, ?) ON CONFLICT DO NOTHING')
    .run(username, hash);
  return changes === 0 ? `The name ${username} is taken.` : undefined;
}

bp.route('/login', { methods: ['GET', 'POST'] }, async function login() {
  if (request.method === 'POST') {
    const { username = '', password = '' } = (await request.form).toDict();
    const user = getDb().prepare('SELECT * FROM user WHERE username = ?').get(username) as User | undefined;
    // One sentence for both, after the same time: who guesses does not learn which names there are.
    const isRight = await checkPasswordHash(user?.password ?? NOBODYS_HASH, password);
    if (user !== undefined && isRight) {
      session.clear();
      session.set('user_id', user.id);
      return redirect(urlFor('index'));
    }
    flash('The username or the password is not right.');
  }
  return renderTemplate('auth/login.html', { form: await request.form });
});

bp.post('/logout', function logout() {
  session.clear();
  return redirect(urlFor('index'));
});
