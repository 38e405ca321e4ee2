/** Objects of Flask's as its templates know them: by Python's names, and with None for what is not there. */
import { CallableObject, GET_ATTRIBUTE, named } from '@qilin/jinja';

export { CallableObject, GET_ATTRIBUTE };

/** What templates see otherwise than by spelling. */
export interface TemplateFace<T> {
  /** Names of Python's, and what has them here. */
  readonly names?: Readonly<Record<string, string>>;
  /** Names of parameters, of methods that Python's templates may call by keyword. */
  readonly parameters?: Readonly<Record<string, readonly string[]>>;
  /** What it has there alone, or otherwise than here. */
  readonly members?: Readonly<Record<string, (object: T) => unknown>>;
  /** How it is printed: Python's `repr`. */
  readonly text?: (object: T) => string;
}

/** `remote_addr` is `remoteAddr`. */
const inCamelCase = (name: string): string =>
  name.replace(/(?<=[a-z\d])_([a-z\d])/g, (_, letter: string) => letter.toUpperCase());

/** What a template sees of an object under a name of Python's; undefined for what the object has not. */
function pythonAttribute<T extends object>(object: T, name: string, face: TemplateFace<T>): unknown {
  const { names = {}, parameters = {}, members = {} } = face;
  if (name.startsWith('_') || name === 'constructor') return undefined;
  if (Object.hasOwn(members, name)) return members[name]?.(object);
  const candidates = Object.hasOwn(names, name) ? [names[name] ?? name] : [name, inCamelCase(name)];
  const found = candidates.find((one) => one in object && !(one in Object.prototype));
  if (found === undefined) return undefined;
  const value: unknown = Reflect.get(object, found);
  if (typeof value !== 'function') return value ?? null;
  const call = (...args: readonly unknown[]): unknown => Reflect.apply(value, object, args) ?? null;
  return Object.hasOwn(parameters, name) ? named(parameters[name] ?? [], call) : call;
}

/** Lets templates use Python's names with the instances of a class, and what else it is there. */
export function showAs<T extends object>({ prototype }: { readonly prototype: T }, face: TemplateFace<T>): void {
  Object.defineProperty(prototype, GET_ATTRIBUTE, {
    configurable: true,
    value(this: T, name: string): unknown {
      return pythonAttribute(this, name, face);
    },
  });
  const { text } = face;
  if (text === undefined) return;
  Object.defineProperty(prototype, 'toString', {
    configurable: true,
    writable: true,
    value(this: T): string {
      return text(this);
    },
  });
}

/** Lets templates use Python's names with the instances of these classes. */
export function showByPythonNames(...classes: readonly { readonly prototype: object }[]): void {
  for (const one of classes) showAs(one, {});
}
