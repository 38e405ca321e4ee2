import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { complaints, folder, load, loaded } from './load.ts';

/** The document's config file. */
const DOCUMENT = {
  preloadApp: true,
  bind: '0.0.0.0:8000',
  workers: 9,
  threads: 2,
  backlog: 2048,
  workerClass: 'gevent',
  workerConnections: 1200,
  procName: 'test',
  pidfile: './test.pid',
  loglevel: 'debug',
  logfile: './debug.log',
  accesslog: './access.log',
  accessLogFormat: '%(h)s %(t)s %(U)s %(q)s',
} as const;

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const named = (settings: object, spell: (name: string) => string): string =>
  Object.entries(settings)
    .map(([name, value]) => `export const ${spell(name)} = ${JSON.stringify(value)};\n`)
    .join('');

describe("the document's config file", () => {
  const inSnake = Object.fromEntries(Object.entries(DOCUMENT).map(([name, value]) => [snake(name), value]));
  test.each([
    ['in camelCase', 'c.ts', `export default ${JSON.stringify(DOCUMENT)}`],
    ['in snake_case', 'c.mjs', `export default ${JSON.stringify(inSnake)}`],
    ['as exports by name', 'c.mts', named(DOCUMENT, snake)],
    ['as CommonJS', 'c.cjs', `module.exports = ${JSON.stringify(inSnake)}`],
    ['as CommonJS exports by name', 'c.cjs', `exports.workers = 9; Object.assign(exports, ${JSON.stringify(inSnake)})`],
    ['as JSON', 'c.json', JSON.stringify({ $schema: './config.schema.json', ...inSnake })],
  ])('loads %s', async (_, name, text) => {
    const cwd = folder({ [name]: text });
    const { config, origins } = await loaded({ argv: ['-c', name, 'flask_server:app'], cwd });
    const { logfile, ...others } = DOCUMENT;
    const bind = [{ kind: 'tcp', host: '0.0.0.0', port: 8000 }];
    expect(config).toMatchObject({ ...others, bind, errorlog: logfile, app: 'flask_server:app' });
    expect(config.config).toBe(join(cwd, name));
    expect(origins).toMatchObject({ workers: name, errorlog: name, app: 'command line', config: 'flag -c' });
  });
});

