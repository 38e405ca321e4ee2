/** Builds URLs for endpoints. Flask's `url_for`. */
import type { App } from '../contract.ts';
import { blueprintsOf } from '../hooks/hooks.ts';
import { quoteWhatIsNot } from '../http/urls.ts';
import { BuildError } from '../routing/build-error.ts';
import type { RuleValues } from '../routing/rule.ts';
import { configuredUrlBase } from '../routing/url-base.ts';
import { currentContext, currentRequestContext, requireAppContext } from './context.ts';

/** Values of the rule's variables, and of the query; with an underscore what they do to the URL itself. */
export interface UrlForValues extends RuleValues {
  /** Behind a `#`. */
  readonly _anchor?: string;
  /** Of several rules, that for this method. */
  readonly _method?: string;
  /** `https`; only with `_external`, which it implies. */
  readonly _scheme?: string;
  /** With scheme and host. Default: outside of a request only. */
  readonly _external?: boolean;
}

/**
 * The URL of a view. Flask's `url_for`.
 *
 * @param endpoint the view's name; `.name` is one of the current blueprint, `static` with `{ filename }` a static file
 * @throws BuildError when there is no such rule, Error outside of a request without SERVER_NAME
 */
export function urlFor(endpoint: string, values: UrlForValues = {}): string {
  return buildUrl(requireAppContext().app, endpoint, values);
}

/** @internal */
export function buildUrl(app: App, endpoint: string, given: UrlForValues): string {
  const { _anchor: anchor, _method: method, _scheme: scheme, _external, ...values } = given;
  const requestContext = currentRequestContext();
  const base = requestContext?.urlBase ?? currentContext()?.urlBase ?? configuredUrlBase(app.config);
  if (base === undefined) {
    throw new Error(
      "Unable to build URLs outside an active request without 'SERVER_NAME' configured. " +
        "Also configure 'APPLICATION_ROOT' and 'PREFERRED_URL_SCHEME' as needed.",
    );
  }
  const name = endpoint.startsWith('.') ? relativeTo(requestContext?.request.blueprint, endpoint) : endpoint;
  const external = _external ?? (requestContext === undefined || scheme !== undefined);
  if (scheme !== undefined && !external) throw new TypeError("When specifying '_scheme', '_external' must be true.");

  addDefaults(app, name, values);
  let url: string;
  try {
    const preferredMethod = requestContext?.method ?? 'GET';
    url = app.urlMap.build(name, values, base, { method, scheme, external, preferredMethod });
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    return afterFailure(app, error, name, given);
  }
  return anchor === undefined ? url : `${url}#${quoteWhatIsNot(anchor, 'fragment')}`;
}

const relativeTo = (blueprint: string | undefined, endpoint: string): string =>
  blueprint === undefined ? endpoint.slice(1) : `${blueprint}${endpoint}`;

/** The functions of `urlDefaults`: the app's, then those of the endpoint's blueprints, outermost first. */
function addDefaults(app: App, endpoint: string, values: RuleValues): void {
  const scaffolds = [app, ...[...blueprintsOf(endpoint, app.blueprints)].toReversed()];
  for (const { hooks } of scaffolds) for (const work of hooks.urlDefaults) work(endpoint, values);
}

function afterFailure(app: App, failure: BuildError, endpoint: string, values: UrlForValues): string {
  let error = failure;
  for (const handler of app.urlBuildErrorHandlers) {
    try {
      const url = handler(error, endpoint, values);
      if (url !== undefined) return url;
    } catch (next) {
      if (!(next instanceof BuildError)) throw next;
      error = next;
    }
  }
  throw error;
}
