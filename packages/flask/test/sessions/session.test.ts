import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { escapeHtml, Markup } from '../../src/base/markup.ts';
import { SecureCookieSessionInterface } from '../../src/sessions/secure-cookie.ts';
import { UrlSafeTimedSerializer } from '../../src/sessions/serializer.ts';
import { NullSession, Session } from '../../src/sessions/session.ts';
import { BadSignature, TimestampSigner } from '../../src/sessions/signer.ts';
import { TaggedJsonSerializer } from '../../src/sessions/tagged-json.ts';
import { Uuid } from '../../src/sessions/uuid.ts';
import { cookieOf, newResponse, requestWith, sessionApp } from '../support/session-app.ts';

const sessions = new SecureCookieSessionInterface();

function open(cookie?: string, app = sessionApp()): Session {
  const session = sessions.openSession(app, requestWith(cookie));
  if (session === undefined) throw new Error('the app has no secret key');
  return session;
}

/** Opens a session, does something to it, and saves it. */
function visit(act: (session: Session) => void, cookie?: string, app = sessionApp()): Headers {
  const session = open(cookie, app);
  const response = newResponse();
  act(session);
  sessions.saveSession(app, session, response);
  return response.headers;
}

const cookieWith = (values: Record<string, unknown>) => cookieOf({ headers: visit((s) => s.update(values)) });

describe('a session', () => {
  it('is not changed by forgetting what it does not have', () => {
    const session = new Session({ user: 1 });
    expect([session.pop('none', 'fallback'), session.delete('none'), session.modified]).toEqual([
      'fallback',
      false,
      false,
    ]);
    expect([session.pop('user'), session.modified]).toEqual([1, true]);
  });

  it('is a dictionary that knows whether it was read and changed', () => {
    const session = new Session({ user: 1 });
    expect([session.accessed, session.modified, session.new]).toEqual([false, false, false]);
    expect(session.get('user')).toBe(1);
    expect([session.accessed, session.modified]).toEqual([true, false]);
    session.set('name', 'x');
    expect(session.modified).toBe(true);
    expect([...session]).toEqual([
      ['user', 1],
      ['name', 'x'],
    ]);
    expect([session.size, [...session.keys()], [...session.values()]]).toEqual([2, ['user', 'name'], [1, 'x']]);
  });

  it('is new when the request brought none', () => {
    expect(open().new).toBe(true);
    expect(open('forged').new).toBe(true);
    expect(open(cookieWith({ a: 1 })).new).toBe(false);
  });

  it('has the methods of a dictionary', () => {
    const session = new Session({ a: 1, b: 2 });
    expect(session.pop('a')).toBe(1);
    expect(session.pop('a', 'none')).toBe('none');
    expect(session.setDefault('b', 3)).toBe(2);
    expect(session.setDefault('c', 3)).toBe(3);
    expect(session.delete('c')).toBe(true);
    expect(session.get('c', 'none')).toBe('none');
    expect(JSON.stringify(session)).toBe('{"b":2}');
    session.clear();
    expect(session.size).toBe(0);
    expectTypeOf(session.get('a')).toBeUnknown();
  });

  it('reading its default changes nothing', () => {
    const session = new Session({ a: 1 });
    session.setDefault('a', 2);
    expect(session.modified).toBe(false);
  });

  it('without a secret key can be read, and tells the cure to whoever changes it', () => {
    expect(sessions.openSession(sessionApp({ SECRET_KEY: null }), requestWith('x'))).toBeUndefined();
    const session = sessions.makeNullSession();
    expect(sessions.isNullSession(session)).toBe(true);
    expect(sessions.isNullSession(new Session())).toBe(false);
    expect(session.get('user')).toBeUndefined();
    const changes = [
      () => session.set('a', 1),
      () => session.update({ a: 1 }),
      () => session.delete('a'),
      () => session.pop('a'),
      () => session.clear(),
      () => session.setDefault('a', 1),
    ];
    for (const change of changes) expect(change).toThrow('no secret key was set');
    expect(() => {
      session.permanent = true;
    }).toThrow('no secret key was set');
    expect(session).toBeInstanceOf(NullSession);
  });
});

