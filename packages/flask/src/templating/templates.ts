/** Templates by @qilin/jinja, with what Flask adds to Jinja: escaping by file ending, several folders, its JSON. */
import { Environment, type EnvironmentOptions, Float, Markup, named, type Template, Undefined } from '@qilin/jinja';
import { markNumber, unmarkNumbers } from '../base/integers.ts';
import { type Attempt, FolderLoader, TemplateNotFound } from './loader.ts';

export { TemplateNotFound } from './loader.ts';

/** Values by name, as a template sees them. */
export type TemplateContext = Readonly<Record<string, unknown>>;

/** A filter or a test of a template: the value first, then what stands between the parentheses, keywords last as one object. */
export type TemplateFunction = (...args: readonly never[]) => unknown;

export interface TemplateOptions {
  /** Where templates are looked for, in order: the app's folder, then the blueprints'. Asked at each look-up. */
  readonly folders: () => readonly string[];
  /** Whether a template that has changed is compiled anew: `TEMPLATES_AUTO_RELOAD`, or `DEBUG`. Asked at each look-up. */
  readonly reload: () => boolean;
  /** What every template sees, macros too: `config`, `request`, `session`, `g`, `url_for`, `get_flashed_messages`. */
  readonly globals: TemplateContext;
  /** What the context processors give for a rendering; what the view gives goes before it. */
  readonly context: () => TemplateContext;
  /** How `tojson` writes; `JSON.stringify` unless given. */
  readonly json?: (value: unknown, indent?: number) => string;
  /** Is told where each template was looked for: `EXPLAIN_TEMPLATE_LOADING`. */
  readonly explain?: (name: string, attempts: readonly Attempt[]) => void;
  /** More of Jinja's own options. */
  readonly jinja?: JinjaOptions;
}

/** Options of Jinja's that are not Flask's business: extensions, delimiters, what is done with blanks. Flask's `jinja_options`. */
export type JinjaOptions = Omit<EnvironmentOptions, 'loader' | 'autoescape' | 'autoReload'>;

/** File endings of templates whose values are escaped; text that is rendered from a string is too. As Flask. */
const ESCAPED = /\.(?:html|htm|xml|xhtml|svg)$/;

/**
 * Whether the values of a template are escaped. Mirrors Flask's `select_jinja_autoescape`.
 *
 * @param name `null` for a template given as a string
 */
export function isAutoescaped(name: string | null): boolean {
  return name === null || ESCAPED.test(name);
}

/** Renders templates. Mirrors Flask's `Environment` and what `render_template` does with it. */
export class Templates {
  /** Jinja's own: what Flask calls `jinja_env`. */
  readonly environment: Environment;
  readonly #options: TemplateOptions;

  constructor(options: TemplateOptions) {
    const { folders, reload, globals, explain = () => {}, json = stringify, jinja = {} } = options;
    this.#options = options;
    const tojson = named(['indent'], (value: unknown, indent?: number) => toJson(value, indent, json));
    this.environment = new Environment({
      ...jinja,
      loader: new FolderLoader(folders, reload, explain),
      autoescape: isAutoescaped,
      globals: { ...globals, ...jinja.globals },
      filters: { tojson, ...jinja.filters },
    });
  }

  /** Adds a filter, `{{ value | name(…) }}`. Flask's `template_filter`. */
  addFilter(name: string, filter: TemplateFunction): void {
    this.environment.filters.set(name, filter);
  }

  /** Adds a test, `{% if value is name %}`. Flask's `template_test`. */
  addTest(name: string, test: TemplateFunction): void {
    this.environment.tests.set(name, test);
  }

  /** Adds a value that every template sees. Flask's `template_global`. */
  addGlobal(name: string, value: unknown): void {
    this.environment.globals.set(name, value);
  }

  /**
   * The first of several names that there is a template of. Mirrors Jinja's `get_or_select_template`.
   *
   * @throws {TemplateNotFound} when there is none; TemplateSyntaxError
   */
  async select(names: string | readonly string[]): Promise<Template> {
    const candidates = typeof names === 'string' ? [names] : names;
    for (const name of candidates) {
      try {
        return await this.environment.getTemplate(name);
      } catch (error) {
        if (!(error instanceof TemplateNotFound)) throw error;
      }
    }
    throw new TemplateNotFound(candidates, this.#options.folders());
  }

  /** A template given as text, with escaping. */
  fromString(source: string): Template {
    return this.environment.fromString(source);
  }

  /** What a template is rendered with: the context processors' values, and before them the view's. */
  contextOf(context: TemplateContext): TemplateContext {
    return { ...this.#options.context(), ...context };
  }
}

const stringify = (value: unknown, indent?: number): string => JSON.stringify(value, null, indent);

/** JSON that may stand in a script and in an attribute between single quotes. Mirrors Flask's `tojson`. */
function toJson(
  value: unknown,
  indent: number | undefined,
  dumps: (value: unknown, indent?: number) => string,
): Markup {
  const text = unmarkNumbers(dumps(plain(value), indent));
  // Python's json.dumps puts a space behind : and ,.
  const spaced = text.replace(/"(?:[^"\\]|\\.)*"|[:,](?!\s)/g, (part) => (part.length === 1 ? `${part} ` : part));
  return new Markup(spaced.replace(/[<>&']/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`));
}

/** A template's own dicts may be Maps and its floats whole, which JSON has not; an undefined value is an error, as in Python. */
function plain(value: unknown): unknown {
  if (value instanceof Float) return markNumber(`${value}`);
  if (value instanceof Undefined) throw new TypeError(`An undefined value is not JSON serializable: ${value.message}.`);
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [String(key), plain(item)]));
  return isDict(value) ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)])) : value;
}

const isDict = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
