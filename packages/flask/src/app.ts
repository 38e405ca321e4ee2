/** The app: what is registered on it, and what answers its requests. Flask's `Flask`. */

import type { Blueprint, RegistrationOptions } from './blueprint.ts';
import { readBody } from './body.ts';
import { Config } from './config.ts';
import { AppContext, RequestContext } from './context.ts';
import { handle } from './dispatch.ts';
import { JSONProvider } from './json.ts';
import { Logger } from './logger.ts';
import { matchRequest } from './match-request.ts';
import { callEach, createPlan, type Plan } from './plan.ts';
import { makeReply } from './reply.ts';
import type { FlaskRequest } from './request.ts';
import type { BuildError } from './routing/build-error.ts';
import { UrlMap } from './routing/map.ts';
import type { Rule, RuleValues } from './routing/rule.ts';
import type { RunOptions } from './run.ts';
import {
  endpointOf,
  type ImportName,
  type RouteOptions,
  Scaffold,
  type ScaffoldOptions,
  type TeardownFunction,
  type View,
} from './scaffold.ts';
import { sendFromDirectory } from './send-files.ts';
import type { SessionInterface } from './sessions/interface.ts';
import { SecureCookieSessionInterface } from './sessions/secure-cookie.ts';
import { appcontextTearingDown, requestTearingDown } from './signals.ts';
import { createTemplates } from './templates.ts';
import type { TemplateFunction, Templates } from './templating.ts';
import { TestClient } from './testing/client.ts';
import { buildRequest, type TestRequestOptions, toRequest } from './testing/request.ts';

/** Arguments of Flask's `Flask(…)`. */
export interface FlaskOptions extends ScaffoldOptions {
  /** Rules may say for which host they are: `{ host: '<name>.example.org' }`. */
  readonly hostMatching?: boolean;
  /** Host of the static files, with `hostMatching`. */
  readonly staticHost?: string;
}

/** Anything that adds something to an app: `extension.initApp(app)`. */
export interface Extension {
  initApp(app: Flask): void;
}

/** Called when `urlFor` finds no rule; a text is taken as the URL. */
export type BuildErrorHandler = (error: BuildError, endpoint: string, values: RuleValues) => string | undefined;

/**
 * @example
 * const app = new Flask(import.meta);
 * app.get('/', () => 'Hello, World!');
 * export default app;
 */
export class Flask extends Scaffold {
  /** Of the module that made the app: `hello`. */
  readonly name: string;
  readonly config: Config;
  readonly logger: Logger;
  readonly urlMap: UrlMap;
  /** By endpoint. */
  readonly viewFunctions = new Map<string, View>();
  /** By full name. */
  readonly blueprints = new Map<string, Blueprint>();
  /** State of extensions, by their names. */
  readonly extensions: Record<string, unknown> = {};
  /** How JSON is read and written. */
  json: JSONProvider;
  /** Where sessions are kept. */
  sessionInterface: SessionInterface = new SecureCookieSessionInterface();
  /** Seconds for which clients may keep a file; undefined: they ask each time. Flask's `get_send_file_max_age`. */
  sendFileMaxAge: (path: string | undefined) => number | undefined = () =>
    this.config.SEND_FILE_MAX_AGE_DEFAULT ?? undefined;
  /** Asked in turn when `urlFor` finds no rule. Flask's `url_build_error_handlers`. */
  readonly urlBuildErrorHandlers: BuildErrorHandler[] = [];
  /**
   * Answers one request: what every server of the fetch kind calls. Bound, so that `Deno.serve(app.fetch)` works.
   * Errors of views are answered, except in tests and in debug mode.
   */
  readonly fetch: (request: Request, environment?: unknown) => Response | Promise<Response>;
  readonly #teardownAppcontext: TeardownFunction[] = [];
  readonly #plans = new Map<Rule | undefined, Plan>();
  #templates: Templates | undefined;
  #gotFirstRequest = false;

