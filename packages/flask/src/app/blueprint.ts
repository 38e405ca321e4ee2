/** A part of an app that is put together apart and registered under a name, once or several times. Flask's `Blueprint`. */

import type { HTTPException } from '../exceptions/http-exception.ts';
import type { ErrorClass, ErrorHandler } from '../hooks/error-handlers.ts';
import type {
  AfterFunction,
  BeforeFunction,
  ContextProcessor,
  TeardownFunction,
  UrlDefaultsFunction,
  UrlValuePreprocessor,
  ViewFunction,
} from '../hooks/functions.ts';
import type { RuleValues } from '../routing/rule.ts';
import type { TemplateFunction } from '../templating/templates.ts';
import type { AppScaffold, RegistrationOptions } from './app-scaffold.ts';
import { endpointOf, type ImportName, type RouteOptions, Scaffold, type ScaffoldOptions } from './scaffold.ts';
import { sendFromDirectory } from './send-files.ts';

/** Arguments of Flask's `Blueprint(…)`. */
export interface BlueprintOptions extends ScaffoldOptions {
  /** In front of all its rules: `/admin`. */
  readonly urlPrefix?: string;
  readonly subdomain?: string;
  /** Values for all its views. */
  readonly urlDefaults?: RuleValues;
}

/** One registration of a blueprint on an app. */
export interface BlueprintSetup {
  readonly app: AppScaffold;
  readonly blueprint: Blueprint;
  /** Full name: `admin.users`. */
  readonly name: string;
  readonly urlPrefix: string | undefined;
  readonly subdomain: string | undefined;
  readonly urlDefaults: RuleValues;
  readonly isFirst: boolean;
}

type Deferred = (setup: BlueprintSetup) => void;

/** Views and what is around them, to be registered on apps. Flask's `Blueprint`. */
export class Blueprint extends Scaffold {
  readonly name: string;
  readonly urlPrefix: string | undefined;
  readonly subdomain: string | undefined;
  readonly #urlDefaults: RuleValues;
  readonly #deferred: Deferred[] = [];
  readonly #nested: { readonly blueprint: Blueprint; readonly options: RegistrationOptions }[] = [];
  #isRegistered = false;

  /**
   * @param name in front of its endpoints: `admin` in `admin.index`; no dots
   * @param from the module's `import.meta`
   */
  constructor(name: string, from: ImportName, options: BlueprintOptions = {}) {
    super(from, options);
    if (name === '' || name.includes('.'))
      throw new TypeError(`A blueprint's name must not be empty or contain a dot (got "${name}").`);
    this.name = name;
    this.urlPrefix = options.urlPrefix;
    this.subdomain = options.subdomain;
    this.#urlDefaults = options.urlDefaults ?? {};
  }

