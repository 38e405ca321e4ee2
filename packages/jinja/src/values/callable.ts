/** How templates call JavaScript: positional and keyword arguments, and what a function may ask for besides. */
import { typeName } from './kinds.ts';
import { Undefined } from './undefined.ts';

// biome-ignore lint/complexity/noBannedTypes: whatever a template may call
export type AnyFunction = Function;

/** Keyword arguments, in their order. */
export type Keywords = Readonly<Record<string, unknown>>;

/** What a filter, test or function gets as its first argument, if it asks for it. */
export type Pass = 'context' | 'evalContext' | 'environment';

interface Signature {
  /** The names of its parameters, after what is passed first. */
  readonly names?: readonly string[];
  readonly pass?: Pass;
  /** It takes the keyword arguments as one object, its last argument, also when there are none. */
  readonly takesKeywords?: boolean;
}

const SIGNATURE = Symbol('jinja.signature');

export const signatureOf = (fn: AnyFunction): Signature | undefined => Reflect.get(fn, SIGNATURE);

function sign<F extends AnyFunction>(fn: F, more: Signature): F {
  Object.defineProperty(fn, SIGNATURE, { value: { ...signatureOf(fn), ...more }, configurable: true });
  return fn;
}

/**
 * Says the names of a function's parameters, so that templates may give them by keyword; of a filter or test, the names of
 * those behind its value.
 */
export const named = <F extends AnyFunction>(names: readonly string[], fn: F): F => sign(fn, { names });

/** Marks a function that takes keywords as an object, its last argument, whatever their names. */
export const withKeywords = <F extends AnyFunction>(fn: F): F => sign(fn, { takesKeywords: true });

/** Marks a filter, test or function that gets the {@link Context} first. Jinja's `pass_context`. */
export const passContext = <F extends AnyFunction>(fn: F): F => sign(fn, { pass: 'context' });

/** Marks one that gets the environment and whether HTML is escaped first. Jinja's `pass_eval_context`. */
export const passEvalContext = <F extends AnyFunction>(fn: F): F => sign(fn, { pass: 'evalContext' });

/** Marks one that gets the environment first. Jinja's `pass_environment`. */
export const passEnvironment = <F extends AnyFunction>(fn: F): F => sign(fn, { pass: 'environment' });

/**
 * The arguments in the order of the parameters' names; keywords that have no name there come last, as one object.
 * @param unnamed How many arguments come before those with names: 1 for the value of a filter or test
 */
export function arrange(
  fn: AnyFunction,
  args: readonly unknown[],
  keywords: Keywords | null,
  unnamed: number,
): readonly unknown[] {
  const signature = signatureOf(fn);
  if (signature?.takesKeywords) return [...args, keywords ?? {}];
  const names = signature?.names;
  if (names && args.length > names.length + unnamed) {
    throw new TypeError(
      `${fn.name || 'the function'}() takes ${names.length + unnamed} arguments but ${args.length} were given`,
    );
  }
  if (!keywords) return args;
  if (!names) return [...args, keywords];
  const arranged = [...args];
  for (const [name, value] of Object.entries(keywords)) {
    const index = names.indexOf(name) + unnamed;
    if (index < unnamed) {
      throw new TypeError(`${fn.name || 'the function'}() got an unexpected keyword argument '${name}'`);
    }
    if (index < args.length)
      throw new TypeError(`${fn.name || 'the function'}() got multiple values for argument '${name}'`);
    arranged[index] = value;
  }
  return arranged;
}

/** Filters or tests: those that say of no parameter have none but the value. */
export const withParameters = (
  functions: Readonly<Record<string, AnyFunction>>,
): Readonly<Record<string, AnyFunction>> => {
  const given = Object.entries(functions).map(([name, fn]): [string, AnyFunction] => {
    const signature = signatureOf(fn);
    return [name, signature?.names || signature?.takesKeywords ? fn : named([], fn)];
  });
  return Object.fromEntries(given);
};

/** The error for a call of what is none. */
export function refuseCall(value: unknown): never {
  if (value instanceof Undefined) value.fail();
  throw new TypeError(`'${typeName(value)}' object is not callable`);
}

/** An object of the engine that templates may call: a macro, a block, a loop. */
export abstract class CallableObject {
  /** @returns a value, or a promise of one */
  abstract invoke(args: readonly unknown[], keywords: Keywords | null, autoescape: boolean): unknown;
}
