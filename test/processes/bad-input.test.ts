/**
 * What is wrong at the start: one clear line (and the stack of an app's own fault, once), a status, and nothing left. An app that
 * is not found, or is none, is in mistakes.test.ts.
 */
import { chmodSync, chownSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { linux, Need, root } from '../needs.ts';
import { makeCertificate } from './certificates.ts';
import { eventually, freePort, write } from './files.ts';
import { ask } from './http-client.ts';
import { QilinProcess, runQilin, startQilin, temporaryFolder } from './server.ts';

const APP = join(import.meta.dirname, 'fixtures/fetch-app.mjs');
/** An unprivileged user, who need not have a name. */
const NOBODY = 65534;

interface Refusal {
  readonly args: readonly string[];
  /** Files of the folder that it is started in. */
  readonly files?: Readonly<Record<string, string>>;
  readonly uid?: number;
}

/** Starts four workers on a unix socket and with a pid file in a new folder, and sees to it that nothing is left of it. */
async function refused({ args, files = {}, uid }: Refusal): Promise<{ status: number | null; output: string }> {
  using folder = temporaryFolder();
  for (const [name, content] of Object.entries(files)) write(folder.path, name, content);
  if (uid !== undefined) chmodSync(folder.path, 0o777);
  const flags = ['-w', '4', '--pid', 'qilin.pid'];
  const user = uid === undefined ? {} : { uid };
  await using server = new QilinProcess([...flags, ...args], { cwd: folder.path, bind: 'unix:app.sock', ...user });
  const { status, signal } = await server.exited;
  expect(signal).toBe(null);
  // What looks for the place of a syntax error may outlive its worker by milliseconds.
  await eventually(() => server.running.length === 0, 'all processes have gone');
  expect(readdirSync(folder.path).sort()).toEqual(Object.keys(files).sort());
  return { status, output: server.log.replaceAll(folder.path, 'FOLDER') };
}

/** The messages of the log that say what is wrong, and what is printed without a log. */
const troubles = (output: string): string[] =>
  output
    .split('\n')
    .filter((line) => /\[(?:ERROR|CRITICAL)\]|^qilin: /.test(line))
    .map((line) => line.replace(/^\[.*?\] \[\d+\] /, '').replace(/\d{2,}/g, 'N'));

const STACK = /^ {4}at /m;

/** After the one line that says why, the log tells how the workers and the server went. */
const LAST_LINE = '[ERROR] Shutting down: the first worker failed to boot';

describe('an app that fails while it is loaded', () => {
  test.each([
    { name: 'app.mjs', source: 'const fine = 1;\nconst = 2;\n', place: /FOLDER\/app\.mjs:2/ },
    { name: 'app.ts', source: 'const fine: number = 1;\nconst = 2;\n', place: /FOLDER\/app\.ts:2/ },
  ])('by a syntax error in $name: status 3, with the place, once', async ({ name, source, place }) => {
    const { status, output } = await refused({ args: [name], files: { [name]: source } });
    expect(status).toBe(3);
    expect(output).toMatch(place);
    expect(output).toContain('const = 2;');
    expect(output.match(/SyntaxError/g)).toHaveLength(1);
    expect(troubles(output)).toContain(LAST_LINE);
  });

  test('by an error of its own: status 3, with its stack, once', async () => {
    const source = "function connect() {\n  throw new Error('no database');\n}\nconnect();\n";
    const { status, output } = await refused({ args: ['app.mjs'], files: { 'app.mjs': source } });
    expect(status).toBe(3);
    expect(
      output.match(/failed to boot: app\.mjs failed while it was loaded:\nError: no database\n {4}at connect/g),
    ).toHaveLength(1);
    expect(output.match(/no database/g)).toHaveLength(1);
    expect(output).toMatch(/FOLDER\/app\.mjs:2:9/);
  });

  test('by ending the process: status 3, and the app is named', async () => {
    const { status, output } = await refused({ args: ['app.mjs'], files: { 'app.mjs': 'process.exit(0);' } });
    expect(status).toBe(3);
    expect(troubles(output)).toContain(LAST_LINE);
    expect(output.match(/failed to boot: its process ended while app\.mjs was loaded \(status 0\)/g)).toHaveLength(1);
    expect(output).toMatch(/The app exits with status 0[^\n]*\n {4}at \S*app\.mjs:1:9$/m);
  });
});

describe('a config file', () => {
  const app = { 'app.mjs': "export default (request) => new Response('hello');" };

  test.each([
    {
      what: 'that does not exist',
      args: ['-c', 'nowhere.mjs'],
      says: 'the config file nowhere.mjs does not exist.',
    },
    {
      what: 'with an unknown key suggests the nearest',
      args: ['-c', 'conf.json'],
      content: '{"worker": 2}',
      says: 'conf.json: worker is not a setting; did you mean workers?',
    },
    {
      what: 'with a value of the wrong type',
      args: ['-c', 'conf.json'],
      content: '{"workers": "many"}',
      says: /^conf\.json: workers must be .* \(got "many"\)\.$/,
    },
    {
      what: 'that is not JSON',
      args: ['-c', 'conf.json'],
      content: '{"workers": }',
      says: /^conf\.json is not valid JSON: /,
    },
  ])('$what: one line, status 1', async ({ args, content, says }) => {
    const files = content === undefined ? app : { ...app, 'conf.json': content };
    const { status, output } = await refused({ args: [...args, 'app.mjs'], files });
    expect(status).toBe(1);
    expect(output).toMatch(/^qilin: .*\n$/);
    expect(output.slice('qilin: '.length, -1)).toEqual(typeof says === 'string' ? says : expect.stringMatching(says));
  });

  test.each([
    { name: 'conf.mjs', content: 'export default {\n  workers 2,\n};\n' },
    { name: 'conf.ts', content: 'export default {\n  workers 2,\n};\n' },
  ])('with a syntax error, $name: the place, status 1', async ({ name, content }) => {
    const { status, output } = await refused({ args: ['-c', name, 'app.mjs'], files: { ...app, [name]: content } });
    expect(status).toBe(1);
    expect(output).toMatch(new RegExp(`^qilin: the config file ${name.replace('.', '\\.')} failed:\n`));
    expect(output).toContain(`FOLDER/${name}:2`);
    expect(output).toContain('workers 2,');
  });

  test('whose onStarting throws: its stack, status 1', async () => {
    const content = "export default { onStarting() { throw new Error('not today'); } };";
    const { status, output } = await refused({
      args: ['-c', 'conf.mjs', 'app.mjs'],
      files: { ...app, 'conf.mjs': content },
    });
    expect(status).toBe(1);
    expect(output.match(/the hook onStarting of the config file threw\.\nError: not today\n {4}at /g)).toHaveLength(1);
  });
});

describe('a flag', () => {
  test.each([
    {
      what: 'that does not exist',
      args: ['--wokers', '2'],
      says: /^--wokers is not a flag; did you mean --workers\?$/,
    },
    {
      what: 'with a wrong value',
      args: ['--timeout', 'soon'],
      says: /^flag --timeout: timeout must be .* \(got "soon"\)\.$/,
    },
    {
      what: 'with a format that has no such atom',
      args: ['--access-logformat', '%(h)s %(zz)s'],
      says: /^flag --access-logformat: accessLogFormat must be text with atoms .* \(got "%\(zz\)s"\)\.$/,
    },
    {
      what: 'with a folder that does not exist',
      args: ['--chdir', 'nowhere'],
      says: /^flag --chdir: chdir must be a folder that exists \(got ".*nowhere"\)\.$/,
    },
    { what: 'without its value', args: ['--threads'], says: /^command line: --threads needs a value, / },
    {
      what: 'that needs another',
      args: ['--certfile', 'a.pem'],
      says: /^certfile \(flag --certfile\) needs keyfile too\.$/,
    },
  ])('$what: one line, status 1', async ({ args, says }) => {
    const { status, output } = await refused({ args: [APP, ...args] });
    expect(status).toBe(1);
    expect(output).toMatch(/^qilin: .*\n$/);
    expect(output.slice('qilin: '.length, -1).replace(/^command line: (?=--wokers)/, '')).toMatch(says);
  });

  test('missing its app: one line, status 1', async () => {
    const { status, output } = await refused({ args: [] });
    expect([status, output]).toEqual([1, 'qilin: the app is missing: write qilin [OPTIONS] MODULE[:APP].\n']);
  });
});

describe('files that are missing', () => {
  test('a certificate: the file is named, no stack, status 1', async () => {
    const { status, output } = await refused({ args: ['--certfile', 'no.pem', '--keyfile', 'no.key', APP] });
    expect(status).toBe(1);
    expect(output.match(/keyfile must be a readable PEM file \(got "no\.key": ENOENT/g)).toHaveLength(1);
    expect(output).not.toMatch(STACK);
  });

  test('a certificate that is none: the file is named, no stack', async () => {
    const files = { 'bad.pem': 'no certificate\n', 'bad.key': 'no key\n' };
    const { status, output } = await refused({ args: ['--certfile', 'bad.pem', '--keyfile', 'bad.key', APP], files });
    expect(status).toBe(1);
    expect(output.match(/certfile bad\.pem and keyfile bad\.key cannot be used: /g)).toHaveLength(1);
    expect(output).not.toMatch(STACK);
  });

  test('a key of another certificate: both files are named', async () => {
    using folder = temporaryFolder();
    const [one, other] = [makeCertificate(folder.path, 'one'), makeCertificate(folder.path, 'other')];
    const { status, output } = await refused({ args: ['--certfile', one.certfile, '--keyfile', other.keyfile, APP] });
    expect(status).toBe(1);
    expect(output.match(/certfile \S+one\.pem and keyfile \S+other\.key cannot be used: .*mismatch/gi)).toHaveLength(1);
  });

  test.each(['--log-file', '--access-logfile'])('the folder of %s: one line, status 1', async (flag) => {
    const { status, output } = await refused({ args: [flag, 'nowhere/some.log', APP] });
    expect(status).toBe(1);
    expect(output.match(/The log file ".*nowhere\/some\.log" cannot be opened: ENOENT/g)).toHaveLength(1);
    expect(output).not.toMatch(STACK);
  });

  test('the folder of the pid file: one line, status 1', async () => {
    const { status, output } = await refused({ args: ['--pid', 'nowhere/qilin.pid', APP] });
    expect(status).toBe(1);
    expect(output.match(/the pid file \S*nowhere\/qilin\.pid cannot be written: ENOENT/g)).toHaveLength(1);
    expect(output).not.toMatch(STACK);
  });

  test('is told in the error log too, where that is a file', async () => {
    using folder = temporaryFolder();
    const log = join(folder.path, 'error.log');
    const { status } = await runQilin(['--pid', 'nowhere/qilin.pid', '--log-file', log, APP]);
    expect(status).toBe(1);
    expect(readFileSync(log, 'utf8')).toMatch(/\[ERROR\] the pid file nowhere\/qilin\.pid cannot be written: ENOENT/);
  });
});

describe('a pid file', () => {
  test('of a process that no longer runs is replaced', async () => {
    using folder = temporaryFolder();
    await using gone = new QilinProcess(['--version'], { bind: null });
    await gone.exited;
    const pidfile = write(folder.path, 'qilin.pid', `${gone.pid}\n`);
    await using server = await startQilin(['--pid', pidfile, APP]);
    expect(readFileSync(pidfile, 'utf8')).toBe(`${server.pid}\n`);
    expect((await server.stop()).status).toBe(0);
    expect(existsSync(pidfile)).toBe(false);
  });

  test('of a process that runs is an error, and is left alone', async () => {
    using folder = temporaryFolder();
    const pidfile = write(folder.path, 'qilin.pid', `${process.pid}\n`);
    const { status, output } = await runQilin(['--pid', pidfile, '--bind', '127.0.0.1:0', APP]);
    expect(status).toBe(1);
    expect(output).toContain(`the pid file ${pidfile} names process ${process.pid}, which is running: stop it first`);
    expect(output).not.toMatch(STACK);
    expect(output).not.toContain('Listening at');
    expect(readFileSync(pidfile, 'utf8')).toBe(`${process.pid}\n`);
  });

  test('that cannot be removed is told of, and the end is as always', async () => {
    using folder = temporaryFolder();
    write(folder.path, 'qilin.config.mjs', "export const onExit = () => console.log('onExit has run');\n");
    const pidfile = join(folder.path, 'qilin.pid');
    // Root may remove anything.
    const isRoot = process.getuid?.() === 0;
    if (isRoot) chownSync(folder.path, NOBODY, NOBODY);
    await using server = await startQilin(['--pid', pidfile, APP], {
      cwd: folder.path,
      ...(isRoot && { uid: NOBODY }),
    });
    chmodSync(folder.path, 0o555);
    expect((await server.stop()).status).toBe(0);
    chmodSync(folder.path, 0o755);
    expect(server.log).toContain(`[ERROR] the pid file ${pidfile} cannot be removed: EACCES`);
    expect(server.log).toContain('onExit has run');
    expect(server.log).not.toContain('CRITICAL');
  });
});

/** Takes a port of 127.0.0.1. */
async function occupy(port: number): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(port, '127.0.0.1', resolve);
  });
  return server;
}

