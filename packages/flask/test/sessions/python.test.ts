/** Sessions signed by Python's Flask and read here, and the other way round. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Markup } from '../../src/base/markup.ts';
import { SecureCookieSessionInterface } from '../../src/sessions/secure-cookie.ts';
import { UrlSafeTimedSerializer } from '../../src/sessions/serializer.ts';
import { Uuid } from '../../src/sessions/uuid.ts';
import { python, pythonFlask } from '../support/python.ts';
import { cookieOf, newResponse, requestWith, sessionApp } from '../support/session-app.ts';

const APP = `
from flask import Flask, Markup
from uuid import UUID
from datetime import datetime, timezone
app = Flask('x')
def serializer(secret):
  app.secret_key = secret
  return app.session_interface.get_signing_serializer(app)
`;

const UUID = '12345678-1234-5678-1234-567812345678';

/** Each value as Python spells it and as we do. */
const VALUES: readonly (readonly [expression: string, value: unknown])[] = [
  ['1', 1],
  ['"text"', 'text'],
  ['"é ☃ 😀 \\x7f \\u2028"', 'é ☃ 😀 \x7f \u2028'],
  ['[True, False, None]', [true, false, null]],
  ['{"a": {"b": [1, 2]}}', { a: { b: [1, 2] } }],
  ['(1, (2,), [3])', Object.freeze([1, Object.freeze([2]), [3]])],
  ['()', Object.freeze([])],
  ['b"\\x00\\xff\\x10"', Uint8Array.of(0, 255, 16)],
  ['Markup("<b>&amp;</b>")', new Markup('<b>&amp;</b>')],
  [`UUID("${UUID}")`, new Uuid(UUID)],
  ['datetime(2024, 2, 29, 1, 2, 3, tzinfo=timezone.utc)', new Date('2024-02-29T01:02:03Z')],
  ['{" t": [1]}', { ' t': [1] }],
  ['{" di": {" t__": 1}}', { ' di': { ' t__': 1 } }],
  ['{" b": (1,), "x": 2}', { ' b': Object.freeze([1]), x: 2 }],
  ['2 ** 53 + 1', 2n ** 53n + 1n],
  ['-10 ** 30', -(10n ** 30n)],
  ['[1.5, 1e300, -0.25]', [1.5, 1e300, -0.25]],
  ['float("inf")', Number.POSITIVE_INFINITY],
  ['"12345678901234567890 NaN Infinity"', '12345678901234567890 NaN Infinity'],
  ['"x" * 5000', 'x'.repeat(5000)],
];

describe.skipIf(pythonFlask.isMissing)(pythonFlask.named('signed cookies'), () => {
  const sessions = new SecureCookieSessionInterface();

  it('of Python are read here, every type of value', () => {
    const script = `${APP}answer = [serializer('dev').dumps({'value': eval(x)}) for x in asked]`;
    const cookies = python(
      script,
      VALUES.map(([expression]) => expression),
    );
    const read = Array.isArray(cookies)
      ? cookies.map((cookie) => sessions.openSession(sessionApp(), requestWith(cookie))?.get('value'))
      : [];
    expect(read).toEqual(VALUES.map(([, value]) => value));
    expect(Object.isFrozen(read[5])).toBe(true);
  });

  it('of ours are read by Python, every type of value', () => {
    const cookies = VALUES.map(([, value]) => {
      const session = new SecureCookieSessionInterface().openSession(sessionApp(), requestWith());
      const response = newResponse();
      if (session !== undefined) sessions.saveSession(sessionApp(), session.set('value', value), response);
      return cookieOf(response);
    });
    const script = `${APP}
def same(cookie, expression):
  value = serializer('dev').loads(cookie, max_age=60)['value']
  return value == eval(expression) and type(value) is type(eval(expression))
answer = [same(*pair) for pair in asked]`;
    expect(
      python(
        script,
        VALUES.map(([expression], index) => [cookies[index], expression]),
      ),
    ).toEqual(VALUES.map(() => true));
  });

  it('are the same bytes, when written in the same second', () => {
    const app = sessionApp();
    const script = `${APP}
import itsdangerous.timed
itsdangerous.timed.TimestampSigner.get_timestamp = lambda self: 1700000000
with app.app_context():
  answer = serializer('dev').dumps(asked)`;
    const value = { name: 'é', n: [1, 2], b: true, a: { z: 1, y: 2 } };
    const { salt, digest, keyDerivation, serializer } = sessions;
    const now = () => 1_700_000_000.9;
    const ours = new UrlSafeTimedSerializer('dev', { salt, digest, keyDerivation, serializer, now });
    expect(ours.dumps(value)).toBe(python(script, value));
    expect(sessions.getSigningSerializer(app)).toBe(sessions.getSigningSerializer(app));
  });

  it('survive the way to Python and back, whatever they hold', () => {
    const serializer = sessions.getSigningSerializer(sessionApp());
    const text = fc.string({ unit: 'grapheme' });
    const [values] = fc.sample(fc.array(fc.dictionary(text, fc.jsonValue()), { minLength: 200, maxLength: 200 }), 1);
    const script = `${APP}
s = serializer('dev')
answer = [s.dumps(s.loads(cookie)) for cookie in asked]`;
    const returned = python(
      script,
      values?.map((value) => serializer?.dumps(value)),
    );
    const read = Array.isArray(returned) ? returned.map((cookie) => serializer?.loads(cookie)) : [];
    expect(JSON.stringify(read)).toBe(
      JSON.stringify(values?.map((value) => serializer?.loads(serializer.dumps(value)))),
    );
  });

  it('of a former key are read, and a new one is signed with the present key', () => {
    const app = sessionApp({ SECRET_KEY: 'new', SECRET_KEY_FALLBACKS: ['old', 'older'] });
    const script = `${APP}answer = [serializer(s).dumps({'user': 1}) for s in asked]`;
    const cookies = python(script, ['new', 'old', 'older', 'other']);
    const users = Array.isArray(cookies)
      ? cookies.map((cookie) => sessions.openSession(app, requestWith(cookie))?.get('user'))
      : [];
    expect(users).toEqual([1, 1, 1, undefined]);
    const ours = sessions.getSigningSerializer(app)?.dumps({ user: 1 });
    expect(python(`${APP}answer = serializer('new').loads(asked)`, ours)).toEqual({ user: 1 });
  });

  it.each(['django-concat', 'concat', 'hmac', 'none'] as const)(
    'tokens of itsdangerous derived by %s are read',
    (how) => {
      const script = `
from itsdangerous import URLSafeTimedSerializer
import hashlib
s = URLSafeTimedSerializer(['a', 'b'], salt='mail', signer_kwargs=dict(key_derivation=asked, digest_method=hashlib.sha256))
answer = s.dumps({'id': 5})`;
      const tokens = new UrlSafeTimedSerializer(['a', 'b'], { salt: 'mail', keyDerivation: how, digest: 'sha256' });
      expect(tokens.loads(String(python(script, how)), { maxAge: 60 })).toEqual({ id: 5 });
    },
  );
});
