/** How often who may ask. Flask-Limiter's `Limiter`. */
import { Blueprint, currentApp, currentObject, type Flask, request, type ViewFunction } from '@qilin/flask';
import { setHeaders } from './headers.ts';
import type { RequestLimit } from './limit.ts';
import { type KeyFunction, type Limit, type LimitOptions, type LimitValue, limitOf, standForOthers } from './limit.ts';
import { Rounds } from './rounds.ts';
import { type LimiterOptions, type Settings, settle } from './settings.ts';

/** Puts a limit at a view, or at all those of a blueprint. Say the types of a view's parameters. */
export interface LimitDecorator {
  <P = unknown>(view: ViewFunction<P>): ViewFunction<P>;
  (blueprint: Blueprint): Blueprint;
}

/** What an app is limited by. */
interface Active {
  readonly app: Flask;
  readonly defaults: readonly Limit[];
  readonly application: readonly Limit[];
  readonly rounds: Rounds;
}

/**
 * Flask-Limiter's `Limiter`.
 *
 * @example
 * const limiter = new Limiter(getRemoteAddress, { app, defaultLimits: ['200 per day', '50 per hour'] });
 * app.get('/slow', limiter.limit('1 per day')(function slow() { return ':('; }));
 */
export class Limiter {
  readonly #keyFunc: KeyFunction;
  readonly #options: LimiterOptions;
  /** By the functions that stand around views, which are what an app knows. */
  readonly #ofViews = new WeakMap<object, Limit[]>();
  readonly #ofBlueprints = new Map<Blueprint, Limit[]>();
  readonly #exempt = new WeakSet<object>();
  readonly #filters: (() => boolean)[] = [];
  #active: Active | undefined;

  /** @param keyFunc who is counted: `getRemoteAddress`, or a function of the app's own */
  constructor(keyFunc: KeyFunction, options: LimiterOptions = {}) {
    this.#keyFunc = keyFunc;
    this.#options = options;
    if (options.app !== undefined) this.initApp(options.app);
  }