describe('an address', () => {
  test.skipIf(root.isMissing || linux.isMissing)(
    root.named('in use by a process that is not ours to look into: its user is told'),
    async () => {
      using folder = temporaryFolder();
      chmodSync(folder.path, 0o777);
      const port = await freePort();
      const keeper = await occupy(port);
      try {
        await using server = new QilinProcess([APP], { cwd: folder.path, bind: `127.0.0.1:${port}`, uid: NOBODY });
        await server.logged(/in use by a process of user 0 \(EADDRINUSE\); trying again/);
      } finally {
        keeper.close();
      }
    },
  );

  test('in use is tried for 5 s, then given up with status 1, while one that becomes free is taken', async () => {
    using folder = temporaryFolder();
    const [kept, freed] = [await freePort(), await freePort()];
    const [keeper, leaver] = [await occupy(kept), await occupy(freed)];
    try {
      const path = join(folder.path, 'app.sock');
      const start = performance.now();
      // Both at once: they spend their time waiting.
      await using refusedServer = new QilinProcess(['--bind', `unix:${path}`, '--bind', `127.0.0.1:${kept}`, APP], {
        bind: null,
      });
      await using server = new QilinProcess([APP], { bind: `127.0.0.1:${freed}` });
      await server.logged(/\[ERROR\] .*127\.0\.0\.1:\d+.*in use.*; trying again in 1 s/i);
      leaver.close();
      await server.ready();
      expect((await ask(server.url)).status).toBe(200);

      expect((await refusedServer.exited).status).toBe(1);
      expect(performance.now() - start).toBeGreaterThan(4_900);
      expect(refusedServer.log.match(/trying again in 1 s/g)).toHaveLength(5);
      expect(refusedServer.log).toMatch(new RegExp(`^qilin: .*127\\.0\\.0\\.1:${kept}.*in use.*\\n`, 'im'));
      if (!linux.isMissing) expect(refusedServer.log).toMatch(new RegExp(`in use by \\S.* \\(pid ${process.pid}\\)`));
      expect(refusedServer.log).not.toMatch(STACK);
      expect(readdirSync(folder.path)).toEqual([]);
    } finally {
      leaver.close();
      keeper.close();
    }
  });

  test('of another machine: one line, status 1, at once', async () => {
    const { status, output } = await refused({ args: ['--bind', '192.0.2.1:8000', APP] });
    expect(status).toBe(1);
    expect(output).toMatch(/^qilin: .*192\.0\.2\.1:8000.*\n/m);
    expect(output).not.toMatch(STACK);
    expect(output).not.toContain('trying again');
  });

  const firstOfAll = Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'));
  const rootsPorts = root.isMissing ? root : new Need(firstOfAll > 1, 'everybody may bind every port on this machine');

  test.skipIf(rootsPorts.isMissing)(rootsPorts.named('that only root may bind: one line, status 1'), async () => {
    const port = Math.min(firstOfAll - 1, 80);
    const { status, output } = await refused({ args: ['--bind', `127.0.0.1:${port}`, APP], uid: NOBODY });
    expect(status).toBe(1);
    expect(output).toMatch(new RegExp(`^qilin: .*127\\.0\\.0\\.1:${port}.*\\n`, 'm'));
    expect(output).toMatch(/permission|root|privilege/i);
    expect(output).not.toMatch(STACK);
  });

  test.skipIf(root.isMissing)(
    root.named('is all the same when --user is given without root: one line, status 1'),
    async () => {
      const { status, output } = await refused({ args: ['--user', 'root', APP], uid: NOBODY });
      expect(status).toBe(1);
      expect(output).toMatch(/^qilin: only root can run workers as another user root.*: start as root/m);
      expect(output).not.toMatch(STACK);
    },
  );
});
