/** An environment: options, filters, tests and globals, and the templates that were made with them. */
import { compile } from './compile/compiler.ts';
import { TemplateError, TemplateNotFound, TemplatesNotFound } from './errors.ts';
import { DEFAULT_FILTERS } from './filters/index.ts';
import { gettextGlobals, NULL_TRANSLATIONS, type Translations } from './i18n.ts';
import type { Loader, TemplateSource } from './loaders/contract.ts';
import type { EnvironmentOptions, SandboxOptions } from './options.ts';
import { Access, type SandboxPolicy } from './runtime/access.ts';
import type { Engine, Limits, LoadedTemplate, Policies } from './runtime/contract.ts';
import { DEFAULT_GLOBALS, gettextAlias } from './runtime/globals.ts';
import { createRuntime } from './runtime/runtime.ts';
import { lexerRules } from './syntax/lexer-rules.ts';
import { type ParserRules, parse } from './syntax/parser.ts';
import { DEFAULT_SYNTAX, type Syntax } from './syntax/settings.ts';
import { Source } from './syntax/source.ts';
import { Template } from './template.ts';
import { DEFAULT_TESTS } from './tests/index.ts';
import type { AnyFunction } from './values/callable.ts';
import { str } from './values/printing.ts';
import { type Origin, UNDEFINED_KINDS, Undefined } from './values/undefined.ts';

const DEFAULT_POLICIES: Policies = {
  truncateLeeway: 5,
  urlizeRel: 'noopener',
  urlizeTarget: null,
  urlizeExtraSchemes: [],
  jsonSortKeys: true,
  i18nTrimmed: false,
};

const DEFAULT_LIMITS: Limits = { time: 5000, output: 16 << 20 };

type Found = Template | Promise<Template>;

export class Environment implements Engine {
  /** Filters by name: set one to add it. */
  readonly filters: Map<string, AnyFunction>;
  readonly tests: Map<string, AnyFunction>;
  /** Names that every template sees. */
  readonly globals: Map<string, unknown>;
  readonly access: Access;
  readonly policies: Policies;
  readonly newlineSequence: string;
  readonly limits: Limits | null;
  readonly finalize: AnyFunction | null;
  readonly runtime: unknown;
  readonly loader: Loader | null;
  readonly #options: EnvironmentOptions;
  readonly #syntax: Syntax;
  readonly #Undefined: new (
    origin?: Origin,
  ) => Undefined;
  readonly #cache = new Map<string, Template>();
  readonly #rules: Omit<ParserRules, 'trans'>;
  #isNewstyle = false;

  constructor(options: EnvironmentOptions = {}) {
    this.#options = options;
    this.#syntax = syntaxOf(options);
    this.#rules = { syntax: this.#syntax, lexer: lexerRules(this.#syntax), extensions: new Set(options.extensions) };
    this.#Undefined = UNDEFINED_KINDS[options.undefined ?? 'default'];
    this.filters = new Map(Object.entries({ ...DEFAULT_FILTERS, ...options.filters }));
    this.tests = new Map(Object.entries({ ...DEFAULT_TESTS, ...options.tests }));
    this.globals = new Map(Object.entries({ ...DEFAULT_GLOBALS, ...options.globals }));
    if (this.#rules.extensions.has('i18n')) this.globals.set('_', gettextAlias);
    const sandbox = sandboxOf(options.sandboxed);
    this.access = new Access((origin) => this.undefined(origin), sandbox && policyOf(sandbox));
    this.limits = sandbox && {
      time: sandbox.time ?? DEFAULT_LIMITS.time,
      output: sandbox.output ?? DEFAULT_LIMITS.output,
    };
    this.policies = { ...DEFAULT_POLICIES, ...options.policies };
    this.newlineSequence = this.#syntax.newlineSequence;
    this.finalize = options.finalize ?? null;
    this.loader = options.loader ?? null;
    this.runtime = createRuntime(this);
  }

  /** An undefined value of the environment's kind. */
  undefined(origin?: Origin): Undefined {
    return new this.#Undefined(origin);
  }

  autoescapeFor(name: string | null): boolean {
    const { autoescape = false } = this.#options;
    return typeof autoescape === 'function' ? autoescape(name) : autoescape;
  }

  /** @throws TemplateSyntaxError */
  fromString(text: string, globals: Readonly<Record<string, unknown>> = {}): Template {
    return this.#compile(new Source(text), { source: text }, globals);
  }

  /**
   * A template by its name, compiled when it is first asked for.
   * @throws TemplateNotFound, TemplateSyntaxError
   */
  async getTemplate(name: string): Promise<Template> {
    return this.#find(name);
  }

  /**
   * The first of these that there is.
   * @throws TemplatesNotFound
   */
  async selectTemplate(names: readonly string[]): Promise<Template> {
    return this.#select(names, 0);
  }

  /** All names that the loader knows. */
  listTemplates(): readonly string[] {
    return this.loader?.list?.() ?? [];
  }

  /** The functions of `{% trans %}`. @param newstyle They fill in the variables of their texts themselves. */
  installGettext(translations: Translations, { newstyle = false }: { readonly newstyle?: boolean } = {}): void {
    this.#isNewstyle = newstyle;
    for (const [name, value] of Object.entries(gettextGlobals(translations, newstyle))) this.globals.set(name, value);
  }

  /** Texts stay as they are. */
  installNullTranslations(options?: { readonly newstyle?: boolean }): void {
    this.installGettext(NULL_TRANSLATIONS, options);
  }

  /** What `extends` and `import` name: a name, or a template. */
  template(name: unknown, parent: string | null): LoadedTemplate | Promise<LoadedTemplate> {
    if (name instanceof Template) return name;
    if (name instanceof Undefined) return name.fail();
    if (Array.isArray(name)) throw new TypeError("a template's name must be a text, not a list");
    return this.#find(this.joinPath(str(name), parent));
  }

  /** What `include` names: the same, or several to choose from. */
  choose(name: unknown, parent: string | null): LoadedTemplate | Promise<LoadedTemplate> {
    return Array.isArray(name) ? this.#select(name, 0) : this.template(name, parent);
  }

  /** The name of a template that another names: as it is, unless a subclass knows of relative names. */
  joinPath(name: string, _parent: string | null): string {
    return name;
  }

  #select(names: readonly unknown[], index: number): Found {
    const name = names[index];
    if (name instanceof Template) return name;
    if (index >= names.length) throw new TemplatesNotFound(names.map(String));
    const next = (error: unknown) => {
      if (error instanceof TemplateNotFound) return this.#select(names, index + 1);
      throw error;
    };
    try {
      if (name instanceof Undefined) name.fail();
      const found = this.#find(String(name));
      return found instanceof Promise ? found.catch(next) : found;
    } catch (error) {
      return next(error);
    }
  }

  #find(name: string): Found {
    const cached = this.#cache.get(name);
    if (cached && (this.#options.autoReload === false || cached.isUpToDate)) return cached;
    if (!this.loader) throw new TemplateError('no loader for this environment specified');
    const found = this.loader.load(name);
    return found instanceof Promise ? found.then((source) => this.#keep(name, source)) : this.#keep(name, found);
  }

  #keep(name: string, found: TemplateSource): Template {
    const template = this.#compile(new Source(found.source, name), found, {});
    const { cacheSize = 400 } = this.#options;
    this.#cache.delete(name);
    if (cacheSize === 0) return template;
    this.#cache.set(name, template);
    const [oldest] = this.#cache.keys();
    if (cacheSize > 0 && this.#cache.size > cacheSize && oldest !== undefined) this.#cache.delete(oldest);
    return template;
  }

  #compile(source: Source, from: TemplateSource, globals: Readonly<Record<string, unknown>>): Template {
    const compiled = compile(parse(source, this.#parserRules()), source, {
      autoescape: this.autoescapeFor(source.name),
      isSandboxed: this.access.sandbox !== null,
      hasFinalize: this.finalize !== null,
      hasFilter: (name) => this.filters.has(name),
      hasTest: (name) => this.tests.has(name),
    });
    return new Template(this, source, compiled, { ...from, globals });
  }

  #parserRules(): ParserRules {
    return { ...this.#rules, trans: { isNewstyle: this.#isNewstyle, isTrimmed: this.policies.i18nTrimmed } };
  }
}

