/** What a worker finds in its environment: its number, the variables of `envFile`, and a program's arguments. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CLASSES } from '../suites/classes.ts';
import { write } from './files.ts';
import { reload } from './operations.ts';
import { runQilin, startQilin, temporaryFolder } from './server.ts';

const APP = `
const { QILIN_WORKER, NODE_APP_INSTANCE, A, B, C } = process.env;
console.log('I am', process.pid, [QILIN_WORKER, NODE_APP_INSTANCE, A, B, C].join());
export default () => new Response('');
`;

test('each worker knows its number, which its successor has; a file has variables, which a reload reads anew', async () => {
  using folder = temporaryFolder();
  const app = write(folder.path, 'app.mjs', APP);
  const file = write(folder.path, '.env', 'A=file\nB=file\n# none\nC="two words"\n');
  const env = { B: 'environment', NODE_APP_INSTANCE: '17' };
  await using server = await startQilin(['-w', '3', '--env-file', file, '-e', 'C=flag', app], { env });
  const saidFrom = (from: number) =>
    [...server.log.slice(from).matchAll(/I am (\d+) (\S+)/g)].map(([, pid, words]) => ({ pid: Number(pid), words }));
  const first = saidFrom(0);
  const numbers = ['1,0,file,environment,flag', '2,1,file,environment,flag', '3,2,file,environment,flag'];
  expect(first.map(({ words }) => words).sort()).toEqual(numbers);

  const second = first.find(({ words }) => words === numbers[1]);
  const killed = server.log.length;
  process.kill(second?.pid ?? 0, 'SIGKILL');
  await server.until(() => saidFrom(killed).length === 1, 'its successor');
  expect(saidFrom(killed)[0]?.words).toBe(numbers[1]);

  writeFileSync(join(folder.path, '.env'), 'A=new\n');
  const reloaded = server.log.length;
  await reload(server);
  const after = saidFrom(reloaded).map(({ words }) => words);
  expect(after.sort()).toEqual([1, 2, 3].map((number) => `${number},${number - 1},new,environment,flag`));
});

const PROGRAM = `
import { createServer } from 'node:http';
const [, file, ...words] = process.argv;
const isMain = file === import.meta.filename;
createServer((req, res) => res.end(JSON.stringify({ isMain, words }))).listen(3000);
`;

test.each(CLASSES)('a program has its arguments, as it would under node: class $name', async ({ flags }) => {
  using folder = temporaryFolder();
  const program = write(folder.path, 'program.mjs', PROGRAM);
  await using server = await startQilin([...flags, program, '--', 'start', '-p', '80', '']);
  const answer = await fetch(server.url);
  expect(await answer.json()).toEqual({ isMain: true, words: ['start', '-p', '80', ''] });
});

test('a program with arguments may be a command that a package has installed', async () => {
  using folder = temporaryFolder();
  const bin = join(folder.path, 'node_modules/.bin');
  mkdirSync(bin, { recursive: true });
  const program = write(folder.path, 'site.mjs', PROGRAM);
  symlinkSync(program, join(bin, 'site'));
  await using server = await startQilin(['--chdir', folder.path, 'site', '--', 'start']);
  expect(await (await fetch(server.url)).json()).toEqual({ isMain: true, words: ['start'] });
});

test('an app without arguments is not the main module, which would serve itself', async () => {
  using folder = temporaryFolder();
  const program = write(folder.path, 'program.mjs', PROGRAM);
  await using server = await startQilin([program]);
  expect(await (await fetch(server.url)).json()).toMatchObject({ isMain: false });
});

test('a file that is not there is told', async () => {
  // As an argument of the command Node itself says so.
  const { status, output } = await runQilin(['app.mjs'], { env: { QILIN_CMD_ARGS: '--env-file none' } });
  expect(status).toBe(1);
  expect(output).toMatch(
    /QILIN_CMD_ARGS --env-file: envFile must be a file that can be read \(got "\/.*\/none": ENOENT/,
  );
});
