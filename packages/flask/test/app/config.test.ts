import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { Config, parseWithBigints } from '../../src/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'flask-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('it is read as a dictionary too, as in Flask', () => {
  const config = new Config(folder).fromMapping({ MAIL: 'smtp', PORT: null });
  expect([config.get('MAIL'), config.get('PORT', 25), config.get('NONE', 25), config.get('NONE')]).toEqual([
    'smtp',
    null,
    25,
    undefined,
  ]);
  expect([config.has('PORT'), config.has('NONE'), config.has('get'), config.get('constructor')]).toEqual([
    true,
    false,
    false,
    undefined,
  ]);
  expect([config.setdefault('MAIL', 'other'), config.setdefault('NEW', 1), config['NEW']]).toEqual(['smtp', 1, 1]);
  expect(new Map(config).get('NEW')).toBe(1);
  expect([...config.keys()]).toHaveLength(config.size);
});

test('an object gives what it has in upper case, inherited too', () => {
  // biome-ignore lint/complexity/noStaticOnlyClass: settings are often kept so
  class Base {
    static TESTING = true;
    static other = 1;
  }
  class Derived extends Base {
    static SECRET_KEY = 'k';
  }
  const config = new Config(folder).fromObject(Derived);
  expect([config.TESTING, config.SECRET_KEY, config['other']]).toEqual([true, 'k', undefined]);
});

test('a file is relative to the root path, JSON unless a loader says otherwise', () => {
  writeFileSync(join(folder, 'a.json'), '{"SECRET_KEY": "j", "lower": 1}');
  writeFileSync(join(folder, 'a.txt'), 'SECRET_KEY=t');
  const config = new Config(folder);
  expect(config.fromFile('a.json')).toBe(true);
  expect([config.SECRET_KEY, config['lower']]).toEqual(['j', undefined]);
  config.fromFile('a.txt', { load: (text) => Object.fromEntries([text.split('=')]) });
  expect(config.SECRET_KEY).toBe('t');
});

test('a file that is not there is an error, or false when that is asked for', () => {
  const config = new Config(folder);
  expect(() => config.fromFile('none.json')).toThrow('ENOENT');
  expect(config.fromFile('none.json', { silent: true })).toBe(false);
});

test('the environment gives JSON or texts, and members behind two underscores', () => {
  const environment = {
    FLASK_TESTING: 'true',
    FLASK_SECRET_KEY: 'abc',
    FLASK_MAX_CONTENT_LENGTH: '100',
    FLASK_DATABASE__HOST: 'db',
    FLASK_DATABASE__PORT: '5432',
    OTHER_DEBUG: 'true',
  };
  const config = new Config(folder).fromPrefixedEnv('FLASK', { environment });
  expect(config).toMatchObject({
    TESTING: true,
    SECRET_KEY: 'abc',
    MAX_CONTENT_LENGTH: 100,
    DATABASE: { HOST: 'db', PORT: 5432 },
    DEBUG: false,
  });
});

test('a namespace is an object of its own', () => {
  const config = new Config(folder).fromMapping({ IMAGE_STORE_TYPE: 'fs', IMAGE_STORE_PATH: '/x', IMAGE: 1 });
  expect(config.getNamespace('IMAGE_STORE_')).toEqual({ type: 'fs', path: '/x' });
  expect(config.getNamespace('IMAGE_STORE_', { lowercase: false, trimNamespace: false })).toEqual({
    IMAGE_STORE_TYPE: 'fs',
    IMAGE_STORE_PATH: '/x',
  });
});

test('an integer of the environment that a number would round stays a text', () => {
  const environment = { FLASK_ID: '12345678901234567890', FLASK_LIST: '[1, 12345678901234567890]', FLASK_SMALL: '12' };
  const config = new Config('.').fromPrefixedEnv('FLASK', { environment });
  expect([config['ID'], config['LIST'], config['SMALL']]).toEqual([
    '12345678901234567890',
    '[1, 12345678901234567890]',
    12,
  ]);
});

test('such an integer of a file is an error, and a bigint by choice', () => {
  writeFileSync(join(folder, 'large.json'), '{"ID": 12345678901234567890}');
  const config = new Config(folder);
  expect(() => config.fromFile('large.json')).toThrow('12345678901234567890 is beyond 2^53');
  config.fromFile('large.json', { load: parseWithBigints });
  expect(config['ID']).toBe(12345678901234567890n);
  config.fromPrefixedEnv('FLASK', { environment: { FLASK_N: '-9007199254740993' }, load: parseWithBigints });
  expect(config['N']).toBe(-9007199254740993n);
});
