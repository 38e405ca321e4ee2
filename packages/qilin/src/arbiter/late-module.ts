/** What few servers need is loaded where it is asked for: it may fail, and is tried again, ever later. */
import { backoff } from '../contract/backoff.ts';
import type { Milliseconds } from '../contract/units.ts';

interface LateModuleOptions<T> {
  load(): Promise<T>;
  /** It is there from now on. */
  onLoaded(): void;
  onFailure(error: unknown): void;
  /** Of a clock. */
  now?(): Milliseconds;
}

export class LateModule<T> {
  readonly #options: LateModuleOptions<T>;
  #value: T | undefined;
  #isLoading = false;
  #failures = 0;
  #nextTry: Milliseconds = 0;

  constructor(options: LateModuleOptions<T>) {
    this.#options = options;
  }

  /** Undefined until it is loaded, which begins with the first call; to be called again and again. */
  get(): T | undefined {
    if (this.#value === undefined) this.#try();
    return this.#value;
  }

  get #now(): Milliseconds {
    return this.#options.now?.() ?? performance.now();
  }

  #try(): void {
    if (this.#isLoading || this.#now < this.#nextTry) return;
    this.#isLoading = true;
    void this.#load();
  }

  async #load(): Promise<void> {
    const { load, onLoaded, onFailure } = this.#options;
    try {
      this.#value = await load();
      this.#isLoading = false;
      onLoaded();
    } catch (error) {
      this.#isLoading = false;
      this.#failures += 1;
      // The first pause of a back-off is none.
      this.#nextTry = this.#now + backoff(this.#failures + 1);
      onFailure(error);
    }
  }
}
