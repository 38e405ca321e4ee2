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

type ArgumentType = Exclude<ParameterType, 'boolean'>;

/** One argument that may be left out; undefined then, unless it has a default. */
export interface Argument<T extends ArgumentType = ArgumentType> {
  readonly type: T;
  readonly default?: TypeOf[T];
  /** False: it may be left out. With a default it may be anyway. */
  readonly required?: boolean;
}

/** By name; arguments in their order. A bare type is one that is wanted. */
export type Arguments = Readonly<Record<string, ArgumentType | Argument>>;
/** By name. */
export type Options = Readonly<Record<string, Option>>;

type OptionValue<O extends Option> = O extends
  | { readonly type: 'boolean' }
  | { readonly required: true }
  | { readonly default: unknown }
  ? TypeOf[O['type']]
  : TypeOf[O['type']] | undefined;

type ArgumentValue<A extends ArgumentType | Argument> = A extends ArgumentType
  ? TypeOf[A]
  : A extends { readonly type: infer T extends ArgumentType }
    ? A extends { readonly default: unknown }
      ? TypeOf[T]
      : A extends { readonly required: false }
        ? TypeOf[T] | undefined
        : TypeOf[T]
    : never;

/** What a command's function gets. */
export type Values<A extends Arguments, O extends Options> = { readonly [N in keyof A]: ArgumentValue<A[N]> } & {
  readonly [N in keyof O]: OptionValue<O[N]>;
};

/** @throws UsageError for what is missing, too many, unknown, or of another type */
export function readParameters(args: Arguments, options: Options, argv: readonly string[]): Record<string, unknown> {
  const { values, positionals } = tokensOf(options, argv);
  const names = Object.keys(args);
  const missing = names
    .slice(positionals.length)
    .filter((name) => argumentOf(args, name).isRequired)
    .map((name) => name.toUpperCase());
  if (missing.length > 0)
    throw new UsageError(`Missing ${missing.length > 1 ? 'arguments' : 'argument'} ${missing.join(', ')}.`);
  if (positionals.length > names.length)
    throw new UsageError(`There is an argument too many: ${positionals.slice(names.length).join(' ')}.`);
  const read: Record<string, unknown> = {};
  for (const [index, name] of names.entries()) {
    const { type, otherwise } = argumentOf(args, name);
    const given = positionals[index];
    read[name] = given === undefined ? otherwise : parsed(given, type, name.toUpperCase());
  }
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

/** What is to be known of an argument, however it was declared. */
export function argumentOf(args: Arguments, name: string) {
  const declared = args[name] ?? 'string';
  const {
    type,
    required = true,
    default: otherwise,
  }: Argument = typeof declared === 'string' ? { type: declared } : declared;
  return { type, otherwise, isRequired: required && otherwise === undefined };
}

/** @throws TypeError for one that is wanted behind one that may be left out: nobody could tell which of them was given */
export function checkArguments(args: Arguments): void {
  const names = Object.keys(args);
  const firstOptional = names.findIndex((name) => !argumentOf(args, name).isRequired);
  const late = names.find(
    (name, index) => firstOptional >= 0 && index > firstOptional && argumentOf(args, name).isRequired,
  );
  if (late !== undefined)
    throw new TypeError(
      `The argument "${late}" is required: put it before "${names[firstOptional]}", which may be left out.`,
    );
}

function tokensOf(options: Options, argv: readonly string[]) {
  const entries = Object.entries(options).map(([name, { type, short }]) => {
    const kind: 'boolean' | 'string' = type === 'boolean' ? 'boolean' : 'string';
    return [dashed(name), { type: kind, ...(short === undefined ? {} : { short }) }] as const;
  });
  try {
    return parseArgs({ args: [...argv], options: Object.fromEntries(entries), allowPositionals: true });
  } catch (error) {
    const [, unknown] = /^Unknown option '([^']*)'/.exec(reasonOf(error)) ?? [];
    if (unknown === undefined) throw new UsageError(reasonOf(error));
    const known = [...Object.keys(options).map((name) => `--${dashed(name)}`), '--help'].join(', ');
    throw new UsageError(`There is no option "${unknown}"; there are: ${known}.`);
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
