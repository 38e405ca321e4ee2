/** The document's commands as typed, and its config file in every form: all thirteen settings take effect. */
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventually, freePort, linesOf, write } from './files.ts';
import { ask } from './http-client.ts';
import { QilinProcess, repository, runQilin, startQilin, temporaryFolder } from './server.ts';

const HELLO = 'examples/hello.ts:app';

/** `ps` shows these: the kernel keeps them where the arguments were. */
const titleOf = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, 'latin1').replace(/\0.*/s, '').trim();

const bootsIn = (log: string) => [...log.matchAll(/Booting worker with pid: (\d+)/g)].map((match) => Number(match[1]));

describe('the command', () => {
  test('`qilin -w 8 --bind HOST:PORT -k gevent MODULE:APP` serves with eight workers', async () => {
    const port = await freePort();
    const args = `-w 8 --bind 127.0.0.1:${port} -k gevent ${HELLO}`.split(' ');
    await using server = await startQilin(args, { bind: null });
    expect((await ask(`http://127.0.0.1:${port}/path`)).text).toBe('Hello from Qilin! You asked for /path\n');
    expect(server.workerPids).toHaveLength(8);
    expect(server.log).toContain('Using worker: gevent');
    expect(server.log).toContain(`Ready: 8 workers serve ${HELLO}`);
    expect((await server.stop()).status).toBe(0);
  });

  test('`-h` shows every option of the document and exits 0', async () => {
    const { status, output } = await runQilin(['-h']);
    expect(status).toBe(0);
    expect(output).toMatch(/^Usage: qilin \[OPTIONS\] MODULE\[:APP\] \[-- ARG\.\.\.\]\n/);
    for (const flags of ['-w, --workers', '-b, --bind', '--threads', '-k, --worker-class', '-c, --config']) {
      expect(output).toContain(flags);
    }
  });

  test('`--version` prints the version and exits 0', async () => {
    const { status, output } = await runQilin(['--version']);
    expect(status).toBe(0);
    expect(output).toMatch(/^qilin \d+\.\d+\.\d+\n$/);
  });

  test('`--check-config` says that settings and app are in order, and binds nothing', async () => {
    const { status, output } = await runQilin(['--check-config', HELLO]);
    expect([status, output]).toEqual([0, 'The settings and the app are in order.\n']);
  });

  test('`--check-config` tells what is wrong with the app or the settings, and exits 1', async () => {
    const app = await runQilin(['--check-config', 'examples/hello.ts:nothing']);
    expect(app.status).toBe(1);
    expect(app.output).toBe('qilin: examples/hello.ts has no export "nothing". It exports app, default.\n');
    const settings = await runQilin(['--check-config', '-w', 'many', HELLO]);
    expect(settings.status).toBe(1);
    expect(settings.output).toMatch(/^qilin: flag -w: workers must be .+ \(got "many"\)\.\n$/);
  });
});

test.each([
  ['-k', 'picoev'],
  ['-k', 'meinheld'],
  ['-k', 'egg:meinheld#gunicorn_worker'],
  ['-k', 'gevent'],
  ['-k', 'eventlet'],
  ['-k', 'threads'],
  ['-k', 'gthread'],
  ['-k', 'sync', '--threads', '2'],
])('`%s %s` serves', async (...flags) => {
  await using server = await startQilin([...flags, HELLO]);
  expect((await ask(server.url)).status).toBe(200);
});

test('a worker class that does not exist is a clear error before anything is bound', async () => {
  using folder = temporaryFolder();
  const pidfile = join(folder.path, 'pid');
  const { status, output } = await runQilin(['--pid', pidfile, '-k', 'gevnet', HELLO]);
  expect([status, output]).toEqual([
    1,
    'qilin: flag -k: workerClass must be one of async, gevent, eventlet, tornado, sync, threads, gthread, picoev, meinheld, ' +
      'egg:meinheld#gunicorn_worker, or ./file.ts#Name (got "gevnet").\n',
  ]);
  expect(existsSync(pidfile)).toBe(false);
});

