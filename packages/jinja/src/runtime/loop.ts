/** `loop`: where a `for` is, among what it goes through. */
import { CallableObject } from '../values/callable.ts';
import { equals } from '../values/truth.ts';
import type { Undefined } from '../values/undefined.ts';

type Recurse = (items: unknown, depth: number) => unknown;

export class Loop extends CallableObject implements Iterable<unknown> {
  #items: readonly unknown[] | undefined;
  readonly #source: Iterable<unknown>;
  readonly #recurse: Recurse | null;
  readonly #undefined: (hint: string) => Undefined;
  /** Items that a test has left out before this one. */
  #skipped = 0;
  #position = -1;
  #last: readonly unknown[] | undefined;
  #previous: unknown;
  #current: unknown;
  readonly depth0: number;

  constructor(
    source: Iterable<unknown>,
    depth0: number,
    recurse: Recurse | null,
    makeUndefined: (hint: string) => Undefined,
  ) {
    super();
    this.#source = source;
    this.#items = Array.isArray(source) ? source : undefined;
    this.depth0 = depth0;
    this.#recurse = recurse;
    this.#undefined = makeUndefined;
  }

  *[Symbol.iterator](): Iterator<unknown> {
    for (const item of this.#source) {
      this.#position++;
      this.#current = item;
      yield item;
      this.#previous = item;
    }
  }

  get #all(): readonly unknown[] {
    this.#items ??= [...this.#source];
    return this.#items;
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
    return this.#all.length;
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
    return this.index === this.length;
  }

  get depth(): number {
    return this.depth0 + 1;
  }

  get previtem(): unknown {
    return this.first ? this.#undefined('there is no previous item') : this.#previous;
  }

  get nextitem(): unknown {
    return this.last ? this.#undefined('there is no next item') : this.#all[this.index];
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

  get current(): unknown {
    return this.#current;
  }
}