describe('the cookie', () => {
  it('is not set, and Vary not touched, by who does not use the session', () => {
    const headers = visit(() => undefined, cookieWith({ a: 1 }));
    expect([headers.getSetCookie(), headers.get('vary')]).toEqual([[], null]);
  });

  it('is not set by who only reads, but the answer varies by it', () => {
    const headers = visit((session) => session.get('a'), cookieWith({ a: 1 }));
    expect([headers.getSetCookie(), headers.get('vary')]).toEqual([[], 'Cookie']);
  });

  it('is set by who changes the session, with the attributes of the config', () => {
    expect(visit((session) => session.set('a', 1)).getSetCookie()).toEqual([
      expect.stringMatching(/^session=[\w-]+\.[\w-]+\.[\w-]{27}; HttpOnly; Path=\/$/),
    ]);
    const app = sessionApp({
      SESSION_COOKIE_DOMAIN: '.example.com',
      SESSION_COOKIE_PATH: '/app',
      SESSION_COOKIE_HTTPONLY: false,
      SESSION_COOKIE_SECURE: true,
      SESSION_COOKIE_SAMESITE: 'Lax',
    });
    const [cookie] = visit((session) => session.set('a', 1), undefined, app).getSetCookie();
    expect(cookie).toMatch(/; Domain=example\.com; Secure; Path=\/app; SameSite=Lax$/);
  });

  it('is deleted when the session was emptied', () => {
    const headers = visit((session) => session.clear(), cookieWith({ a: 1 }));
    expect(headers.getSetCookie()).toEqual([
      'session=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; HttpOnly; Path=/',
    ]);
  });

  it('of a permanent session has an end, and is sent again with every answer', () => {
    const permanent = (session: Session) => {
      session.permanent = true;
    };
    const cookie = cookieOf({ headers: visit(permanent) });
    expect(open(cookie).permanent).toBe(true);
    expect(visit(() => undefined, cookie).getSetCookie()[0]).toContain('; Expires=');
    const app = sessionApp({ SESSION_REFRESH_EACH_REQUEST: false });
    expect(visit(() => undefined, cookie, app).getSetCookie()).toEqual([]);
  });

  it.each([
    ['sub.example.com', 'sub.example.com'],
    [null, undefined],
    [false, undefined],
    ['', undefined],
  ] as const)('with domain %j of the config has domain %s', (domain, expected) => {
    const app = sessionApp({ SESSION_COOKIE_DOMAIN: domain });
    expect(new SecureCookieSessionInterface().getCookieDomain(app)).toBe(expected);
  });

  it('kept apart for each site is secure', () => {
    const app = sessionApp({ SESSION_COOKIE_PARTITIONED: true });
    const response = newResponse();
    new SecureCookieSessionInterface().saveSession(app, new Session().set('a', 1), response);
    expect(response.headers.get('set-cookie')).toMatch(/; Secure; HttpOnly; Path=\/; Partitioned$/);
  });
});

describe('a hostile cookie gives an empty session', () => {
  const good = cookieWith({ user: 1 }) ?? '';

  it('when one character of it was changed', () => {
    const alphabet = 'ABCabc019-_.~ \0é';
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.constantFrom(...alphabet), (at, char) => {
        const forged = good.slice(0, at) + char + good.slice(at + 1);
        // The last character of a signature of 20 bytes carries two bits that mean nothing.
        fc.pre(char !== good[at] && at !== good.length - 1);
        expect(open(forged).get('user')).toBeUndefined();
      }),
    );
  });

  it('when it was cut short', () => {
    for (let end = 0; end < good.length; end++) expect(open(good.slice(0, end)).peek()).toEqual({});
  });

  it('when it is any text at all', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(open(text).peek()).toEqual({});
      }),
    );
    for (const absurd of ['.', '..', '...', '.'.repeat(100_000), 'a'.repeat(1_000_000)]) {
      expect(open(absurd).peek()).toEqual({});
    }
  });

  it('when it is older than the lifetime, or from the future', () => {
    const { salt, digest, keyDerivation, serializer } = sessions;
    const signedAt = (seconds: number) =>
      new UrlSafeTimedSerializer('dev', { salt, digest, keyDerivation, serializer, now: () => seconds }).dumps({
        a: 1,
      });
    const now = Date.now() / 1000;
    expect(open(signedAt(now - 10)).get('a')).toBe(1);
    expect(open(signedAt(now - 32 * 24 * 3600)).get('a')).toBeUndefined();
    expect(open(signedAt(now + 3600)).get('a')).toBeUndefined();
    expect(open(signedAt(0)).get('a')).toBeUndefined();
  });

  it('when it was signed for another purpose', () => {
    expect(
      open(new UrlSafeTimedSerializer('dev', { salt: 'x', keyDerivation: 'hmac' }).dumps({ a: 1 })).peek(),
    ).toEqual({});
  });

  const sign = (payload: string) =>
    new TimestampSigner('dev', { salt: sessions.salt, keyDerivation: 'hmac' }).sign(payload);
  const base64 = (text: string | Uint8Array) => Buffer.from(text).toString('base64url');

  it.each([
    ['no base64', '!!!'],
    ['no JSON', base64('{')],
    ['no UTF-8', base64(Uint8Array.of(0x22, 0xff, 0x22))],
    ['no dictionary', base64('[1]')],
    ['null', base64('null')],
    ['nothing', ''],
    ['no zlib', `.${base64('xyz')}`],
    ['truncated zlib', `.${base64(deflateSync('{"a":1}').subarray(0, 8))}`],
    ['a tag with a wrong value', base64('{"a":{" u":"x"},"b":{" b":1}}')],
    ['a dict tag with a wrong value', base64('{"a":{" di":null}}')],
    ['100 MB of zeros, deflated', `.${base64(deflateSync(Buffer.alloc(100_000_000)))}`],
    ['a million brackets', base64('['.repeat(1_000_000))],
  ])('when its payload, though signed with our key, is %s', (_what, payload) => {
    expect(open(sign(payload)).peek()).toEqual({});
  });
});

