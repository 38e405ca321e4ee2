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
import { root } from '../needs.ts';
import { commands, eventually, freePort, linesOf, write } from './files.ts';
import { ask } from './http-client.ts';
import { statOf } from './process-table.ts';
import { QilinProcess, runQilin, startQilin, temporaryFolder } from './server.ts';

/** An unprivileged user, who need not have a name. */
const NOBODY = 65_534;
const USER = ['--user', String(NOBODY), '--group', String(NOBODY)];
const APP =
  "export default (request, response) => response.end(request.url === '/pid' ? String(process.pid) : 'ok');\n";

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

describe.skipIf(root.isMissing)(root.named('--user'), () => {
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

  test('a user and a group may come from a directory service', async () => {
    using folder = site(0);
    const env = commands(folder.path, {
      id: '[ "$3" = ada ] && [ "$1" = -u ] && echo 4243',
      getent: '[ "$1 $2" = "group staff" ] && echo "staff:*:4244:ada,bob"',
    });
    await using server = await startQilin(['--user', 'ada', '--group', 'staff', 'app.mjs'], { cwd: folder.path, env });
    const status = readFileSync(`/proc/${server.workerPids[0]}/status`, 'utf8');
    expect(/^Uid:\t(\d+)/m.exec(status)?.[1]).toBe('4243');
    expect(/^Gid:\t(\d+)/m.exec(status)?.[1]).toBe('4244');
  });

  test('a directory service that does not answer is given up, and stops nothing meanwhile', async () => {
    using folder = site(0);
    const env = commands(folder.path, { getent: 'exec sleep 60' });
    const args = ['--group', 'staff', '--bind', 'unix:app.sock', 'app.mjs'];
    const { status, output } = await runQilin(args, { cwd: folder.path, env });
    const sentence = /group "staff" could not be looked up in 5 s \(getent\): see to the directory service/;
    expect([status, output]).toEqual([1, expect.stringMatching(sentence)]);

    const config = (group: string) =>
      write(folder.path, 'qilin.config.mjs', `export default { user: '${NOBODY}', group: '${group}' };\n`);
    config(String(NOBODY));
    await using server = await startQilin(['app.mjs'], { cwd: folder.path, env });
    config('staff');
    server.signal('SIGHUP');
    await server.logged(/Reloading/);
    // A worker that dies meanwhile is replaced, as the same user.
    process.kill(server.workerPids[0] ?? 0, 'SIGKILL');
    await server.until(() => server.workerPids.length === 2, 'another worker');
    expect(server.log).not.toMatch(sentence);
    await server.logged(sentence);
    await server.logged(/Reload called off/);
    expect((await ask(server.url)).text).toBe('ok');
  });

  test('a number without a name needs a group beside it', async () => {
    using folder = site(0);
    const { status, output } = await runQilin(['--user', '4242', 'app.mjs'], { cwd: folder.path });
    const sentence = /user 4242 has no name on this machine, and so no group: give --group too\./;
    expect([status, output]).toEqual([1, expect.stringMatching(sentence)]);
  });
});
