/** Undefined values: what a name, an attribute or an item gives that is not there. */
import { SecurityError, UndefinedError } from '../errors.ts';
import { describeType } from './kinds.ts';
import { reprText } from './text.ts';

/** Which of Jinja's classes of undefined an environment uses. */
export type UndefinedKind = 'default' | 'strict' | 'chainable' | 'debug';

/** How a value came to be undefined. */
export interface Origin {
  /** A whole message, instead of one made from the rest. */
  readonly hint?: string;
  /** The object that lacks it; absent for a name. */
  readonly object?: { readonly value: unknown };
  readonly name?: unknown;
  /** The sandbox's: use of it is refused. */
  readonly unsafe?: boolean;
}

/** Prints as nothing, is false and empty; anything else is an error. */
export class Undefined {
  readonly origin: Origin;

  constructor(origin: Origin = {}) {
    this.origin = origin;
  }

  get message(): string {
    const { hint, object, name } = this.origin;
    if (hint !== undefined) return hint;
    const shown = typeof name === 'string' ? reprText(name) : String(name);
    if (!object) return `${shown} is undefined`;
    const owner = describeType(object.value);
    return typeof name === 'string' ? `'${owner}' has no attribute ${shown}` : `${owner} has no element ${shown}`;
  }

  fail(): never {
    throw this.origin.unsafe ? new SecurityError(this.message) : new UndefinedError(this.message);
  }

  /** What an attribute or item of it is. */
  attribute(): Undefined {
    return this.fail();
  }

  toText(): string {
    return '';
  }

  /** Called before its truth, length, equality, items and membership are asked for. */
  check(): void {}

  toString(): string {
    return this.toText();
  }
}

/** Every use is an error but `is defined` and `default`. */
export class StrictUndefined extends Undefined {
  override toText(): string {
    return this.fail();
  }

  override check(): void {
    this.fail();
  }
}

/** Attributes of it are undefined as well. */
export class ChainableUndefined extends Undefined {
  override attribute(): Undefined {
    return this;
  }
}

/** Prints what is missing. */
export class DebugUndefined extends Undefined {
  override toText(): string {
    const { hint, object, name } = this.origin;
    if (hint !== undefined) return `{{ undefined value printed: ${hint} }}`;
    if (!object) return `{{ ${String(name)} }}`;
    const shown = typeof name === 'string' ? reprText(name) : String(name);
    return `{{ no such element: ${describeType(object.value)}[${shown}] }}`;
  }
}

export const UNDEFINED_KINDS: Readonly<Record<UndefinedKind, new (origin?: Origin) => Undefined>> = {
  default: Undefined,
  strict: StrictUndefined,
  chainable: ChainableUndefined,
  debug: DebugUndefined,
};
