/** What happens to the requests of one rule: its view, and the functions around it, worked out once. */
import type { Rule } from '../routing/rule.ts';
import type {
  AfterFunction,
  BeforeFunction,
  TeardownFunction,
  UrlValuePreprocessor,
  ViewFunction,
} from './functions.ts';
import { blueprintsOf, type Hooked, type Hooks } from './hooks.ts';

export interface Plan {
  readonly view: ViewFunction | undefined;
  /** Innermost blueprint first, the app last: whose error handler is asked, and in which order responses pass. */
  readonly chain: readonly Hooks[];
  readonly urlValuePreprocessors: readonly UrlValuePreprocessor[];
  readonly before: readonly BeforeFunction[];
  readonly after: readonly AfterFunction[];
  readonly teardown: readonly TeardownFunction[];
  /** Nothing surrounds the view. */
  readonly isBare: boolean;
}

interface PlanSource {
  readonly app: Hooks;
  readonly blueprints: ReadonlyMap<string, Hooked>;
  readonly teardownAppcontext: readonly TeardownFunction[];
}

/** @param rule undefined: for requests that no rule matched */
export function createPlan(rule: Rule | undefined, view: ViewFunction | undefined, source: PlanSource): Plan {
  const blueprints = [...blueprintsOf(rule?.endpoint ?? '', source.blueprints)];
  const outward: readonly Hooks[] = [...blueprints.map(({ hooks }) => hooks), source.app];
  const inward = outward.toReversed();
  const plan = {
    view,
    chain: outward,
    urlValuePreprocessors: inward.flatMap((hooks) => hooks.urlValuePreprocessors),
    before: inward.flatMap((hooks) => hooks.before),
    after: outward.flatMap((hooks) => hooks.after.toReversed()),
    teardown: outward.flatMap((hooks) => hooks.teardown.toReversed()),
  };
  const around = [plan.urlValuePreprocessors, plan.before, plan.after, plan.teardown, source.teardownAppcontext];
  return { ...plan, isBare: around.every((functions) => functions.length === 0) };
}
