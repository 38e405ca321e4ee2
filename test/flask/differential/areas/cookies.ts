/** Cookies in and out. */
import { type CookieOptions, deleteCookie, type Flask, jsonify, makeResponse, request, setCookie } from '@qilin/flask';

const AT = new Date(Date.UTC(2030, 0, 2, 3, 4, 5));

const OPTIONS: Readonly<Record<string, CookieOptions>> = {
  plain: {},
  age: { maxAge: 3600 },
  delta: { maxAge: 86_400 },
  expires: { expires: AT },
  stamp: { expires: new Date(1_900_000_000_000) },
  all: {
    maxAge: 60,
    expires: AT,
    path: '/cookies',
    domain: 'flask.test',
    secure: true,
    httpOnly: true,
    sameSite: 'Strict',
  },
  lax: { sameSite: 'Lax' },
  lower: { sameSite: 'None', secure: true },
  'no-path': { path: null },
  'sub-path': { path: '/a b' },
};

export function addCookies(app: Flask): void {
  app.get('/cookies', function cookies() {
    return jsonify(request.cookies.toDict({ flat: false }));
  });

  app.get('/cookies/get', function cookies_get() {
    return jsonify(request.cookies.get('a') ?? null, request.cookies.get('none', 'default'));
  });

  app.get('/cookies/set/<name>', function cookies_set({ name }) {
    const response = makeResponse(`set ${name}`);
    setCookie(response, name, 'value', OPTIONS[name]);
    return response;
  });

  app.get('/cookies/value', function cookies_value() {
    const response = makeResponse('ok');
    setCookie(response, 'v', request.args.require('v'));
    return response;
  });

  app.get('/cookies/two', function cookies_two() {
    const response = makeResponse('ok');
    setCookie(response, 'one', '1');
    setCookie(response, 'two', '2', { httpOnly: true });
    return response;
  });

  app.get('/cookies/delete', function cookies_delete() {
    const response = makeResponse('ok');
    deleteCookie(response, 'one');
    deleteCookie(response, 'two', { path: '/cookies', domain: 'flask.test' });
    return response;
  });
}
