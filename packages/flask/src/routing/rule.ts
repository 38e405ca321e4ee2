/** One rule: a pattern of URLs for an endpoint, with its methods and defaults. Werkzeug's `Rule`. */
import { urlEncode, urlQuote } from '../http/urls.ts';
import { type BaseConverter, type ConverterClass, ValidationError } from './converters.ts';
import { type Part, parseRule, type TraceItem } from './parse.ts';

/** Values of a rule's variables, by name. */
export type RuleValues = Record<string, unknown>;

/** Arguments of Werkzeug's `Rule(…)`. */
export interface RuleOptions {
  readonly endpoint: string;
  readonly methods: readonly string[];
  /** Values for variables that the rule's text does not have, or that a shorter rule leaves out. */
  readonly defaults?: RuleValues;
  /** Whether `/a` redirects to `/a/` when the rule ends with a slash; default true. */
  readonly strictSlashes?: boolean;
  /** Pattern of the host, with variables as in a path; only with `hostMatching`. */
  readonly host?: string;
  readonly subdomain?: string;
  /** Whether the app answers OPTIONS for this rule by itself. */
  readonly provideAutomaticOptions?: boolean;
  /** Used for building URLs only. */
  readonly buildOnly?: boolean;
}

/** What the map decides for its rules. */
interface RuleEnvironment {
  readonly converters: Readonly<Record<string, ConverterClass>>;
  readonly hostMatching: boolean;
  readonly strictSlashes: boolean;
  readonly mergeSlashes: boolean;
}

interface BuiltUrl {
  readonly domain: string;
  readonly path: string;
}

/** One rule, as `request.urlRule` shows it. Werkzeug's `Rule`. */
export class Rule {
  readonly rule: string;
  readonly endpoint: string;
  /** In upper case; with GET goes HEAD. */
  readonly methods: ReadonlySet<string>;
  readonly defaults: Readonly<RuleValues> | undefined;
  readonly strictSlashes: boolean;
  readonly provideAutomaticOptions: boolean;
  readonly buildOnly: boolean;
  /** Names of all variables, those with defaults among them. */
  readonly arguments: ReadonlySet<string>;
  /** The host's parts, then the path's. */
  readonly parts: readonly Part[];
  readonly converters: ReadonlyMap<string, BaseConverter>;
  /** The path, when the rule is nothing but that: no variables and no host. */
  readonly literal: string | undefined;
  readonly #converterList: readonly (readonly [name: string, converter: BaseConverter])[];
  readonly #domainTrace: readonly TraceItem[];
  readonly #pathTrace: readonly TraceItem[];

  /** @throws SyntaxError for a malformed rule, RangeError for an unknown converter */
  constructor(rule: string, options: RuleOptions, environment: RuleEnvironment) {
    if (!rule.startsWith('/')) throw new SyntaxError(`A URL rule must start with a slash (got "${rule}").`);
    this.rule = rule;
    this.endpoint = options.endpoint;
    this.methods = withHead(options.methods);
    this.defaults = options.defaults && Object.keys(options.defaults).length > 0 ? options.defaults : undefined;
    this.strictSlashes = options.strictSlashes ?? environment.strictSlashes;
    this.provideAutomaticOptions = options.provideAutomaticOptions ?? false;
    this.buildOnly = options.buildOnly ?? false;

    const domain = (environment.hostMatching ? options.host : options.subdomain) ?? '';
    const host = parseRule(domain, environment.converters);
    const path = parseRule(environment.mergeSlashes ? mergeSlashes(rule) : rule, environment.converters);
    this.parts = [...host.parts, ...path.parts];
    this.#domainTrace = host.trace;
    this.#pathTrace = path.trace;
    this.#converterList = [...host.converters, ...path.converters];
    this.converters = new Map(this.#converterList);
    this.arguments = new Set([...Object.keys(this.defaults ?? {}), ...this.converters.keys()]);
    const isLiteral = domain === '' && this.converters.size === 0;
    this.literal = isLiteral
      ? path.parts.map((part) => (part.kind === 'static' ? part.text : '')).join('/')
      : undefined;
  }

  /** Whether a method is among the rule's. */
  accepts(method: string): boolean {
    return this.methods.has(method);
  }

  /** The view's values from the texts that were matched. @throws ValidationError when one is no value of its kind */
  convert(texts: readonly string[]): RuleValues {
    const values: RuleValues = {};
    let index = 0;
    for (const [name, converter] of this.#converterList) {
      values[name] = converter.toView(texts[index] ?? '');
      index += 1;
    }
    return this.defaults === undefined ? values : Object.assign(values, this.defaults);
  }

  /** Whether these values are enough for a URL of this rule, and do not contradict its defaults. */
  suits(values: Readonly<RuleValues>, method: string | undefined): boolean {
    if (method !== undefined && !this.accepts(method)) return false;
    const defaults = this.defaults ?? {};
    for (const name of this.arguments) {
      if (!Object.hasOwn(defaults, name) && !Object.hasOwn(values, name)) return false;
    }
    return Object.entries(defaults).every(([name, value]) => !Object.hasOwn(values, name) || values[name] === value);
  }

  /** Whether this rule is the canonical one for another whose values are its defaults: `/` for `/page/1`. */
  providesDefaultsFor(other: Rule): boolean {
    if (this.buildOnly || this.defaults === undefined || this.endpoint !== other.endpoint || this === other)
      return false;
    return (
      this.arguments.size === other.arguments.size && [...this.arguments].every((name) => other.arguments.has(name))
    );
  }

  /** @returns undefined when a converter refuses a value */
  build(values: Readonly<RuleValues>, appendUnknown = true): BuiltUrl | undefined {
    try {
      const domain = this.#assemble(this.#domainTrace, values);
      const path = this.#assemble(this.#pathTrace, values);
      const unknown = Object.entries(values).filter(([name]) => !this.arguments.has(name));
      const query = appendUnknown ? urlEncode(unknown.flatMap(queryPairs)) : '';
      return { domain, path: query === '' ? path : `${path}?${query}` };
    } catch (error) {
      if (error instanceof ValidationError) return undefined;
      throw error;
    }
  }

  #assemble(trace: readonly TraceItem[], values: Readonly<RuleValues>): string {
    let text = '';
    for (const item of trace) {
      if (item.kind === 'text') {
        text += quotePath(item.text);
        continue;
      }
      const isDefault = this.defaults !== undefined && Object.hasOwn(this.defaults, item.name);
      const value = isDefault ? this.defaults?.[item.name] : values[item.name];
      text += this.converters.get(item.name)?.toUrl(value) ?? '';
    }
    return text;
  }

  toString(): string {
    return this.rule;
  }
}

function withHead(methods: readonly string[]): ReadonlySet<string> {
  const set = new Set(methods.map((method) => method.toUpperCase()));
  if (set.has('GET')) set.add('HEAD');
  return set;
}

/** Each pair of slashes becomes one, once: three become two, as in Werkzeug. */
export const mergeSlashes = (path: string): string => path.replace(/\/{2,}/g, '/');

/** The fixed text of a path as it stands in a URL. */
export const quotePath = (text: string): string => urlQuote(text, 'path');

/** A list is repeated. */
function queryPairs([name, value]: readonly [string, unknown]): [string, string | null][] {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  return items.map((item) => [name, item === null || item === undefined ? null : textOf(item)]);
}

/** Python's `str` of a value. */
function textOf(value: unknown): string {
  if (value === true) return 'True';
  return value === false ? 'False' : String(value);
}
