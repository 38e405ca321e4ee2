/** All rules of an app: adds, matches, builds. Werkzeug's `Map`, and its `MapAdapter` as functions of an address. */

import { BuildError } from './build-error.ts';
import { type ConverterClass, DEFAULT_CONVERTERS } from './converters.ts';
import { type Match, Matcher, type Redirect } from './matcher.ts';
import { Rule, type RuleOptions, type RuleValues } from './rule.ts';

/** Where URLs are relative to: the request's own address, or the one that the config names. */
export interface UrlBase {
  readonly scheme: string;
  /** Host and port, without the scheme's usual port. */
  readonly host: string;
  readonly subdomain: string;
  /** Path below which the app is mounted, with slashes at both ends. */
  readonly scriptName: string;
}

/** How a URL is built. */
export interface BuildOptions {
  /** Only rules that take this method. */
  readonly method?: string | undefined;
  /** With scheme and host, even where a path would do. */
  readonly external?: boolean;
  readonly scheme?: string | undefined;
  /** Method of the current request: rules that take it are preferred. */
  readonly preferredMethod?: string;
}

/** Decided once, for all rules. */
export interface UrlMapOptions {
  readonly hostMatching?: boolean;
  readonly subdomainMatching?: boolean;
}

/** All rules of an app; Flask's `app.url_map`. */
export class UrlMap {
  /** By the name in a rule. Add yours before the rules that use them. */
  readonly converters: Record<string, ConverterClass> = { ...DEFAULT_CONVERTERS };
  readonly hostMatching: boolean;
  readonly subdomainMatching: boolean;
  /** Applies to rules that are added later and say nothing of their own. */
  strictSlashes = true;
  readonly mergeSlashes = true;
  readonly #matcher = new Matcher(this.mergeSlashes);
  readonly #byEndpoint = new Map<string, Rule[]>();
  /** Rules without variables by method and path: most requests need no tree. null: a rule that does need it came first. */
  readonly #literals = new Map<string, Map<string, Rule | null>>();
  #hasDefaults = false;

  constructor(options: UrlMapOptions = {}) {
    this.hostMatching = options.hostMatching ?? false;
    this.subdomainMatching = options.subdomainMatching ?? false;
  }

  /** @throws SyntaxError for a malformed rule, RangeError for a converter that does not exist */
  add(text: string, options: RuleOptions): Rule {
    const rule = new Rule(text, options, this);
    if (!rule.buildOnly) this.#matcher.add(rule);
    if (rule.literal !== undefined && !rule.buildOnly) this.#addLiteral(rule, rule.literal);
    if (rule.defaults !== undefined) this.#hasDefaults = true;
    const rules = this.#byEndpoint.get(rule.endpoint);
    if (rules === undefined) this.#byEndpoint.set(rule.endpoint, [rule]);
    else rules.splice(placeAmong(rules, rule), 0, rule);
    return rule;
  }

  /** Endpoint by endpoint, those with the most variables first, else in the order in which they were added. */
  *rules(endpoint?: string): IterableIterator<Rule> {
    if (endpoint !== undefined) yield* this.#byEndpoint.get(endpoint) ?? [];
    else for (const rules of this.#byEndpoint.values()) yield* rules;
  }

  #addLiteral(rule: Rule, path: string): void {
    for (const method of rule.methods) {
      const byPath = this.#literals.get(method) ?? new Map<string, Rule | null>();
      this.#literals.set(method, byPath);
      if (!byPath.has(path)) byPath.set(path, rule.defaults === undefined ? rule : null);
    }
  }

  /** The rule for a path that is nothing but text: what `match` would find, without the tree. */
  literal(method: string, path: string): Rule | undefined {
    return this.#literals.get(method)?.get(path) ?? undefined;
  }

  /** @param path decoded, with its leading slash @param domain the host with `hostMatching`, else the subdomain */
  match(domain: string, path: string, method: string): Match {
    const match = this.#matcher.match(domain, path, method);
    if (match.kind !== 'found' || !this.#hasDefaults) return match;
    const canonical = this.#canonical(match.rule, match.values, method);
    return canonical === undefined ? match : { kind: 'redirect', ...canonical };
  }

  /** Methods that some rule takes at this path. */
  allowedMethods(domain: string, path: string): readonly string[] {
    const match = this.match(domain, path, '--');
    return match.kind === 'none' ? [...match.allowed].toSorted() : [];
  }

  /** Where a request goes whose values are all the defaults of an earlier rule: one URL for one thing. */
  #canonical(rule: Rule, values: RuleValues, method: string) {
    for (const earlier of this.#byEndpoint.get(rule.endpoint) ?? []) {
      if (earlier === rule) return undefined;
      if (earlier.providesDefaultsFor(rule) && earlier.suits(values, method)) {
        return earlier.build({ ...values, ...earlier.defaults }, true);
      }
    }
    return undefined;
  }

  /**
   * A URL for an endpoint; values that the rule has no variable for become its query.
   * @throws BuildError when no rule of the endpoint suits the values
   */
  build(endpoint: string, values: Readonly<RuleValues>, base: UrlBase, options: BuildOptions = {}): string {
    const present = Object.fromEntries(
      Object.entries(values).filter(([, value]) => value !== undefined && value !== null),
    );
    const built =
      (options.method === undefined ? this.#firstBuilt(endpoint, present, options.preferredMethod, base) : undefined) ??
      this.#firstBuilt(endpoint, present, options.method, base);
    if (built === undefined) throw new BuildError(endpoint, present, options.method, [...this.rules()]);

    const path = `${base.scriptName.slice(0, -1)}/${trimLeft(built.path)}`;
    const host = this.hostMatching ? built.domain || base.host : withSubdomain(built.domain, base.host);
    const isHere = this.hostMatching ? host === base.host : built.domain === base.subdomain;
    if (isHere && !options.external) return path;
    const scheme = options.scheme ?? base.scheme;
    return `${scheme === '' ? '' : `${scheme}:`}//${host}${path}`;
  }

  #firstBuilt(endpoint: string, values: Readonly<RuleValues>, method: string | undefined, base: UrlBase) {
    let first: { readonly domain: string; readonly path: string } | undefined;
    for (const rule of this.#byEndpoint.get(endpoint) ?? []) {
      const built = rule.suits(values, method) ? rule.build(values) : undefined;
      if (built === undefined) continue;
      if (!this.hostMatching || built.domain === base.host) return built;
      first ??= built;
    }
    return first;
  }
}

/** Of two rules that suit, URLs are built by the one that takes up more values: `/boards/blue`, not `/boards/?color=blue`. */
function placeAmong(rules: readonly Rule[], rule: Rule): number {
  const given = (of: Rule) => Object.keys(of.defaults ?? {}).length;
  const isLess = (other: Rule) =>
    other.arguments.size < rule.arguments.size ||
    (other.arguments.size === rule.arguments.size && given(other) < given(rule));
  const place = rules.findIndex(isLess);
  return place < 0 ? rules.length : place;
}

/** Where the client is sent when a path is missing its slash, has too many, or is not the canonical one. */
export function redirectUrl({ path, domain }: Redirect, query: string, base: UrlBase, hostMatching: boolean): string {
  const host = hostMatching && domain !== undefined ? domain : withSubdomain(domain ?? base.subdomain, base.host);
  return `${base.scheme}://${host}${base.scriptName}${trimLeft(path)}${query === '' ? '' : `?${query}`}`;
}

const withSubdomain = (subdomain: string, host: string): string => (subdomain === '' ? host : `${subdomain}.${host}`);

const trimLeft = (path: string): string => path.replace(/^\/+/, '');
