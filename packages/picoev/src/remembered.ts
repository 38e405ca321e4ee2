/** Remembers what was worked out for a text, such as a header's name: clients may choose these, so there is a bound. */

/** A map that forgets all when it is full: what is still in use is worked out again once, and no order is kept for it. */
export class Remembered<Value> extends Map<string, Value> {
  readonly #most: number;

  /** @param most entries */
  constructor(most: number) {
    super();
    this.#most = most;
  }

  override set(text: string, value: Value): this {
    if (this.size >= this.#most) this.clear();
    return super.set(text, value);
  }
}