/** Names and values as `--print-config` shows them. */
function printed(output: string): Record<string, string> {
  const rows = [...output.matchAll(/^(\w+) += (.*?) +# /gm)];
  return Object.fromEntries(rows.map(([, name = '', value = '']) => [name, value.trim()]));
}

const EXAMPLES = [
  { file: 'examples/qilin.config.ts', run: 'qilin-example' },
  { file: 'examples/qilin.config.snake.ts', run: 'qilin-example-snake' },
] as const;

describe.each(EXAMPLES)("the document's config file, $file", ({ file, run }) => {
  const workers = availableParallelism() * 2 + 1;

  test('sets all thirteen settings', async () => {
    using folder = temporaryFolder();
    const env = { TMPDIR: folder.path };
    const { status, output } = await runQilin(['--print-config', '-c', file, HELLO], { env });
    expect(status).toBe(0);
    expect(printed(output)).toMatchObject({
      preloadApp: 'true',
      bind: '127.0.0.1:8000',
      workers: String(workers),
      threads: '1',
      backlog: '2048',
      workerClass: 'gevent',
      workerConnections: '1200',
      procName: 'qilin-example',
      pidfile: join(folder.path, run, 'qilin.pid'),
      loglevel: 'info',
      errorlog: join(folder.path, run, 'error.log'),
      accesslog: join(folder.path, run, 'access.log'),
      accessLogFormat: '%(h)s %(t)s %(U)s %(q)s',
    });
  });

  test('is what the server runs by', async () => {
    using folder = temporaryFolder();
    const [pidfile, errorLog, accessLog] = ['qilin.pid', 'error.log', 'access.log'].map((name) =>
      join(folder.path, run, name),
    ) as [string, string, string];
    // Only the port is another: 8000 may be taken on the machine that runs this.
    const port = await freePort();
    await using server = new QilinProcess(['-c', file, '--bind', `127.0.0.1:${port}`, HELLO], {
      env: { TMPDIR: folder.path },
      bind: null,
    });
    await eventually(() => readFileSync(errorLog, 'utf8').includes('Ready: '), 'the server is ready');
    expect((await ask(`http://127.0.0.1:${port}/some/path?a=1&b=%20`)).status).toBe(200);

    const log = readFileSync(errorLog, 'utf8');
    expect(readFileSync(pidfile, 'utf8')).toBe(`${server.pid}\n`);
    expect(log).toContain('Using worker: gevent');
    expect(log).not.toContain('[DEBUG]');
    expect(bootsIn(log)).toHaveLength(workers);
    expect(titleOf(server.pid)).toBe('qilin: arbiter [qilin-example]');
    for (const pid of bootsIn(log)) expect(titleOf(pid)).toBe('qilin: worker [qilin-example]');

    expect((await server.stop()).status).toBe(0);
    expect(linesOf(accessLog)).toEqual([
      expect.stringMatching(
        /^127\.0\.0\.1 \[\d{2}\/[A-Z][a-z]{2}\/\d{4}(?::\d{2}){3} [+-]\d{4}\] \/some\/path a=1&b=%20$/,
      ),
    ]);
    expect(existsSync(pidfile)).toBe(false);
    // With a log file nothing is said on the terminal.
    expect(server.log).toBe('');
  });
});

/** The document's file with other values, so that none of them can be a default that happens to fit. */
const settingsIn = (folder: string, port: number) => ({
  camel: {
    preloadApp: true,
    bind: `127.0.0.1:${port}`,
    workers: 3,
    threads: 1,
    backlog: 77,
    workerClass: 'eventlet',
    workerConnections: 12,
    procName: 'other',
    pidfile: join(folder, 'pid'),
    loglevel: 'debug',
    logfile: join(folder, 'error.log'),
    accesslog: join(folder, 'access.log'),
    accessLogFormat: '%(m)s %(U)s %(s)s',
  },
  get snake() {
    const entries = Object.entries(this.camel);
    return Object.fromEntries(
      entries.map(([name, value]) => [name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), value]),
    );
  },
});

describe.each([
  { style: 'camel', form: 'json', content: (settings: object) => JSON.stringify(settings) },
  { style: 'snake', form: 'json', content: (settings: object) => JSON.stringify(settings) },
  { style: 'camel', form: 'mjs', content: (settings: object) => `export default ${JSON.stringify(settings)};` },
  {
    // As a gunicorn.conf.py has it: one name for each setting.
    style: 'snake',
    form: 'mjs',
    content: (settings: object) =>
      Object.entries(settings)
        .map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};\n`)
        .join(''),
  },
] as const)('a config file in $style case, .$form', ({ style, form, content }) => {
  test('takes effect, all thirteen settings', async () => {
    using folder = temporaryFolder();
    const port = await freePort();
    const settings = settingsIn(folder.path, port);
    const file = write(folder.path, `conf.${form}`, content(settings[style]));
    const app = write(folder.path, 'app.mjs', "export default (request) => new Response('hello');");
    const { output } = await runQilin(['--print-config', '-c', file, app]);
    const { logfile: errorlog, ...rest } = settings.camel;
    const expected = Object.entries({ ...rest, errorlog }).map(([name, value]) => [name, String(value)]);
    expect(printed(output)).toMatchObject(Object.fromEntries(expected));

    await using server = new QilinProcess(['-c', file, app], { bind: null });
    const log = await eventually(() => {
      const text = readFileSync(errorlog, 'utf8');
      return text.includes('Ready: ') && text;
    }, 'the server is ready');
    expect((await ask(`http://127.0.0.1:${port}/x?y`)).status).toBe(200);
    expect(readFileSync(settings.camel.pidfile, 'utf8')).toBe(`${server.pid}\n`);
    expect(bootsIn(log)).toHaveLength(3);
    expect(titleOf(server.pid)).toBe('qilin: arbiter [other]');
    expect((await server.stop()).status).toBe(0);
    expect(linesOf(settings.camel.accesslog)).toEqual(['GET /x 200']);
    expect(readFileSync(errorlog, 'utf8')).toContain('[DEBUG]');
  });
});

test('with preloadApp a broken app is tried by one worker, not by all', async () => {
  using folder = temporaryFolder();
  const app = write(folder.path, 'app.mjs', "throw new Error('broken on purpose');");
  const { status, output } = await runQilin(['-w', '4', '--preload', '--bind', '127.0.0.1:0', app]);
  expect(status).toBe(3);
  expect(bootsIn(output)).toHaveLength(1);
  expect(output.match(/Error: broken on purpose/g)).toHaveLength(1);
});

test('a default config file in the working directory is read without `-c`', async () => {
  using folder = temporaryFolder();
  write(folder.path, 'qilin.config.json', JSON.stringify({ workers: 2, proc_name: 'found' }));
  const { output } = await runQilin(['--print-config', join(repository, HELLO)], { cwd: folder.path });
  expect(printed(output)).toMatchObject({ workers: '2', procName: 'found' });
});
