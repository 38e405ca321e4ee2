/** Long lists, a page at a time: `?page=2`. */
import { currentApp, int, request, showByPythonNames } from '@qilin/flask';

/** Nobody leafs farther. */
const LAST = 10_000;

export class Page<T> {
  readonly items: readonly T[];
  readonly number: number;
  readonly hasNext: boolean;

  constructor(items: readonly T[], number: number, hasNext: boolean) {
    this.items = items;
    this.number = number;
    this.hasNext = hasNext;
  }

  get hasPrevious(): boolean {
    return this.number > 1;
  }
}

// {% if page.has_next %}
showByPythonNames(Page);

/** The page that the request asks for. @param select takes LIMIT and OFFSET */
export function paginate<T>(select: (limit: number, offset: number) => readonly T[]): Page<T> {
  const { POSTS_PER_PAGE: size = 10 } = currentApp.config;
  const number = Math.min(Math.max(request.args.get('page', 1, int), 1), LAST);
  // One more than is shown tells whether there is a next page.
  const found = select(size + 1, (number - 1) * size);
  return new Page(found.slice(0, size), number, found.length > size);
}
