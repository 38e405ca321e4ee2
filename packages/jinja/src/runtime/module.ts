/** What a template exports, as `import` and JavaScript see it. */
import { GET_ATTRIBUTE } from '../values/attributes.ts';
import { Markup } from '../values/markup.ts';

export class TemplateModule {
  readonly name: string | null;
  /** The macros and values that the template sets at its own level, by name. */
  readonly exports: ReadonlyMap<string, unknown>;
  readonly #text: string;

  constructor(name: string | null, exports: ReadonlyMap<string, unknown>, text: string) {
    this.name = name;
    this.exports = exports;
    this.#text = text;
  }

  [GET_ATTRIBUTE](name: string): unknown {
    return this.exports.get(name);
  }

  __html__(): string {
    return this.#text;
  }

  toString(): string {
    return this.#text;
  }

  get html(): Markup {
    return new Markup(this.#text);
  }
}
