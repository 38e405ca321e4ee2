/** `loop`: where a `for` is, among what it goes through. */
import { CallableObject } from '../values/callable.ts';
import { equals } from '../values/truth.ts';
import type { Undefined } from '../values/undefined.ts';

type Recurse = (items: unknown, depth: number) => unknown;

export class Loop extends CallableObject implements Iterable<unknown> {
  /** What was taken from the source so far; the source itself if it is a list. */
  readonly #items: unknown[];
  /** What gives more; null for a list. */
  readonly #source: Iterator<unknown> | null;
  readonly #recurse: Recurse | null;
  readonly #undefined: (hint: string) => Undefined;
  /** Items that a test has left out before this one. */
  #skipped = 0;
  #position = -1;
  #last: readonly unknown[] | undefined;
  #previous: unknown;
  readonly depth0: number;

  constructor(
    source: Iterable<unknown>,
    depth0: number,
    recurse: Recurse | null,
    makeUndefined: (hint: string) => Undefined,
  ) {
    super();
    this.#items = Array.isArray(source) ? source : [];
    this.#source = Array.isArray(source) ? null : source[Symbol.iterator]();
    this.depth0 = depth0;
    this.#recurse = recurse;
    this.#undefined = makeUndefined;
  }

  /** Takes items until there are so many. @returns whether there are */
  #take(count: number): boolean {
    while (this.#items.length < count) {
      const next = this.#source?.next();
      if (!next || next.done) return false;
      this.#items.push(next.value);
    }
    return true;
  }

  *[Symbol.iterator](): Iterator<unknown> {
    while (this.#take(this.#position + 2)) {
      this.#position++;
      const skipped = this.#skipped;
      yield this.#items[this.#position];
      if (skipped === this.#skipped) this.#previous = this.#items[this.#position];
    }
  }

  /** The item was left out by the loop's test. */
  skip(): void {
    this.#skipped++;
  }

  get index0(): number {
    return this.#position - this.#skipped;
  }

  get index(): number {
    return this.index0 + 1;
  }

  get length(): number {
    this.#take(Number.POSITIVE_INFINITY);
    return this.#items.length;
  }

  get revindex0(): number {
    return this.length - this.index;
  }

  get revindex(): number {
    return this.length - this.index0;
  }

  get first(): boolean {
    return this.index0 === 0;
  }

  get last(): boolean {
    return !this.#take(this.#position + 2);
  }

  get depth(): number {
    return this.depth0 + 1;
  }

  get previtem(): unknown {
    return this.first ? this.#undefined('there is no previous item') : this.#previous;
  }

  get nextitem(): unknown {
    return this.last ? this.#undefined('there is no next item') : this.#items[this.#position + 1];
  }

  cycle(...values: readonly unknown[]): unknown {
    if (values.length === 0) throw new TypeError('no items for cycling given');
    return values[this.index0 % values.length];
  }

  /** Whether the values differ from those of the last call. */
  changed(...values: readonly unknown[]): boolean {
    if (this.#last && equals(this.#last, values)) return false;
    this.#last = values;
    return true;
  }

  override invoke(args: readonly unknown[]): unknown {
    if (!this.#recurse) {
      throw new TypeError("The loop must have the 'recursive' marker to be called recursively.");
    }
    return this.#recurse(args[0], this.depth0 + 1);
  }

  override toString(): string {
    return `<LoopContext ${this.index}/${this.length}>`;
  }
}
