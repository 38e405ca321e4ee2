/** Macros: functions that templates define. */

import { GET_ATTRIBUTE } from '../values/attributes.ts';
import { CallableObject, type Keywords } from '../values/callable.ts';
import { Markup } from '../values/markup.ts';
import { tuple } from '../values/sequences.ts';
import type { Undefined } from '../values/undefined.ts';
import { type Body, run } from './drive.ts';

/** What a macro needs of the runtime. */
interface MacroRules {
  undefinedHint(hint: string, name: string): Undefined;
}

export class Macro extends CallableObject {
  readonly #rules: MacroRules;
  readonly name: string | null;
  readonly #names: readonly string[];
  readonly #catchesKeywords: boolean;
  readonly #catchesRest: boolean;
  readonly #takesCaller: boolean;
  readonly #namesCaller: boolean;
  readonly #autoescape: boolean;
  readonly #body: (...args: unknown[]) => Body;

  constructor(
    rules: MacroRules,
    name: string | null,
    names: readonly string[],
    catchesKeywords: boolean,
    catchesRest: boolean,
    takesCaller: boolean,
    namesCaller: boolean,
    autoescape: boolean,
    body: (...args: unknown[]) => Body,
  ) {
    super();
    this.#rules = rules;
    this.name = name;
    this.#names = names;
    this.#catchesKeywords = catchesKeywords;
    this.#catchesRest = catchesRest;
    this.#takesCaller = takesCaller;
    this.#namesCaller = namesCaller;
    this.#autoescape = autoescape;
    this.#body = body;
  }

  [GET_ATTRIBUTE](name: string): unknown {
    switch (name) {
      case 'name':
        return this.name;
      case 'arguments':
        return tuple(this.#names);
      case 'catch_kwargs':
        return this.#catchesKeywords;
      case 'catch_varargs':
        return this.#catchesRest;
      case 'caller':
        return this.#takesCaller;
      default:
        return undefined;
    }
  }

  /** Calls the macro from JavaScript. @returns its text, a promise of it if it had to wait for something */
  call(...args: readonly unknown[]): unknown {
    return this.invoke(args, null, this.#autoescape);
  }

  override invoke(args: readonly unknown[], keywords: Keywords | null, autoescape: boolean): unknown {
    const result = run(this.#body(...this.#arrange(args, keywords)));
    if (!autoescape) return result;
    return typeof result === 'string' ? new Markup(result) : Promise.resolve(result).then((text) => new Markup(text));
  }

  #arrange(args: readonly unknown[], keywords: Keywords | null): readonly unknown[] {
    const count = this.#names.length;
    if (!keywords && args.length === count && !this.#takesCaller && !this.#catchesKeywords && !this.#catchesRest)
      return args;
    const rest: Record<string, unknown> = { ...keywords };
    const arranged: unknown[] = args.slice(0, count);
    for (const name of this.#names.slice(args.length)) {
      arranged.push(Object.hasOwn(rest, name) ? rest[name] : undefined);
      delete rest[name];
    }
    if (this.#takesCaller && !this.#namesCaller) {
      arranged.push(rest['caller'] ?? this.#rules.undefinedHint('No caller defined', 'caller'));
      delete rest['caller'];
    }
    if (this.#catchesKeywords) arranged.push(rest);
    else this.#refuseKeywords(Object.keys(rest));
    if (this.#catchesRest) arranged.push(tuple(args.slice(count)));
    else if (args.length > count) {
      throw new TypeError(`macro '${this.name}' takes not more than ${count} argument(s)`);
    }
    return arranged;
  }

  #refuseKeywords([first]: readonly string[]): void {
    if (first === undefined) return;
    if (first === 'caller') {
      throw new TypeError(
        `macro '${this.name}' was invoked with two values for the special caller argument. This is most likely a bug.`,
      );
    }
    throw new TypeError(`macro '${this.name}' takes no keyword argument '${first}'`);
  }

  override toString(): string {
    return `<Macro ${this.name === null ? 'anonymous' : `'${this.name}'`}>`;
  }
}
