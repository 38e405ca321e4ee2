/** PM2's ecosystem file: what each key becomes, and that Qilin takes what is printed. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { importPm2, PM2_KEYS } from '../../src/settings/import-pm2.ts';
import { ROWS, settingOfKey } from '../../src/settings/names.ts';

/** The settings in a text, and its comments by their first word. */
function readText(text = '') {
  const body = /defineConfig\((\{[\s\S]*\})\);/.exec(text)?.[1] ?? '';
  const settings = new Function(`return (${body});`)() as Readonly<Record<string, unknown>>;
  const comments = Object.fromEntries(
    [...text.matchAll(/^ {2}\/\/ (\S+) (.*)$/gm)].map(([, name, rest]) => [name, rest]),
  );
  return { settings, comments };
}

const one = (app: object) => readText(importPm2({ apps: [app] }, 'ecosystem.config.js')?.[0]?.text);

test('an app as one writes it becomes settings that all hold', () => {
  const { settings, comments } = one({
    name: 'api',
    script: './dist/server.js',
    args: '--role web',
    cwd: '/srv/api',
    instances: 'max',
    exec_mode: 'cluster',
    node_args: ['--max-http-header-size=32768'],
    maxMemoryRestart: '300M',
    env: { NODE_ENV: 'production', PORT: 3000 },
    env_staging: { NODE_ENV: 'staging' },
    error_file: '/var/log/api/error.log',
    out_file: '/var/log/api/out.log',
    log_type: 'json',
    merge_logs: true,
    kill_timeout: 8_500,
    listen_timeout: '10s',
    wait_ready: true,
    uid: 'api',
    shoe_size: 43,
  });
  expect(settings).toEqual({
    procName: 'api',
    app: './dist/server.js',
    args: ['--role', 'web'],
    chdir: '/srv/api',
    workers: 'auto',
    maxMemory: '300M',
    errorlog: '/var/log/api/error.log',
    captureOutput: true,
    logFormat: 'json',
    gracefulTimeout: 8.5,
    bootTimeout: 10,
    user: 'api',
    rawEnv: { NODE_ENV: 'production', PORT: '3000', NODE_OPTIONS: '--max-http-header-size=32768' },
    bind: '0.0.0.0:3000',
  });
  for (const [key, value] of Object.entries(settings)) {
    const name = settingOfKey(key);
    expect(name, key).toBeDefined();
    if (name !== undefined) expect(ROWS[name].kind.check(value), key).toMatchObject({ ok: true });
  }
  expect(Object.keys(comments)).toEqual([
    'env_staging',
    'error_file',
    'out_file',
    'combine_logs',
    'wait_ready',
    'shoe_size',
  ]);
  expect(comments['shoe_size']).toBe('is not known to Qilin, and was 43');
});

describe('what has no setting has a reason', () => {
  test.each([
    [{ cron_restart: '0 3 * * *' }, 'cron_restart', /timer of systemd or cron/],
    [{ instances: -1 }, 'instances', /counted from the CPUs/],
    [{ interpreter: 'python3' }, 'interpreter', /the Node that starts qilin \(it was "python3"\)/],
    [{ node_args: '--no-such-flag' }, 'node_args', /node --no-such-flag/],
    [{ kill_timeout: 'soon' }, 'kill_timeout', /gracefulTimeout, in seconds \(it was "soon"\)/],
    [{ strange: 'a\n});process.exit()//' }, 'strange', /process\.exit/],
    [{}, 'bind', /is to be set/],
    [{ cwd: '/srv/api', out_file: './logs/out.log' }, 'out_file', /mkdir -p '\/srv\/api\/logs'$/],
  ])('%j', (app, name, reason) => {
    expect(one({ script: 'a.js', ...app }).comments[name]).toMatch(reason);
  });
});

test('several apps are several files, and what is beside them is told', () => {
  const ecosystem = { apps: [{ name: 'web one', script: 'a.js' }, { script: 'b.js' }], deploy: {} };
  const files = importPm2(ecosystem, 'e.js');
  expect(files?.map(({ file }) => file)).toEqual(['qilin.web-one.config.ts', 'qilin.2.config.ts']);
  expect(files?.[0]?.text).toContain('// deploy has no counterpart');
});

test.each([undefined, 3, { apps: [] }, { apps: [3] }])('%j is no ecosystem file', (value) => {
  expect(importPm2(value, 'e.js')).toBeUndefined();
});

test('docs/from-pm2.md and the table know the same keys', () => {
  const page = readFileSync(fileURLToPath(new URL('../../../../docs/from-pm2.md', import.meta.url)), 'utf8');
  const table = page.slice(page.indexOf('## The ecosystem file'));
  const told = [...table.matchAll(/^\| ([^|]+) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`(\w+)`/g)].map(([, key]) => key),
  );
  const known = new Set<string | undefined>([...PM2_KEYS, 'env_production']);
  expect(told.filter((key) => !known.has(key))).toEqual([]);
  const spelt = ['exec', 'out', 'err_file', 'log', 'pid', 'cron'];
  expect([...known].filter((key) => key !== undefined && !told.includes(key) && !spelt.includes(key))).toEqual([]);
});
