/** The functions around a request that were registered on an app or a blueprint. */
import { ErrorHandlers } from './error-handlers.ts';
import type {
  AfterFunction,
  BeforeFunction,
  ContextProcessor,
  TeardownFunction,
  UrlDefaultsFunction,
  UrlValuePreprocessor,
} from './functions.ts';

/** In the order in which they were registered. */
export class Hooks {
  readonly before: BeforeFunction[] = [];
  readonly after: AfterFunction[] = [];
  readonly teardown: TeardownFunction[] = [];
  readonly urlValuePreprocessors: UrlValuePreprocessor[] = [];
  readonly urlDefaults: UrlDefaultsFunction[] = [];
  readonly contextProcessors: ContextProcessor[] = [];
  readonly errorHandlers = new ErrorHandlers();
}

/** An app, or a part of one. */
export interface Hooked {
  readonly hooks: Hooks;
}

/** Of the endpoint `admin.users.index`: `admin.users`, then `admin`. */
export function* blueprintsOf<B>(endpoint: string, blueprints: ReadonlyMap<string, B>): IterableIterator<B> {
  for (let dot = endpoint.lastIndexOf('.'); dot > 0; dot = endpoint.lastIndexOf('.', dot - 1)) {
    const blueprint = blueprints.get(endpoint.slice(0, dot));
    if (blueprint !== undefined) yield blueprint;
  }
}