describe('a config file', () => {
  test('is found by its name, TypeScript first', async () => {
    const cwd = folder({ 'qilin.config.ts': 'export default { workers: 2 }', 'qilin.config.json': '{"workers": 3}' });
    const { config, origins } = await loaded({ cwd });
    expect(config).toMatchObject({ workers: 2, config: join(cwd, 'qilin.config.ts') });
    expect(origins.workers).toBe('qilin.config.ts');
  });

  test('is not looked for after -c with an empty text', async () => {
    const cwd = folder({ 'qilin.config.json': '{"workers": 3}' });
    const { config } = await loaded({ argv: ['-c', '', 'app'], cwd });
    expect(config).toMatchObject({ workers: 1, config: null });
  });

  test.each(['file:x.json', 'file:./x.json', './x.json'])('can be called %s', async (name) => {
    const cwd = folder({ 'x.json': '{"workers": 3}' });
    expect((await loaded({ argv: ['-c', name, 'app'], cwd })).config.workers).toBe(3);
  });

  test('is found from the directory of the start, whatever chdir says', async () => {
    const cwd = folder({ 'x.json': '{"chdir": "sub"}' });
    mkdirSync(join(cwd, 'sub'));
    expect((await loaded({ argv: ['-c', 'x.json', 'app'], cwd })).config.chdir).toBe(join(cwd, 'sub'));
  });

  test('may name the app, also as wsgi_app; the command line goes before it', async () => {
    const cwd = folder({ 'qilin.config.json': '{"wsgi_app": "a:b"}' });
    expect((await loaded({ argv: [], cwd })).config).toMatchObject({ app: 'a:b', procName: 'a:b' });
    expect((await loaded({ argv: ['c:d'], cwd })).config.app).toBe('c:d');
  });

  test('may have types and hooks', async () => {
    const text = 'const n: number = 3;\nexport default { workers: n, when_ready() {}, onExit: async () => {} };';
    const { config } = await loaded({ cwd: folder({ 'qilin.config.ts': text }) });
    expect(config.workers).toBe(3);
    expect(Object.keys(config.hooks).sort()).toEqual(['onExit', 'whenReady']);
  });

  test.each(['qilin.config.mjs', 'qilin.config.ts', 'qilin.config.cjs', 'qilin.config.json'])(
    '%s is read again as it is then',
    async (name) => {
      const text = (workers: number): string => {
        if (name.endsWith('.json')) return `{"workers": ${workers}}`;
        return `${name.endsWith('.cjs') ? 'module.exports =' : 'export default'} { workers: ${workers} }`;
      };
      const cwd = folder({ [name]: text(2) });
      expect((await loaded({ cwd })).config.workers).toBe(2);
      writeFileSync(join(cwd, name), text(3));
      expect((await loaded({ cwd })).config.workers).toBe(3);
    },
  );

  test('that is wrong in many ways is told all of them', async () => {
    const text = `export default {
      worker_clas: 'sync', preload_app: true, preloadApp: true, config: 'x', whenReady: 3, bind: 'host:x',
      workers: '4', secureSchemeHeaders: { 'x y': 'on' }, nonsense: 1, maxRequests: -1, keyfile: undefined,
    }`;
    expect(await complaints({ cwd: folder({ 'qilin.config.mjs': text }), argv: ['-t', 'x', 'app'] })).toEqual([
      'qilin.config.mjs: worker_clas is not a setting; did you mean worker_class?',
      'qilin.config.mjs: preload_app and preloadApp are the same setting; keep one of them.',
      'qilin.config.mjs: config cannot stand in a config file; use -c or --config.',
      'qilin.config.mjs: nonsense is not a setting; qilin --print-config lists them.',
      'qilin.config.mjs: whenReady must be a function (got 3).',
      'qilin.config.mjs: bind must be HOST:PORT, [IPV6]:PORT, PORT, unix:PATH, fd://N or fd://NAME (got "host:x").',
      'qilin.config.mjs: workers must be a whole number from 0 to 10000, "auto", or bounds such as "2..8" (got "4").',
      'qilin.config.mjs: secureSchemeHeaders must be an object of header names and values, such as {"x-forwarded-proto": "https"} (got {"x y":"on"}).',
      'qilin.config.mjs: maxRequests must be a whole number of at least 0 (got -1).',
      'flag -t: timeout must be 0, or a number of seconds from 0.001 to 2000000 (got "x").',
    ]);
  });

  test('whose settings stay inside, or beside its default export, is told', async () => {
    const cwd = folder({
      'inside.mjs': 'const config = { workers: 2 };',
      'beside.mjs': 'export const workers = 3, helper = 1;\nexport default { timeout: 2 };',
      'both.cjs': 'module.exports = { workers: 3 };',
    });
    const complaint = (name: string) => complaints({ argv: ['-c', name, 'app'], cwd });
    expect(await complaint('inside.mjs')).toEqual([
      'inside.mjs exports nothing; write export default { … }, or export const workers = 4.',
    ]);
    expect(await complaint('beside.mjs')).toEqual([
      'beside.mjs: workers must stand in the default export, as there is one.',
    ]);
    expect(await complaint('both.cjs')).toEqual([]);
  });

  test.each([
    ['c.mjs', 'export default Promise.resolve({ workers: 3 })'],
    ['c.cjs', 'module.exports = (async () => ({ workers: 3 }))()'],
    ['c.ts', 'export default (async () => ({ workers: 3 as number }))()'],
  ])('may export a promise of its settings: %s', async (name, text) => {
    const { config } = await loaded({ argv: ['-c', name, 'app'], cwd: folder({ [name]: text }) });
    expect(config.workers).toBe(3);
  });

  test('whose promise fails is told with its error', async () => {
    const cwd = folder({ 'c.mjs': 'export default Promise.reject(new Error("no secret"))' });
    const result = await load({ argv: ['-c', 'c.mjs', 'app'], cwd });
    const [error] = result.ok ? [] : result.errors;
    expect(error).toMatchObject({ message: 'the config file c.mjs failed:', cause: { message: 'no secret' } });
  });

  test('that cannot be one is told in a sentence', async () => {
    const cwd = folder({
      'gunicorn.conf.py': 'workers = 4',
      'five.mjs': 'export default 5',
      'map.mjs': 'export default new Map([["workers", 4]])',
      'broken.json': '{',
    });
    const complaint = async (name: string) => (await complaints({ argv: ['-c', name, 'app'], cwd }))[0];
    expect(await complaint('nope.ts')).toBe('the config file nope.ts does not exist.');
    expect(await complaint('gunicorn.conf.py')).toBe(
      'a config file ends in .ts, .mts, .js, .mjs, .cjs, .json (got "gunicorn.conf.py").',
    );
    expect(await complaint('five.mjs')).toBe('five.mjs must export an object of settings (got 5).');
    expect(await complaint('map.mjs')).toBe('map.mjs must export an object of settings (got [object Map]).');
    expect(await complaint('broken.json')).toMatch(/^broken\.json is not valid JSON: .+/);
  });

  test('that throws is told with what it threw', async () => {
    const cwd = folder({ 'qilin.config.ts': 'throw new RangeError("boom")' });
    const result = await load({ cwd });
    const [error] = result.ok ? [] : result.errors;
    expect(error).toMatchObject({ code: 'CONFIG_FILE', message: 'the config file qilin.config.ts failed:' });
    expect(error?.cause).toMatchObject({ name: 'RangeError', message: 'boom' });
  });

  test("that imports what is not installed, as 'qilin' beside a global one, is told so", async () => {
    const cwd = folder({
      'qilin.config.mjs': "import { defineConfig } from 'qilin-not-here';\nexport default defineConfig({});",
    });
    expect(await complaints({ cwd })).toEqual([
      'the config file qilin.config.mjs failed, for the package "qilin-not-here" is not installed: is it spelled right, and in package.json?:',
    ]);
  });
});
