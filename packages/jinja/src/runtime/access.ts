/** Attributes and items as templates see them: what is not there is undefined, what a sandbox forbids too. */
import { attributeOf, formatMethod, itemOf, withSignature } from '../values/attributes.ts';
import { formatValue } from '../values/format-spec.ts';
import { typeName } from '../values/kinds.ts';
import { escapeText, Markup } from '../values/markup.ts';
import type { FieldAccess } from '../values/str-format.ts';
import { type Origin, Undefined } from '../values/undefined.ts';

/** What a sandbox lets templates do with an app's objects. */
export interface SandboxPolicy {
  /** Whether an attribute may be read. Names that begin with `_` never are. */
  allowsAttribute(object: unknown, name: string): boolean;
  /** Whether a function may be called. */
  allowsCall(fn: unknown): boolean;
}

export class Access implements FieldAccess {
  readonly #undefined: (origin: Origin) => Undefined;
  readonly sandbox: SandboxPolicy | null;

  constructor(makeUndefined: (origin: Origin) => Undefined, sandbox: SandboxPolicy | null) {
    this.#undefined = makeUndefined;
    this.sandbox = sandbox;
  }

  /** `object.name`: the attribute, else the item. */
  attribute(object: unknown, name: string): unknown {
    const value = this.#safeAttribute(object, name);
    if (value !== undefined) return value;
    const item = itemOf(object, name);
    return item === undefined ? this.#missing(object, name) : item;
  }

  /** `object[key]`: the item, else the attribute. */
  item(object: unknown, key: unknown): unknown {
    const value = itemOf(object, key);
    if (value !== undefined) return value;
    const name = key instanceof Markup ? key.value : key;
    if (typeof name !== 'string') return this.#missing(object, key);
    const attribute = this.#safeAttribute(object, name);
    return attribute === undefined ? this.#missing(object, name) : attribute;
  }

  #missing(object: unknown, name: unknown): Undefined {
    return object instanceof Undefined ? object.attribute() : this.#undefined({ object: { value: object }, name });
  }

  #safeAttribute(object: unknown, name: string): unknown {
    if (!this.sandbox) return attributeOf(object, name);
    const value = this.#sandboxed(object, name);
    if (value === undefined || (!name.startsWith('_') && this.sandbox.allowsAttribute(object, name))) return value;
    const hint = `access to attribute '${name}' of '${typeName(object)}' object is unsafe.`;
    return this.#undefined({ hint, name, unsafe: true });
  }

  /** `str.format` looks into objects: in a sandbox by its rules. */
  #sandboxed(object: unknown, name: string): unknown {
    if (typeof object === 'string') return formatMethod(object, name, this) ?? attributeOf(object, name);
    if (object instanceof Markup) {
      const show = (value: unknown, spec: string) =>
        value instanceof Markup ? value.value : escapeText(formatValue(value, spec));
      const format = formatMethod(object.value, name, this, show);
      if (format) return withSignature(format, (...args: unknown[]) => new Markup(format(...args)));
    }
    return attributeOf(object, name);
  }
}
