/** What a process does about `once`: by an arbiter's word, and alone. */
import { expect, test } from 'vitest';
import { type OnceAsking, OnceTasks, once, onceTasks } from '../../src/contract/once.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));
const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve());
  });

function listening() {
  const said: OnceAsking[] = [];
  const failures: unknown[] = [];
  const tasks = new OnceTasks(
    (message) => said.push(message),
    (_, error) => failures.push(error),
  );
  return { said, failures, tasks };
}

test('a task begins when it is told to, ends by its signal, and only then lets go', async () => {
  const { said, tasks } = listening();
  let ended = false;
  let aborted = false;
  let end = () => {};
  const one = tasks.add('tick', async (signal) => {
    await untilAborted(signal);
    aborted = true;
    await new Promise<void>((resolve) => {
      end = resolve;
    });
    ended = true;
  });
  await turn();
  expect([one.isRunning, said]).toEqual([false, [{ type: 'onceAsk', id: '1', task: 'tick' }]]);
  tasks.obey({ type: 'onceRun', id: '1' });
  await turn();
  const left = tasks.endAll();
  await turn();
  expect([one.isRunning, aborted, ended, said.length]).toEqual([true, true, false, 1]);
  end();
  await left;
  expect([one.isRunning, ended, said.at(-1)]).toEqual([false, true, { type: 'onceLet', id: '1', end: 'left' }]);
  // It is on its way out.
  tasks.add('late', () => {});
  expect(said).toHaveLength(2);
});

test('one that waits is taken back; that it was told to begin meanwhile changes nothing', async () => {
  const { said, tasks } = listening();
  let runs = 0;
  const one = tasks.add('tick', () => (runs += 1));
  await one.stop();
  tasks.obey({ type: 'onceRun', id: '1' });
  await turn();
  expect([runs, said.at(-1)]).toEqual([0, { type: 'onceLet', id: '1', end: 'left' }]);
});

test('done is told where it ran and where another has done it; an error is logged, and told to who waits for it', async () => {
  const { said, failures, tasks } = listening();
  const error = new Error('no database');
  const [here, there, broken] = [
    tasks.add('a', () => {}),
    tasks.add('b', () => {}),
    tasks.add('c', () => Promise.reject(error)),
  ];
  for (const id of ['1', '3']) tasks.obey({ type: 'onceRun', id });
  tasks.obey({ type: 'onceDone', id: '2' });
  await Promise.all([here.done, there.done, expect(broken.done).rejects.toBe(error)]);
  expect(failures).toEqual([error]);
  expect(said.filter(({ type }) => type === 'onceLet')).toEqual([
    { type: 'onceLet', id: '1', end: 'done' },
    { type: 'onceLet', id: '3', end: 'failed' },
  ]);
  // It is still wanted.
  tasks.obey({ type: 'onceRun', id: '3' });
  await turn();
  expect(failures).toHaveLength(2);
});

test('without an arbiter the first of a name runs, and the next when that is stopped', async () => {
  const ran: string[] = [];
  const task = (name: string) => async (signal: AbortSignal) => {
    ran.push(name);
    await untilAborted(signal);
  };
  const [first, second, other] = [once('x', task('first')), once('x', task('second')), once('y', task('other'))];
  await expect.poll(() => ran).toEqual(['first', 'other']);
  await first.stop();
  await expect.poll(() => ran).toEqual(['first', 'other', 'second']);
  expect([second.isRunning, other.isRunning]).toEqual([true, true]);
  onceTasks().enter();
  await onceTasks().leave();
  expect([second.isRunning, other.isRunning]).toEqual([false, false]);
  onceTasks().enter();
  const [migrated, again] = [once('z', () => {}), once('z', () => ran.push('twice'))];
  await Promise.all([migrated.done, again.done]);
  expect(ran).toHaveLength(3);
});

test.each(['', 'x'.repeat(201), 3])('a name that is none, or a task that is no function, is refused', (name) => {
  expect(() => once(name as string, () => {})).toThrow(/The name of a task must have 1 to 200 characters/);
  expect(() => once('x', 3 as never)).toThrow('The task "x" must be a function (got number)');
});
