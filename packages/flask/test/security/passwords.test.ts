import { describe, expect, it, test } from 'vitest';
import { checkPasswordHash, generatePasswordHash } from '../../src/index.ts';
import { recordedAnswers, version } from '../support/recorded.ts';

const PASSWORDS = ['hunter2', '', 'pässwörd 🦄', 'a'.repeat(200), ' spaces ', 'nul\0byte'];
const METHODS = ['scrypt:1024:8:1', 'scrypt:16:4:2', 'pbkdf2:sha256:1000', 'pbkdf2:sha1:1', 'pbkdf2:sha512:100'];

describe(`hashes of ${version}`, () => {
  const inputs = METHODS.flatMap((method) => PASSWORDS.map((password): [string, string] => [password, method]));
  const recorded = recordedAnswers(
    'hashes of passwords',
    'from werkzeug.security import generate_password_hash as f',
    inputs,
  );

  it('are checked here', async () => {
    const checked = recorded.map(async ([input, hash]) => {
      const [password] = Array.isArray(input) ? input : [];
      return [
        await checkPasswordHash(String(hash), String(password)),
        await checkPasswordHash(String(hash), `${password}x`),
      ];
    });
    expect(await Promise.all(checked)).toEqual(inputs.map(() => [true, false]));
  });

  it('of ours are checked there', async () => {
    // A salt is never the same again: what is recorded is one of ours, and that Python took it.
    const [[ours, isTaken] = []] = recordedAnswers(
      'hashes of ours',
      `from werkzeug.security import check_password_hash
def f(x): return check_password_hash(x, "pässwörd 🦄")`,
      [await generatePasswordHash('pässwörd 🦄', 'scrypt:1024:8:1')],
    );
    expect([isTaken, await checkPasswordHash(String(ours), 'pässwörd 🦄')]).toEqual([true, true]);
  });
});

test('the default is scrypt with the parameters of Werkzeug, and salts differ', async () => {
  const [one, other] = await Promise.all([generatePasswordHash('x'), generatePasswordHash('x')]);
  expect(one).toMatch(/^scrypt:32768:8:1\$[A-Za-z0-9]{16}\$[0-9a-f]{128}$/);
  expect(one).not.toBe(other);
  expect(await checkPasswordHash(one, 'x')).toBe(true);
  expect(await generatePasswordHash('x', 'pbkdf2:sha256:10', 3)).toMatch(/^pbkdf2:sha256:10\$\w{3}\$[0-9a-f]{64}$/);
});

test.each(['', 'x', 'a$b', '$', 'scrypt:16:8:1$salt'])('%j is no hash, and no password has it', async (hash) => {
  expect(await checkPasswordHash(hash, '')).toBe(false);
});

test.each([
  ['md5$salt$hash', '"md5" is no method'],
  ['scrypt:16$salt$hash', 'scrypt takes N, r and p'],
  ['scrypt:a:b:c$salt$hash', 'positive integers (got "scrypt:a:b:c")'],
  ['pbkdf2:nothing:1$salt$hash', 'There is no digest "nothing"'],
  ['pbkdf2:sha256:1:2$salt$hash', 'pbkdf2 takes a digest and iterations'],
])('%s says what is wrong', async (hash, message) => {
  await expect(checkPasswordHash(hash, 'x')).rejects.toThrow(message);
});

test('a salt has a character', async () => {
  await expect(generatePasswordHash('x', 'scrypt', 0)).rejects.toThrow('at least 1 character (got 0)');
});
