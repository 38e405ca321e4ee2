/** Workers as another user: what root does for them with files, and what it must not do. */
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventually, freePort, linesOf, write } from './files.ts';
import { ask } from './http-client.ts';
import { statOf } from './process-table.ts';
import { QilinProcess, runQilin, temporaryFolder } from './server.ts';

/** An unprivileged user, who need not have a name. */
const NOBODY = 65_534;
const USER = ['--user', String(NOBODY), '--group', String(NOBODY)];
const APP =
  "export default (request, response) => response.end(request.url === '/pid' ? String(process.pid) : 'ok');\n";
const isRoot = process.geteuid?.() === 0;

interface Site extends AsyncDisposable {
  readonly server: QilinProcess;
  readonly url: string;
  readonly logs: string;
  readonly errorLog: string;
  readonly accessLog: string;
  errors(): string;
}

/** A folder for an app, with `logs` in it that belongs to the workers' user or to root. */
function site(owner: number) {
  const folder = temporaryFolder();
  const { path } = folder;
  chmodSync(path, 0o755);
  const logs = join(path, 'logs');
  mkdirSync(logs);
  chownSync(logs, owner, owner);
  write(path, 'app.mjs', APP);
  return { ...folder, path, logs, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

const ownersOf = (...files: string[]): number[] => files.flatMap((file) => [statSync(file).uid, statSync(file).gid]);

async function start(folder: ReturnType<typeof site>, more: readonly string[] = []): Promise<Site> {
  const [errorLog, accessLog] = [join(folder.logs, 'error.log'), join(folder.logs, 'access.log')];
  const bind = `127.0.0.1:${await freePort()}`;
  const files = ['--log-file', errorLog, '--access-logfile', accessLog, '--access-logformat', '%(U)s'];
  const server = new QilinProcess([...USER, ...files, ...more, 'app.mjs'], { cwd: folder.path, bind });
  const errors = () => readFileSync(errorLog, 'utf8');
  await eventually(() => errors().includes('Ready: '), 'the server is ready');
  const dispose = () => server[Symbol.asyncDispose]();
  return { server, url: `http://${bind}`, ...folder, errorLog, accessLog, errors, [Symbol.asyncDispose]: dispose };
}

/** Moves the logs away and has them opened anew. */
async function rotate({ server, errorLog, accessLog, url }: Site, number: number): Promise<void> {
  for (const file of [errorLog, accessLog]) renameSync(file, `${file}.${number}`);
  server.signal('SIGUSR1');
  await eventually(async () => {
    await ask(url);
    return readFileSync(accessLog, 'utf8') !== '';
  }, 'lines in the new access log');
}

const workerOf = async ({ url }: Site) => Number((await ask(`${url}/pid`)).text);

describe.skipIf(!isRoot)(`--user${isRoot ? '' : ' (these tests need root)'}`, () => {
  test.each([
    ['the workers', NOBODY],
    ['root', 0],
  ])('after a rotation workers boot and log, in a folder of %s', async (_, owner) => {
    using folder = site(owner);
    await using running = await start(folder);
    expect(ownersOf(running.errorLog, running.accessLog)).toEqual([NOBODY, NOBODY, NOBODY, NOBODY]);

    await rotate(running, 1);
    expect(ownersOf(running.errorLog, running.accessLog)).toEqual([NOBODY, NOBODY, NOBODY, NOBODY]);
    const first = await workerOf(running);
    process.kill(first, 'SIGKILL');
    await eventually(async () => (await workerOf(running)) !== first, 'an answer of another worker');
    running.server.signal('SIGHUP');
    await eventually(() => running.errors().includes('Reload done'), 'the end of the reload');
    expect((await ask(`${running.url}/last`)).text).toBe('ok');
    await running.server.stop();
    expect(linesOf(running.accessLog)).toContain('/last');
  });

  test('a worker that boots between the move of the files and USR1 does so', async () => {
    using folder = site(0);
    await using running = await start(folder);
    const first = await workerOf(running);
    for (const file of [running.errorLog, running.accessLog]) renameSync(file, `${file}.1`);
    process.kill(first, 'SIGKILL');
    await eventually(async () => (await workerOf(running)) !== first, 'an answer of another worker');
  });

  test('a reload can name other files', async () => {
    using folder = site(0);
    const config = (name: string) =>
      write(folder.path, 'qilin.config.mjs', `export default { accesslog: 'logs/${name}.log' };\n`);
    config('one');
    const bind = `127.0.0.1:${await freePort()}`;
    await using server = new QilinProcess([...USER, 'app.mjs'], { cwd: folder.path, bind });
    await server.ready();
    config('two');
    server.signal('SIGHUP');
    await server.logged(/Reload done/);
    const other = join(folder.logs, 'two.log');
    await eventually(async () => {
      await ask(`http://${bind}/later`);
      return readFileSync(other, 'utf8').includes('/later');
    }, 'a line of a new worker in the other file');
    expect(ownersOf(other)).toEqual([NOBODY, NOBODY]);
  });

  test.each([
    ['symbolic', symlinkSync, /is a symbolic link in a folder that others than root may write/],
    ['hard', linkSync, /it has \d names \(hard links\)/],
  ])(
    'a %s link in the place of a log gives nothing away, at the start and at a rotation',
    async (_, link, sentence) => {
      using folder = site(NOBODY);
      const secret = write(folder.path, 'secret', 'root alone\n');
      chmodSync(secret, 0o600);
      const untouched = () => {
        expect(ownersOf(secret)).toEqual([0, 0]);
        expect(readFileSync(secret, 'utf8')).toBe('root alone\n');
      };
      for (const flag of ['--log-file', '--access-logfile']) {
        const planted = join(folder.logs, `planted${flag}`);
        link(secret, planted);
        const args = [...USER, flag, planted, '--bind', 'unix:app.sock', 'app.mjs'];
        const { status, output } = await runQilin(args, { cwd: folder.path });
        expect([status, output]).toEqual([1, expect.stringMatching(sentence)]);
        untouched();
      }

      await using running = await start(folder);
      for (const file of [running.errorLog, running.accessLog]) {
        renameSync(file, `${file}.1`);
        link(secret, file);
      }
      running.server.signal('SIGUSR1');
      const old = () => readFileSync(`${running.errorLog}.1`, 'utf8');
      await eventually(() => sentence.test(old()), 'the sentence in the old file, which stays in use');
      expect((await ask(running.url)).text).toBe('ok');
      untouched();
    },
  );

  test('a pid file is neither written nor removed through a link that others have planted', async () => {
    using folder = site(NOBODY);
    const elsewhere = join(folder.path, 'elsewhere');
    mkdirSync(elsewhere);
    symlinkSync(elsewhere, join(folder.logs, 'run'));
    const flags = ['--pid', join(folder.logs, 'run/app.pid'), '--bind', 'unix:app.sock'];
    const { status, output } = await runQilin([...USER, ...flags, 'app.mjs'], { cwd: folder.path });
    expect([status, output]).toEqual([1, expect.stringMatching(/pid file .*"run" is a symbolic link in a folder/)]);
    expect(existsSync(join(elsewhere, 'app.pid'))).toBe(false);

    mkdirSync(join(folder.logs, 'true'));
    await using running = await start(folder, ['--pid', join(folder.logs, 'true/app.pid')]);
    renameSync(join(folder.logs, 'true'), join(folder.logs, 'away'));
    writeFileSync(join(elsewhere, 'app.pid'), `${running.server.pid}\n`);
    symlinkSync(elsewhere, join(folder.logs, 'true'));
    expect((await running.server.stop()).status).toBe(0);
    expect(readFileSync(join(elsewhere, 'app.pid'), 'utf8')).toBe(`${running.server.pid}\n`);
  });

  test('the workers have the rights of that user alone', async () => {
    using folder = site(NOBODY);
    await using running = await start(folder);
    const worker = await workerOf(running);
    const status = readFileSync(`/proc/${worker}/status`, 'utf8');
    expect(status).toMatch(new RegExp(`^Uid:\\t${NOBODY}\\t${NOBODY}\\t${NOBODY}\\t${NOBODY}$`, 'm'));
    expect(status).toMatch(new RegExp(`^Gid:\\t${NOBODY}\\t${NOBODY}\\t${NOBODY}\\t${NOBODY}$`, 'm'));
    expect(status).toMatch(/^Groups:\s*$/m);
    expect(status).toMatch(/^CapEff:\t0+$/m);
    expect(statOf(worker)?.parent).toBe(running.server.pid);
  });
});