  /** Flask-Limiter's `init_app`. */
  initApp(app: Flask): void {
    const settings = settle(this.#options, app);
    const active = settings.enabled ? this.#activate(app, settings) : undefined;
    this.#active = active;
    if (active === undefined) return;
    const { rounds } = active;
    app.beforeRequest(() => (this.#active === active ? this.#beforeView(active) : undefined));
    app.afterRequest(async (response) => {
      await rounds.deduct(response);
      if (settings.headersEnabled && rounds.current !== undefined) setHeaders(response.headers, rounds.current);
      return response;
    });
  }

  #activate(app: Flask, settings: Settings): Active {
    const { onBreach, defaultLimitsPerMethod: perMethod = false } = this.#options;
    const limitsOf = (values: readonly LimitValue[], options: LimitOptions, shared = false) =>
      values.map((value) => limitOf(value, this.#keyFunc, { onBreach, ...options }, shared));
    const defaults = limitsOf(settings.defaultLimits, { perMethod });
    const application = limitsOf(settings.applicationLimits, { scope: 'global' }, true);
    return { app, defaults, application, rounds: new Rounds(settings) };
  }

  /** The limit that says most of the current request, once it was looked at. Flask-Limiter's `current_limit`. */
  get currentLimit(): RequestLimit | undefined {
    return this.#active?.rounds.current;
  }

  /** Limits a view, or each view of a blueprint. Flask-Limiter's `@limiter.limit`. @throws TypeError for what is no limit */
  limit(value: LimitValue, options: LimitOptions = {}): LimitDecorator {
    return this.#decorator(value, options, false);
  }

  /** Limits views together, by the name `scope`. Flask-Limiter's `@limiter.shared_limit`. */
  sharedLimit(value: LimitValue, options: LimitOptions & Required<Pick<LimitOptions, 'scope'>>): LimitDecorator {
    return this.#decorator(value, options, true);
  }

  /** Frees a view, or those of a blueprint, from default and application limits. Flask-Limiter's `@limiter.exempt`. */
  exempt<T extends ViewFunction | Blueprint>(target: T): T {
    this.#exempt.add(target);
    return target;
  }

  /** Requests for which it returns true are not limited. Flask-Limiter's `@limiter.request_filter`. */
  requestFilter(isFree: () => boolean): void {
    this.#filters.push(isFree);
  }

  #decorator(value: LimitValue, options: LimitOptions, shared: boolean): LimitDecorator {
    const limit = limitOf(value, this.#keyFunc, { onBreach: this.#options.onBreach, ...options }, shared);
    const decorate = (target: ViewFunction<unknown> | Blueprint) => {
      if (!(target instanceof Blueprint)) return this.#around(target, limit);
      this.#ofBlueprints.set(target, [...(this.#ofBlueprints.get(target) ?? []), limit]);
      return target;
    };
    return decorate as LimitDecorator;
  }

  #around(view: ViewFunction<unknown>, limit: Limit): ViewFunction<unknown> {
    const known = this.#ofViews.get(view);
    if (known !== undefined) {
      known.push(limit);
      return view;
    }
    const limits = [limit];
    const around: ViewFunction<unknown> = async (params) => {
      const active = this.#active;
      const isLimited = active?.app === currentObject(currentApp) && !this.#isFree();
      if (active !== undefined && isLimited) await active.rounds.check(this.#limitsAround(active, around, limits));
      return view(params);
    };
    if (this.#exempt.has(view)) this.#exempt.add(around);
    this.#ofViews.set(around, limits);
    return Object.defineProperty(around, 'name', { value: view.name });
  }

  /** Of a function with limits of its own: those, and others that they do not stand for. */
  #limitsAround(active: Active, around: object, own: readonly Limit[]): readonly Limit[] {
    if (this.#exempt.has(around)) return [];
    // Another function than the view: the view has its limits already.
    return active.app.viewFunctions.get(request.endpoint ?? '') === around ? this.#withOthers(active, own) : own;
  }

  #beforeView(active: Active): Promise<void> | undefined {
    if (this.#isFree()) return undefined;
    const view = active.app.viewFunctions.get(request.endpoint ?? '');
    const limits = this.#isExempt(active.app) ? [] : active.application;
    const hasOwn = view !== undefined && this.#ofViews.has(view);
    return active.rounds.check(hasOwn ? limits : [...limits, ...this.#withOthers(active, [])]);
  }

  /** Limits of a view, of its blueprint and the default ones, as far as the former do not stand for the latter. */
  #withOthers(active: Active, own: readonly Limit[]): readonly Limit[] {
    const isAlone = own.some(({ options }) => options.overrideDefaults ?? true);
    const limits = isAlone ? own : [...own, ...this.#limitsOfBlueprints(active.app)];
    return standForOthers(limits) || this.#isExempt(active.app) ? limits : [...active.defaults, ...limits];
  }

  #isFree(): boolean {
    const { endpoint } = request;
    return endpoint === undefined || endpoint === 'static' || this.#filters.some((isFree) => isFree());
  }

  #isExempt(app: Flask): boolean {
    const view = app.viewFunctions.get(request.endpoint ?? '');
    const blueprint = app.blueprints.get(request.blueprint ?? '');
    return [view, blueprint].some((target) => target !== undefined && this.#exempt.has(target));
  }

  /** Those of the request's blueprint, and of the ones it is in up to one whose limits stand for theirs. */
  #limitsOfBlueprints(app: Flask): readonly Limit[] {
    const limits: Limit[] = [];
    for (let name = request.blueprint; name; name = name.slice(0, Math.max(0, name.lastIndexOf('.')))) {
      const blueprint = app.blueprints.get(name);
      const own = blueprint instanceof Blueprint ? (this.#ofBlueprints.get(blueprint) ?? []) : [];
      limits.push(...own);
      if (own.some(({ options }) => options.overrideDefaults ?? true)) break;
    }
    return limits;
  }
}
