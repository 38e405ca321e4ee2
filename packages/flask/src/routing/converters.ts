/** Converters: what a variable of a rule may be in a URL, as which value a view gets it, and how it is written back. */
import { urlQuote } from '../http/urls.ts';

/** Thrown by a converter for a value that it cannot take: the rule does not match, or cannot be built. Werkzeug's `ValidationError`. */
export class ValidationError extends Error {
  override readonly name = 'ValidationError';
}

/** One argument of a converter. */
export type ConverterArgument = string | number | boolean | null;

/** What stands in the parentheses of `<string(5, length=2):code>`. */
export interface ConverterArguments {
  readonly positional: readonly ConverterArgument[];
  readonly named: Readonly<Record<string, ConverterArgument>>;
}

/**
 * Base of all converters; Flask's `BaseConverter`. A subclass goes into `app.urlMap.converters` by its name.
 *
 * @example
 * class ListConverter extends BaseConverter<string[]> {
 *   override toView(text: string) { return text.split('+'); }
 *   override toUrl(value: string[]) { return value.map((item) => super.toUrl(item)).join('+'); }
 * }
 * app.urlMap.converters.list = ListConverter;
 */
export class BaseConverter<T = unknown> {
  /** Source of a regular expression without groups that capture. */
  regex = '[^/]+';
  /** The lower, the earlier the rule is tried. */
  weight = 100;
  /** False where a value may contain slashes. */
  partIsolating = true;

  // biome-ignore lint/complexity/noUselessConstructor: it states what a subclass is constructed with
  constructor(_args: ConverterArguments) {}

  /** The value for the view; Werkzeug's `to_python`. @throws ValidationError when the text is no value of this kind */
  toView(text: string): T {
    return text as T;
  }

  /** The value as it stands in a URL. @throws ValidationError when it cannot stand there */
  toUrl(value: T): string {
    return urlQuote(String(value));
  }
}

/** What `app.urlMap.converters` holds: made once for each variable of a rule. */
export type ConverterClass = new (args: ConverterArguments) => BaseConverter<never> | BaseConverter;

function integerArgument({ positional, named }: ConverterArguments, name: string, index: number): number | undefined {
  const given = named[name] ?? positional[index];
  if (given === undefined || given === null) return undefined;
  const value = Number(given);
  if (Number.isNaN(value)) throw new TypeError(`Converter argument ${name} must be a number (got "${given}").`);
  return value;
}

/** `<name>`, `<string(minlength=1, maxlength=…, length=…):name>`: any text without a slash. */
export class UnicodeConverter extends BaseConverter<string> {
  constructor(args: ConverterArguments) {
    super(args);
    const length = integerArgument(args, 'length', 2);
    const minimum = integerArgument(args, 'minlength', 0) ?? 1;
    const maximum = integerArgument(args, 'maxlength', 1) ?? '';
    this.regex = length === undefined ? `[^/]{${minimum},${maximum}}` : `[^/]{${length}}`;
  }
}

/** `<any(a, b):name>`: one of the texts. */
export class AnyConverter extends BaseConverter<string> {
  readonly #items: readonly string[];

  constructor(args: ConverterArguments) {
    super(args);
    this.#items = args.positional.map(String);
    this.regex = `(?:${this.#items.map(escapeRegex).join('|')})`;
  }

  override toUrl(value: string): string {
    if (this.#items.includes(value)) return value;
    const valid = this.#items.toSorted().map((item) => `'${item}'`);
    throw new TypeError(`'${value}' is not one of ${valid.join(', ')}`);
  }
}

/** `<path:name>`: any text, slashes among it. */
export class PathConverter extends BaseConverter<string> {
  override regex = '[^/][^\\n]*?';
  override weight = 200;
  override partIsolating = false;
}

abstract class NumberConverter extends BaseConverter<number> {
  override weight = 50;
  readonly #min: number | undefined;
  readonly #max: number | undefined;

  constructor(args: ConverterArguments, regex: string, firstArgument: number) {
    super(args);
    this.#min = integerArgument(args, 'min', firstArgument);
    this.#max = integerArgument(args, 'max', firstArgument + 1);
    const signed = args.named['signed'] ?? args.positional[firstArgument + 2];
    this.regex = signed ? `-?${regex}` : regex;
  }

  override toView(text: string): number {
    const value = Number(text);
    if (this.#min !== undefined && value < this.#min) throw new ValidationError();
    if (this.#max !== undefined && value > this.#max) throw new ValidationError();
    return value;
  }
}

/**
 * `<int(fixed_digits=…, min=…, max=…, signed=True):name>`. A number that JavaScript cannot hold exactly does not match:
 * it would stand for another one; `<bigint:name>` takes it.
 */
export class IntegerConverter extends NumberConverter {
  readonly #digits: number;

  constructor(args: ConverterArguments) {
    super(args, '\\d+', 1);
    this.#digits = integerArgument(args, 'fixed_digits', 0) ?? 0;
  }

  override toView(text: string): number {
    if (this.#digits > 0 && text.length !== this.#digits) throw new ValidationError();
    const value = super.toView(text);
    if (!Number.isSafeInteger(value)) throw new ValidationError();
    return value;
  }

  override toUrl(value: number): string {
    const integer = Math.trunc(Number(value));
    if (!Number.isSafeInteger(integer)) throw new TypeError(`invalid integer for a URL: '${value}'`);
    const digits = String(Math.abs(integer)).padStart(this.#digits - (integer < 0 ? 1 : 0), '0');
    return integer < 0 ? `-${digits}` : digits;
  }
}

/** `<bigint(signed=True):name>`: an integer of any size, for a view as a bigint. Nothing of Flask's: Python's `int` is one. */
export class BigintConverter extends BaseConverter<bigint> {
  override weight = 50;

  constructor(args: ConverterArguments) {
    super(args);
    this.regex = (args.named['signed'] ?? args.positional[0]) ? '-?\\d+' : '\\d+';
  }

  override toView(text: string): bigint {
    return BigInt(text);
  }

  /** @throws TypeError for what is no integer */
  override toUrl(value: bigint): string {
    const given: unknown = value;
    if (typeof given === 'bigint' || Number.isSafeInteger(given)) return String(given);
    throw new TypeError(`invalid integer for a URL: '${String(given)}'`);
  }
}

/** `<float(min=…, max=…, signed=True):name>`: digits, a point, digits. */
export class FloatConverter extends NumberConverter {
  constructor(args: ConverterArguments) {
    super(args, '\\d+\\.\\d+', 0);
  }

  override toUrl(value: number): string {
    const number = Number(value);
    if (Number.isNaN(number)) throw new TypeError(`invalid number for a URL: '${value}'`);
    return Number.isInteger(number) ? number.toFixed(1) : String(number);
  }
}

/** `<uuid:name>`; a view gets it in lower case. */
export class UUIDConverter extends BaseConverter<string> {
  override regex = '[A-Fa-f0-9]{8}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{12}';

  override toView(text: string): string {
    return text.toLowerCase();
  }
}

export const DEFAULT_CONVERTERS: Readonly<Record<string, ConverterClass>> = {
  default: UnicodeConverter,
  string: UnicodeConverter,
  any: AnyConverter,
  path: PathConverter,
  int: IntegerConverter,
  bigint: BigintConverter,
  float: FloatConverter,
  uuid: UUIDConverter,
};

export const escapeRegex = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
