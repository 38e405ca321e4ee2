/** The commands of README.md and examples/README.md, and those that `npm start` proposes, typed as they stand there. */
import { spawnSync } from 'node:child_process';
import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { freePort, write } from './files.ts';
import { ask } from './http-client.ts';
import { type QilinProcess, repository, runQilin, startQilin, temporaryFolder } from './server.ts';

const readme = readFileSync(join(repository, 'README.md'), 'utf8');
const examples = readFileSync(join(repository, 'examples/README.md'), 'utf8');

/** What stands in code blocks, without its comments, and in the text between backquotes. */
function commandsOf(text: string): string[] {
  const blocks = [...text.matchAll(/^```sh\n(.*?)^```/gms)].flatMap(([, block = '']) => block.split('\n'));
  const inline = [...text.matchAll(/`((?:npm|npx|node_modules\/[^\s`]+) [^`\n]+)`/g)].map(
    ([, command = '']) => command,
  );
  const commands = [...blocks.map((line) => line.replace(/ +#.*/, '')), ...inline].filter((line) => line !== '');
  return [...new Set(commands)];
}

const commands = [...new Set([...commandsOf(readme), ...commandsOf(examples)])];
/** The file itself: npx and npm would stand between, and do not pass all signals on. */
const QILIN = 'node_modules/.bin/qilin';
const serving = commands.filter((command) => command.startsWith(`${QILIN} `) && !command.endsWith('--help'));

const INSTALL = 'npm install CLONE/packages/picoev CLONE/packages/qilin';

/** Runs it as a shell does. */
function shell(command: string, cwd = repository) {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command], { cwd, encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

test('every command of the text is typed below', () => {
  const rest = commands.filter((command) => !serving.includes(command));
  expect(rest.sort()).toEqual([`${QILIN} --help`, INSTALL, 'npm run build', 'npm start', 'npm test']);
  expect(serving.length).toBeGreaterThan(8);
});

test('`npm test` is what runs this', () => {
  expect(JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')).scripts.test).toContain('vitest run');
});

test('`--help` shows the options', () => {
  const { status, output } = shell(`${QILIN} --help`);
  expect(status).toBe(0);
  expect(output).toMatch(/^Usage: qilin \[OPTIONS\] MODULE\[:APP\] \[-- ARG\.\.\.\]\n/);
});

test("a project of one's own gets the command from the clone", () => {
  using folder = temporaryFolder();
  write(folder.path, 'package.json', '{}');
  expect(shell(INSTALL.replaceAll('CLONE', repository), folder.path).status).toBe(0);
  const { status, output } = shell(`${QILIN} --version`, folder.path);
  expect(status).toBe(0);
  expect(output).toMatch(/^qilin /);
});

test.each(serving)('`%s` serves', async (command) => {
  using folder = temporaryFolder();
  // A shell would take the quotes away.
  const [file = '', ...args] = command.split(' ').map((word) => word.replace(/^'(.*)'$/, '$1'));
  const port = await freePort();
  // Port 8000 may be taken, the log of the config files is a file, and each worker takes its time: the last flag counts.
  const bound = ['--bind', `127.0.0.1:${port}`, '--log-file', '-', '-w', '1'];
  await using server = await startQilin([...args, ...bound].filter(isNot8000), {
    program: [file],
    bind: null,
    env: { TMPDIR: folder.path, FLASK_DATABASE: join(folder.path, 'blog.sqlite') },
  });
  const { status, text } = await ask(`http://127.0.0.1:${port}/`);
  // The microblog sends strangers to its login.
  expect(status).toBe(command.includes('microblog') ? 302 : 200);
  expect(text).not.toBe('');
  expect((await server.stop()).status).toBe(0);
});

/** Leaves out `--bind 127.0.0.1:8000`. */
const isNot8000 = (argument: string, index: number, all: readonly string[]): boolean =>
  argument !== '127.0.0.1:8000' && all[index + 1] !== '127.0.0.1:8000';

/** `npm` starts it: its own pid is another. */
function arbiterOf(server: QilinProcess): number {
  return Number(/\[(\d+)\] \[INFO\] Starting qilin/.exec(server.log)?.[1]);
}

test('`npm start` serves, and the commands that it proposes do what it says of them', async () => {
  using folder = temporaryFolder();
  const port = await freePort();
  const args = ['start', '--', String(port)];
  await using server = await startQilin(args, { program: ['npm'], bind: null, env: { TMPDIR: folder.path } });
  const proposed = [...server.log.matchAll(/^ {2}(\S.*)$/gm)].map(([, command = '']) => command);
  const [curl = '', reload = '', more = '', another = '', help = '', ...others] = proposed;
  expect(others).toEqual([]);

  expect(shell(curl).output).toContain('Hello from Qilin! You asked for /\n');
  expect(shell(reload).status).toBe(0);
  await server.logged(/Reload done: generation 2 serves/);
  const before = server.workerPids.length;
  expect(shell(more).status).toBe(0);
  await server.until(() => server.workerPids.length > before, 'one worker more');
  expect(another).toMatch(new RegExp(`^${QILIN} .* -b 127\\.0\\.0\\.1:${port + 1} examples/express\\.ts:app$`));
  expect(help).toBe(`${QILIN} --help`);
  process.kill(arbiterOf(server), 'SIGTERM');
  expect((await server.exited).status).toBe(0);
});

describe('the table of README.md', () => {
  test('its config file is read where it stands, in both spellings', async () => {
    const [, line = ''] = /`qilin\.config\.ts` with `(export default defineConfig\(.*?\))`/.exec(readme) ?? [];
    for (const text of [line, line.replace('workers', 'worker_connections')]) {
      using folder = temporaryFolder();
      symlinkSync(join(repository, 'node_modules'), join(folder.path, 'node_modules'));
      write(folder.path, 'qilin.config.ts', `import { defineConfig } from 'qilin';\n${text};\n`);
      const { status, output } = await runQilin(['--print-config'], { cwd: folder.path });
      expect(status).toBe(0);
      expect(output).toMatch(/^(workers|workerConnections) += 4 +# qilin\.config\.ts$/m);
    }
  });

  const effects: Readonly<Record<string, RegExp>> = {
    HUP: /Reload done: generation 2 serves/,
    TTIN: /Handling signal: ttin\n.*Booting worker/,
    TTOU: /Handling signal: ttou\n[\s\S]*Worker exited/,
    USR1: /Handling signal: usr1/,
    USR2: /Starting a new arbiter with pid: \d+/,
  };

  test('its signals do what it says, and no other is named', async () => {
    const named = [...readme.matchAll(/`kill -([A-Z0-9]+)`/g)].map(([, signal = '']) => signal);
    expect(new Set(named)).toEqual(new Set(Object.keys(effects)));
    using folder = temporaryFolder();
    const pidfile = join(folder.path, 'qilin.pid');
    await using server = await startQilin(['-w', '2', '--pid', pidfile, 'examples/hello.ts:app']);
    for (const [signal, effect] of Object.entries(effects)) {
      const from = server.log.length;
      expect(shell(`kill -${signal} $(cat ${pidfile})`).status).toBe(0);
      await server.logged(effect, from);
    }
    // The upgrade, as the table goes on: the new arbiter is ready, WINCH and TERM to the old.
    const from = server.log.indexOf('Starting a new arbiter');
    await server.logged(/Ready: 2 workers serve/, from);
    expect(shell(`kill -WINCH $(cat ${pidfile}) && kill -TERM $(cat ${pidfile})`).status).toBe(0);
    await server.logged(new RegExp(`Arbiter ${server.pid} has gone; this one takes its place`), from);
    expect((await ask(server.url)).status).toBe(200);
  });
});
