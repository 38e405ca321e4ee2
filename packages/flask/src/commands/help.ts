/** What `--help` says of a command and of a group, laid out as Click does it. */
import { type Arguments, argumentOf, dashed, type Options } from './parameters.ts';

/** A line of a list: what it is called, and what it is. */
export type Line = readonly [name: string, text: string];

/** `[OPTIONS] NAME [AGE]` */
export const usageOf = (args: Arguments, options: Options): string =>
  [
    ...(Object.keys(options).length > 0 ? ['[OPTIONS]'] : []),
    ...Object.keys(args).map((name) => shown(args, name)),
  ].join(' ');

const shown = (args: Arguments, name: string): string => {
  const { isRequired } = argumentOf(args, name);
  return isRequired ? name.toUpperCase() : `[${name.toUpperCase()}]`;
};

/** The lines of a command's options, `--help` the last. */
export function optionLines(options: Options): readonly Line[] {
  const own = Object.entries(options).map(([name, { type, short, help = '', required, default: otherwise }]): Line => {
    const flags = `${short === undefined ? '' : `-${short}, `}--${dashed(name)}`;
    const notes = [
      ...(required ? ['required'] : []),
      ...(otherwise === undefined || type === 'boolean' ? [] : [`default: ${otherwise}`]),
    ];
    const value = type === 'boolean' ? '' : ` ${type === 'string' ? 'TEXT' : type === 'int' ? 'INTEGER' : 'FLOAT'}`;
    return [flags + value, [help, ...(notes.length > 0 ? [`[${notes.join('; ')}]`] : [])].filter(Boolean).join('  ')];
  });
  return [...own, ['--help', 'Show this message and exit.']];
}

/** The whole text. */
export function helpText(usage: string, help: string, heading: string, lines: readonly Line[]): string {
  const width = Math.max(...lines.map(([name]) => name.length));
  const list = lines.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`.trimEnd());
  return [`Usage: ${usage}`, '', ...(help === '' ? [] : [`  ${help}`, '']), `${heading}:`, ...list].join('\n');
}
