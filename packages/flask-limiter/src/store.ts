/** The storage, and what is done when it is away: memory counts, or nobody does, or it is an error. */
import { currentApp } from '@qilin/flask';
import { MemoryStorage, type RateLimitItem, type WindowState } from '@qilin/limits';
import type { Settings } from './settings.ts';

/** The longest that a storage is left alone, in milliseconds. */
const LONGEST = 32_000;

/** The storage failed: the error's `cause` says how. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
}

export class Store {
  readonly #settings: Settings;
  readonly #memory = new MemoryStorage();
  #failures = 0;
  #triedAgainAt = 0;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** @returns undefined where nobody counts @throws StorageError where that is an error */
  async hit(key: string, item: RateLimitItem, cost: number): Promise<WindowState | undefined> {
    const { storage, strategy, inMemoryFallbackEnabled, swallowErrors } = this.#settings;
    const standIn = () => (inMemoryFallbackEnabled ? this.#memory.hit(strategy, key, item, cost) : undefined);
    if (this.#isAway()) return standIn();
    try {
      const state = await storage.hit(strategy, key, item, cost);
      if (this.#failures > 0) currentApp.logger.warning('Rate limits are counted in their storage again.');
      this.#failures = 0;
      return state;
    } catch (cause) {
      const error = new StorageError(`The storage of the rate limits failed: ${String(cause)}`, { cause });
      if (!inMemoryFallbackEnabled && !swallowErrors) throw error;
      currentApp.logger.exception(
        `${inMemoryFallbackEnabled ? 'Memory' : 'Nobody'} counts rate limits for now.`,
        error,
      );
      if (this.#failures === 0) this.#postpone();
      return standIn();
    }
  }

  /** For 1 s after a failure, then 2 s, up to 32 s; one request then tries the storage. */
  #isAway(): boolean {
    if (this.#failures === 0) return false;
    const isEarly = Date.now() < this.#triedAgainAt;
    if (!isEarly) this.#postpone();
    return isEarly;
  }

  #postpone(): void {
    this.#triedAgainAt = Date.now() + Math.min(1000 * 2 ** this.#failures, LONGEST);
    this.#failures += 1;
  }
}
