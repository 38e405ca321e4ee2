/**
 * The context of a request, or of an app outside of one. It follows the coroutine through every `await`: an
 * AsyncLocalStorage holds it, and `request`, `g`, `session` and `currentApp` are views of it. Code of this package that
 * has the context at hand uses it directly.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { callEach } from '../base/call-each.ts';
import type { App, Flashed, RequestState } from '../contract.ts';
import { BadHost } from '../exceptions/bad-requests.ts';
import type { AfterFunction } from '../hooks/functions.ts';
import type { Plan } from '../hooks/plan.ts';
import { peerAddress } from '../http/peer.ts';
import { scriptRootOf } from '../http/script-root.ts';
import { FlaskRequest } from '../request/request.ts';
import type { UrlBase } from '../routing/map.ts';
import type { Rule, RuleValues } from '../routing/rule.ts';
import { configuredUrlBase } from '../routing/url-base.ts';
import type { Session } from '../sessions/session.ts';
import { Globals } from './globals.ts';
import { matchRequest } from './match-request.ts';
import { concernsSession, openSession } from './session.ts';
import { requestTearingDown } from './signals.ts';

const storage = new AsyncLocalStorage<AppContext | undefined>();

/** By which a request of Qilin's takes the name of its route. */
const ROUTE = Symbol.for('qilin.route');

/** What is current outside of a request: an app and a `g`. Flask's `AppContext`. */
export class AppContext {
  readonly app: App;
  #g: Globals | undefined;
  /** What was current before each `push()`. */
  #outer: (AppContext | undefined)[] | undefined;

  constructor(app: App) {
    this.app = app;
  }

  /** Made when it is first asked for. */
  get g(): Globals {
    this.#g ??= new Globals();
    return this.#g;
  }

  /** Where `urlFor` builds URLs; undefined without SERVER_NAME. */
  get urlBase(): UrlBase | undefined {
    return configuredUrlBase(this.app.config);
  }

  /** Calls `work` with this context current, in all that it awaits too; the functions of `teardownAppcontext` run after it. */
  run<T>(work: () => T): T {
    return tearDownAfter(
      () => storage.run(this, work),
      (error) => storage.run(this, () => this.tearDown(error)),
    );
  }

  /**
   * Makes this context current for what follows in the calling function, and what that awaits. Pair it with `pop()`, or
   * let `using` do so: `using context = app.appContext().push()`.
   */
  push(): this {
    this.#outer ??= [];
    this.#outer.push(storage.getStore());
    storage.enterWith(this);
    return this;
  }

  /** Ends what `push()` began. Resolves when the functions of `teardownAppcontext` have run. */
  async pop(error?: unknown): Promise<void> {
    const outer = this.#outer?.pop();
    const torn = this.tearDown(error);
    storage.enterWith(outer);
    await torn;
  }

  [Symbol.dispose](): void {
    this.pop().catch((error: unknown) => this.app.logger.exception('Teardown failed', error));
  }

  /** Runs the functions of `teardownAppcontext`. @internal */
  tearDown(error: unknown): void | Promise<void> {
    return this.app.doTeardownAppcontext(error);
  }
}

/** All that belongs to one request. Flask's `RequestContext`. */
export class RequestContext extends AppContext implements RequestState {
  readonly raw: Request;
  /** What the server gave beside the request: `{ incoming, outgoing }` on Node's HTTP stack, bindings on Workers. */
  readonly environment: unknown;
  readonly method: string;
  /** Absolute, as the server made it of target and host. */
  readonly url: string;
  readonly scriptRoot: string;
  rule: Rule | undefined = undefined;
  viewArgs: RuleValues = {};
  /** Why there is no rule. */
  routingException: Error | undefined = undefined;
  afterFunctions: AfterFunction[] | undefined = undefined;
  /** For `getFlashedMessages`: they are taken out of the session once for each request. */
  flashes: readonly Flashed[] | undefined = undefined;
  openedSession: Session | undefined = undefined;
  /** What the response was made of: whether there is more to come of it. */
  reply: unknown = undefined;
  readonly #forwardedAddr: string | undefined;
  #request: FlaskRequest | undefined;
  #endings: (() => Promise<void>)[] | undefined;

  constructor(app: App, raw: Request, environment: unknown) {
    super(app);
    this.raw = raw;
    this.environment = environment;
    this.method = raw.method;
    const url = this.#urlOf(raw);
    const forwarded = app.proxyFix?.apply(url, raw.headers);
    this.url = forwarded === undefined ? url : (forwarded.url ?? this.#refuseHost());
    this.scriptRoot = forwarded?.scriptRoot ?? scriptRootOf(raw);
    this.#forwardedAddr = forwarded?.remoteAddr;
  }

  get remoteAddr(): string | undefined {
    return this.#forwardedAddr ?? peerAddress(this.raw, this.environment);
  }

  /** The server works the URL out when it is asked for, and refuses then what is no host. */
  #urlOf(raw: Request): string {
    try {
      return raw.url;
    } catch (cause) {
      return this.#refuseHost(cause);
    }
  }

