import { describe, expect, test } from 'vitest';
import { complaints, load, loaded } from './load.ts';

describe('the command line', () => {
  test("takes the document's command", async () => {
    const { config } = await loaded({ argv: '-w 8 --bind 127.0.0.1:8000 -k gevent examples/hello.ts:app'.split(' ') });
    expect(config).toMatchObject({
      workers: 8,
      bind: [{ kind: 'tcp', host: '127.0.0.1', port: 8000 }],
      workerClass: 'gevent',
      app: 'examples/hello.ts:app',
    });
  });

  test.each([
    [['-w4'], { workers: 4 }],
    [['--workers=4'], { workers: 4 }],
    [['-Dw4'], { daemon: true, workers: 4 }],
    [['-w', '4', '-w', '5'], { workers: 5 }],
    [['--daemon', '--no-daemon'], { daemon: false }],
    [['--reload=false'], { reload: false }],
    [['--access-logfile', '-'], { accesslog: '-' }],
    [['--access-logfile', ''], { accesslog: null }],
    [['--error-logfile', 'e.log'], { errorlog: 'e.log' }],
    [['--log-file', 'e.log'], { errorlog: 'e.log' }],
    [['--limit-request-field_size', '1'], { limitRequestFieldSize: 1 }],
    [['--limit-request-field-size', '1'], { limitRequestFieldSize: 1 }],
    [['-e', 'A=1', '-e', 'B=x,y'], { rawEnv: { A: '1', B: 'x,y' } }],
    [['-m', '077'], { umask: 0o77 }],
    [['--reload-extra-file', 'a', '--reload-extra-file', 'b,c'], { reloadExtraFiles: ['a', 'b,c'] }],
  ])('%j', async (argv, values) => {
    const { config } = await loaded({ argv: [...argv, 'app'] });
    expect(config).toMatchObject(values);
  });

  test('takes an app after --, whatever its name', async () => {
    const { config } = await loaded({ argv: ['-w', '2', '--', '-app'] });
    expect(config).toMatchObject({ app: '-app', args: [] });
  });

  test.each([[['a', '--', 'start', '-w', '9', '']], [['--', 'a', 'start', '-w', '9', '']]])(
    '%j gives the program its arguments as they are',
    async (words) => {
      const { config } = await loaded({ argv: ['-w', '2', ...words] });
      expect(config).toMatchObject({ app: 'a', args: ['start', '-w', '9', ''], workers: 2 });
    },
  );

  test.each([
    [['-h'], 'help'],
    [['--help', '--nonsense'], 'help'],
    [['-v', '--help'], 'version'],
  ])('%j asks for %s', async (argv, command) => {
    expect(await load({ argv })).toEqual({ ok: true, command });
  });

  test.each([
    [['--worker', '4', 'app'], ['command line: --worker is not a flag; did you mean --workers?']],
    [['--port', '3000', 'app'], ['command line: --port is not a flag; did you mean --bind?']],
    [
      ['-p', '3000', 'app'],
      ['pidfile (flag -p) is the file of the process id: write --bind 127.0.0.1:3000 for a port, ./3000 for a file.'],
    ],
    [['-X', 'app'], ['command line: -X is not a flag; qilin --help lists them.']],
    [
      ['app', '--workers'],
      ['command line: --workers needs a value, a whole number from 0 to 10000, "auto", or bounds such as "2..8".'],
    ],
    [['app', '--pid', '--daemon'], ['command line: --pid needs a value, a file name.']],
    [['--daemon=yes', 'app'], ['flag --daemon: daemon must be true or false (got "yes").']],
    [
      ['a', 'b', 'c'],
      [
        'command line: one MODULE[:APP] can be served (got "a", "b", "c"); write -- before the arguments of a program: a -- b c',
      ],
    ],
    [[], ['the app is missing: write qilin [OPTIONS] MODULE[:APP].']],
    [
      ['-w', 'x', 'app'],
      ['flag -w: workers must be a whole number from 0 to 10000, "auto", or bounds such as "2..8" (got "x").'],
    ],
    [
      ['-t', '-1', '-e', 'SECRET', 'app'],
      [
        'flag -t: timeout must be 0, or a number of seconds from 0.001 to 2000000 (got "-1").',
        'flag -e: rawEnv must be NAME=VALUE (got a value that is not shown).',
      ],
    ],
  ])('%j is refused', async (argv, messages) => {
    expect(await complaints({ argv })).toEqual(messages);
  });
});
