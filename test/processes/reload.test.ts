/** HUP and `--reload`: new code and new settings come, and what does not work never replaces what does. */
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { freePort, write } from './files.ts';
import { ask } from './http-client.ts';
import { HeldRequest, servedBy, tryToConnect } from './requests.ts';
import { type QilinProcess, repository, startQilin, temporaryFolder } from './server.ts';

const appThatSays = (text: string) =>
  `export const app = (req, res) => res.end(req.url === '/pid' ? String(process.pid) : ${JSON.stringify(text)});\n`;

const APP = `${repository}/test/fixtures/app.mjs:app`;

async function reload(server: QilinProcess): Promise<void> {
  const from = server.log.length;
  server.signal('SIGHUP');
  await server.logged(/Reload done/, from);
}

/** Resolves when these workers have gone: until then a request may still reach them. */
async function left(server: QilinProcess, pids: readonly number[]): Promise<void> {
  for (const pid of pids) await server.logged(new RegExp(`Worker exited \\(pid: ${pid}, status 0\\)`));
}

/** HUP; resolves with what the log says until the reload is called off. */
async function failToReload(server: QilinProcess): Promise<string> {
  const from = server.log.length;
  server.signal('SIGHUP');
  await server.logged(/Reload called off.*the old workers keep serving/, from);
  return server.log.slice(from);
}

describe('HUP with an app that no longer loads', () => {
  const BROKEN = [
    {
      name: 'throws while it is loaded',
      app: `throw new Error('no database today');\n`,
      says: /Error: no database today\n +at /,
    },
    { name: 'has a syntax error', app: 'export const app = (req, res => res.end();\n', says: /SyntaxError: / },
    { name: 'lacks its export', app: 'export const application = 1;\n', says: /"?app"?.*application/ },
    { name: 'ends the process', app: 'process.exit(7);\n', says: /Worker exited \(pid: \d+, status 7\)/ },
    { name: 'is gone', app: null, says: /app\.mjs/ },
  ];

  test.each(BROKEN)(
    '$name: the old workers serve on, the log says why, and a repaired one is taken',
    async ({ app, says }) => {
      using folder = temporaryFolder();
      const file = write(folder.path, 'app.mjs', appThatSays('first'));
      await using server = await startQilin(['-w', '2', 'app.mjs:app'], { cwd: folder.path });
      const pids = server.workerPids;
      if (app === null) rmSync(file);
      else write(folder.path, 'app.mjs', app);

      expect(await failToReload(server)).toMatch(says);
      expect((await ask(server.url)).text).toBe('first');
      expect(pids).toContain(await servedBy(server, () => true));

      write(folder.path, 'app.mjs', appThatSays('repaired'));
      await reload(server);
      await left(server, pids);
      expect((await ask(server.url)).text).toBe('repaired');
    },
  );
});

describe('a canary', () => {
  const booted = (log: string): number => log.match(/Booting worker/g)?.length ?? 0;

  test.each([
    { flags: [], count: 1 },
    { flags: ['--no-canary'], count: 3 },
  ])('of $count of 3 new workers is what a broken app costs with $flags', async ({ flags, count }) => {
    using folder = temporaryFolder();
    write(folder.path, 'app.mjs', appThatSays('first'));
    await using server = await startQilin(['-w', '3', ...flags, 'app.mjs:app'], { cwd: folder.path });
    write(folder.path, 'app.mjs', `throw new Error('broken');\n`);
    expect(booted(await failToReload(server))).toBe(count);

    write(folder.path, 'app.mjs', appThatSays('second'));
    const from = server.log.length;
    await reload(server);
    expect(booted(server.log.slice(from))).toBe(3);
  });
});

