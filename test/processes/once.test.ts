/** `once`: a task that runs in one worker at a time, whatever becomes of the workers and the arbiter. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from './files.ts';
import { ask } from './http-client.ts';
import { type QilinProcess, repository, startQilin, temporaryFolder } from './server.ts';

const APP = `${join(repository, 'test/processes/fixtures/once-app.mjs')}:app`;

/** The pid of who begins the task next, behind that place of the log. */
async function beginsIn(server: QilinProcess, from = 0): Promise<number> {
  const [, pid] = await server.logged(/task begins in (\d+)/, from);
  return Number(pid);
}

/** What the log has of the task, without who did it. */
const history = (server: QilinProcess) => server.log.match(/task (begins|ends)|TWO.*|migration/g);

test('a task moves when its worker dies, when a reload replaces it, and to the new arbiter of an upgrade', async () => {
  using folder = temporaryFolder();
  const env = { LOCK: join(folder.path, 'lock') };
  await using server = await startQilin(['-w', '2', APP], { env });
  const first = await beginsIn(server);
  expect(server.workerPids).toContain(first);

  let from = server.log.length;
  process.kill(first, 'SIGKILL');
  const second = await beginsIn(server, from);
  expect(second).not.toBe(first);

  // Its answer to those who ask says so too.
  await eventually(async () => (await ask(server.url)).text.startsWith(`${second}.`), 'the task is said to run');

  from = server.log.length;
  server.signal('SIGHUP');
  const third = await beginsIn(server, from);
  await server.logged(/Reload done/, from);
  expect([first, second]).not.toContain(third);

  from = server.log.length;
  server.signal('SIGUSR2');
  const [, successor] = await server.logged(/Starting a new arbiter with pid: (\d+)/, from);
  await server.logged(/Ready: /, from);
  server.signal('SIGTERM');
  const fourth = await beginsIn(server, from);
  expect(server.workerPids.indexOf(fourth)).toBeGreaterThanOrEqual(server.workerPids.length - 2);
  await server.logged(/Arbiter \d+ has gone/, from);

  from = server.log.length;
  process.kill(fourth, 'SIGKILL');
  await beginsIn(server, from);
  process.kill(Number(successor), 'SIGTERM');
  await server.exited;
  // Once for the first code, once for that of the reload, once for that of the upgrade: it is a migration.
  expect(history(server)?.filter((line) => line === 'migration')).toHaveLength(3);
  expect(history(server)?.filter((line) => line.startsWith('TWO'))).toEqual([]);
  expect(history(server)?.filter((line) => line === 'task ends')).toHaveLength(3);
});

test('in threads too, of which each asks for itself', async () => {
  using folder = temporaryFolder();
  const env = { LOCK: join(folder.path, 'lock') };
  await using server = await startQilin(['-w', '1', '-k', 'threads', '--threads', '2', APP], { env });
  await beginsIn(server);
  const from = server.log.length;
  server.signal('SIGHUP');
  await beginsIn(server, from);
  await server.logged(/Reload done/, from);
  await server.stop();
  expect(history(server)).toEqual(
    expect.arrayContaining(['migration', 'task begins', 'migration', 'task ends', 'task begins', 'task ends']),
  );
  expect(history(server)).toHaveLength(6);
});
