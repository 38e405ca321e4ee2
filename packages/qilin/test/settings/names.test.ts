import { describe, expect, test } from 'vitest';
import { snakeCase } from '../../src/contract/spelling.ts';
import { ROWS, SETTING_NAMES, settingOfKey, suggestFlag, suggestKey } from '../../src/settings/names.ts';

describe('the table', () => {
  test('has no flag twice', () => {
    const flags = SETTING_NAMES.flatMap((name) => ROWS[name].flags);
    expect(flags).toEqual([...new Set(flags)]);
  });

  test('has no name twice', () => {
    for (const name of SETTING_NAMES) {
      expect(settingOfKey(name)).toBe(name);
      expect(settingOfKey(snakeCase(name))).toBe(name);
    }
  });

  test('has a default of its kind for each setting', () => {
    for (const name of SETTING_NAMES.filter((each) => ROWS[each].section !== 'Hooks' && each !== 'app')) {
      const { kind, default: value } = ROWS[name];
      expect(kind.parse(kind.print(value)), name).toEqual({ ok: true, value });
    }
  });

  test('describes each setting in whole sentences', () => {
    for (const name of SETTING_NAMES) expect(ROWS[name].text, name).toMatch(/^[A-Z].*\.$/s);
  });

  test("knows Gunicorn's names of its settings", () => {
    const names = [
      'limit_request_field_size',
      'nworkers_changed',
      'raw_env',
      'forwarded_allow_ips',
      'wsgi_app',
      'logfile',
    ];
    for (const name of names) expect(settingOfKey(name), name).toBeDefined();
  });
});

describe('a wrong name gets the nearest right one', () => {
  test.each([
    ['worker', 'workers'],
    ['wokrers', 'workers'],
    ['worker_clas', 'worker_class'],
    ['workerclass', 'workerClass'],
    ['pre_load', 'preload_app'],
    ['accessLogfile', 'accesslog'],
    ['keep_alive', 'keepalive'],
    ['bindd', 'bind'],
    ['nonsense', undefined],
  ])('key %s: %s', (typed, meant) => {
    expect(suggestKey(typed)).toBe(meant);
  });

  test.each([
    ['--worker', '--workers'],
    ['--wrokers', '--workers'],
    ['--accesslog', '--access-logfile'],
    ['--worker_class', '--worker-class'],
    ['--preload-app', '--preload'],
    ['--no-daemn', '--no-daemon'],
    ['--halp', '--help'],
    ['-X', undefined],
  ])('flag %s: %s', (typed, meant) => {
    expect(suggestFlag(typed)).toBe(meant);
  });
});
