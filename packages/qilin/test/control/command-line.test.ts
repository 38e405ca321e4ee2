import { expect, test } from 'vitest';
import { formatHelp, readCall, usageOf } from '../../src/control/command-line.ts';
import { COMMAND_NAMES } from '../../src/control/commands.ts';

const callOf = (line: string) => {
  const read = readCall(line.split(' '));
  return read.type === 'call' ? read.call : read;
};

test.each([
  ['status', 'status', {}],
  ['status --watch', 'status', {}],
  ['reload --wait', 'reload', { wait: true }],
  ['scale 4', 'scale', { to: 4 }],
  ['scale +1', 'scale', { to: '+1' }],
  ['scale -1', 'scale', { to: '-1' }],
  ['restart 4711', 'restart', { pid: 4711 }],
  ['stacks', 'stacks', {}],
  ['stacks 4711', 'stacks', { pid: 4711 }],
  ['profile 4711 --seconds 3 -o a.cpuprofile', 'profile', { pid: 4711, seconds: 3 }],
])('`%s` is sent as the command and its arguments', (line, command, sent) => {
  expect(callOf(line)).toMatchObject({ request: { command, arguments: sent }, server: undefined, json: false });
});

test('what is not sent, the tool has', () => {
  expect(callOf('status --watch')).toMatchObject({ order: { arguments: { watch: true } } });
  expect(callOf('heap 12 -o x')).toMatchObject({ order: { arguments: { pid: 12, output: 'x' } } });
});

test('the server is named before or behind the command', () => {
  expect(callOf('--pid 12 reload')).toMatchObject({ server: { by: 'pid', text: '12' } });
  expect(callOf('reload --socket=/run/a.qilinctl --json')).toMatchObject({
    server: { by: 'socket', text: '/run/a.qilinctl' },
    json: true,
  });
});

test.each([
  ['statu', 'There is no command statu: did you mean status?'],
  ['reload --wiat', 'reload: There is no flag --wiat: did you mean --wait?'],
  ['reload now', 'reload takes no argument: "now" is one too many.'],
  ['scale', 'scale: to must be a number of workers from 0 to 1024, +1 or -1 (none was given).'],
  ['scale many', 'scale: to must be a number of workers from 0 to 1024, +1 or -1 (got "many").'],
  ['scale -4', 'scale: to must be a number of workers from 0 to 1024, +1 or -1 (got "-4").'],
  ['scale 1025', 'scale: to must be a number of workers from 0 to 1024, +1 or -1 (got "1025").'],
  ['restart x', 'restart: pid must be the pid of a worker (got "x").'],
  ['--pid', '--pid needs a value: --pid PID|FILE'],
  ['profile 1 --seconds', '--seconds needs a value: --seconds N'],
  ['profile 1 --seconds 0', 'profile: seconds must be a whole number of seconds from 1 to 600 (got "0").'],
  ['completion tcsh', 'completion: shell must be bash, zsh, fish (got "tcsh").'],
  ['status --json=yes', '--json takes no value (got "yes").'],
  ['status --pid 1 --socket x', 'Give --pid or --socket, not both.'],
  ['-x status', 'There is no flag -x: qilinctl --help lists them'],
])('`%s` is a mistake, and what would be right is said', (line, text) => {
  expect(readCall(line.split(' '))).toEqual({ type: 'mistake', text });
});

test('the help has each command', () => {
  expect(readCall(['-h'])).toEqual({ type: 'help' });
  for (const name of COMMAND_NAMES) expect(formatHelp()).toContain(`  ${usageOf(name)}`);
  expect(usageOf('scale')).toBe('scale N|+1|-1');
  expect(usageOf('reload')).toBe('reload [--wait]');
});