describe('a health check', () => {
  const LISTENER =
    "(req, res) => { res.statusCode = req.url === '/health?new' ? STATUS : 200; res.end('db: ' + req.headers.host); }";
  const FETCH =
    "{ fetch: (r) => new Response('db: ' + r.headers.get('host'), { status: r.url.endsWith('/health?new') ? STATUS : 200 }) }";
  const says = (app: string, status: number) => `export const app = ${app.replace('STATUS', String(status))};\n`;
  const program = (status: number) =>
    `import { createServer } from 'node:http';\ncreateServer(${LISTENER.replace('STATUS', String(status))}).listen(3000);\n`;

  test.each([
    { workerClass: 'async', flags: [], what: 'a listener', app: (status: number) => says(LISTENER, status) },
    { workerClass: 'async', flags: [], what: 'a program', app: program },
    { workerClass: 'sync', flags: [], what: 'a fetch handler', app: (status: number) => says(FETCH, status) },
    { workerClass: 'picoev', flags: [], what: 'a fetch handler', app: (status: number) => says(FETCH, status) },
    { workerClass: 'picoev', flags: [], what: 'a program', app: program },
    {
      workerClass: 'threads',
      flags: ['--threads', '2'],
      what: 'a listener',
      app: (status: number) => says(LISTENER, status),
    },
  ])('keeps $what off that is not well, on class $workerClass', async ({ workerClass, flags, app }) => {
    using folder = temporaryFolder();
    // Of a server that starts nobody asks.
    write(folder.path, 'app.mjs', app(503));
    const named = app === program ? 'app.mjs' : 'app.mjs:app';
    const args = ['-k', workerClass, ...flags, '-w', '2', '--health-check', '/health?new', named];
    await using server = await startQilin(args, { cwd: folder.path });
    const told = await failToReload(server);
    expect(told).toContain(
      'failed to boot: GET /health?new (healthCheck) was answered with 503, and must be with 2xx: "db: localhost"',
    );
    expect((await ask(`${server.url}/`)).status).toBe(200);
    // One that died is replaced: it is no better than the others.
    const from = server.log.length;
    process.kill(server.workerPids[0] ?? 0, 'SIGKILL');
    await server.logged(/Booting worker with pid: (\d+)/, from);

    write(folder.path, 'app.mjs', app(201));
    await reload(server);
  });

  test.each([
    { what: 'never answers', app: '() => {}', says: 'was not answered in 0.5 s' },
    { what: 'throws', app: "() => { throw new Error('no'); }", says: 'has no answer:\nError: no' },
    { what: 'cuts the connection', app: '(req) => req.socket.destroy()', says: 'has no answer:' },
    {
      what: 'answers with a status that is none',
      app: '(req, res) => res.writeHead(700).end()',
      says: 'was answered with 700',
    },
  ])('that $what calls a reload off', async ({ app, says: words }) => {
    using folder = temporaryFolder();
    write(folder.path, 'app.mjs', appThatSays('well'));
    const args = ['--timeout', '0.5', '--health-check', '/', '--no-canary', 'app.mjs:app'];
    await using server = await startQilin(args, { cwd: folder.path });
    write(folder.path, 'app.mjs', `export const app = (req, res) => (${app})(req, res);\n`);
    expect(await failToReload(server)).toContain(`GET / (healthCheck) ${words}`);
    expect((await ask(server.url)).text).toBe('well');
  });

  describe.each([
    ['async', []],
    ['picoev', []],
    ['threads', ['--threads', '2']],
  ])('by a function, class %s', (workerClass, flags) => {
    const CONFIG = `
      export default {
        healthCheck: async (ask) => {
          const answers = await Promise.all([ask('/one'), ask('/two')]);
          const said = await Promise.all(answers.map(async (answer) => answer.status + ' ' + (await answer.text())));
          if (said.join() !== '200 well,200 well') throw new Error('it said ' + said);
        },
      };
    `;
    const args = ['-k', workerClass, ...flags, 'app.mjs:app'];

    test('what it throws calls a reload off, and nothing else does', async () => {
      using folder = temporaryFolder();
      write(folder.path, 'app.mjs', appThatSays('well'));
      write(folder.path, 'qilin.config.mjs', CONFIG);
      await using server = await startQilin(args, { cwd: folder.path });
      write(folder.path, 'app.mjs', appThatSays('worse'));
      const told = await failToReload(server);
      expect(told).toContain('healthCheck threw:\nError: it said 200 worse,200 worse');
      expect(told).toContain(`${folder.path}/qilin.config.mjs:6:`);
      expect((await ask(server.url)).text).toBe('well');
      write(folder.path, 'app.mjs', appThatSays('well'));
      await reload(server);
    });
  });

  test.each([
    { what: 'says false', check: 'false', says: 'healthCheck said false: the app is not well' },
    { what: 'says nonsense', check: "'fine'", says: "healthCheck must return true, false or nothing (got 'fine')" },
    { what: 'never ends', check: 'new Promise(() => {})', says: 'healthCheck did not end in 0.5 s' },
  ])('by a function that $what calls a reload off', async ({ check, says: words }) => {
    using folder = temporaryFolder();
    write(folder.path, 'app.mjs', appThatSays('well'));
    write(folder.path, 'qilin.config.mjs', 'export default {};\n');
    await using server = await startQilin(['--timeout', '0.5', '--no-canary', 'app.mjs:app'], { cwd: folder.path });
    write(folder.path, 'qilin.config.mjs', `export default { health_check: () => ${check} };\n`);
    expect(await failToReload(server)).toContain(words);
    write(folder.path, 'qilin.config.mjs', 'export default { health_check: () => true };\n');
    await reload(server);
    expect((await ask(server.url)).text).toBe('well');
  });

  test('by a function that is not afraid of a path that throws', async () => {
    using folder = temporaryFolder();
    const app = "(req, res) => { if (req.url === '/throws') throw new Error('no'); res.end('well'); }";
    write(folder.path, 'app.mjs', `export const app = ${app};\n`);
    const check = "async (ask) => (await ask('/throws').catch(String)) === 'Error: no' && (await ask('/')).ok";
    write(folder.path, 'qilin.config.mjs', `export default { healthCheck: ${check} };\n`);
    await using server = await startQilin(['app.mjs:app'], { cwd: folder.path });
    await reload(server);
    expect((await ask(server.url)).text).toBe('well');
  });

  test('of an upgrade: the old server serves on', async () => {
    using folder = temporaryFolder();
    write(folder.path, 'app.mjs', appThatSays('well'));
    await using server = await startQilin(['--health-check', '/', 'app.mjs:app'], { cwd: folder.path });
    write(folder.path, 'app.mjs', 'export const app = (req, res) => res.writeHead(500).end();\n');
    const from = server.log.length;
    server.signal('SIGUSR2');
    await server.logged(/GET \/ \(healthCheck\) was answered with 500/, from);
    await server.logged(/The new arbiter .*ended|new arbiter/i, from);
    expect((await ask(server.url)).text).toBe('well');
  });
});

