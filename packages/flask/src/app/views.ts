/** Views as classes. Flask's `views`. */
import type { ViewFunction } from '../hooks/functions.ts';
import type { Reply } from '../replies/reply.ts';
import type { RuleValues } from '../routing/rule.ts';
import { request } from './proxies.ts';

type Answer = Reply | Promise<Reply>;

/** Changes a view into another, with something around it. */
export type ViewDecorator = (view: ViewFunction) => ViewFunction;

/** What a class of views says of all of them. */
interface ViewClass<A extends readonly unknown[]> {
  new (...args: A): View;
  readonly prototype: View;
  readonly methods?: readonly string[] | undefined;
  readonly decorators: readonly ViewDecorator[];
  readonly initEveryRequest: boolean;
  readonly provideAutomaticOptions: boolean | undefined;
}

/** The view that a class has become. */
export type ClassView = ViewFunction<RuleValues> & {
  readonly viewClass: unknown;
  readonly methods: readonly string[] | undefined;
  readonly provideAutomaticOptions: boolean | undefined;
};

/**
 * A view that is an object: made anew for each request, unless `static initEveryRequest = false`. Flask's `View`.
 *
 * @example
 * class Page extends View {
 *   dispatchRequest({ name }: { name: string }) { return `Page ${name}`; }
 * }
 * app.addUrlRule('/page/<name>', undefined, Page.asView('page'));
 */
export abstract class View {
  /** Methods of its rules; `GET` unless given. */
  static readonly methods: readonly string[] | undefined = undefined;
  /** Around the view, the first one innermost. */
  static readonly decorators: readonly ViewDecorator[] = [];
  /** False: one object answers all requests, and keeps nothing of one for another. */
  static readonly initEveryRequest: boolean = true;
  /** Whether OPTIONS is answered by itself. */
  static readonly provideAutomaticOptions: boolean | undefined = undefined;

  /** Answers a request. @param params the values of its rule's variables */
  abstract dispatchRequest(params: never): Answer;

  /** A view for `addUrlRule`. Flask's `as_view`. @param name its endpoint @param args of the class's constructor */
  static asView<A extends readonly unknown[]>(this: ViewClass<A>, name: string, ...args: A): ClassView {
    // biome-ignore lint/complexity/noThisInStatic: the class on which it is called, most often another
    return classView(this, name, args);
  }
}

function classView<A extends readonly unknown[]>(viewClass: ViewClass<A>, name: string, args: A): ClassView {
  const { initEveryRequest, decorators, provideAutomaticOptions } = viewClass;
  const shared = initEveryRequest ? undefined : new viewClass(...args);
  const answer: ViewFunction = (params) => (shared ?? new viewClass(...args)).dispatchRequest(params);
  const view = decorators.reduce<ViewFunction>((inner, decorate) => decorate(inner), answer);
  // A decorator may give back a function that others use too: what is told of it is told of one of ours.
  const own: ViewFunction<RuleValues> = (params) => view(params as never);
  Object.defineProperty(own, 'name', { value: name });
  const methods = viewClass.methods ?? methodsOf(viewClass);
  return Object.assign(own, { viewClass, methods, provideAutomaticOptions });
}

/** Whether a view was made by `asView`. */
export const isClassView = (view: ViewFunction | undefined): view is ClassView =>
  view !== undefined && 'viewClass' in view;

const METHODS = ['get', 'post', 'head', 'options', 'delete', 'put', 'trace', 'patch'] as const;

/** A class's own functions by the names of methods: those of a {@link MethodView}. */
function methodsOf({ prototype }: { readonly prototype: View }): readonly string[] | undefined {
  if (!(prototype instanceof MethodView)) return undefined;
  return METHODS.filter((name) => typeof Reflect.get(prototype, name) === 'function').map((name) => name.toUpperCase());
}

/**
 * A view with a function for each method: `get`, `post` and so on. HEAD is `get` unless there is a `head`. Flask's `MethodView`.
 *
 * @example
 * class Item extends MethodView {
 *   get({ id }: { id: number }) { return { id }; }
 *   delete({ id }: { id: number }) { return ['', 204]; }
 * }
 * app.addUrlRule('/items/<int:id>', undefined, Item.asView('item'));
 */
export abstract class MethodView extends View {
  override dispatchRequest(params: RuleValues): Answer {
    const name = request.method.toLowerCase();
    const work: unknown = Reflect.get(this, name) ?? (name === 'head' ? Reflect.get(this, 'get') : undefined);
    if (typeof work !== 'function')
      throw new TypeError(`${this.constructor.name} has no function for ${request.method}.`);
    return work.call(this, params);
  }
}