function syntaxOf(options: EnvironmentOptions): Syntax {
  const given = Object.entries(options).filter(([name, value]) => name in DEFAULT_SYNTAX && value !== undefined);
  const syntax = { ...DEFAULT_SYNTAX, ...Object.fromEntries(given) };
  const starts = [syntax.blockStartString, syntax.variableStartString, syntax.commentStartString];
  if (new Set(starts).size < starts.length) {
    throw new RangeError(`blocks, variables and comments must begin with different strings, not ${starts.join(', ')}`);
  }
  return syntax;
}

const sandboxOf = (sandboxed: boolean | SandboxOptions | undefined): SandboxOptions | null => {
  if (sandboxed === undefined || sandboxed === false) return null;
  return sandboxed === true ? {} : sandboxed;
};

const policyOf = (sandbox: SandboxOptions): SandboxPolicy => ({
  allowsAttribute: (object, name) => sandbox.allowsAttribute?.(object, name) ?? true,
  allowsCall: (fn) => sandbox.allowsCall?.(fn) ?? true,
});

/** Whether a template's name says that it is HTML: Jinja's `select_autoescape`. */
export function selectAutoescape({
  enabledExtensions = ['html', 'htm', 'xml'],
  disabledExtensions = [],
  defaultForString = true,
  default: otherwise = false,
}: {
  readonly enabledExtensions?: readonly string[];
  readonly disabledExtensions?: readonly string[];
  readonly defaultForString?: boolean;
  readonly default?: boolean;
} = {}): (name: string | null) => boolean {
  const endsWith = (name: string, endings: readonly string[]) =>
    endings.some((ending) => name.endsWith(`.${ending.replace(/^\./, '').toLowerCase()}`));
  return (name) => {
    if (name === null) return defaultForString;
    const lower = name.toLowerCase();
    if (endsWith(lower, enabledExtensions)) return true;
    return endsWith(lower, disabledExtensions) ? false : otherwise;
  };
}
