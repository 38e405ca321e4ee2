/** What happens many times while it lasts, and is told twice: when it begins, and when it has been over for a while. */
import type { Milliseconds } from '../contract/units.ts';

const LOOKS = 5;

export class Episode {
  readonly #calm: Milliseconds;
  readonly #onBegin: () => void;
  readonly #onEnd: (times: number, lasted: Milliseconds) => void;
  #total = 0;
  /** While it lasts. */
  #begun: { readonly at: Milliseconds; readonly total: number } | undefined;
  #lastAt: Milliseconds = 0;

  /** @param calm It is over when it has not happened for so long. */
  constructor(calm: Milliseconds, onBegin: () => void, onEnd: (times: number, lasted: Milliseconds) => void) {
    this.#calm = calm;
    this.#onBegin = onBegin;
    this.#onEnd = onEnd;
  }

  /** How often it has happened in all. */
  get total(): number {
    return this.#total;
  }

  happens(): void {
    this.#lastAt = performance.now();
    if (this.#begun === undefined) this.#begin();
    this.#total += 1;
  }

  #begin(): void {
    const begun = { at: this.#lastAt, total: this.#total };
    this.#begun = begun;
    this.#onBegin();
    const timer = setInterval(() => {
      if (performance.now() - this.#lastAt < this.#calm) return;
      clearInterval(timer);
      this.#begun = undefined;
      this.#onEnd(this.#total - begun.total, this.#lastAt - begun.at);
    }, this.#calm / LOOKS).unref();
  }
}
