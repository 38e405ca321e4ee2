/** What a command takes: arguments by their place, options by their names; texts in, typed values out. Click's parameters. */
import { parseArgs } from 'node:util';
import { toInteger } from '../base/integers.ts';
import { reasonOf } from '../base/thrown.ts';
import { UsageError } from './usage-error.ts';

interface TypeOf {
  readonly string: string;
  readonly int: number;
  readonly float: number;
  readonly boolean: boolean;
}

/** How a text is read. */
export type ParameterType = keyof TypeOf;

/** One option, `--dry-run` for the name `dryRun`. */
export interface Option<T extends ParameterType = ParameterType> {
  readonly type: T;
  /** One letter: `n` for `-n`. */
  readonly short?: string;
  /** Without it an option that is not given is undefined; a boolean is false. */
  readonly default?: TypeOf[T];
  readonly required?: boolean;
  readonly help?: string;
}

/** By name; arguments in their order, all of them wanted. */
export type Arguments = Readonly<Record<string, Exclude<ParameterType, 'boolean'>>>;
/** By name. */
export type Options = Readonly<Record<string, Option>>;

type OptionValue<O extends Option> = O extends
  | { readonly type: 'boolean' }
  | { readonly required: true }
  | { readonly default: unknown }
  ? TypeOf[O['type']]
  : TypeOf[O['type']] | undefined;

/** What a command's function gets. */
export type Values<A extends Arguments, O extends Options> = { readonly [N in keyof A]: TypeOf[A[N]] } & {
  readonly [N in keyof O]: OptionValue<O[N]>;
};

/** @throws UsageError for what is missing, too many, unknown, or of another type */
export function readParameters(args: Arguments, options: Options, argv: readonly string[]): Record<string, unknown> {
  const { values, positionals } = tokensOf(options, argv);
  const names = Object.keys(args);
  const missing = names.slice(positionals.length).map((name) => name.toUpperCase());
  if (missing.length > 0)
    throw new UsageError(`Missing ${missing.length > 1 ? 'arguments' : 'argument'} ${missing.join(', ')}.`);
  if (positionals.length > names.length)
    throw new UsageError(`There is an argument too many: ${positionals.slice(names.length).join(' ')}.`);
  const read: Record<string, unknown> = {};
  for (const [index, [name, type]] of Object.entries(args).entries())
    read[name] = parsed(positionals[index] ?? '', type, name.toUpperCase());
  for (const [name, option] of Object.entries(options)) {
    const given = values[dashed(name)];
    if (given === undefined && option.required) throw new UsageError(`Missing option --${dashed(name)}.`);
    read[name] =
      typeof given === 'string'
        ? parsed(given, option.type, `--${dashed(name)}`)
        : (given ?? option.default ?? (option.type === 'boolean' ? false : undefined));
  }
  return read;
}

function tokensOf(options: Options, argv: readonly string[]) {
  const entries = Object.entries(options).map(([name, { type, short }]) => {
    const kind: 'boolean' | 'string' = type === 'boolean' ? 'boolean' : 'string';
    return [dashed(name), { type: kind, ...(short === undefined ? {} : { short }) }] as const;
  });
  try {
    return parseArgs({ args: [...argv], options: Object.fromEntries(entries), allowPositionals: true });
  } catch (error) {
    throw new UsageError(reasonOf(error));
  }
}

/** `dryRun` is `dry-run`. */
export const dashed = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function parsed(text: string, type: ParameterType, what: string): string | number {
  if (type !== 'int' && type !== 'float') return text;
  const number = type === 'int' ? toInteger(text) : text.trim() === '' ? Number.NaN : Number(text);
  if (number !== undefined && !Number.isNaN(number)) return number;
  throw new UsageError(`${what} must be ${type === 'int' ? 'an integer' : 'a number'} (got "${text}").`);
}
