/** An app as it is set up: what is registered on it before it serves. Flask's `sansio.App`. */
import { type FileHandle, open } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { callEach } from '../base/call-each.ts';
import { Config } from '../base/config.ts';
import { Logger } from '../base/logger.ts';
import { CommandGroup } from '../commands/group.ts';
import type { App, RequestState } from '../contract.ts';
import { Aborter } from '../exceptions/abort.ts';
import type { TeardownFunction, ViewFunction } from '../hooks/functions.ts';
import { createPlan, type Plan } from '../hooks/plan.ts';
import type { ProxyFix } from '../http/proxy-fix.ts';
import { JSONProvider } from '../replies/json.ts';
import { FlaskRequest } from '../request/request.ts';
import type { BuildErrorHandler } from '../routing/build-error.ts';
import { UrlMap } from '../routing/map.ts';
import type { Rule, RuleValues } from '../routing/rule.ts';
import type { SessionInterface } from '../sessions/interface.ts';
import { SecureCookieSessionInterface } from '../sessions/secure-cookie.ts';
import type { JinjaOptions, TemplateFunction, Templates } from '../templating/templates.ts';
import { createTemplates } from './render-template.ts';
import { endpointOf, type ImportName, type RouteOptions, Scaffold, type ScaffoldOptions } from './scaffold.ts';
import { sendFromDirectory } from './send-files.ts';
import { appcontextTearingDown } from './signals.ts';
import { isClassView } from './views.ts';

/** Arguments of Flask's `Flask(…)`. */
export interface FlaskOptions extends ScaffoldOptions {
  /** Rules may say for which host they are: `{ host: '<name>.example.org' }`. */
  readonly hostMatching?: boolean;
  /** Rules may say for which subdomain of SERVER_NAME they are: `{ subdomain: '<name>' }`. Of other hosts then nothing is found. */
  readonly subdomainMatching?: boolean;
  /** Host of the static files, with `hostMatching`. */
  readonly staticHost?: string;
  /** Absolute; `instance` beside the module by default, beside its folder when the module is an `index`. */
  readonly instancePath?: string;
  /** Files of `config.fromFile` are those of the instance folder. */
  readonly instanceRelativeConfig?: boolean;
}

/** Arguments of Flask's `register_blueprint`. */
export interface RegistrationOptions {
  /** Another name than its own, to register it twice. */
  readonly name?: string;
  /** Another prefix than its own. */
  readonly urlPrefix?: string;
  readonly subdomain?: string;
  /** Added to its own. */
  readonly urlDefaults?: RuleValues;
}

/** What can be registered on an app: a blueprint. */
export interface Registrable extends Scaffold {
  readonly name: string;
  register(app: AppScaffold, options: RegistrationOptions): void;
}

/** Base of `Flask`: all of it but the way of its requests. */
export abstract class AppScaffold extends Scaffold implements App {
  /** Of the module that made the app: `hello`. */
  readonly name: string;
  readonly config: Config;
  readonly logger: Logger;
  readonly urlMap: UrlMap;
  /** By endpoint. */
  readonly viewFunctions = new Map<string, ViewFunction>();
  /** By full name. */
  readonly blueprints = new Map<string, Registrable>();
  /** Commands for `flask`: `app.cli.command(…)`. Flask's `app.cli`. */
  readonly cli = new CommandGroup();
  /** State of extensions, by their names. */
  readonly extensions: Record<string, unknown> = {};
  /** How JSON is read and written. */
  json: JSONProvider;
  /** What `abort` throws for which code. Flask's `app.aborter`. */
  aborter = new Aborter();
  /** Of the current request; extend `FlaskRequest` for one of your own. Flask's `app.request_class`. */
  requestClass: new (state: RequestState) => FlaskRequest = FlaskRequest;
  /** Folder of what belongs to this installation and to no repository: settings, a database. Flask's `app.instance_path`. */
  readonly instancePath: string;
  /** Where sessions are kept. */
  sessionInterface: SessionInterface = new SecureCookieSessionInterface();
  /** Seconds for which clients may keep a file; undefined: they ask each time. Flask's `get_send_file_max_age`. */
  sendFileMaxAge: (path: string | undefined) => number | undefined = () =>
    this.config.SEND_FILE_MAX_AGE_DEFAULT ?? undefined;
  /** Asked in turn when `urlFor` finds no rule. Flask's `url_build_error_handlers`. */
  readonly urlBuildErrorHandlers: BuildErrorHandler[] = [];
  /** Whose `X-Forwarded-` headers are believed. Flask's `app.wsgi_app = ProxyFix(app.wsgi_app, …)`. */
  proxyFix: ProxyFix | undefined = undefined;
  readonly #teardownAppcontext: TeardownFunction[] = [];
  readonly #plans = new Map<Rule | undefined, Plan>();
  #templates: Templates | undefined;
  #jinjaOptions: JinjaOptions = {};
  #gotFirstRequest = false;