  #refuseHost(cause?: unknown): string {
    this.routingException = new BadHost(undefined, { cause });
    return 'http://host.invalid/';
  }

  /** Flask's `request`, made when it is first asked for. */
  get request(): FlaskRequest {
    this.#request ??= this.#makeRequest();
    return this.#request;
  }

  #makeRequest(): FlaskRequest {
    const made = new this.app.requestClass(this);
    if (made instanceof FlaskRequest) return made;
    throw new TypeError(`app.requestClass must extend FlaskRequest (it is ${this.app.requestClass.name}).`);
  }

  /** Opened when it is first asked for, unless its interface has to wait for a store. */
  get session(): Session {
    this.openedSession ??= openSession(this);
    return this.openedSession;
  }

  /** Registers what has to be done when the request is over: to free its uploaded files. */
  atEnd(work: () => Promise<void>): void {
    this.#endings ??= [];
    this.#endings.push(work);
  }

  get hasEndings(): boolean {
    return this.#endings !== undefined;
  }

  /** Does what `atEnd` registered; undefined where that is nothing. */
  end(): Promise<void> | undefined {
    const endings = this.#endings;
    this.#endings = undefined;
    return endings && callEach(endings);
  }

  /** Whether something concerns the response after the view, with nothing around it. */
  needsFinish(): boolean {
    return this.afterFunctions !== undefined || this.#endings !== undefined || concernsSession(this);
  }

  override get urlBase(): UrlBase {
    return this.request.urlBase;
  }

  /** The server's `qilinctl slowest` calls requests by their rule. */
  #match(): void {
    matchRequest(this);
    const raw: Request & { [ROUTE]?: string } = this.raw;
    if (this.rule !== undefined && ROUTE in raw) raw[ROUTE] = this.rule.rule;
  }

  override run<T>(work: () => T): T {
    this.#match();
    return super.run(work);
  }

  override push(): this {
    this.#match();
    return super.push();
  }

  /** What happens to this request; matches it first, unless that is done. */
  get plan(): Plan {
    if (this.rule === undefined && this.routingException === undefined) this.#match();
    return this.app.planFor(this.rule);
  }

  /** Flask's `do_teardown_request`, and what `atEnd` registered. */
  override async tearDown(error: unknown): Promise<void> {
    await callEach([
      ...this.plan.teardown.map((work) => () => work(error)),
      () => requestTearingDown.send(this.app, { error }),
      () => this.app.doTeardownAppcontext(error),
      () => this.end(),
    ]);
  }
}

/** Calls `work`, then `after` with what it threw: at once, or when its promise is settled. */
function tearDownAfter<T>(work: () => T, after: (error: unknown) => void | Promise<void>): T {
  let result: T;
  try {
    result = work();
  } catch (error) {
    after(error);
    throw error;
  }
  if (!(result instanceof Promise)) {
    after(undefined);
    return result;
  }
  const settled = result.then(
    async (value) => {
      await after(undefined);
      return value;
    },
    async (error) => {
      await after(error);
      throw error;
    },
  );
  return settled as T;
}

/** Calls `work(context)` with the context current. The way of every request: it makes no closure. */
export const runIn = <C extends AppContext, T>(context: C, work: (context: C) => T): T =>
  storage.run(context, work, context);

/** The context that is current, if any: of a request, or of an app. */
export const currentContext = (): AppContext | undefined => storage.getStore();

/** The request's context that is current, if any. */
export function currentRequestContext(): RequestContext | undefined {
  const context = storage.getStore();
  return context instanceof RequestContext ? context : undefined;
}

/** @throws Error outside of a request, with the cure */
export function requireRequestContext(): RequestContext {
  const context = storage.getStore();
  if (context instanceof RequestContext) return context;
  throw new Error(
    'Working outside of request context.\n\n' +
      'This means that you used something that needs an active HTTP request: request, session, flash() or the like.\n' +
      'Use it in a view, or in what a view awaits. In a test: app.testRequestContext().run(() => …).\n' +
      'In a callback that outlives its request, wrap it by copyCurrentRequestContext().',
  );
}

/** @throws Error outside of an app, with the cure */
export function requireAppContext(): AppContext {
  const context = storage.getStore();
  if (context !== undefined) return context;
  throw new Error(
    'Working outside of application context.\n\n' +
      'This means that you used something that needs to know the current app: currentApp, g or the like.\n' +
      'Use it in a view, or set up a context: app.appContext().run(() => …).',
  );
}
