/** What happens to the requests of one rule: its view, and the functions around it, worked out once. */
import type { Blueprint } from './blueprint.ts';
import type { Rule } from './routing/rule.ts';
import type {
  AfterFunction,
  BeforeFunction,
  Scaffold,
  TeardownFunction,
  UrlValuePreprocessor,
  View,
} from './scaffold.ts';

export interface Plan {
  readonly view: View | undefined;
  /** Innermost blueprint first, the app last: whose error handler is asked, and in which order responses pass. */
  readonly chain: readonly Scaffold[];
  readonly urlValuePreprocessors: readonly UrlValuePreprocessor[];
  readonly before: readonly BeforeFunction[];
  readonly after: readonly AfterFunction[];
  readonly teardown: readonly TeardownFunction[];
  /** Nothing surrounds the view. */
  readonly isBare: boolean;
}

interface PlanSource {
  readonly app: Scaffold;
  readonly blueprints: ReadonlyMap<string, Blueprint>;
  readonly teardownAppcontext: readonly TeardownFunction[];
}

/** @param rule undefined: for requests that no rule matched */
export function createPlan(rule: Rule | undefined, view: View | undefined, source: PlanSource): Plan {
  const chain: readonly Scaffold[] = [...blueprintsOf(rule?.endpoint ?? '', source.blueprints), source.app];
  const outward = chain.map(({ hooks }) => hooks);
  const inward = outward.toReversed();
  const plan = {
    view,
    chain,
    urlValuePreprocessors: inward.flatMap((hooks) => hooks.urlValuePreprocessors),
    before: inward.flatMap((hooks) => hooks.before),
    after: outward.flatMap((hooks) => hooks.after.toReversed()),
    teardown: outward.flatMap((hooks) => hooks.teardown.toReversed()),
  };
  const around = [plan.urlValuePreprocessors, plan.before, plan.after, plan.teardown, source.teardownAppcontext];
  return { ...plan, isBare: around.every((functions) => functions.length === 0) };
}

/** Of the endpoint `admin.users.index`: `admin.users`, then `admin`. */
export function* blueprintsOf(
  endpoint: string,
  blueprints: ReadonlyMap<string, Blueprint>,
): IterableIterator<Blueprint> {
  for (let dot = endpoint.lastIndexOf('.'); dot > 0; dot = endpoint.lastIndexOf('.', dot - 1)) {
    const blueprint = blueprints.get(endpoint.slice(0, dot));
    if (blueprint !== undefined) yield blueprint;
  }
}

/**
 * Calls all, in order, one after the other: what one throws does not keep the others from what they have to do.
 * @throws what one of them threw; of several an AggregateError
 */
export async function callEach(works: readonly (() => unknown)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const work of works) {
    try {
      await work();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 1) throw new AggregateError(errors, `${errors.length} teardown functions failed.`);
  if (errors.length === 1) throw errors[0];
}
