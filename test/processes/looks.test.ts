/** What an operator sees through `qilinctl` of the inside of a server: profiles, heaps, logs; and the words that a shell completes. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tool } from '../needs.ts';
import { eventually, freePort, write } from './files.ts';
import { ask } from './http-client.ts';
import { controlCommand, qilinctl } from './qilinctl.ts';
import { QilinProcess, temporaryFolder } from './server.ts';

const APP = `
class KeptByTheApp { constructor() { this.text = 'kept '.repeat(3); } }
const kept = Array.from({ length: 1000 }, () => new KeptByTheApp());
function hotFunction() {
  let sum = kept.length;
  for (let i = 0; i < 20_000_000; i++) sum = (sum * 31 + i) | 0;
  return sum;
}
export const app = () => new Response(String(hotFunction()));
`;

const folder = temporaryFolder();
const fileIn = (name: string) => join(folder.path, name);
let server: QilinProcess;
let url: string;
let pid: string;

beforeAll(async () => {
  const app = write(folder.path, 'app.mjs', APP);
  const logs = ['--log-file', 'logs/error.log', '--access-logfile', 'logs/access.log', '--chdir', folder.path];
  mkdirSync(fileIn('logs'));
  const address = `127.0.0.1:${await freePort()}`;
  url = `http://${address}`;
  server = new QilinProcess(['--pid', fileIn('app.pid'), ...logs, `${app}:app`], { bind: address });
  pid = await eventually(async () => {
    const { workers, workersReady } = JSON.parse((await run('status', '--json')).stdout);
    return workersReady === 1 && String(workers[0].pid);
  }, 'the worker serves');
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

const start = (...args: string[]) => spawn(process.execPath, [controlCommand, '--pid', fileIn('app.pid'), ...args]);
const run = (...args: string[]) => qilinctl(['--pid', fileIn('app.pid'), ...args]);

/** As it is drawn in the protocol of Chrome's DevTools (Profiler.Profile), as far as viewers read it. */
interface Profile {
  readonly startTime: number;
  readonly endTime: number;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
  readonly nodes: readonly {
    readonly id: number;
    readonly hitCount: number;
    readonly children?: readonly number[];
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
}

function checkProfile(profile: Profile): void {
  const ids = new Set(profile.nodes.map(({ id }) => id));
  expect(ids.size).toBe(profile.nodes.length);
  expect(profile.samples.length).toBe(profile.timeDeltas.length);
  expect(profile.samples.every((id) => ids.has(id))).toBe(true);
  expect(profile.nodes.flatMap(({ children = [] }) => children).every((id) => ids.has(id))).toBe(true);
  expect(profile.endTime - profile.startTime).toBeGreaterThan(900_000);
}

test('a profile shows the hot function first, in a file that viewers read; one that is there stays', async () => {
  const file = fileIn('hot.cpuprofile');
  let isOver = false;
  const recorded = run('profile', pid, '--seconds', '1', '-o', file).finally(() => {
    isOver = true;
  });
  while (!isOver) await ask(url);
  const bytes = statSync(file).size;
  expect(await recorded).toEqual({ status: 0, stdout: `${file}: ${bytes} bytes\n`, stderr: '' });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const profile: Profile = JSON.parse(readFileSync(file, 'utf8'));
  checkProfile(profile);
  const hits = profile.nodes.filter(({ callFrame }) => !callFrame.functionName.startsWith('('));
  const [hottest] = hits.toSorted((one, other) => other.hitCount - one.hitCount);
  expect(hottest?.callFrame.functionName).toBe('hotFunction');
  expect(hottest?.callFrame.url).toMatch(/\/app\.mjs$/);
  const again = await run('profile', pid, '-o', file);
  expect([again.status, again.stderr]).toEqual([1, expect.stringContaining(`${file} cannot be written: EEXIST`)]);
  expect(statSync(file).size).toBe(bytes);
});

test('a snapshot of the heap has the objects of the app, and the worker serves on', async () => {
  const file = fileIn('a.heapsnapshot');
  const { status, stdout } = await run('heap', pid, '-o', file, '--json');
  expect([status, JSON.parse(stdout)]).toEqual([0, { file, bytes: statSync(file).size }]);
  const { snapshot, nodes, strings } = JSON.parse(readFileSync(file, 'utf8'));
  const { node_fields: fields } = snapshot.meta;
  const name = strings.indexOf('KeptByTheApp');
  const named = nodes.filter((value: number, index: number) => index % fields.length === 1 && value === name);
  expect(named.length).toBeGreaterThanOrEqual(1000);
  expect((await ask(url)).status).toBe(200);
});

test('one at a time is recorded, of a worker that is there', async () => {
  const first = run('profile', pid, '--seconds', '60', '-o', fileIn('first'));
  const handled = /Handling command: profile .*Handling command: profile /s;
  await eventually(() => handled.test(readFileSync(fileIn('logs/error.log'), 'utf8')), 'the second profile has begun');
  expect((await run('heap', pid, '-o', fileIn('second'))).stderr).toBe(
    `qilinctl: Worker ${pid} is being recorded already: wait until that is over.\n`,
  );
  expect((await run('heap', '1', '-o', fileIn('second'))).stderr).toContain('No worker has the pid 1: there are ');
  await run('restart', pid);
  expect(await first).toEqual({ status: 1, stdout: '', stderr: `qilinctl: Worker ${pid} has ended meanwhile.\n` });
  for (const name of ['first', 'second']) expect(statSync(fileIn(name), { throwIfNoEntry: false })).toBeUndefined();
});

test('Ctrl-C ends a recording, and what there is of its file; the worker can be recorded again at once', async () => {
  const file = fileIn('unfinished');
  const begun = () => readFileSync(fileIn('logs/error.log'), 'utf8').match(/Handling command: profile /g)?.length ?? 0;
  const before = begun();
  const worker = await eventually(
    async () =>
      JSON.parse((await run('status', '--json')).stdout).workers.find(
        ({ state }: { state: string }) => state === 'ready',
      )?.pid,
    'a worker serves',
  );
  const recording = start('profile', String(worker), '--seconds', '600', '-o', file);
  await eventually(() => begun() > before, 'it has begun');
  expect(statSync(file).size).toBe(0);
  recording.kill('SIGINT');
  expect(await once(recording, 'exit')).toEqual([null, 'SIGINT']);
  expect(statSync(file, { throwIfNoEntry: false })).toBeUndefined();
  await eventually(async () => (await run('heap', String(worker), '-o', file)).status === 0, 'it can be recorded');
});

test('who follows what nobody reads any more is not left behind', async () => {
  const commands = [start('status', '--watch'), start('logs', '-f')];
  for (const command of commands) {
    await once(command.stdout, 'data');
    command.stdout.destroy();
  }
  const ended = Promise.all(commands.map((command) => once(command, 'exit')));
  await ask(url);
  expect(await ended).toEqual([
    [0, null],
    [0, null],
  ]);
});

const tmux = tool('tmux');
test(tmux.named('top shows the workers in a terminal, and does what keys say'), { skip: tmux.isMissing }, async () => {
  const socket = fileIn('tmux');
  const terminal = (...args: string[]) =>
    spawnSync('tmux', ['-S', socket, '-f', '/dev/null', ...args], { encoding: 'utf8' });
  const shows = (pattern: RegExp, what: string) =>
    eventually(() => pattern.exec(terminal('capture-pane', '-p').stdout) ?? undefined, what);
  const words = [process.execPath, controlCommand, '--pid', fileIn('app.pid'), 'top'];
  // The shell tells the status: tmux, which learns of the end of a pane's process and of its terminal in any order, may not.
  terminal('new-session', '-d', '-x', '160', '-y', '20', `${words.join(' ')}; echo "left with $?"; read wait`);
  try {
    await shows(/arbiter \d+, serving, .*1 of 1 workers serve/, 'the server is shown');
    await shows(/STATE +CPU %.*\n.* ready +\d+\.\d /, 'the CPU of a worker is known');
    terminal('send-keys', '+');
    await shows(/2 workers are wanted/, 'the key has been obeyed');
    await shows(/2 of 2 workers serve/, 'there is another');
    terminal('send-keys', 'q');
    await shows(/^left with 0$/m, 'it has left');
    expect(terminal('list-panes', '-F', '#{alternate_on} #{cursor_flag}').stdout).toBe('0 1\n');
    expect((await run('scale', '1')).status).toBe(0);
  } finally {
    terminal('kill-server');
  }
  const { status, stderr } = await run('top');
  expect([status, stderr]).toEqual([1, 'qilinctl: top needs a terminal: `qilinctl status --watch` needs none.\n']);
});

test('the log files are followed through a rotation', async () => {
  await ask(url);
  const access = fileIn('logs/access.log');
  await eventually(() => readFileSync(access, 'utf8').includes('GET /'), 'the line is there');
  const last = await run('logs', '-n', '1');
  expect(last.stdout).toMatch(
    /^==> .*\/error\.log <==\n.*\n\n==> .*\/access\.log <==\n.*"GET \/ HTTP\/1\.1" 200 .*\n$/,
  );
  const tail = start('logs', '-f', '-n', '1');
  let shown = '';
  tail.stdout.setEncoding('utf8').on('data', (text) => {
    shown += text;
  });
  await eventually(() => shown.includes('access.log <=='), 'the last lines are shown');
  renameSync(access, `${access}.1`);
  await ask(`${url}/before`);
  process.kill(server.pid, 'SIGUSR1');
  await eventually(() => statSync(access, { throwIfNoEntry: false }), 'there is a new file');
  await ask(`${url}/behind`);
  await eventually(() => shown.includes('GET /before') && shown.includes('GET /behind'), 'both are shown');
  tail.kill();
});

describe('completion', () => {
  const script = (shell: string) =>
    spawnSync(process.execPath, [controlCommand, 'completion', shell], { encoding: 'utf8' }).stdout;
  /** What bash offers for the last of these words. */
  const offered = (...words: string[]): readonly string[] => {
    const line = `COMP_WORDS=(qilinctl ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}`;
    const { stdout } = spawnSync(
      'bash',
      ['-c', `${script('bash')}\n${line}; _qilinctl; printf '%s\\n' "\${COMPREPLY[@]}"`],
      {
        encoding: 'utf8',
      },
    );
    return stdout.split('\n').filter((word) => word !== '');
  };

  test('bash offers commands, their flags and words', () => {
    expect(offered('re')).toEqual(['reload', 'restart']);
    expect(offered('--json', 'reload', '--w')).toEqual(['--wait']);
    expect(offered('completion', '')).toEqual(expect.arrayContaining(['bash', 'zsh', 'fish']));
    expect(offered('profile', '1', '--seconds', '')).toEqual([]);
  });

  const zsh = tool('zsh');
  test(zsh.named('zsh takes it'), { skip: zsh.isMissing }, () => {
    const loads = `autoload -U compinit; compinit -u -D; ${script('zsh')}\nprint -r -- $_comps[qilinctl]`;
    const { stdout, stderr } = spawnSync('zsh', ['-f', '-c', loads], { encoding: 'utf8' });
    expect([stdout, stderr]).toEqual(['_qilinctl\n', '']);
  });

  const fish = tool('fish');
  test(fish.named('fish offers commands, their flags and words'), { skip: fish.isMissing }, () => {
    const offeredFor = (line: string) => {
      const asks = `${script('fish')}\ncomplete -C ${JSON.stringify(line)}`;
      const { stdout } = spawnSync('fish', ['--no-config', '-c', asks], { encoding: 'utf8' });
      return stdout.split('\n').flatMap((one) => one.split('\t')[0] || []);
    };
    expect(offeredFor('qilinctl re')).toEqual(['reload', 'restart']);
    expect(offeredFor('qilinctl reload --w')).toEqual(['--wait']);
    expect(offeredFor('qilinctl completion ')).toEqual(expect.arrayContaining(['bash', 'zsh', 'fish']));
  });
});
