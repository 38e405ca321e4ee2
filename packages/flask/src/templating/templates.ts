/** Templates by Nunjucks, with what Flask adds to Jinja: escaping by file ending, several folders, `tojson`. */
import nunjucks from 'nunjucks';
import { Markup } from '../base/markup.ts';
import { FolderLoader, normalizeSource, TemplateNotFound } from './loader.ts';

export { TemplateNotFound } from './loader.ts';

// Nunjucks writes as it is what is an instance of its SafeString: so is Markup, and so is what its own filters return.
Object.setPrototypeOf(Markup.prototype, nunjucks.runtime.SafeString.prototype);

/** Values by name, as a template sees them. */
export type TemplateContext = Readonly<Record<string, unknown>>;

/** A filter or a test of a template: the value first, then what stands between the parentheses. */
export type TemplateFunction = (...args: readonly never[]) => unknown;

export interface TemplateOptions {
  /** Where templates are looked for, in order: the app's folder, then the blueprints'. Asked at each look-up. */
  readonly folders: () => readonly string[];
  /** Whether a template is read and compiled anew each time: `TEMPLATES_AUTO_RELOAD`, or `DEBUG`. Asked at each look-up. */
  readonly reload: () => boolean;
  /** What every template sees, macros too: `config`, `request`, `session`, `g`, `urlFor`, `getFlashedMessages`. */
  readonly globals: TemplateContext;
  /** What the context processors give for a rendering; what the view gives goes before it. */
  readonly context: () => TemplateContext;
  /** How `tojson` writes; `JSON.stringify` unless given. */
  readonly json?: (value: unknown) => string;
  /** Removes the first line break after a block; Jinja's `trim_blocks`. */
  readonly trimBlocks?: boolean;
  /** Removes blanks before a block; Jinja's `lstrip_blocks`. */
  readonly lstripBlocks?: boolean;
}

/** File endings of templates whose values are escaped; text that is rendered from a string is too. As Flask 2.2. */
const ESCAPED = /\.(?:html|htm|xml|xhtml|svg)$/;

/**
 * Whether the values of a template are escaped. Mirrors Flask's `select_jinja_autoescape`.
 *
 * @param name `undefined` for a template given as a string
 */
export function isAutoescaped(name: string | undefined): boolean {
  return name === undefined || ESCAPED.test(name);
}

/**
 * Renders templates. Mirrors Flask's `Environment` and what `render_template` does with it.
 *
 * Nunjucks escapes by environment, Flask by template: here are two environments, and each template, included and
 * imported ones too, belongs to the one that its ending asks for.
 */
export class Templates {
  readonly #options: TemplateOptions;
  readonly #escaping: SplitEnvironment;
  readonly #plain: SplitEnvironment;

