/** Objects of Flask's as its templates know them: by Python's names, and with None for what is not there. */
import { CallableObject, GET_ATTRIBUTE } from '@qilin/jinja';

export { CallableObject, GET_ATTRIBUTE };

/** Methods that Python calls otherwise. */
const METHODS: ReadonlyMap<string, string> = new Map([
  ['items', 'entries'],
  ['setdefault', 'setDefault'],
]);

/** `remote_addr` is `remoteAddr`. */
const inCamelCase = (name: string): string =>
  name.replace(/(?<=[a-z\d])_([a-z\d])/g, (_, letter: string) => letter.toUpperCase());

/** What a template sees of an object under a name of Python's; undefined for what the object has not. */
function pythonAttribute(this: object, name: string): unknown {
  if (name.startsWith('_') || name === 'constructor') return undefined;
  const names = [name, inCamelCase(name), METHODS.get(name)];
  const found = names.find((one) => one !== undefined && one in this && !(one in Object.prototype));
  if (found === undefined) return undefined;
  const value: unknown = Reflect.get(this, found);
  if (typeof value !== 'function') return value ?? null;
  return (...args: readonly unknown[]): unknown => Reflect.apply(value, this, args) ?? null;
}

/** Lets templates use Python's names with the instances of these classes. */
export function showByPythonNames(...classes: readonly { readonly prototype: object }[]): void {
  for (const { prototype } of classes) {
    Object.defineProperty(prototype, GET_ATTRIBUTE, { value: pythonAttribute, configurable: true });
  }
}