describe('HUP with a config file that is broken', () => {
  const BROKEN = [
    { name: 'by its syntax', config: 'export default {', says: /SyntaxError/ },
    { name: 'by what it throws', config: `throw new Error('no such host');\n`, says: /Error: no such host/ },
    { name: 'by an unknown setting', config: 'export default { wokers: 3 };\n', says: /wokers.*workers/ },
    {
      name: 'by an address that is taken',
      config: `export default { bind: ['127.0.0.1:PORT'] };\n`,
      says: /EADDRINUSE/,
    },
  ];

  test.each(BROKEN)('$name: all stays as it was, and a repaired one is taken', async ({ config, says }) => {
    using folder = temporaryFolder();
    const app = write(folder.path, 'app.mjs', appThatSays('served'));
    write(folder.path, 'qilin.config.mjs', 'export default { workers: 1 };\n');
    const taken = await startQilin(['app.mjs:app'], { cwd: folder.path });
    await using _taken = taken;
    await using server = await startQilin([`${app}:app`], { cwd: folder.path, bind: null, env: { PORT: '0' } });
    const pids = server.workerPids;
    write(folder.path, 'qilin.config.mjs', config.replace('PORT', String(taken.port)));

    expect(await failToReload(server)).toMatch(says);
    expect(pids).toContain(await servedBy(server, () => true));

    write(folder.path, 'qilin.config.mjs', 'export default { workers: 2 };\n');
    await reload(server);
    expect(server.workerPids).toHaveLength(3);
  });
});

