/** Which file says what a variable of the environment is. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadDotenv } from '../../src/cli/dotenv.ts';

let folder: string;
let below: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dotenv-'));
  below = join(folder, 'site', 'src');
  mkdirSync(below, { recursive: true });
  writeFileSync(join(folder, '.flaskenv'), 'FLASK_APP=hello\nFLASK_RUN_PORT=8000\nA=flaskenv\n');
  writeFileSync(join(folder, 'site', '.env'), '# secrets\nexport A="from env"\nB=env\n');
  writeFileSync(join(folder, 'own.env'), 'B=own\n');
});

afterAll(() => rmSync(folder, { recursive: true }));

const loaded = (env: NodeJS.ProcessEnv, from = below, named?: string): NodeJS.ProcessEnv => {
  loadDotenv(from, env, named);
  return env;
};

test('.env outranks .flaskenv; each is the nearest at or above the folder', () => {
  expect(loaded({})).toEqual({ FLASK_APP: 'hello', FLASK_RUN_PORT: '8000', A: 'from env', B: 'env' });
  expect(loaded({}, folder)).toEqual({ FLASK_APP: 'hello', FLASK_RUN_PORT: '8000', A: 'flaskenv' });
});

test('what the environment has stays, an empty text too', () => {
  expect(loaded({ FLASK_APP: 'other', B: '' })).toMatchObject({ FLASK_APP: 'other', B: '', A: 'from env' });
});

test('--env-file outranks both, and is all that is read with FLASK_SKIP_DOTENV', () => {
  expect(loaded({}, below, '../../own.env')).toMatchObject({ A: 'from env', B: 'own' });
  expect(loaded({ FLASK_SKIP_DOTENV: '1' }, below, '../../own.env')).toEqual({ FLASK_SKIP_DOTENV: '1', B: 'own' });
  expect(() => loaded({}, below, 'missing.env')).toThrow('There is no file');
});

test('a folder of that name, such as a virtual environment of Python, is no such file', () => {
  mkdirSync(join(below, '.env'));
  expect(loaded({})).toMatchObject({ B: 'env' });
  expect(() => loaded({}, below, '.env')).toThrow('There is no file');
});
