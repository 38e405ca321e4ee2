/** Python's sequences that JavaScript has not: tuples, ranges, views of dicts, and iterators that run once. */

/** A tuple: an array that prints as `(1, 2)` and equals no list. */
export class Tuple<T = unknown> extends Array<T> {
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }
}

/** A tuple of these items. */
export function tuple(items: Iterable<unknown>): Tuple {
  const made = new Tuple();
  for (const item of items) made.push(item);
  return made;
}

/** What `map`, `select` and other filters give: it can be gone through once, and is true even when empty. */
export class Once implements IterableIterator<unknown> {
  readonly #items: Iterator<unknown>;

  constructor(items: Iterable<unknown>) {
    this.#items = items[Symbol.iterator]();
  }

  next(): IteratorResult<unknown> {
    return this.#items.next();
  }

  [Symbol.iterator](): this {
    return this;
  }
}

/** `range()`. */
export class Range implements Iterable<number> {
  readonly start: number;
  readonly stop: number;
  readonly step: number;

  constructor(start: number, stop: number, step: number) {
    this.start = start;
    this.stop = stop;
    this.step = step;
  }

  get length(): number {
    return Math.max(0, Math.ceil((this.stop - this.start) / this.step));
  }

  /** @returns undefined beyond the ends */
  at(index: number): number | undefined {
    const position = index < 0 ? index + this.length : index;
    return position >= 0 && position < this.length ? this.start + position * this.step : undefined;
  }

  /** The part between two positions, each or every so many of them. */
  slice(from: number, to: number, by: number): Range {
    const place = (position: number) => this.start + position * this.step;
    return new Range(place(from), place(to), this.step * by);
  }

  has(value: number): boolean {
    const steps = (value - this.start) / this.step;
    return Number.isInteger(steps) && steps >= 0 && steps < this.length;
  }

  *[Symbol.iterator](): IterableIterator<number> {
    for (let i = 0, length = this.length; i < length; i++) yield this.start + i * this.step;
  }
}

/** `dict.keys()`, `.values()` and `.items()`. */
export class DictView implements Iterable<unknown> {
  readonly kind: 'keys' | 'values' | 'items';
  readonly items: readonly unknown[];

  constructor(kind: 'keys' | 'values' | 'items', items: readonly unknown[]) {
    this.kind = kind;
    this.items = items;
  }

  [Symbol.iterator](): Iterator<unknown> {
    return this.items[Symbol.iterator]();
  }
}

/** Pairs that a `groupby` gives: `(grouper, list)`, with those names. */
export class Group extends Tuple {
  get grouper(): unknown {
    return this[0];
  }

  get list(): unknown {
    return this[1];
  }
}
