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
 * @param around answers in the view's place; `view()` calls the view
 */
export function viewDecorator(
  around: (view: () => Answer, params: RuleValues) => Answer,
): <P = unknown>(view: ViewFunction<P>) => ViewFunction<P> {
  return (view) => {
    const decorated: typeof view = (params) => around(() => view(params), params as RuleValues);
    return Object.defineProperty(decorated, 'name', { value: view.name });
  };
}