  constructor(options: TemplateOptions) {
    this.#options = options;
    const byName = (name: string): SplitEnvironment => (isAutoescaped(name) ? this.#escaping : this.#plain);
    this.#escaping = new SplitEnvironment(options, true, byName);
    this.#plain = new SplitEnvironment(options, false, byName);
    this.addFilter('tojson', (value: unknown) => toJson(value, options.json ?? JSON.stringify));
    for (const [name, value] of Object.entries(options.globals)) this.addGlobal(name, value);
  }

  /** Adds a filter, `{{ value | name(…) }}`. Flask's `template_filter`. */
  addFilter(name: string, filter: TemplateFunction): void {
    for (const environment of [this.#escaping, this.#plain]) {
      environment.addFilter(name, (...args: readonly unknown[]) => call(filter, args));
    }
  }

  /** Adds a test, `{% if value is name %}`. Flask's `template_test`. */
  addTest(name: string, test: TemplateFunction): void {
    for (const environment of [this.#escaping, this.#plain]) {
      environment.addTest(name, (...args) => Boolean(call(test, args)));
    }
  }

  /** Adds a value that every template sees. Flask's `template_global`. */
  addGlobal(name: string, value: unknown): void {
    for (const environment of [this.#escaping, this.#plain]) environment.addGlobal(name, value);
  }

  /**
   * The first of several names that there is a template of. Mirrors Jinja's `select_template`.
   *
   * @throws {TemplateNotFound} when there is none
   */
  select(names: string | readonly string[]): string {
    const candidates = typeof names === 'string' ? [names] : names;
    const found = candidates.find((name) => this.#find(name) !== undefined);
    if (found === undefined) throw new TemplateNotFound(candidates, this.#options.folders());
    return found;
  }

  #find(name: string): nunjucks.Template | undefined {
    try {
      return (isAutoescaped(name) ? this.#escaping : this.#plain).getTemplate(name, true);
    } catch (error) {
      if (error instanceof Error && error.message === `template not found: ${name}`) return undefined;
      throw unwrap(error);
    }
  }

  /**
   * Renders a template by name. Mirrors Flask's `render_template`.
   *
   * @param names one name, or several of which the first that is there is taken
   * @param context what the template sees besides globals and context processors' values
   * @throws {TemplateNotFound}
   * @throws what a function called by the template throws; the template's own faults, with file and line
   */
  render(names: string | readonly string[], context: TemplateContext = {}): string {
    const name = this.select(names);
    const template = this.#find(name);
    if (template === undefined) throw new TemplateNotFound([name], this.#options.folders());
    return this.#run(template, context);
  }

  /** Renders a template given as text, with escaping. Mirrors Flask's `render_template_string`. */
  renderString(source: string, context: TemplateContext = {}): string {
    return this.#run(new nunjucks.Template(normalizeSource(source), this.#escaping, '<template>'), context);
  }

  #run(template: nunjucks.Template, context: TemplateContext): string {
    try {
      return String(template.render({ ...this.#options.context(), ...context }));
    } catch (error) {
      throw unwrap(error);
    }
  }
}

/** A Nunjucks environment that hands templates of the other kind to its sibling. */
class SplitEnvironment extends nunjucks.Environment {
  readonly #byName: (name: string) => SplitEnvironment;

  constructor(
    { folders, reload, trimBlocks, lstripBlocks }: TemplateOptions,
    autoescape: boolean,
    byName: (name: string) => SplitEnvironment,
  ) {
    // `dev` keeps the error that a template's own functions threw.
    super(new FolderLoader(folders, reload), { autoescape, trimBlocks, lstripBlocks, dev: true });
    this.#byName = byName;
  }

  /** Nunjucks calls it for `extends`, `include` and `import`, with arguments that its types leave out. */
  override getTemplate(name: string, eagerCompile?: boolean): nunjucks.Template;
  override getTemplate(
    name: string,
    eagerCompile?: boolean,
    callback?: (error: Error | null, template: nunjucks.Template | null) => void,
  ): void;
  override getTemplate(...args: readonly [name: unknown, ...rest: unknown[]]): nunjucks.Template | undefined {
    const [name] = args;
    const owner = typeof name === 'string' || name instanceof String ? this.#byName(String(name)) : this;
    return Reflect.apply(super.getTemplate, owner, args);
  }

  /** Tests are there in Nunjucks, and missing in its types. */
  addTest(name: string, test: (...args: readonly unknown[]) => boolean): void {
    Reflect.apply(Reflect.get(nunjucks.Environment.prototype, 'addTest'), this, [name, test]);
  }
}

/** Calls what a template names, with whatever the template gives it. */
function call(target: TemplateFunction, args: readonly unknown[]): unknown {
  return Reflect.apply(target, undefined, args);
}

/** JSON that may stand in a script and in an attribute between single quotes. Mirrors Flask's `tojson`. */
function toJson(value: unknown, dumps: (value: unknown) => string): Markup {
  const text = dumps(value) ?? 'null';
  return new Markup(text.replace(/[<>&']/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`));
}

const BUILT_IN = new Set([
  'Error',
  'TypeError',
  'RangeError',
  'ReferenceError',
  'SyntaxError',
  'EvalError',
  'URIError',
]);

/**
 * What a function called by a template threw, when its class tells what it means (an abort, an URL that cannot be
 * built): handlers of errors look for it. Any other error stays wrapped, because the wrapping names file and line.
 */
function unwrap(error: unknown): unknown {
  let inner = error;
  // An error that crosses an include is wrapped once more.
  while (inner instanceof nunjucks.lib.TemplateError && inner.cause !== undefined) inner = inner.cause;
  const hasMeaning = inner instanceof Error && !BUILT_IN.has(inner.constructor.name);
  return hasMeaning && !(inner instanceof nunjucks.lib.TemplateError) ? inner : error;
}
