/** What an app and a blueprint have in common: routes, functions around requests, error handlers. Flask's `Scaffold`. */
import { type FileHandle, open } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
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
import { Hooks } from '../hooks/hooks.ts';
import type { ViewParams } from '../routing/params.ts';
import type { RuleValues } from '../routing/rule.ts';

/** Arguments of Flask's `@app.route` beside the rule. */
export interface RouteOptions<D extends RuleValues = RuleValues> {
  /** Default: `['GET']`. HEAD comes with GET, and OPTIONS is answered by itself. */
  readonly methods?: readonly string[];
  /** Name for `urlFor`; the view's name by default. */
  readonly endpoint?: string;
  /** Values for parameters that the rule does not have. */
  readonly defaults?: D;
  /** False: `/a` and `/a/` are the same. */
  readonly strictSlashes?: boolean;
  /** Pattern of the host, with the app's `hostMatching`. */
  readonly host?: string;
  readonly subdomain?: string;
  /** Whether OPTIONS is answered by itself; PROVIDE_AUTOMATIC_OPTIONS by default. */
  readonly provideAutomaticOptions?: boolean;
}

/** Options without defaults: a signature of its own, for else the compiler does not see the rule's parameters through a decorator. */
type PlainOptions = RouteOptions & { readonly defaults?: never };

/** A view's parameters: the rule's variables and its defaults. */
type Params<R extends string, D extends RuleValues> = RuleValues extends D
  ? ViewParams<R>
  : ViewParams<R> & Readonly<D>;

/** A view of a rule. Not a type of its own: what is around the view, `loginRequired(…)`, is told its parameters too. */
type ViewOf<R extends string, D extends RuleValues = RuleValues> = ViewFunction<Params<R, D>>;

/** What an app and a blueprint are both told. */
export interface ScaffoldOptions {
  /** Folder of files to serve, relative to the root path. */
  readonly staticFolder?: string | null;
  /** Path of those files in URLs; the folder's name by default. */
  readonly staticUrlPath?: string;
  /** Folder of templates, relative to the root path. */
  readonly templateFolder?: string | null;
  /** Folder that the others are relative to; that of the module by default. */
  readonly rootPath?: string;
}

/** A module's `import.meta`, or a name. */
export type ImportName = string | { readonly url?: string; readonly dirname?: string; readonly filename?: string };

/** Base of `Flask` and `Blueprint`. */
export abstract class Scaffold {
  /** Name of the module: `hello`. */
  readonly importName: string;
  /** File of the module; undefined where `import.meta` does not tell. */
  readonly moduleFile: string | undefined;
  /** Folder that relative paths start from. */
  readonly rootPath: string;
  /** Absolute; undefined when there is none. */
  readonly staticFolder: string | undefined;
  readonly staticUrlPath: string | undefined;
  /** Absolute; undefined when there is none. */
  readonly templateFolder: string | undefined;
  /** @internal */
  readonly hooks = new Hooks();

  constructor(from: ImportName, options: ScaffoldOptions) {
    const module = describeModule(from);
    this.importName = module.name;
    this.moduleFile = module.file;
    this.rootPath = options.rootPath ?? module.folder;
    const { staticFolder, templateFolder } = options;
    this.staticFolder = staticFolder ? resolve(this.rootPath, staticFolder) : undefined;
    this.staticUrlPath = trimRight(options.staticUrlPath) ?? (this.staticFolder && `/${basename(this.staticFolder)}`);
    this.templateFolder = templateFolder ? resolve(this.rootPath, templateFolder) : undefined;
  }

  /**
   * Opens a file that comes with the module, for reading; relative to the root path. Flask's `open_resource`.
   * @example await using file = await app.openResource('schema.sql');
   *   database.exec(await file.readFile('utf8'));
   * @throws the file system's error
   */
  openResource(name: string): Promise<FileHandle> {
    return open(resolve(this.rootPath, name));
  }

  /** @throws Error when it is too late to set things up */
  protected abstract checkSetup(method: string): void;

