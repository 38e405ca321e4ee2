/** What `qilinctl` prints of an answer, and its exit status. Pure; a field that is not there is a dash. */
import { resolve } from 'node:path';
import { type Fields, isObject } from '../contract/fields.ts';
import type { Milliseconds } from '../contract/units.ts';
import type { CommandName } from './commands.ts';

interface Shown {
  readonly text: string;
  readonly status: 0 | 1;
}

const MIB = 2 ** 20;
const UNKNOWN = '-';

/** @param now Of the clock that points of time are told by. */
export function present(command: CommandName, result: unknown, now: Date): Shown {
  switch (command) {
    case 'status':
      return { text: statusText(isObject(result) ? result : {}, now.getTime()), status: 0 };
    case 'config':
      return { text: configText(objectsIn(result)), status: 0 };
    case 'slowest':
      return { text: slowestText(objectsIn(result)), status: 0 };
    case 'stacks':
      return { text: objectsIn(result).map(stackText).join('\n'), status: 0 };
    case 'reload':
    case 'upgrade':
      return outcome(isObject(result) ? result : {});
    default:
      return { text: message(result), status: 0 };
  }
}

const message = (result: unknown): string => `${isObject(result) ? told(result['message']) : UNKNOWN}\n`;

/** Of one that was not waited for there is a message alone. */
function outcome(result: Fields): Shown {
  const { outcome: how, reason, said } = result;
  if (how === undefined) return { text: message(result), status: 0 };
  if (how === 'done')
    return { text: `Done: ${told(result['generation'], 'the new arbiter', 'generation ')} serves\n`, status: 0 };
  const texts = Array.isArray(said) ? said.filter((text) => typeof text === 'string') : [];
  return { text: [`Called off: ${told(reason)}; the old workers keep serving`, ...texts, ''].join('\n'), status: 1 };
}

function configText(settings: readonly Fields[]): string {
  return table(settings.map(({ name, value, origin }) => [told(name), '=', told(value), `# ${told(origin)}`]));
}

/** The log files that an answer to `config` names, as absolute paths. */
export function logFilesIn(result: unknown): readonly string[] {
  const settings = new Map(objectsIn(result).map(({ name, value }) => [name, told(value)]));
  const folder = settings.get('chdir') ?? '/';
  const names = ['errorlog', 'accesslog'].flatMap((name) => settings.get(name) ?? []);
  const files = names.filter((name) => !['-', '(none)', UNKNOWN].includes(name) && !name.startsWith('/dev/'));
  return [...new Set(files.map((name) => resolve(folder, name)))];
}

const SLOW_HEADINGS = ['TOTAL s', 'QUEUE s', 'APP s', 'WRITING s', 'STATUS', 'METHOD', 'ROUTE'];

function slowestText(requests: readonly Fields[]): string {
  if (requests.length === 0) return 'No request of the last minutes took 5 ms or more\n';
  const rows = requests.map(({ totalSeconds, queueSeconds, appSeconds, writingSeconds, status, method, route }) =>
    [totalSeconds, queueSeconds, appSeconds, writingSeconds, status, method, route].map((value) => told(value)),
  );
  return table([SLOW_HEADINGS, ...rows], 'right');
}

function stackText({ pid, thread, stuckSeconds, stack }: Fields): string {
  const whose = `worker ${told(pid)}${typeof thread === 'number' && thread > 0 ? `, thread ${thread}` : ''}`;
  if (!Array.isArray(stack)) {
    return stuckSeconds === 0
      ? `${whose}: its event loop turns\n`
      : `${whose}: no sign of life for ${told(stuckSeconds)} s, nor word of where it is\n`;
  }
  return `${whose}: stuck for ${told(stuckSeconds)} s\n${stack.map((frame) => `    at ${told(frame)}\n`).join('')}`;
}

/** The lines above a table of workers. */
export function statusLines(status: Fields, now: Milliseconds): readonly string[] {
  const { version, pid, state, generation, workersReady, workersWanted, startedAt, shedByArbiter } = status;
  const facts = [
    `qilin ${told(version)}`,
    `arbiter ${told(pid)}`,
    told(state),
    `up ${since(startedAt, now)}`,
    `generation ${told(generation)}`,
    `${told(workersReady)} of ${told(workersWanted)} workers serve`,
    ...(typeof shedByArbiter === 'number' && shedByArbiter > 0 ? [`${shedByArbiter} shed by the arbiter`] : []),
  ];
  const { lastReload } = status;
  return [facts.join(', '), ...(isObject(lastReload) ? [reloadText(lastReload, now)] : [])];
}

function statusText(status: Fields, now: Milliseconds): string {
  const rows = objectsIn(status['workers']).map((worker) => [
    told(worker['pid']),
    told(worker['generation']),
    told(worker['state']),
    since(worker['since'], now),
    told(worker['silentSeconds']),
    told(worker['requests']),
    told(worker['connections']),
    told(worker['shed']),
    told(worker['cpuSeconds']),
    mebibytes(worker['residentBytes']),
    mebibytes(worker['heapUsedBytes']),
    typeof worker['stuckAt'] === 'string' ? worker['stuckAt'] : '',
  ]);
  return `${statusLines(status, now).join('\n')}\n\n${table([HEADINGS, ...rows], 'right')}`;
}

const HEADINGS = [
  'PID',
  'GEN',
  'STATE',
  'SINCE',
  'SILENT s',
  'REQUESTS',
  'CONNS',
  'SHED',
  'CPU s',
  'RSS MiB',
  'HEAP MiB',
  'STUCK AT',
];

function reloadText({ by, endedAt, at, outcome: how, reason }: Fields, now: Milliseconds): string {
  const what = by === 'USR2' ? 'upgrade' : 'reload';
  const why = typeof reason === 'string' ? `: ${reason}` : '';
  return `last ${what}: ${told(how)}, ${since(endedAt ?? at, now)} ago${why}`;
}

export function told(value: unknown, otherwise = UNKNOWN, before = ''): string {
  return typeof value === 'string' || typeof value === 'number' ? `${before}${value}` : otherwise;
}

export const mebibytes = (bytes: unknown): string => (typeof bytes === 'number' ? (bytes / MIB).toFixed(1) : UNKNOWN);

export function objectsIn(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** `42 s`, `3 min`, `5 h`, `12 d`. */
function since(time: unknown, now: Milliseconds): string {
  const moment = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  if (Number.isNaN(moment)) return UNKNOWN;
  const seconds = Math.max(0, Math.round((now - moment) / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3_600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

/** Columns as wide as their widest cell; the last one ends where it ends. */
export function table(rows: readonly (readonly string[])[], align: 'left' | 'right' = 'left'): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const cell = (text: string, column: number, row: readonly string[]): string => {
    if (column === row.length - 1) return text;
    const width = widths[column] ?? 0;
    return align === 'right' ? text.padStart(width) : text.padEnd(width);
  };
  return rows.map((row) => `${row.map(cell).join('  ').trimEnd()}\n`).join('');
}
