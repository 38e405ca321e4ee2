/** Chance that can be had again: the same seed draws the same. */

export class Random {
  #state: number;

  /** @param seed any integer; its lowest 32 bits count */
  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** From 0 up to, not including, 1: mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Both included. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  /** @throws RangeError when there is none */
  pick<T>(list: readonly T[]): T {
    const [picked] = list.slice(this.integer(0, list.length - 1));
    if (picked === undefined) throw new RangeError('there is nothing to pick from');
    return picked;
  }

  /** A copy in another order. */
  shuffled<T>(list: readonly T[]): T[] {
    const keyed = list.map((item) => ({ item, key: this.next() }));
    return keyed.sort((one, other) => one.key - other.key).map(({ item }) => item);
  }
}