  /** Registers a view under a rule. Flask's `add_url_rule`. */
  abstract addUrlRule(
    rule: string,
    endpoint: string | undefined,
    view: ViewFunction | undefined,
    options?: RouteOptions,
  ): void;

  /**
   * Registers a view; its parameters are typed from the rule. Flask's `@app.route`.
   *
   * @example app.route('/user/<int:id>', { methods: ['GET', 'POST'] }, ({ id }) => `User ${id}`);
   * @returns the view, for `export const show = app.route(…)`
   */
  route<const R extends string>(rule: R, view: ViewOf<R>): ViewOf<R>;
  route<const R extends string>(rule: R, options: PlainOptions, view: ViewOf<R>): ViewOf<R>;
  route<const R extends string, D extends RuleValues>(
    rule: R,
    options: RouteOptions<D>,
    view: ViewOf<R, D>,
  ): ViewOf<R, D>;
  route(rule: string, ...rest: readonly [ViewFunction] | readonly [RouteOptions, ViewFunction]): ViewFunction {
    return this.#add('route', undefined, rule, rest);
  }

  /** `route` for GET (and HEAD). */
  get<const R extends string>(rule: R, view: ViewOf<R>): ViewOf<R>;
  get<const R extends string>(rule: R, options: PlainOptions, view: ViewOf<R>): ViewOf<R>;
  get<const R extends string, D extends RuleValues>(
    rule: R,
    options: RouteOptions<D>,
    view: ViewOf<R, D>,
  ): ViewOf<R, D>;
  get(rule: string, ...rest: readonly [ViewFunction] | readonly [RouteOptions, ViewFunction]): ViewFunction {
    return this.#add('get', 'GET', rule, rest);
  }

  /** `route` for POST. */
  post<const R extends string>(rule: R, view: ViewOf<R>): ViewOf<R>;
  post<const R extends string>(rule: R, options: PlainOptions, view: ViewOf<R>): ViewOf<R>;
  post<const R extends string, D extends RuleValues>(
    rule: R,
    options: RouteOptions<D>,
    view: ViewOf<R, D>,
  ): ViewOf<R, D>;
  post(rule: string, ...rest: readonly [ViewFunction] | readonly [RouteOptions, ViewFunction]): ViewFunction {
    return this.#add('post', 'POST', rule, rest);
  }

  /** `route` for PUT. */
  put<const R extends string>(rule: R, view: ViewOf<R>): ViewOf<R>;
  put<const R extends string>(rule: R, options: PlainOptions, view: ViewOf<R>): ViewOf<R>;
  put<const R extends string, D extends RuleValues>(
    rule: R,
    options: RouteOptions<D>,
    view: ViewOf<R, D>,
  ): ViewOf<R, D>;
  put(rule: string, ...rest: readonly [ViewFunction] | readonly [RouteOptions, ViewFunction]): ViewFunction {
    return this.#add('put', 'PUT', rule, rest);
  }

  /** `route` for PATCH. */
  patch<const R extends string>(rule: R, view: ViewOf<R>): ViewOf<R>;
  patch<const R extends string>(rule: R, options: PlainOptions, view: ViewOf<R>): ViewOf<R>;
  patch<const R extends string, D extends RuleValues>(
    rule: R,
    options: RouteOptions<D>,
    view: ViewOf<R, D>,
  ): ViewOf<R, D>;
  patch(rule: string, ...rest: readonly [ViewFunction] | readonly [RouteOptions, ViewFunction]): ViewFunction {
    return this.#add('patch', 'PATCH', rule, rest);
  }

  /** `route` for DELETE. */
  delete<const R extends string>(rule: R, view: ViewOf<R>): ViewOf<R>;
  delete<const R extends string>(rule: R, options: PlainOptions, view: ViewOf<R>): ViewOf<R>;
  delete<const R extends string, D extends RuleValues>(
    rule: R,
    options: RouteOptions<D>,
    view: ViewOf<R, D>,
  ): ViewOf<R, D>;
  delete(rule: string, ...rest: readonly [ViewFunction] | readonly [RouteOptions, ViewFunction]): ViewFunction {
    return this.#add('delete', 'DELETE', rule, rest);
  }

