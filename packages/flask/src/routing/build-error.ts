/** Thrown where no URL can be built, with what may have been meant. Werkzeug's `BuildError`. */
import type { Rule, RuleValues } from './rule.ts';

/** No rule of the endpoint suits the values; the message says what may have been meant. Werkzeug's `BuildError`. */
export class BuildError extends Error {
  override readonly name = 'BuildError';
  readonly endpoint: string;
  readonly values: Readonly<RuleValues>;
  readonly method: string | undefined;

  constructor(endpoint: string, values: Readonly<RuleValues>, method: string | undefined, rules: readonly Rule[]) {
    super(describe(endpoint, values, method, rules));
    this.endpoint = endpoint;
    this.values = values;
    this.method = method;
  }
}

const list = (names: Iterable<string>): string =>
  `[${[...names]
    .toSorted()
    .map((name) => `'${name}'`)
    .join(', ')}]`;

function describe(endpoint: string, values: Readonly<RuleValues>, method: string | undefined, rules: readonly Rule[]) {
  const names = Object.keys(values);
  const ofMethod = method === undefined ? '' : ` ('${method}')`;
  const withValues = names.length === 0 ? '' : ` with values ${list(names)}`;
  return `Could not build url for endpoint '${endpoint}'${ofMethod}${withValues}.${advice(endpoint, names, method, rules)}`;
}

function advice(
  endpoint: string,
  names: readonly string[],
  method: string | undefined,
  rules: readonly Rule[],
): string {
  const own = rules.find((rule) => rule.endpoint === endpoint);
  if (own === undefined) {
    const nearest = rules.toSorted((a, b) => distance(a.endpoint, endpoint) - distance(b.endpoint, endpoint))[0];
    return nearest === undefined ? '' : ` Did you mean '${nearest.endpoint}' instead?`;
  }
  if (method !== undefined && !own.methods.has(method)) {
    return ` Did you mean to use methods ${list(own.methods)}?`;
  }
  const missing = [...own.arguments].filter((name) => !names.includes(name));
  return missing.length === 0 ? '' : ` Did you forget to specify values ${list(missing)}?`;
}

/** Levenshtein's, row by row. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, left] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, right] of [...b].entries()) {
      const change = (row[j] ?? 0) + (left === right ? 0 : 1);
      next.push(Math.min(change, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

/** Called when `urlFor` finds no rule; a text is taken as the URL. One of Flask's `url_build_error_handlers`. */
export type BuildErrorHandler = (error: BuildError, endpoint: string, values: RuleValues) => string | undefined;
