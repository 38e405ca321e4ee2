/**
 * Finds the rule for a path: a tree over the path's segments, in which fixed text goes before variables and a heavier
 * variable after a lighter one, as in Werkzeug's `StateMachineMatcher`.
 */
import { ValidationError } from './converters.ts';
import { compareWeights, type Part } from './parse.ts';
import { mergeSlashes, quotePath, type Rule, type RuleValues } from './rule.ts';

type DynamicPart = Extract<Part, { kind: 'dynamic' }>;

interface State {
  readonly fixed: Map<string, State>;
  readonly dynamic: { readonly part: DynamicPart; readonly next: State }[];
  readonly rules: Rule[];
}

/** One search, as its steps see it. */
interface Search {
  readonly segments: readonly string[];
  readonly method: string;
  /** Methods of rules that would have matched. */
  readonly allowed: Set<string>;
  slashRequired: boolean;
}

interface Found {
  readonly rule: Rule;
  readonly texts: readonly string[];
}

/** Where the client is sent. */
export interface Redirect {
  /** As it stands in a URL. */
  readonly path: string;
  /** Host, or subdomain, of the rule that the path is of; undefined: as in the request. */
  readonly domain?: string;
}

export type Match =
  | { readonly kind: 'found'; readonly rule: Rule; readonly values: RuleValues }
  | ({ readonly kind: 'redirect' } & Redirect)
  | { readonly kind: 'none'; readonly allowed: ReadonlySet<string> };

const createState = (): State => ({ fixed: new Map(), dynamic: [], rules: [] });

export class Matcher {
  readonly #root = createState();
  readonly #mergeSlashes: boolean;
  #sorted = true;

  constructor(mergeSlashes: boolean) {
    this.#mergeSlashes = mergeSlashes;
  }

  add(rule: Rule): void {
    let state = this.#root;
    for (const part of rule.parts)
      state = part.kind === 'static' ? fixedNext(state, part.text) : dynamicNext(state, part);
    state.rules.push(rule);
    this.#sorted = false;
  }

  /** @param path decoded, with its leading slash */
  match(domain: string, path: string, method: string): Match {
    if (!this.#sorted) {
      sortState(this.#root);
      this.#sorted = true;
    }
    const allowed = new Set<string>();
    const first = this.#search(domain, path, method, allowed);
    if (first === 'slash') return { kind: 'redirect', path: quotePath(`${path}/`) };
    if (first !== undefined) return convert(first, allowed);
    if (!this.#mergeSlashes || !path.includes('//')) return { kind: 'none', allowed };

    const merged = mergeSlashes(path);
    const second = this.#search(domain, merged, method, allowed);
    if (second === undefined) return { kind: 'none', allowed };
    return { kind: 'redirect', path: quotePath(second === 'slash' ? `${merged}/` : merged) };
  }

  #search(domain: string, path: string, method: string, allowed: Set<string>): Found | 'slash' | undefined {
    const search: Search = { segments: [domain, ...path.split('/')], method, allowed, slashRequired: false };
    const found = walk(search, this.#root, 0, []);
    return search.slashRequired ? 'slash' : found;
  }
}

function fixedNext(state: State, text: string): State {
  const next = state.fixed.get(text) ?? createState();
  state.fixed.set(text, next);
  return next;
}

function dynamicNext(state: State, part: DynamicPart): State {
  const existing = state.dynamic.find(
    (entry) =>
      entry.part.source === part.source &&
      entry.part.final === part.final &&
      compareWeights(entry.part.weight, part.weight) === 0,
  );
  if (existing !== undefined) return existing.next;
  const next = createState();
  state.dynamic.push({ part, next });
  return next;
}

function sortState(state: State): void {
  state.dynamic.sort((a, b) => compareWeights(a.part.weight, b.part.weight));
  for (const next of state.fixed.values()) sortState(next);
  for (const { next } of state.dynamic) sortState(next);
}

function walk(search: Search, state: State, at: number, texts: readonly string[]): Found | undefined {
  const segment = search.segments[at];
  if (segment === undefined) return atEnd(search, state, texts);

  const fixed = state.fixed.get(segment);
  const found = fixed && walk(search, fixed, at + 1, texts);
  if (found !== undefined || search.slashRequired) return found;

  for (const { part, next } of state.dynamic) {
    const matched = matchPart(part, search.segments, at);
    if (matched === undefined) continue;
    const isAtSlash = part.suffixed && matched.at(-1) === '/';
    const own = part.suffixed ? matched.slice(0, -1) : matched;
    const end = isAtSlash ? search.segments.length - 1 : search.segments.length;
    const below = walk(search, next, part.final ? end : at + 1, [...texts, ...own]);
    if (below !== undefined || search.slashRequired) return below;
  }
  // A slash too many, for a rule that does not mind.
  const isLast = at === search.segments.length - 1;
  return isLast && segment === '' ? choose(search, state.rules, texts, (rule) => !rule.strictSlashes) : undefined;
}

function matchPart(part: DynamicPart, segments: readonly string[], at: number): readonly string[] | undefined {
  const segment = segments[at] ?? '';
  if (part.takesAll) return segment === '' ? undefined : [segment];
  return part.pattern.exec(part.final ? segments.slice(at).join('/') : segment)?.slice(1);
}

function atEnd(search: Search, state: State, texts: readonly string[]): Found | undefined {
  const found = choose(search, state.rules, texts, () => true);
  if (found !== undefined) return found;
  const withSlash = state.fixed.get('')?.rules.find((rule) => rule.accepts(search.method));
  if (withSlash === undefined) return undefined;
  if (!withSlash.strictSlashes) return { rule: withSlash, texts };
  search.slashRequired = true;
  return undefined;
}

function choose(
  search: Search,
  rules: readonly Rule[],
  texts: readonly string[],
  fits: (rule: Rule) => boolean,
): Found | undefined {
  for (const rule of rules) {
    if (!fits(rule)) continue;
    if (rule.accepts(search.method)) return { rule, texts };
    for (const method of rule.methods) search.allowed.add(method);
  }
  return undefined;
}

function convert({ rule, texts }: Found, allowed: ReadonlySet<string>): Match {
  try {
    return { kind: 'found', rule, values: rule.convert(texts) };
  } catch (error) {
    if (error instanceof ValidationError) return { kind: 'none', allowed };
    throw error;
  }
}