  protected override checkSetup(method: string): void {
    if (!this.#isRegistered) return;
    throw new Error(
      `${method}() can no longer be called on the blueprint '${this.name}': it is registered already, and the change would ` +
        'not apply everywhere. Set a blueprint up in full before it is registered.',
    );
  }

  /** Runs when the blueprint is registered; Flask's `record`. */
  record(work: Deferred): void {
    this.checkSetup('record');
    this.#deferred.push(work);
  }

  /** Runs when the blueprint is registered for the first time; Flask's `record_once`. */
  recordOnce(work: Deferred): void {
    this.record((setup) => {
      if (setup.isFirst) work(setup);
    });
  }

  override addUrlRule(
    rule: string,
    endpoint: string | undefined,
    view: ViewFunction | undefined,
    options: RouteOptions = {},
  ): void {
    if (endpoint?.includes('.'))
      throw new TypeError(`A blueprint's endpoint must not contain a dot (got "${endpoint}").`);
    const own = endpoint ?? endpointOf(view, rule, options.methods);
    this.record((setup) => addRule(setup, rule, own, view, options));
  }

  /** Puts a blueprint into this one. */
  registerBlueprint(blueprint: Blueprint, options: RegistrationOptions = {}): void {
    if (blueprint === this) throw new TypeError(`The blueprint '${this.name}' cannot be registered on itself.`);
    this.checkSetup('registerBlueprint');
    this.#nested.push({ blueprint, options });
  }

  /** Called by `app.registerBlueprint`. @internal */
  register(app: AppScaffold, options: RegistrationOptions, parent?: BlueprintSetup): void {
    const own = options.name ?? this.name;
    const name = parent === undefined ? own : `${parent.name}.${own}`;
    const isFirst = ![...app.blueprints.values()].includes(this);
    app.addBlueprint(name, this);
    this.#isRegistered = true;
    const setup: BlueprintSetup = {
      app,
      blueprint: this,
      name,
      urlPrefix: joinPrefixes(parent?.urlPrefix, options.urlPrefix ?? this.urlPrefix),
      subdomain: joinSubdomains(options.subdomain ?? this.subdomain, parent?.subdomain),
      urlDefaults: { ...this.#urlDefaults, ...options.urlDefaults },
      isFirst,
    };
    if (this.staticFolder !== undefined) {
      const folder = this.staticFolder;
      const sendStatic = ({ filename }: { readonly filename: string }) => sendFromDirectory(folder, filename);
      addRule(setup, `${this.staticUrlPath}/<path:filename>`, 'static', sendStatic, {});
    }
    for (const work of this.#deferred) work(setup);
    for (const { blueprint, options: nestedOptions } of this.#nested) blueprint.register(app, nestedOptions, setup);
  }

  /** As the app's `beforeRequest`. Flask's `before_app_request`. */
  beforeAppRequest<F extends BeforeFunction>(work: F): F {
    this.recordOnce(({ app }) => app.beforeRequest(work));
    return work;
  }

  /** As the app's `afterRequest`. */
  afterAppRequest<F extends AfterFunction>(work: F): F {
    this.recordOnce(({ app }) => app.afterRequest(work));
    return work;
  }

  /** As the app's `teardownRequest`. */
  teardownAppRequest<F extends TeardownFunction>(work: F): F {
    this.recordOnce(({ app }) => app.teardownRequest(work));
    return work;
  }

  /** As the app's `contextProcessor`. */
  appContextProcessor<F extends ContextProcessor>(work: F): F {
    this.recordOnce(({ app }) => app.contextProcessor(work));
    return work;
  }

  /** As the app's `urlValuePreprocessor`. */
  appUrlValuePreprocessor<F extends UrlValuePreprocessor>(work: F): F {
    this.recordOnce(({ app }) => app.urlValuePreprocessor(work));
    return work;
  }

  /** As the app's `urlDefaults`. */
  appUrlDefaults<F extends UrlDefaultsFunction>(work: F): F {
    this.recordOnce(({ app }) => app.urlDefaults(work));
    return work;
  }

  /** As the app's `templateFilter`. */
  appTemplateFilter<F extends TemplateFunction>(name: string, filter: F): F {
    this.recordOnce(({ app }) => app.templateFilter(name, filter));
    return filter;
  }

  /** As the app's `templateTest`. */
  appTemplateTest<F extends TemplateFunction>(name: string, test: F): F {
    this.recordOnce(({ app }) => app.templateTest(name, test));
    return test;
  }

  /** As the app's `templateGlobal`. */
  appTemplateGlobal<T>(name: string, value: T): T {
    this.recordOnce(({ app }) => app.templateGlobal(name, value));
    return value;
  }

  /** As the app's `errorhandler`. */
  appErrorhandler(code: number, handler: ErrorHandler<HTTPException>): ErrorHandler<HTTPException>;
  appErrorhandler<E extends Error>(type: ErrorClass<E>, handler: ErrorHandler<E>): ErrorHandler<E>;
  appErrorhandler<E extends Error>(codeOrClass: number | ErrorClass<E>, handler: ErrorHandler<E>): ErrorHandler<E> {
    this.recordOnce(({ app }) => app.hooks.errorHandlers.set(codeOrClass, handler));
    return handler;
  }
}

function addRule(
  setup: BlueprintSetup,
  rule: string,
  endpoint: string,
  view: ViewFunction | undefined,
  options: RouteOptions,
): void {
  const { urlPrefix, subdomain } = setup;
  setup.app.addUrlRule(urlPrefix === undefined ? rule : join(urlPrefix, rule), `${setup.name}.${endpoint}`, view, {
    ...(subdomain === undefined ? {} : { subdomain }),
    ...options,
    defaults: { ...setup.urlDefaults, ...options.defaults },
  });
}

const join = (prefix: string, rule: string): string =>
  rule === '' ? prefix : `${prefix.replace(/\/+$/, '')}/${rule.replace(/^\/+/, '')}`;

/** `admin` in `api` is `admin.api`. */
function joinSubdomains(inner: string | undefined, outer: string | undefined): string | undefined {
  return inner === undefined || outer === undefined ? (inner ?? outer) : `${inner}.${outer}`;
}

function joinPrefixes(outer: string | undefined, inner: string | undefined): string | undefined {
  if (outer === undefined || inner === undefined) return inner ?? outer;
  return join(outer, inner);
}
