/** An app's commands, by the runner for tests. */
import { expect, expectTypeOf, test } from 'vitest';
import { currentApp, Flask } from '../../src/index.ts';

function createApp() {
  const app = new Flask(import.meta, { staticFolder: null });
  app.config['GREETING'] = 'Hello';
  app.cli.command(
    'greet',
    {
      help: 'Greets somebody.',
      arguments: { name: 'string', age: 'int' },
      options: { times: { type: 'int', short: 'n', default: 1 }, isLoud: { type: 'boolean' }, by: { type: 'string' } },
    },
    async ({ name, age, times, isLoud, by }, { echo }) => {
      expectTypeOf(age).toEqualTypeOf<number>();
      expectTypeOf(times).toEqualTypeOf<number>();
      expectTypeOf(isLoud).toEqualTypeOf<boolean>();
      expectTypeOf(by).toEqualTypeOf<string | undefined>();
      await Promise.resolve();
      for (let n = 0; n < times; n++) {
        echo(
          `${currentApp.config['GREETING']} ${name} (${age})${isLoud ? '!' : ''}${by === undefined ? '' : ` by ${by}`}`,
        );
      }
    },
  );
  const users = app.cli.group('users', 'Users of the site.');
  users.command('create', { options: { admin: { type: 'string', required: true } } }, ({ admin }, { echo }) => {
    expectTypeOf(admin).toEqualTypeOf<string>();
    echo(`created ${admin}`);
  });
  app.cli.command('fail', {}, () => {
    throw new RangeError('broken');
  });
  return app;
}

test.each([
  [['greet', 'ana', '7'], 0, 'Hello ana (7)\n'],
  [['greet', 'ana', '7', '-n', '2', '--is-loud'], 0, 'Hello ana (7)!\nHello ana (7)!\n'],
  [['greet', '--by', 'bob', 'ana', '7'], 0, 'Hello ana (7) by bob\n'],
  [['users', 'create', '--admin', 'eve'], 0, 'created eve\n'],
  [['greet', 'ana'], 2, 'Error: Missing argument AGE.\n'],
  [['greet'], 2, 'Error: Missing arguments NAME, AGE.\n'],
  [['greet', 'ana', 'x'], 2, 'Error: AGE must be an integer (got "x").\n'],
  [['greet', 'ana', '7', '--times', '1.5'], 2, 'Error: --times must be an integer (got "1.5").\n'],
  [['greet', 'ana', '7', 'more'], 2, 'Error: There is an argument too many: more.\n'],
  [['users', 'create'], 2, 'Error: Missing option --admin.\n'],
  [['users', 'delete'], 2, 'Error: There is no command "delete"; there are: create.\n'],
  [['users'], 2, 'Error: Which command? there are: create.\n'],
  [[], 2, 'Error: Which command? there are: greet, users, fail.\n'],
])('%j ends with %i', async (argv, exitCode, output) => {
  expect(await createApp().testCliRunner().invoke(argv)).toMatchObject({ exitCode, output });
});

test('an option that does not exist is told, with those that do', async () => {
  const { exitCode, output } = await createApp().testCliRunner().invoke(['greet', 'a', '1', '--loud']);
  expect([exitCode, output]).toEqual([
    2,
    'Error: There is no option "--loud"; there are: --times, --is-loud, --by, --help.\n',
  ]);
});

test('--help says what a command takes, and what a group has', async () => {
  const runner = createApp().testCliRunner();
  expect(await runner.invoke(['greet', '--help'])).toEqual({
    exitCode: 0,
    exception: undefined,
    output: `Usage: flask greet [OPTIONS] NAME AGE

  Greets somebody.

Options:
  -n, --times INTEGER  [default: 1]
  --is-loud
  --by TEXT
  --help               Show this message and exit.
`,
  });
  expect((await runner.invoke(['users', '--help'])).output).toBe(
    'Usage: flask users COMMAND [ARGS]...\n\n  Users of the site.\n\nCommands:\n  create\n',
  );
  // Behind -- it is an argument as any other.
  expect((await runner.invoke(['greet', '--', '--help', '7'])).output).toBe('Hello --help (7)\n');
});

test('an argument may be left out where it says so, behind all that are wanted', async () => {
  const app = createApp();
  app.cli.command(
    'make',
    {
      arguments: { what: 'string', owner: { type: 'string', default: 'ann' }, size: { type: 'int', required: false } },
    },
    ({ what, owner, size }, { echo }) => {
      expectTypeOf(owner).toEqualTypeOf<string>();
      expectTypeOf(size).toEqualTypeOf<number | undefined>();
      echo(`${what} ${owner} ${size}`);
    },
  );
  const outputs = [['make', 'a'], ['make', 'a', 'bob', '3'], ['make'], ['make', '--help']].map(
    async (argv) => (await app.testCliRunner().invoke(argv)).output,
  );
  expect(await Promise.all(outputs)).toEqual([
    'a ann undefined\n',
    'a bob 3\n',
    'Error: Missing argument WHAT.\n',
    expect.stringMatching(/^Usage: flask make WHAT \[OWNER\] \[SIZE\]\n/),
  ]);
  const wrong = { a: { type: 'string', required: false }, b: 'string' } as const;
  expect(() => app.cli.command('wrong', { arguments: wrong }, () => {})).toThrow('put it before "a"');
});

test('what a command throws is there, and the exit code is 1', async () => {
  expect(await createApp().testCliRunner().invoke(['fail'])).toEqual({
    exitCode: 1,
    output: '',
    exception: new RangeError('broken'),
  });
});

test('names are names, and are there once', () => {
  const app = createApp();
  expect(() => app.cli.command('a b', {}, () => {})).toThrow('(got "a b")');
  expect(() => app.cli.group('greet')).toThrow('There is a command "greet" already.');
});