describe('signing', () => {
  it('says why a token was refused', () => {
    let now = 1000;
    const tokens = new UrlSafeTimedSerializer('key', { now: () => now });
    const token = tokens.dumps([1]);
    expect(tokens.loads(token, { maxAge: 60 })).toEqual([1]);
    now = 1061;
    expect(() => tokens.loads(token, { maxAge: 60 })).toThrow(expect.objectContaining({ reason: 'expired' }));
    expect(tokens.loads(token)).toEqual([1]);
    expect(() => tokens.loads(`${token}x`)).toThrow(BadSignature);
    expect(() => tokens.loads(new TimestampSigner('key', { salt: 'itsdangerous' }).sign('?'))).toThrow(
      'cannot be read',
    );
    expect(() => new TimestampSigner([])).toThrow('at least one secret key');
  });
});

describe('tagged JSON', () => {
  it('takes types of the app, before its own', () => {
    const serializer = new TaggedJsonSerializer();
    serializer.register({
      key: ' set',
      check: (value) => value instanceof Set,
      toJson: (value) => (value instanceof Set ? [...value] : []),
      fromJson: (json) => new Set(Array.isArray(json) ? json : []),
    });
    expect(serializer.loads(serializer.dumps({ a: new Set([1, new Uuid('0'.repeat(32))]) }))).toEqual({
      a: new Set([1, new Uuid('0'.repeat(32))]),
    });
    const taken = { key: ' t', check: () => false, toJson: () => null, fromJson: () => null };
    expect(() => serializer.register(taken)).toThrow('already registered');
  });

  it('refuses what it cannot bring back', () => {
    const serializer = new TaggedJsonSerializer();
    const circular: unknown[] = [];
    circular.push(circular);
    for (const value of [() => 1, Symbol('x'), new Map(), circular]) {
      expect(() => serializer.dumps({ value })).toThrow(TypeError);
    }
  });

  it('writes undefined as Python would: not at all, or null in a list', () => {
    expect(new TaggedJsonSerializer().dumps({ a: undefined, b: [undefined], ' t': undefined })).toBe('{"b":[null]}');
  });

  it('changes no prototype', () => {
    const value = new TaggedJsonSerializer().loads('{"__proto__":{"polluted":true},"b":1}');
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect({}).not.toHaveProperty('polluted');
  });
});

describe('Markup and escapeHtml', () => {
  it('escape what is text, and leave what is HTML', () => {
    expect(String(escapeHtml(`<a href="x">'&'</a>`))).toBe('&lt;a href=&#34;x&#34;&gt;&#39;&amp;&#39;&lt;/a&gt;');
    expect(String(escapeHtml(new Markup('<b>')))).toBe('<b>');
    expect(JSON.stringify({ html: new Markup('<b>') })).toBe('{"html":"<b>"}');
    expect(`${new Markup('<i>')}${new Markup('x').valueOf()}`).toBe('<i>x');
  });
});

it('a UUID is read with and without hyphens', () => {
  expect(JSON.stringify(new Uuid('12345678123456781234567812345678'))).toBe('"12345678-1234-5678-1234-567812345678"');
  expect(() => new Uuid('x')).toThrow('32 hexadecimal digits');
});
