/** What an app and a request are to all that serves them: the one way in which the rooms know what is in app/. */
import type { Config } from './base/config.ts';
import type { Logger } from './base/logger.ts';
import type { Markup } from './base/markup.ts';
import type { Aborter } from './exceptions/abort.ts';
import type { ViewFunction } from './hooks/functions.ts';
import type { Hooked } from './hooks/hooks.ts';
import type { Plan } from './hooks/plan.ts';
import type { ProxyFix } from './http/proxy-fix.ts';
import type { JSONProvider } from './replies/json.ts';
import type { BuildErrorHandler } from './routing/build-error.ts';
import type { UrlMap } from './routing/map.ts';
import type { Rule, RuleValues } from './routing/rule.ts';
import type { SessionInterface } from './sessions/interface.ts';
import type { JinjaOptions, Templates } from './templating/templates.ts';

/** An app, or a blueprint of it: what was registered, and where its templates are. */
export interface AppPart extends Hooked {
  readonly templateFolder: string | undefined;
}

/** An app as its requests, its signals and its servers see it. `Flask` is one. */
export interface App extends AppPart {
  /** Of the module that made the app: `hello`. */
  readonly name: string;
  /** Folder that relative paths start from. */
  readonly rootPath: string;
  readonly config: Config;
  readonly logger: Logger;
  readonly urlMap: UrlMap;
  /** By endpoint. */
  readonly viewFunctions: ReadonlyMap<string, ViewFunction>;
  /** By full name. */
  readonly blueprints: ReadonlyMap<string, AppPart>;
  /** State of extensions, by their names. */
  readonly extensions: Record<string, unknown>;
  /** How JSON is read and written. */
  readonly json: JSONProvider;
  /** What `abort` throws for which code. */
  readonly aborter: Aborter;
  /** Of the current request: a class that extends `FlaskRequest`. */
  readonly requestClass: new (
    state: RequestState,
  ) => object;
  /** Where sessions are kept. */
  readonly sessionInterface: SessionInterface;
  readonly templates: Templates;
  /** What the templates' environment is made with. */
  readonly jinjaOptions: JinjaOptions;
  /** Seconds for which clients may keep a file; undefined: they ask each time. */
  readonly sendFileMaxAge: (path: string | undefined) => number | undefined;
  /** Asked in turn when `urlFor` finds no rule. */
  readonly urlBuildErrorHandlers: readonly BuildErrorHandler[];
  /** Whose `X-Forwarded-` headers are believed; undefined: nobody's. */
  readonly proxyFix: ProxyFix | undefined;
  debug: boolean;
  testing: boolean;
  /** What happens to the requests of a rule, or to those without one. @internal */
  planFor(rule: Rule | undefined): Plan;
  /** Runs the functions of `teardownAppcontext`. @internal */
  doTeardownAppcontext(error: unknown): Promise<void>;
}

/** A request on its way through an app. `RequestContext` is one. */
export interface RequestState {
  readonly app: App;
  /** The standard request. */
  readonly raw: Request;
  /** What the server gave beside the request: `{ incoming, outgoing }` on Node's HTTP stack, bindings on Workers. */
  readonly environment: unknown;
  readonly method: string;
  /** Absolute, as the server made it of target and host; without the script root. */
  readonly url: string;
  /** Path below which the app is mounted: `/app`; empty where it is not. */
  readonly scriptRoot: string;
  /** Address of the client, as the server believes it. */
  readonly remoteAddr: string | undefined;
  /** Undefined until one matches. */
  rule: Rule | undefined;
  viewArgs: RuleValues;
  /** Why there is no rule. */
  routingException: Error | undefined;
  /** Registers what has to be done when the request is over: to free its uploaded files. */
  atEnd(work: () => Promise<void>): void;
}

/** A message of `flash()`: text, or HTML that is written as it is. */
export type FlashedMessage = string | Markup;

/** As it is kept in the session. */
export type Flashed = readonly [category: string, message: FlashedMessage];
