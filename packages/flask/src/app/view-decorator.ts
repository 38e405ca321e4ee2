/** Functions around views. Python's decorators, with `functools.wraps`. */
import type { ViewFunction } from '../hooks/functions.ts';
import type { Reply } from '../replies/reply.ts';
import type { RuleValues } from '../routing/rule.ts';

type Answer = Reply | Promise<Reply>;

/**
 * A decorator of views: what it is put around keeps its name, by which it is the endpoint, and is told its rule's parameters.
 *
 * @example
 * const adminOnly = viewDecorator((view) => (g.user?.isAdmin ? view() : abort(403)));
 * app.get('/user/<int:id>', adminOnly(function user({ id }) { return `User ${id}`; })); // id is a number
 * @example
 * const withPost = viewDecorator<{ id: number }>((view, { id }) => (posts.has(id) ? view() : abort(404)));
 * app.get('/post/<int:id>', withPost(function post({ id }) { return `Post ${id}`; })); // does not compile for a rule without id
 * @param around answers in the view's place; `view()` calls the view
 */
export function viewDecorator(
  around: (view: () => Answer, params: RuleValues) => Answer,
): <P = unknown>(view: ViewFunction<P>) => ViewFunction<P>;
export function viewDecorator<N extends object>(
  around: (view: () => Answer, params: Readonly<N>) => Answer,
): <P extends Readonly<N>>(view: ViewFunction<P>) => ViewFunction<P>;
export function viewDecorator(around: (view: () => Answer, params: never) => Answer) {
  return (view: ViewFunction) => {
    const decorated: ViewFunction = (params) => around(() => view(params), params);
    return Object.defineProperty(decorated, 'name', { value: view.name });
  };
}