  /** @param from the module's `import.meta`: paths are relative to its folder */
  constructor(from: ImportName, options: FlaskOptions = {}) {
    super(from, { staticFolder: 'static', templateFolder: 'templates', ...options });
    this.name = this.importName;
    this.config = new Config(this.rootPath);
    const isDebug = () => this.debug;
    this.logger = new Logger(this.name, isDebug);
    this.json = new JSONProvider(isDebug);
    this.urlMap = new UrlMap({ hostMatching: options.hostMatching ?? false });
    this.fetch = (request, environment) => handle(new RequestContext(this, request, environment));
    this.#addStaticRule(options);
  }

  #addStaticRule({ hostMatching = false, staticHost }: FlaskOptions): void {
    if (staticHost !== undefined && !hostMatching) throw new TypeError('staticHost needs hostMatching.');
    const folder = this.staticFolder;
    if (folder === undefined || (hostMatching && staticHost === undefined)) return;
    const send = ({ filename }: { readonly filename: string }) => sendFromDirectory(folder, filename);
    this.addUrlRule(
      `${this.staticUrlPath}/<path:filename>`,
      'static',
      send,
      staticHost === undefined ? {} : { host: staticHost },
    );
  }

  /** `config.DEBUG`. */
  get debug(): boolean {
    return Boolean(this.config.DEBUG);
  }

  set debug(value: boolean) {
    this.config.DEBUG = value;
  }

  /** `config.TESTING`. */
  get testing(): boolean {
    return Boolean(this.config.TESTING);
  }

  set testing(value: boolean) {
    this.config.TESTING = value;
  }

  /** `config.SECRET_KEY`. */
  get secretKey(): string | Uint8Array | null {
    return this.config.SECRET_KEY;
  }

  set secretKey(value: string | Uint8Array | null) {
    this.config.SECRET_KEY = value;
  }

  // Setting up

  protected override checkSetup(method: string): void {
    if (!this.#gotFirstRequest) return;
    throw new Error(
      `${method}() can no longer be called on the app '${this.name}': it has handled its first request already, and the ` +
        'change would not apply everywhere. Do all that sets an app up before it is served.',
    );
  }

  /** @throws Error when the endpoint has another view already */
  override addUrlRule(
    rule: string,
    endpoint: string | undefined,
    view: View | undefined,
    options: RouteOptions = {},
  ): void {
    this.checkSetup('addUrlRule');
    const methods = (options.methods ?? ['GET']).map((method) => method.toUpperCase());
    const name = endpoint ?? endpointOf(view, rule, options.methods);
    const automatic = options.provideAutomaticOptions ?? !methods.includes('OPTIONS');
    const known = this.viewFunctions.get(name);
    if (view !== undefined && known !== undefined && known !== view) {
      throw new Error(
        `View function mapping is overwriting an existing endpoint function: ${name}. Give one of them another { endpoint }.`,
      );
    }
    this.urlMap.add(rule, {
      ...options,
      endpoint: name,
      methods: automatic ? [...methods, 'OPTIONS'] : methods,
      provideAutomaticOptions: automatic,
    });
    if (view !== undefined) this.viewFunctions.set(name, view);
  }

  /** Puts a blueprint's views and functions into the app. Flask's `register_blueprint`. @throws Error for a name that is taken */
  registerBlueprint(blueprint: Blueprint, options: RegistrationOptions = {}): void {
    this.checkSetup('registerBlueprint');
    blueprint.register(this, options);
  }

  /** @internal */
  addBlueprint(name: string, blueprint: Blueprint): void {
    const known = this.blueprints.get(name);
    if (known !== undefined) {
      const which = known === blueprint ? 'this blueprint' : 'a different blueprint';
      throw new Error(`The name '${name}' is already registered for ${which}. Register it with another { name }.`);
    }
    this.blueprints.set(name, blueprint);
  }

  /** When an app context ends: also after each request. Flask's `teardown_appcontext`. */
  teardownAppcontext<F extends TeardownFunction>(work: F): F {
    this.checkSetup('teardownAppcontext');
    this.#teardownAppcontext.push(work);
    return work;
  }

  // Templates

  /** The templates' environment: its globals, filters and tests. Made when it is first asked for. Flask's `jinja_env`. */
  get templates(): Templates {
    this.#templates ??= createTemplates(this);
    return this.#templates;
  }

  /** `{{ value | name(…) }}`. Flask's `template_filter`. */
  templateFilter<F extends TemplateFunction>(name: string, filter: F): F {
    this.checkSetup('templateFilter');
    this.templates.addFilter(name, filter);
    return filter;
  }

  /** `{% if value is name %}`. Flask's `template_test`. */
  templateTest<F extends TemplateFunction>(name: string, test: F): F {
    this.checkSetup('templateTest');
    this.templates.addTest(name, test);
    return test;
  }

  /** A value, or a function, that every template sees. Flask's `template_global`. */
  templateGlobal<T>(name: string, value: T): T {
    this.checkSetup('templateGlobal');
    this.templates.addGlobal(name, value);
    return value;
  }

  // Contexts

  /** A context without a request, for scripts and tests: `app.appContext().run(() => …)`. Flask's `app_context`. */
  appContext(): AppContext {
    return new AppContext(this);
  }

  /** The context of a given request. Flask's `request_context`. */
  requestContext(request: Request, environment?: unknown): RequestContext {
    return new RequestContext(this, request, environment);
  }

  /** The context of a made-up request, for tests: `app.testRequestContext('/?page=2').run(() => …)`. Flask's `test_request_context`. */
  testRequestContext(path = '/', options: TestRequestOptions = {}): RequestContext {
    return new RequestContext(this, toRequest(buildRequest(this, path, options)), options.environment);
  }

  /** Sends requests without a server. Flask's `test_client`. */
  testClient(options: { readonly useCookies?: boolean } = {}): TestClient {
    return new TestClient(this, options);
  }

  /**
   * The development server: serves until SIGINT or SIGTERM. Nothing where something else serves the app already: a worker of
   * Qilin, `flask run`. Flask's `run`.
   * @throws ConfigError for `threaded` with several `processes`, or a port that is none; an address in use
   */
  async run(options: RunOptions = {}): Promise<void> {
    const { run } = await import('./run.ts');
    await run(this, options);
  }

  /** @internal */
  async doTeardownRequest(context: RequestContext, error: unknown): Promise<void> {
    await callEach([
      ...this.planFor(context).teardown.map((work) => () => work(error)),
      () => requestTearingDown.send(this, { error }),
      () => this.doTeardownAppcontext(error),
    ]);
  }

  /** @internal */
  doTeardownAppcontext(error: unknown): Promise<void> {
    return callEach([
      ...this.#teardownAppcontext.toReversed().map((work) => () => work(error)),
      () => appcontextTearingDown.send(this, { error }),
    ]);
  }

  // Routing

  /** What happens to a request; matches it first, unless that is done. @internal */
  planFor(context: RequestContext): Plan {
    if (context.rule === undefined && context.routingException === undefined) matchRequest(context);
    const known = this.#plans.get(context.rule);
    if (known !== undefined) return known;
    return this.#addPlan(context.rule);
  }

  #addPlan(rule: Rule | undefined): Plan {
    this.#gotFirstRequest = true;
    const view = rule && this.viewFunctions.get(rule.endpoint);
    const { blueprints } = this;
    const plan = createPlan(rule, view, { app: this, blueprints, teardownAppcontext: this.#teardownAppcontext });
    this.#plans.set(rule, plan);
    return plan;
  }

  // Responses

  /** @internal */
  toResponse(value: unknown, context: RequestContext): Response {
    context.reply = value;
    return makeReply(value, this.json, context.rule?.endpoint);
  }

  /** @internal */
  readBody(request: FlaskRequest): Promise<Uint8Array<ArrayBuffer>> {
    return readBody(request.raw, this.config.MAX_CONTENT_LENGTH);
  }
}