describe('HUP with changed settings', () => {
  test('serves on the new address and no longer on the old one, with the new number of workers', async () => {
    using folder = temporaryFolder();
    const [before, after] = [await freePort(), await freePort()];
    const config = (port: number, workers: number) =>
      write(folder.path, 'qilin.config.mjs', `export default { bind: '127.0.0.1:${port}', workers: ${workers} };\n`);
    config(before, 1);
    await using server = await startQilin(['--log-level', 'debug', APP], { cwd: folder.path, bind: null });
    expect(server.port).toBe(before);
    using request = await HeldRequest.begin(server);
    config(after, 2);
    await reload(server);
    await server.logged(new RegExp(`Listening at: http://127.0.0.1:${after} `));
    expect((await ask(`http://127.0.0.1:${after}/new`)).text).toBe('GET /new ');
    await expect.poll(() => tryToConnect(before), { interval: 10, timeout: 10_000 }).toBe('ECONNREFUSED');
    expect(server.workerPids).toHaveLength(3);
    expect(await request.finish()).toContain('Connection: close');
  });

  test('writes the access log in the new format, and names the settings that need a restart', async () => {
    using folder = temporaryFolder();
    const config = (format: string, backlog: number) =>
      write(
        folder.path,
        'qilin.config.mjs',
        `export default { accesslog: '-', accessLogFormat: '${format} %(U)s', backlog: ${backlog} };\n`,
      );
    config('old', 100);
    await using server = await startQilin([APP], { cwd: folder.path });
    await ask(`${server.url}/one`);
    await server.logged(/^old \/one$/m);
    config('new', 200);
    await reload(server);
    await left(server, server.workerPids.slice(0, 1));
    await ask(`${server.url}/two`);
    await server.logged(/^new \/two$/m);
    expect(server.log).toMatch(/\[WARNING\] backlog changed: takes effect with the next start/);
  });
});

test('HUP in a folder that is a link serves what the link leads to now', async () => {
  using folder = temporaryFolder();
  const current = join(folder.path, 'current');
  for (const release of ['first', 'second']) {
    mkdirSync(join(folder.path, release));
    write(join(folder.path, release), 'app.mjs', appThatSays(release));
  }
  symlinkSync('first', current);
  await using server = await startQilin(['app.mjs:app'], { cwd: current, env: { PWD: current } });
  expect((await ask(server.url)).text).toBe('first');
  rmSync(current);
  symlinkSync('second', current);
  await reload(server);
  await left(server, server.workerPids.slice(0, 1));
  expect((await ask(server.url)).text).toBe('second');
});

describe('--reload', () => {
  test('serves a changed file anew', async () => {
    using folder = temporaryFolder();
    write(folder.path, 'app.mjs', `export { app } from './part.mjs';\n`);
    write(folder.path, 'part.mjs', appThatSays('before'));
    await using server = await startQilin(['--reload', 'app.mjs:app'], { cwd: folder.path });
    expect((await ask(server.url)).text).toBe('before');
    write(folder.path, 'part.mjs', appThatSays('after'));
    await server.logged(/part\.mjs has changed/);
    await server.logged(/Reload done/);
    await left(server, server.workerPids.slice(0, 1));
    expect((await ask(server.url)).text).toBe('after');
  });

  test('keeps serving while a file is broken, and recovers by itself', async () => {
    using folder = temporaryFolder();
    write(folder.path, 'app.mjs', appThatSays('before'));
    await using server = await startQilin(['--reload', 'app.mjs:app'], { cwd: folder.path });
    write(folder.path, 'app.mjs', 'export const app = {{{\n');
    await server.logged(/Reload called off/);
    expect((await ask(server.url)).text).toBe('before');
    write(folder.path, 'app.mjs', appThatSays('after'));
    await server.logged(/Reload done/);
    await left(server, server.workerPids.slice(0, 1));
    expect((await ask(server.url)).text).toBe('after');
  });

  test('watches the files of reloadExtraFiles too, and no others', async () => {
    using folder = temporaryFolder();
    write(folder.path, 'app.mjs', appThatSays('served'));
    const args = ['--reload', '--reload-extra-file', '*.html', 'app.mjs:app'];
    await using server = await startQilin(args, { cwd: folder.path });
    write(folder.path, 'notes.txt', 'not watched');
    write(folder.path, 'page.html', '<p>watched</p>');
    await server.logged(/page\.html has changed/);
    await server.logged(/Reload done/);
    expect(server.log).not.toContain('notes.txt');
  });
});