  /** @param from the module's `import.meta`: paths are relative to its folder */
  constructor(from: ImportName, options: FlaskOptions = {}) {
    super(from, { staticFolder: 'static', templateFolder: 'templates', ...options });
    this.name = this.importName;
    this.instancePath = instancePathOf(this, options.instancePath);
    this.config = new Config(options.instanceRelativeConfig ? this.instancePath : this.rootPath);
    const isDebug = () => this.debug;
    this.logger = new Logger(this.name, isDebug);
    this.json = new JSONProvider(isDebug);
    const { hostMatching = false, subdomainMatching = false } = options;
    this.urlMap = new UrlMap({ hostMatching, subdomainMatching });
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

  /**
   * Opens a file of the instance folder. Flask's `open_instance_resource`.
   * @param flags as of `fs.open`: `r`, `w`, `a`
   * @throws the file system's error
   */
  openInstanceResource(name: string, flags = 'r'): Promise<FileHandle> {
    return open(resolve(this.instancePath, name), flags);
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
    view: ViewFunction | undefined,
    options: RouteOptions = {},
  ): void {
    this.checkSetup('addUrlRule');
    const of = isClassView(view) ? view : undefined;
    const methods = (options.methods ?? of?.methods ?? ['GET']).map((method) => method.toUpperCase());
    const name = endpoint ?? endpointOf(view, rule, options.methods);
    const automatic =
      options.provideAutomaticOptions ??
      of?.provideAutomaticOptions ??
      (this.config.PROVIDE_AUTOMATIC_OPTIONS && !methods.includes('OPTIONS'));
    const known = this.viewFunctions.get(name);
    if (view !== undefined && known !== undefined && known !== view) {
      throw new Error(
        `ViewFunction function mapping is overwriting an existing endpoint function: ${name}. Give one of them another { endpoint }.`,
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
  registerBlueprint(blueprint: Registrable, options: RegistrationOptions = {}): void {
    this.checkSetup('registerBlueprint');
    blueprint.register(this, options);
  }

  /** @internal */
  addBlueprint(name: string, blueprint: Registrable): void {
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

  /** Flask's `do_teardown_appcontext`. @internal */
  doTeardownAppcontext(error: unknown): Promise<void> {
    return callEach([
      ...this.#teardownAppcontext.toReversed().map((work) => () => work(error)),
      () => appcontextTearingDown.send(this, { error }),
    ]);
  }

  /** The templates' environment: its globals, filters and tests. Made when it is first asked for. Flask's `jinja_env`. */
  get templates(): Templates {
    this.#templates ??= createTemplates(this);
    return this.#templates;
  }

  /**
   * Options of the templates' environment: `app.jinjaOptions = { extensions: ['i18n'] }`. Flask's `app.jinja_options`.
   * @throws Error once the environment was made: by a filter or a global, or by an extension that adds one
   */
  get jinjaOptions(): JinjaOptions {
    return this.#jinjaOptions;
  }

  set jinjaOptions(options: JinjaOptions) {
    if (this.#templates !== undefined)
      throw new Error(
        'The templates have their environment already: set app.jinjaOptions before the first filter, global or extension.',
      );
    this.#jinjaOptions = options;
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

  /** Worked out with the first request of a rule: from then on the app is set up. @internal */
  planFor(rule: Rule | undefined): Plan {
    return this.#plans.get(rule) ?? this.#addPlan(rule);
  }

  #addPlan(rule: Rule | undefined): Plan {
    this.#gotFirstRequest = true;
    const view = rule && this.viewFunctions.get(rule.endpoint);
    const { hooks, blueprints } = this;
    const plan = createPlan(rule, view, { app: hooks, blueprints, teardownAppcontext: this.#teardownAppcontext });
    this.#plans.set(rule, plan);
    return plan;
  }
}

/** Python's package is a folder with an index here: its instance folder is beside it. Flask's `auto_find_instance_path`. */
function instancePathOf({ rootPath, moduleFile }: Scaffold, given: string | undefined): string {
  if (given === undefined) {
    const isIndex = moduleFile !== undefined && /^index\.[cm]?[jt]sx?$/.test(basename(moduleFile));
    return join(resolve(isIndex ? dirname(rootPath) : rootPath), 'instance');
  }
  if (!isAbsolute(given)) {
    throw new TypeError(`instancePath must be absolute (got "${given}"): join(import.meta.dirname, …) makes it so.`);
  }
  return given;
}