  #add(
    name: string,
    method: string | undefined,
    rule: string,
    rest: readonly [ViewFunction] | readonly [RouteOptions, ViewFunction],
  ): ViewFunction {
    const [options, view] = rest.length === 2 ? rest : [{}, rest[0]];
    if (method !== undefined && options.methods !== undefined) {
      throw new TypeError(`${name}() is for ${method}: use route() for other methods.`);
    }
    this.addUrlRule(rule, options.endpoint, view, method === undefined ? options : { ...options, methods: [method] });
    return view;
  }

  /** Before each request. Flask's `before_request`. */
  beforeRequest<F extends BeforeFunction>(work: F): F {
    this.checkSetup('beforeRequest');
    this.hooks.before.push(work);
    return work;
  }

  /** With each response; the last one registered runs first. Flask's `after_request`. */
  afterRequest<F extends AfterFunction>(work: F): F {
    this.checkSetup('afterRequest');
    this.hooks.after.push(work);
    return work;
  }

  /** When the request's context ends, however it ended. Flask's `teardown_request`. */
  teardownRequest<F extends TeardownFunction>(work: F): F {
    this.checkSetup('teardownRequest');
    this.hooks.teardown.push(work);
    return work;
  }

  /** Flask's `context_processor`. */
  contextProcessor<F extends ContextProcessor>(work: F): F {
    this.checkSetup('contextProcessor');
    this.hooks.contextProcessors.push(work);
    return work;
  }

  /** Flask's `url_value_preprocessor`. */
  urlValuePreprocessor<F extends UrlValuePreprocessor>(work: F): F {
    this.checkSetup('urlValuePreprocessor');
    this.hooks.urlValuePreprocessors.push(work);
    return work;
  }

  /** Flask's `url_defaults`. */
  urlDefaults<F extends UrlDefaultsFunction>(work: F): F {
    this.checkSetup('urlDefaults');
    this.hooks.urlDefaults.push(work);
    return work;
  }

  /**
   * Handles errors of a status code or a class; the most specific handler wins, a blueprint's before the app's.
   * @example app.errorhandler(404, () => ['Not here', 404]);
   */
  errorhandler(code: number, handler: ErrorHandler<HTTPException>): ErrorHandler<HTTPException>;
  errorhandler<E extends Error>(type: ErrorClass<E>, handler: ErrorHandler<E>): ErrorHandler<E>;
  errorhandler<E extends Error>(codeOrClass: number | ErrorClass<E>, handler: ErrorHandler<E>): ErrorHandler<E> {
    this.checkSetup('errorhandler');
    this.hooks.errorHandlers.set(codeOrClass, handler);
    return handler;
  }
}

/** The name under which a view is known when it is given none. */
export function endpointOf(
  view: ViewFunction | undefined,
  rule: string,
  methods: readonly string[] | undefined,
): string {
  if (view === undefined) throw new TypeError(`The rule '${rule}' has neither an endpoint nor a view.`);
  // `{ methods }` of an anonymous function: two of one rule are told apart.
  return view.name === '' ? `${(methods ?? ['GET']).join(',')} ${rule}`.replaceAll('.', '_') : view.name;
}

interface ModuleDescription {
  readonly name: string;
  readonly folder: string;
  readonly file: string | undefined;
}

function describeModule(from: ImportName): ModuleDescription {
  if (typeof from === 'string') return { name: from, folder: process.cwd(), file: undefined };
  const file = from.filename ?? (from.url?.startsWith('file:') ? fileURLToPath(from.url) : undefined);
  if (file === undefined) return { name: 'app', folder: from.dirname ?? '.', file };
  const folder = from.dirname ?? dirname(file);
  const name = basename(file).replace(/\.[cm]?[jt]sx?$/, '');
  // The index of a folder goes by the folder's name, as Python's __init__.py.
  return { name: name === 'index' ? basename(folder) : name, folder, file };
}

const trimRight = (path: string | undefined): string | undefined => path?.replace(/\/+$/, '');
